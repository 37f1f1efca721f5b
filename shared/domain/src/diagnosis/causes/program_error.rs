//! A function of this program failed.

use super::super::Evidence;
use super::{CauseRule, Explained, OWN, has_any};
use crate::StepError;

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "program_error",
    title: "A function of this program failed",
    why: "A crash or an answer that the state machine does not know: a mistake of this program, not of yours.",
    fix: "redrive the execution (every step may run twice); if it fails again, report it with this diagnosis and the function's log",
    reference: OWN,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    let error = evidence.error.as_ref()?;
    let is_ours = error.error == StepError::Bug(String::new()).name()
        || has_any(
            &error.error,
            &[
                "lambda.unknown",
                "runtime.",
                "exception",
                "states.runtime",
                "queryevaluation",
            ],
        );
    let is_lambdas = has_any(
        &error.error,
        &["toomanyrequests", "serviceexception", "awslambda", "sdkclient"],
    );
    (is_ours && !is_lambdas).then(|| Explained::possible(format!("{}: {}", error.error, error.message())))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(explains(&seen("Observe").error(&StepError::Bug("x".to_owned()))).is_some());
        assert!(explains(&seen("Observe").named("Runtime.ExitError", "signal: killed")).is_some());
        assert!(explains(&seen("Observe").named("Lambda.TooManyRequestsException", "x")).is_none());
        assert!(explains(&seen("Observe")).is_none());
    }
}
