//! The source's default user may not replicate.

use super::super::Evidence;
use super::{CauseRule, Explained, PREPARE, by_source};
use crate::engine::EngineFault;

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "source_acl_restricts",
    title: "The source's default user may not replicate",
    why: "ElastiCache connects as the default user, which needs PSYNC, REPLCONF, PING, INFO, CONFIG and CLUSTER.",
    fix: "on the source: redis-cli ACL SETUSER default on nopass \"~*\" \"&*\" +@all (for the time of the migration, with the network closed to all others)",
    reference: PREPARE,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    by_source(evidence, |source| match source.fault() {
        Some(EngineFault::NotPermitted(reply)) => Some(Explained::likely(source.asked(reply))),
        _ => {
            let words = source.probe.denied_commands.first()?;
            Some(Explained::certain(source.asked(words)))
        }
    })
    .or_else(|| {
        evidence
            .told(&["noperm", "no permissions to run"])
            .map(Explained::likely)
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::Side;
    use super::super::super::SourceProbe;
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        let probe = SourceProbe {
            denied_commands: vec!["no permissions to run the 'psync' command".to_owned()],
            ..SourceProbe::default()
        };
        assert!(explains(&seen("Observe").source_says("role:master").probed(probe)).is_some());
        assert!(
            explains(&seen("Observe").source_does(EngineFault::NotPermitted("NOPERM".to_owned()))).is_some()
        );
        assert!(
            explains(&seen("Observe").log_line_of(
                Side::Target,
                "-NOPERM this user has no permissions to run the 'psync' command"
            ))
            .is_some()
        );
        assert!(explains(&seen("Observe").source_does(EngineFault::AuthRequired)).is_none());
        assert!(explains(&seen("Observe")).is_none());
    }
}
