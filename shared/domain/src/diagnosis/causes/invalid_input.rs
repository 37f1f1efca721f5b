//! The input is wrong.

use super::super::Evidence;
use super::{CauseRule, Explained, OWN};
use crate::StepError;

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "invalid_input",
    title: "The input is wrong",
    why: "Nothing was called: the plan is validated before anything else.",
    fix: "correct the fields named and start a new execution",
    reference: OWN,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    evidence
        .caught(&StepError::InvalidInput(String::new()))
        .map(Explained::certain)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(
            explains(&seen("Admit").error(&StepError::InvalidInput("source.port: is 0".to_owned())))
                .is_some()
        );
        assert!(explains(&seen("Admit").error(&StepError::Bug("source.port: is 0".to_owned()))).is_none());
    }
}
