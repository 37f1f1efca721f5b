//! A node of the target is or was replaced.

use super::super::Evidence;
use super::{COMPLETE, CauseRule, Explained, has_any};
use crate::target::EventKind;

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "target_node_replaced",
    title: "A node of the target is or was replaced",
    why: "A node that is replaced loses its link to the source; CompleteMigration refuses meanwhile.",
    fix: "wait for the event that the replacement is complete, then start again or approve again; move the maintenance window away from the migration",
    reference: COMPLETE,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    let event = evidence.events().iter().rev().find(|event| {
        event.kind() == EventKind::NodeReplaced
            || has_any(
                &event.text,
                &[
                    "node replace",
                    "replace node",
                    "replacement",
                    "recovering cache node",
                ],
            )
    });
    match event {
        Some(event) => Some(Explained::certain(event.text.clone())),
        None => evidence.notice_of(&["replac"]).map(Explained::likely),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(
            explains(&seen("Observe").event("Migration cannot be completed: a node is being replaced"))
                .is_some()
        );
        assert!(explains(&seen("Observe").notified("CacheNodeReplaceStarted")).is_some());
        assert!(explains(&seen("Observe").notified("SnapshotComplete")).is_none());
        assert!(explains(&seen("Observe")).is_none());
    }
}
