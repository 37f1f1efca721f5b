//! AWS or an engine refused.

use super::super::Evidence;
use super::{CauseRule, Explained, OWN};
use crate::StepError;

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "refused",
    title: "AWS or an engine refused",
    why: "A call was refused for a reason that waiting does not mend.",
    fix: "do what the message says and start again",
    reference: OWN,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    evidence
        .caught(&StepError::Precondition(String::new()))
        .map(Explained::possible)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(
            explains(&seen("Start").error(&StepError::Precondition(
                "elasticache:StartMigration: x".to_owned()
            )))
            .is_some()
        );
        assert!(explains(&seen("Observe")).is_none());
    }
}
