//! The source writes an RDB that the target cannot read.

use super::super::Evidence;
use super::{CauseRule, Explained, REPLICATION};
use crate::engine::EngineVersion;

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "rdb_version_too_new",
    title: "The source writes an RDB that the target cannot read",
    why: "An engine refuses an RDB version above its own; the full sync then loops, and has emptied the target before.",
    fix: "choose a target engine that reads the source's RDB (finding S2 compares both), or copy the keys with a tool that does not use RDB files",
    reference: REPLICATION,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    if let Some(line) = evidence.log(&["can't handle rdb format version"]) {
        return Some(Explained::certain(line));
    }
    let event = evidence.failure_for(&["rdb"])?;
    let rdb = |info| EngineVersion::from_info(info)?.rdb();
    // The newest that is written against the oldest that is read: nodes of one side may differ while it is upgraded.
    let versions = evidence
        .source_infos()
        .filter_map(rdb)
        .max()
        .zip(evidence.target_infos().filter_map(rdb).min());
    Some(match versions {
        Some((source, target)) if source > target => Explained::certain(event),
        // Both sides are known and fit: something else in the file was not understood.
        Some(_) => Explained::possible(event),
        None => Explained::likely(event),
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::Side;
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(explains(&seen("Observe").event(&Evidence::failure_text("invalid RDB received"))).is_some());
        assert!(
            explains(&seen("Observe").log_line_of(Side::Target, "# Can't handle RDB format version 12"))
                .is_some()
        );
        assert!(explains(&seen("Observe").event(&Evidence::failure_text("connection timeout"))).is_none());
        assert!(explains(&seen("Observe")).is_none());
    }
}
