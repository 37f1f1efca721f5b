//! How an execution ended, and what its history tells.

use local_cloud::{ExecutionStatus, ExecutionView, HistoryEvent};
use serde_json::{Value, json};

/// How an execution ended.
#[derive(Debug)]
pub struct Ending {
    /// The execution.
    pub execution: ExecutionView,
    /// Its history.
    pub history: Vec<HistoryEvent>,
}

impl Ending {
    /// The states that were entered, in order.
    pub fn states(&self) -> Vec<&str> {
        self.history
            .iter()
            .filter(|event| event.kind.ends_with("StateEntered"))
            .filter_map(|event| event.state.as_deref())
            .collect()
    }

    /// Every look at the migration.
    pub fn observations(&self) -> Vec<Value> {
        observations(&self.history)
    }

    /// What the function of a state answered, each time.
    pub fn answers_of(&self, state: &str) -> Vec<Value> {
        answers_of(&self.history, state)
    }

    /// The diagnosis, where there is one: the last that was made.
    pub fn diagnosis(&self) -> Option<Value> {
        answers_of(&self.history, "DiagnoseAgain")
            .pop()
            .or_else(|| answers_of(&self.history, "Diagnose").pop())
    }

    /// The id of the first cause that was named.
    pub fn cause(&self) -> Option<String> {
        Some(self.diagnosis()?["causes"][0]["id"].as_str()?.to_owned())
    }

    /// Asserts that it ended well.
    pub fn assert_succeeded(&self) {
        let execution = &self.execution;
        assert_eq!(execution.status, ExecutionStatus::Succeeded, "{execution:?}");
    }

    /// Asserts that it failed with this error name, at this state, for this cause.
    pub fn assert_failed(&self, error: &str, state: &str, cause: &str) {
        assert_eq!(
            self.execution.status,
            ExecutionStatus::Failed,
            "{:?}",
            self.execution
        );
        assert_eq!(
            self.execution.error.as_deref(),
            Some(error),
            "{:?}",
            self.execution.cause
        );
        let diagnosis = self.diagnosis().expect("a diagnosis");
        assert_eq!(
            (&diagnosis["failedState"], self.cause().as_deref()),
            (&json!(state), Some(cause)),
            "{diagnosis:#}"
        );
        let words = self.execution.cause.clone().unwrap_or_default();
        assert!(words.starts_with(&format!("{state} failed")), "{words}");
    }
}

pub(crate) fn observations(history: &[HistoryEvent]) -> Vec<Value> {
    answers_of(history, "Observe")
}

/// What the function of a state answered, each time.
fn answers_of(history: &[HistoryEvent], state: &str) -> Vec<Value> {
    let mut current = None;
    let mut answers = vec![];
    for event in history {
        if event.kind.ends_with("StateEntered") {
            current = event.state.as_deref();
        }
        if event.kind == "TaskSucceeded" && current == Some(state) {
            answers.extend(event.output.as_ref().map(|output| output["Payload"].clone()));
        }
    }
    answers
}
