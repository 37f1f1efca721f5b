//! The source cannot fork.

use super::super::Evidence;
use super::{CauseRule, Explained, REPLICATION};

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "fork_failed",
    title: "The source cannot fork",
    why: "A full sync needs a fork; without memory for its copy on write, or with overcommit off, the kernel refuses it.",
    fix: "on the source's host: sysctl vm.overcommit_memory=1, and free memory; then redis-cli BGSAVE must succeed",
    reference: REPLICATION,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    if let Some(line) = evidence.told(&[
        "can't save in background",
        "fork: cannot allocate",
        "background saving error",
        "unable to perform background",
        "fork failed",
    ]) {
        return Some(Explained::certain(line));
    }
    let status = evidence.source_info()?.text("rdb_last_bgsave_status")?;
    (status == "err").then(|| Explained::likely("the source says rdb_last_bgsave_status:err"))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(explains(&seen("Observe").source_says("rdb_last_bgsave_status:err")).is_some());
        assert!(
            explains(&seen("Observe").log_line_of(
                "target",
                "# Can't save in background: fork: Cannot allocate memory"
            ))
            .is_some()
        );
        assert!(explains(&seen("Observe").source_says("rdb_last_bgsave_status:ok")).is_none());
        assert!(explains(&seen("Observe")).is_none());
    }
}
