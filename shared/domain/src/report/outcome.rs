//! How a migration stands, for people in one word and in one sentence.

use serde::{Deserialize, Serialize};

/// How a migration stands. The words for an ending are those that the state machine hands to the function `report`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It goes on.
    Running,
    /// The target has taken over.
    Done,
    /// It failed.
    Failed,
    /// A person gave it up.
    Aborted,
    /// It was an assessment, and has its result.
    Assessed,
    /// Its execution was stopped from outside, or timed out.
    Stopped,
}

impl Outcome {
    /// For people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Outcome::Running => "running",
            Outcome::Done => "done",
            Outcome::Failed => "failed",
            Outcome::Aborted => "aborted",
            Outcome::Assessed => "assessed",
            Outcome::Stopped => "stopped",
        }
    }

    /// Whether nothing comes after it.
    #[must_use]
    pub fn is_over(self) -> bool {
        self != Outcome::Running
    }

    /// Which ending a state of the machine stands for; none where the migration goes on after it.
    #[must_use]
    pub(super) fn of_state(state: &str) -> Option<Outcome> {
        Some(match state {
            "TellDone" | "Done" => Outcome::Done,
            "TellFailed" | "Failed" => Outcome::Failed,
            "TellAborted" | "Aborted" => Outcome::Aborted,
            "TellAssessed" | "Assessed" => Outcome::Assessed,
            _ => return None,
        })
    }
}
