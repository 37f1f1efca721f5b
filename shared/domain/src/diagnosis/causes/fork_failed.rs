//! The source cannot fork, or cannot write what the fork saves.

use super::super::Evidence;
use super::{CauseRule, Explained, REPLICATION, by_source};

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "fork_failed",
    title: "The source cannot fork or cannot save",
    why: "A full sync needs a fork that writes an RDB; without memory for its copy on write, or with overcommit off, the kernel refuses the fork, and a disk that is full or not writable refuses the file.",
    fix: "on the source's host: sysctl vm.overcommit_memory=1, and free memory; room (df) and write permission in the folder of redis-cli CONFIG GET dir; then redis-cli BGSAVE must succeed",
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
        "bgsave for replication failed",
        "failed opening the",
        "error moving temp db file",
        "write error saving",
        "write error while saving",
        "unable to persist to disk",
    ]) {
        return Some(Explained::certain(line));
    }
    by_source(evidence, |source| {
        let status = source.known()?.text("rdb_last_bgsave_status")?;
        let at = &source.endpoint;
        (status == "err")
            .then(|| Explained::likely(format!("the source {at} says rdb_last_bgsave_status:err")))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::Side;
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(explains(&seen("Observe").source_says("rdb_last_bgsave_status:err")).is_some());
        assert!(
            explains(&seen("Observe").log_line_of(
                Side::Target,
                "# Can't save in background: fork: Cannot allocate memory"
            ))
            .is_some()
        );
        assert!(explains(&seen("Observe").source_says("rdb_last_bgsave_status:ok")).is_none());
        assert!(explains(&seen("Observe")).is_none());
    }
}
