//! AWS throttled the calls.

use super::super::Evidence;
use super::{CauseRule, Explained, THROTTLING, has_any};

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "api_throttled",
    title: "AWS throttled the calls",
    why: "Other callers of the account use up the API's rate, and waiting several minutes was not enough.",
    fix: "find what else calls the API (CloudTrail, errorCode ThrottlingException), slow it down, and redrive the execution",
    reference: THROTTLING,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    let error = evidence.error.as_ref()?;
    let text = format!("{} {}", error.error, error.message());
    has_any(
        &text,
        &[
            "throttl",
            "rate exceeded",
            "requestlimitexceeded",
            "toomanyrequests",
            "slowdown",
        ],
    )
    .then(|| Explained::certain(text))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;
    use crate::StepError;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(
            explains(&seen("Start").error(&StepError::Transient(
                "elasticache:StartMigration: Throttling: Rate exceeded".to_owned()
            )))
            .is_some()
        );
        assert!(explains(&seen("Start").named("Lambda.TooManyRequestsException", "429")).is_some());
        assert!(
            explains(&seen("Start").error(&StepError::Transient(
                "elasticache:StartMigration: InternalFailure".to_owned()
            )))
            .is_none()
        );
        assert!(explains(&seen("Observe")).is_none());
    }
}
