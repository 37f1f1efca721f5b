//! A migration that did not end well, for people: which state, which error, and what was said last.

use crate::observation::OBSERVE;
use crate::steps::message;
use crate::visit::Visit;
use local_cloud::{ExecutionView, LocalCloud};
use serde_json::Value;
use std::fmt;

/// Why the migration is not done.
#[derive(Debug)]
pub(crate) struct Failure {
    state: String,
    status: String,
    error: String,
    cause: String,
    /// The last message that people got.
    message: Option<String>,
}

impl std::error::Error for Failure {}

impl Failure {
    /// Reads what an execution that has ended tells of its failure.
    pub(crate) fn of(execution: &ExecutionView, visits: &[Visit], cloud: &LocalCloud) -> Failure {
        let message = cloud
            .messages()
            .into_iter()
            .rev()
            .find(|message| message.subject.is_some());
        Failure {
            state: failed_state(visits),
            status: format!("{:?}", execution.status),
            error: execution
                .error
                .clone()
                .unwrap_or_else(|| "(no error name)".to_owned()),
            cause: self::message(execution.cause.as_deref().unwrap_or("(no cause)")),
            message: message.map(|message| {
                format!(
                    "{}\n\n{}",
                    message.subject.as_deref().unwrap_or_default(),
                    message.body("email")
                )
            }),
        }
    }
}

/// The state that the diagnosis names; else the last one that did something and had an error; else the last one.
fn failed_state(visits: &[Visit]) -> String {
    let named = visits.iter().rev().find_map(|visit| {
        let answer = visit.answer.as_ref().filter(|_| visit.state == "Diagnose")?;
        answer
            .get("failedState")
            .and_then(Value::as_str)
            .map(str::to_owned)
    });
    let erred = || {
        let visit = visits.iter().rev().find(|visit| {
            visit.answer.is_none()
                && visit
                    .error
                    .as_ref()
                    .is_some_and(|(error, _)| error != "States.Timeout")
                && !["Diagnose", "Failed"].contains(&visit.state.as_str())
        })?;
        Some(visit.state.clone())
    };
    named
        .or_else(erred)
        .or_else(|| visits.last().map(|visit| visit.state.clone()))
        .unwrap_or_else(|| OBSERVE.to_owned())
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "the migration failed in the state {} ({})",
            self.state, self.status
        )?;
        writeln!(f, "  error  {}", self.error)?;
        write!(f, "  cause  {}", self.cause)?;
        if let Some(message) = &self.message {
            write!(f, "\n\nThe last message to people:\n")?;
            for line in message.lines() {
                write!(f, "\n  {line}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use serde_json::json;

    fn visit(state: &str, answer: Option<Value>, error: Option<&str>) -> Visit {
        Visit {
            state: state.to_owned(),
            entered: Timestamp::UNIX_EPOCH,
            left: Some(Timestamp::UNIX_EPOCH),
            answer,
            error: error.map(|error| (error.to_owned(), String::new())),
        }
    }

    #[test]
    fn the_state_that_failed_is_named_and_not_the_one_that_reported_it() {
        let diagnosed = json!({"failedState": "Observe"});
        let with_diagnosis = [
            visit("Observe", Some(json!({})), None),
            visit("Diagnose", Some(diagnosed), None),
        ];
        assert_eq!(failed_state(&with_diagnosis), "Observe");
        let without = [
            visit("Start", None, Some("Migration.Precondition")),
            visit("Diagnose", None, Some("Lambda.Unknown")),
            visit("TellFailed", Some(json!({})), None),
            visit("Failed", None, Some("Migration.Undiagnosed")),
        ];
        assert_eq!(failed_state(&without), "Start");
        assert_eq!(failed_state(&[visit("Admit", None, None)]), "Admit");
    }
}
