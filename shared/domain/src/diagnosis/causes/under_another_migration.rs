//! The group is under another migration.

use super::super::Evidence;
use super::{CauseRule, Explained, INITIATE};
use crate::StepError;

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "under_another_migration",
    title: "The group is under another migration",
    why: "One group follows one source: AWS refuses a second start.",
    fix: "let that migration end, or give it up (aws elasticache complete-migration --replication-group-id <group> --force), then start again",
    reference: INITIATE,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    evidence
        .caught(&StepError::NotOurs(String::new()))
        .map(Explained::certain)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(explains(&seen("Start").error(&StepError::NotOurs("x".to_owned()))).is_some());
        assert!(explains(&seen("Observe")).is_none());
    }
}
