//! Source and target were not in sync at the completion.

use super::super::Evidence;
use super::{COMPLETE, CauseRule, Explained};
use crate::target::EventKind;

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "not_in_sync_at_completion",
    title: "Source and target were not in sync at the completion",
    why: "AWS completes only what is in sync, and goes on replicating otherwise.",
    fix: "stop the writers, wait until the lag is gone, and approve again",
    reference: COMPLETE,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    let refused = evidence
        .events()
        .iter()
        .rev()
        .find(|event| event.kind() == EventKind::NotInSync)?;
    Some(Explained::certain(refused.text.clone()))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(
            explains(
                &seen("Complete").event("Complete migration failed for orders because data is not in sync")
            )
            .is_some()
        );
        assert!(explains(&seen("Complete").event("Migration operation failed for orders")).is_none());
        assert!(explains(&seen("Observe")).is_none());
    }
}
