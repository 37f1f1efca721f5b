//! How an execution ended, and what its history tells.

use anyhow::Result;
use local_cloud::{Call, ExecutionStatus, ExecutionView, HistoryEvent, LocalCloud};
use serde_json::{Value, json};

/// How an execution ended.
#[derive(Debug)]
pub struct Ending {
    /// The execution.
    pub execution: ExecutionView,
    /// Its history.
    pub history: Vec<HistoryEvent>,
    /// Calls of the cloud, up to then, that the caller's policies did not allow: a story that does not expect any ends badly,
    /// whatever became of the migration.
    pub denied: Vec<Call>,
}

impl Ending {
    /// What can be told of an execution now: how it ended, once it has.
    ///
    /// # Errors
    /// Where its history cannot be had.
    pub async fn of(cloud: &LocalCloud, execution: ExecutionView) -> Result<Ending> {
        let mut denied = cloud.calls();
        denied.retain(|call| call.denied);
        Ok(Ending {
            history: cloud.history(&execution.arn).await?,
            execution,
            denied,
        })
    }

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
        assert!(self.denied.is_empty(), "{:#?}", self.denied);
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
        if error != "Migration.AccessDenied" {
            assert!(self.denied.is_empty(), "{:#?}", self.denied);
        }
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
