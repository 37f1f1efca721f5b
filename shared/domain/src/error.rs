//! How a step fails. The class says what the workflow should do; the name is what the state machine's Retry and Catch
//! match on, and there is no other place where the two meet.
//!
//! A finding is not an error: an `Err` means that a step could not look or could not act.

use serde::{Deserialize, Serialize};

/// What the workflow should do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ErrorClass {
    /// The same call may succeed later; nothing was changed, or calling twice is safe.
    Retry,
    /// Somebody has to change something first; the message says what.
    Precondition,
    /// AWS or an engine ended what was under way.
    Stopped,
    /// The program met a case that it should have ruled out.
    Bug,
}

/// Why a step could not do its work. The message is for people and names the remedy; it never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// The execution's input is wrong. Nothing was called.
    #[error("{0}")]
    InvalidInput(String),
    /// AWS throttled, answered 5xx, or could not be reached within the time.
    #[error("{0}")]
    Transient(String),
    /// AWS or an engine refused for a reason that waiting does not mend.
    #[error("{0}")]
    Precondition(String),
    /// The role may not make the call.
    #[error("{0}")]
    AccessDenied(String),
    /// The replication group is under a migration that is not this one.
    #[error("{0}")]
    NotOurs(String),
    /// The migration was ended by AWS, by an engine or by somebody else.
    #[error("{0}")]
    Stopped(String),
    /// A state received what the contract rules out.
    #[error("{0}")]
    Bug(String),
}

impl StepError {
    /// Every name, so that a test can hold the state machine against it.
    pub const NAMES: [&'static str; 7] = [
        "Migration.InvalidInput",
        "Migration.Transient",
        "Migration.Precondition",
        "Migration.AccessDenied",
        "Migration.NotOurs",
        "Migration.Stopped",
        "Migration.Bug",
    ];

    /// The error name that Step Functions sees.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            StepError::InvalidInput(_) => "Migration.InvalidInput",
            StepError::Transient(_) => "Migration.Transient",
            StepError::Precondition(_) => "Migration.Precondition",
            StepError::AccessDenied(_) => "Migration.AccessDenied",
            StepError::NotOurs(_) => "Migration.NotOurs",
            StepError::Stopped(_) => "Migration.Stopped",
            StepError::Bug(_) => "Migration.Bug",
        }
    }

    /// What the workflow should do.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            StepError::Transient(_) => ErrorClass::Retry,
            StepError::InvalidInput(_)
            | StepError::Precondition(_)
            | StepError::AccessDenied(_)
            | StepError::NotOurs(_) => ErrorClass::Precondition,
            StepError::Stopped(_) => ErrorClass::Stopped,
            StepError::Bug(_) => ErrorClass::Bug,
        }
    }
}
