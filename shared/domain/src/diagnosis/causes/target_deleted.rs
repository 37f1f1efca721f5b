//! The target replication group was deleted.

use super::super::Evidence;
use super::{CauseRule, Explained, OWN};
use crate::Observed;

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "target_deleted",
    title: "The target replication group was deleted",
    why: "A group that is gone cannot follow the source, and nothing brings it back.",
    fix: "aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=DeleteReplicationGroup shows who; create a group and start a new execution",
    reference: OWN,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    let looked_at = evidence.observation.as_ref();
    let was_seen_gone = looked_at
        .and_then(|observation| observation.status.known())
        .is_some_and(|status| status.is_deleted());
    let is_gone = match &evidence.status {
        Observed::Known(Some(status)) => status.is_deleted(),
        Observed::Known(None) => looked_at.is_some(),
        Observed::Unknown(_) => false,
    };
    (was_seen_gone || is_gone).then(|| {
        let by = evidence
            .called_by_somebody()
            .map_or_else(String::new, |who| format!(" ({who})"));
        Explained::certain(format!(
            "the group existed during the migration and does not any more{by}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(explains(&seen("Observe").looked("the group is gone").gone()).is_some());
        assert!(explains(&seen("Observe").looked("x").status_is("deleting")).is_some());
        assert!(explains(&seen("Preflight").gone()).is_none());
        assert!(explains(&seen("Observe").looked("x")).is_none());
    }
}
