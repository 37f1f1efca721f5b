//! The API call was denied.

use super::super::Evidence;
use super::{CauseRule, Explained, IAM};
use crate::StepError;

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "access_denied",
    title: "The API call was denied",
    why: "The function's role, a boundary or an organisation's policy does not allow the call.",
    fix: "allow the call named above to the function's role; a permissions boundary or an organisation's policy may deny it too",
    reference: IAM,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    evidence
        .caught(&StepError::AccessDenied(String::new()))
        .map(Explained::certain)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(
            explains(&seen("Start").error(&StepError::AccessDenied("elasticache:StartMigration".to_owned())))
                .is_some()
        );
        assert!(explains(&seen("Observe")).is_none());
    }
}
