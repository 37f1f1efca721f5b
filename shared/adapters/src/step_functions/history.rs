//! Reads an execution's history whole, page by page, and hands each event on as it comes: no more than a page is in
//! memory. What a task was given is not handed on: the waiting state's token stands there.

use super::Migrations;
use crate::aws::step_error;
use aws_sdk_sfn::types::{HistoryEvent, HistoryEventType as Kind};
use domain::StepError;
use domain::report::{End, Entry, Happening};
use jiff::Timestamp;
use std::ops::ControlFlow;

/// The most events that the API gives at once.
/// Source: <https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html>.
const PAGE: i32 = 1_000;

impl Migrations {
    /// Reads the history of one execution, oldest event first, until it ends or `read` has enough.
    ///
    /// # Errors
    /// Where Step Functions does not answer or refuses.
    pub async fn read_history(
        &self,
        execution_arn: &str,
        mut read: impl FnMut(Entry) -> ControlFlow<()>,
    ) -> Result<(), StepError> {
        let mut next_token = None;
        loop {
            let page = self
                .client
                .get_execution_history()
                .execution_arn(execution_arn)
                .max_results(PAGE)
                .set_next_token(next_token)
                .send()
                .await
                .map_err(|error| step_error("states:GetExecutionHistory", &error))?;
            for event in page.events {
                if read(entry(event)).is_break() {
                    return Ok(());
                }
            }
            next_token = page.next_token;
            if next_token.is_none() {
                return Ok(());
            }
        }
    }
}

/// An event as the report reads it.
fn entry(event: HistoryEvent) -> Entry {
    let at = Timestamp::new(
        event.timestamp.secs(),
        i32::try_from(event.timestamp.subsec_nanos()).unwrap_or(0),
    );
    Entry {
        id: event.id,
        previous: event.previous_event_id,
        at: at.unwrap_or(Timestamp::UNIX_EPOCH),
        what: happening(event),
    }
}

fn happening(event: HistoryEvent) -> Happening {
    let text = |text: Option<String>| text.unwrap_or_default();
    match event.r#type {
        Kind::ExecutionStarted => Happening::Began {
            input: text(
                event
                    .execution_started_event_details
                    .and_then(|details| details.input),
            ),
        },
        Kind::ExecutionSucceeded => Happening::Ended(End::Succeeded),
        Kind::ExecutionFailed => Happening::Ended(End::Failed),
        Kind::ExecutionAborted => Happening::Ended(End::Stopped),
        Kind::ExecutionTimedOut => Happening::Ended(End::TimedOut),
        Kind::TaskScheduled => Happening::Scheduled {
            lambda: event
                .task_scheduled_event_details
                .is_some_and(|details| details.resource_type == "lambda"),
        },
        Kind::TaskSubmitted => Happening::Submitted,
        Kind::TaskSucceeded => Happening::Answered {
            output: text(
                event
                    .task_succeeded_event_details
                    .and_then(|details| details.output),
            ),
        },
        Kind::TaskFailed => failed(event.task_failed_event_details.and_then(|details| details.error)),
        Kind::TaskTimedOut => failed(
            event
                .task_timed_out_event_details
                .and_then(|details| details.error),
        ),
        Kind::TaskStartFailed => failed(
            event
                .task_start_failed_event_details
                .and_then(|details| details.error),
        ),
        Kind::TaskSubmitFailed => failed(
            event
                .task_submit_failed_event_details
                .and_then(|details| details.error),
        ),
        _ => match event.state_entered_event_details {
            Some(details) => Happening::Entered { state: details.name },
            None => Happening::Other,
        },
    }
}

fn failed(error: Option<String>) -> Happening {
    Happening::Failed {
        error: error.unwrap_or_default(),
    }
}
