//! Which calls were tried, and whether the role may make them.

use crate::StepError;

/// One call that was made for its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The action as IAM spells it, such as `elasticache:DescribeCacheClusters`.
    pub action: String,
    /// What came of it.
    pub answer: Answer,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was answered.
    Given,
    /// The role may not make it; AWS's words.
    Denied(String),
    /// It was not answered for any other reason.
    Missing(String),
}

impl Access {
    /// Notes what came of a call.
    #[must_use]
    pub fn of<T>(action: &str, answer: &Result<T, StepError>) -> Access {
        Access {
            action: action.to_owned(),
            answer: match answer {
                Ok(_) => Answer::Given,
                Err(StepError::AccessDenied(words)) => Answer::Denied(words.clone()),
                Err(error) => Answer::Missing(error.to_string()),
            },
        }
    }
}
