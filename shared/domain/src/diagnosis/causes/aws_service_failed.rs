//! AWS failed to answer properly.

use super::super::Evidence;
use super::{CauseRule, Explained, HEALTH, has_any};

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "aws_service_failed",
    title: "AWS failed to answer properly",
    why: "The service answered with an error of its own at every try.",
    fix: "look at https://health.aws.amazon.com, then redrive the execution: every step may run twice",
    reference: HEALTH,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    let error = evidence.error.as_ref()?;
    let text = format!("{}: {}", error.error, error.message());
    has_any(
        &text,
        &[
            "internalfailure",
            "internalservererror",
            "internal error",
            "serviceunavailable",
            "answered with http 5",
            "lambda.serviceexception",
            "lambda.awslambdaexception",
            "lambda.sdkclientexception",
        ],
    )
    .then(|| Explained::likely(text))
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
                "elasticache:StartMigration: InternalFailure: x".to_owned()
            )))
            .is_some()
        );
        assert!(
            explains(&seen("Start").error(&StepError::Transient(
                "elasticache:StartMigration: Throttling: x".to_owned()
            )))
            .is_none()
        );
        assert!(explains(&seen("Observe")).is_none());
    }
}
