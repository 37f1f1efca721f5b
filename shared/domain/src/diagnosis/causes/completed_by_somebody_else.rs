//! Somebody else completed the migration.

use super::super::Evidence;
use super::{COMPLETE, CauseRule, Explained};
use crate::progress::StageName;
use crate::target::EventKind;

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "completed_by_somebody_else",
    title: "Somebody else completed the migration",
    why: "The target was promoted, or given up, by a call that this migration did not make: writes may go to both sides.",
    fix: "find the CompleteMigration call in CloudTrail; the target takes writes, so decide which side is right before applications write to either",
    reference: COMPLETE,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    let promoting = evidence
        .observation
        .as_ref()
        .is_some_and(|observation| observation.stage.name == StageName::Promotion);
    let completed = evidence
        .events()
        .iter()
        .rev()
        .find(|event| event.kind() == EventKind::Completed)?;
    (!promoting).then(|| {
        let by = evidence
            .called_by_somebody()
            .map_or_else(String::new, |who| format!(" ({who})"));
        Explained::certain(format!("{}{by}", completed.text))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(explains(&seen("Observe").event("Complete Migration successful for orders")).is_some());
        assert!(explains(&seen("Observe").event("Migration operation failed for orders")).is_none());
        assert!(explains(&seen("Observe")).is_none());
    }
}
