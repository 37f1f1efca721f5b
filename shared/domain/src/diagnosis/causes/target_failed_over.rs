//! The target failed over.

use super::super::Evidence;
use super::{CauseRule, Explained, INITIATE, has_any};

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "target_failed_over",
    title: "The target failed over",
    why: "The new primary does not follow the source: the migration has to be started again.",
    fix: "wait until the group is available, then start again; aws elasticache describe-events --source-type replication-group --source-identifier <group> shows why it failed over",
    reference: INITIATE,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    if let Some(event) = evidence
        .events()
        .iter()
        .rev()
        .find(|event| has_any(&event.text, &["failover", "failed over"]))
    {
        return Some(Explained::certain(event.text.clone()));
    }
    evidence.notice_of(&["failover"]).map(Explained::likely)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(
            explains(
                &seen("Observe")
                    .event("Failover from master node orders-001 to replica node orders-002 completed")
            )
            .is_some()
        );
        assert!(explains(&seen("Observe").notified("FailoverComplete")).is_some());
        assert!(explains(&seen("Observe").notified("SnapshotComplete")).is_none());
        assert!(explains(&seen("Observe")).is_none());
    }
}
