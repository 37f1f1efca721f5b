//! Executions of state machines: starting them, looking at them, waiting for their end.

use std::time::{Duration, Instant};

use aws_sdk_sfn::error::DisplayErrorContext;
use aws_sdk_sfn::primitives::DateTime;
use aws_sdk_sfn::types;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::{CloudError, LocalCloud};

/// How often a waiting test looks.
const LOOK_EVERY: Duration = Duration::from_millis(25);
/// How much of history and logs the error of a late execution tells.
const REPORTED_STATES: usize = 12;
const REPORTED_LOG_LINES: usize = 8;

/// Where an execution stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExecutionStatus {
    /// Not ended yet.
    Running,
    /// Ended in a Succeed state or an End.
    Succeeded,
    /// Ended in a Fail state or by an error that nothing caught.
    Failed,
    /// Ended by the machine's own TimeoutSeconds.
    TimedOut,
    /// Ended by StopExecution.
    Aborted,
    /// A status that this crate does not know.
    Other(String),
}

/// An end that is none of the machine's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndOfExecution {
    /// StopExecution: `ABORTED`.
    Stopped,
    /// The machine's own TimeoutSeconds: `TIMED_OUT`.
    TimedOut,
    /// An error past every Catch: `FAILED`, with States.Runtime.
    Died,
}

/// An execution as DescribeExecution shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct ExecutionView {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub status: ExecutionStatus,
    /// What it was started with.
    pub input: Value,
    /// What it ended with, if it succeeded.
    pub output: Option<Value>,
    /// The name of the error it failed with.
    pub error: Option<String>,
    /// The cause it failed with.
    pub cause: Option<String>,
    /// When it started.
    pub started: Timestamp,
    /// When it ended.
    pub stopped: Option<Timestamp>,
}

/// One event of an execution's history, with the fields that most events have. `raw` has all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEvent {
    /// Its number, from 1.
    pub id: i64,
    /// The number of the event it follows from.
    pub previous_id: i64,
    /// When it happened.
    pub at: Timestamp,
    /// Its type, such as `TaskScheduled`.
    pub kind: String,
    /// The state that was entered or left.
    pub state: Option<String>,
    /// The input of a state or an execution.
    pub input: Option<Value>,
    /// The output of a state, a task or an execution.
    pub output: Option<Value>,
    /// The parameters of a task: for `.waitForTaskToken`, with the token.
    pub parameters: Option<Value>,
    /// An error's name.
    pub error: Option<String>,
    /// An error's cause.
    pub cause: Option<String>,
    /// The event as the SDK has it.
    pub raw: types::HistoryEvent,
}

impl LocalCloud {
    /// Starts an execution of the template's first state machine; without a name it gets a random one.
    pub async fn start_execution(&self, name: Option<&str>, input: Value) -> Result<String, CloudError> {
        self.start_execution_of(self.state_machine_arn()?, name, input)
            .await
    }

    /// Starts an execution of a state machine; without a name it gets a random one.
    pub async fn start_execution_of(
        &self,
        state_machine_arn: String,
        name: Option<&str>,
        input: Value,
    ) -> Result<String, CloudError> {
        let name = name.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
        let request = self
            .step_functions
            .start_execution()
            .state_machine_arn(state_machine_arn)
            .name(name)
            .input(input.to_string());
        let started = self
            .runtime
            .run(request.send())
            .await?
            .map_err(failed("StartExecution"))?;
        Ok(started.execution_arn)
    }

    /// The executions of a state machine, as they are now, oldest first.
    pub async fn executions_of(&self, state_machine_arn: &str) -> Result<Vec<ExecutionView>, CloudError> {
        let pages = self
            .step_functions
            .list_executions()
            .state_machine_arn(state_machine_arn)
            .into_paginator()
            .items()
            .send();
        let listed = self.runtime.run(pages.collect::<Result<Vec<_>, _>>()).await?;
        let mut executions = vec![];
        for listed in listed.map_err(failed("ListExecutions"))? {
            executions.push(self.execution(&listed.execution_arn).await?);
        }
        executions.sort_by_key(|execution| execution.started);
        Ok(executions)
    }

    /// Redrives an execution that ended badly: it goes on at the state that failed.
    pub async fn redrive_execution(&self, arn: &str) -> Result<(), CloudError> {
        let request = self.step_functions.redrive_execution().execution_arn(arn);
        self.runtime
            .run(request.send())
            .await?
            .map_err(failed("RedriveExecution"))?;
        Ok(())
    }

    /// An execution as it is now.
    pub async fn execution(&self, arn: &str) -> Result<ExecutionView, CloudError> {
        let request = self.step_functions.describe_execution().execution_arn(arn);
        let described = self
            .runtime
            .run(request.send())
            .await?
            .map_err(failed("DescribeExecution"))?;
        Ok(ExecutionView {
            arn: described.execution_arn,
            name: described.name.unwrap_or_default(),
            status: status(&described.status),
            input: json(described.input.as_deref()).unwrap_or_default(),
            output: json(described.output.as_deref()),
            error: described.error,
            cause: described.cause,
            started: timestamp(&described.start_date),
            stopped: described.stop_date.as_ref().map(timestamp),
        })
    }

    /// The whole history of an execution, by id.
    pub async fn history(&self, arn: &str) -> Result<Vec<HistoryEvent>, CloudError> {
        let pages = self
            .step_functions
            .get_execution_history()
            .execution_arn(arn)
            .max_results(1000)
            .into_paginator();
        let events = self.runtime.run(pages.items().send().try_collect()).await?;
        let events: Vec<types::HistoryEvent> = events.map_err(failed("GetExecutionHistory"))?;
        let mut events: Vec<HistoryEvent> = events.into_iter().map(HistoryEvent::from).collect();
        events.sort_by_key(|event| event.id);
        Ok(events)
    }

    /// Waits until an execution has ended, however it ended.
    pub async fn wait_for_end(&self, arn: &str, limit: Duration) -> Result<ExecutionView, CloudError> {
        let started = Instant::now();
        loop {
            let view = self.execution(arn).await?;
            if view.status != ExecutionStatus::Running {
                return Ok(view);
            }
            if started.elapsed() > limit {
                let report = self.report(arn).await;
                return Err(CloudError::StillRunning {
                    arn: view.arn,
                    status: view.status,
                    limit,
                    report,
                });
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Ends an execution, as a person would in the console.
    pub async fn stop_execution(&self, arn: &str, error: &str, cause: &str) -> Result<(), CloudError> {
        let request = self
            .step_functions
            .stop_execution()
            .execution_arn(arn)
            .error(error)
            .cause(cause);
        self.runtime
            .run(request.send())
            .await?
            .map_err(failed("StopExecution"))?;
        Ok(())
    }

    /// Ends an execution as it would end by itself, at a moment of the test's choice.
    pub async fn end_execution(&self, arn: &str, ending: EndOfExecution) -> Result<(), CloudError> {
        // What moto_patches/endings.py listens for.
        let error = match ending {
            EndOfExecution::Stopped => "Stopped",
            EndOfExecution::TimedOut => "LocalCloud.TimedOut",
            EndOfExecution::Died => "LocalCloud.Died",
        };
        self.stop_execution(arn, error, "a test ended it").await
    }

    /// Where an execution hangs, for a person to read.
    async fn report(&self, arn: &str) -> String {
        let mut report = String::from("Its last events:\n");
        let history = self.history(arn).await.unwrap_or_default();
        for event in history.iter().skip(history.len().saturating_sub(REPORTED_STATES)) {
            let state = event.state.as_deref().unwrap_or_default();
            let error = event.error.as_deref().unwrap_or_default();
            report.push_str(&format!("  {} {} {state} {error}\n", event.id, event.kind));
        }
        for function in self.host.function_names() {
            let lines = self.host.logs(&function);
            for line in lines.iter().skip(lines.len().saturating_sub(REPORTED_LOG_LINES)) {
                report.push_str(&format!("  [{function}] {}\n", line.text));
            }
        }
        report
    }
}

impl From<types::HistoryEvent> for HistoryEvent {
    fn from(raw: types::HistoryEvent) -> HistoryEvent {
        let entered = raw.state_entered_event_details.as_ref();
        let exited = raw.state_exited_event_details.as_ref();
        let scheduled = raw.task_scheduled_event_details.as_ref();
        let succeeded = raw.task_succeeded_event_details.as_ref();
        let (error, cause) = error_and_cause(&raw);
        let input = entered.and_then(|details| details.input()).or_else(|| {
            raw.execution_started_event_details
                .as_ref()
                .and_then(|details| details.input())
        });
        let output = exited
            .and_then(|details| details.output())
            .or_else(|| succeeded.and_then(|details| details.output()))
            .or_else(|| {
                raw.execution_succeeded_event_details
                    .as_ref()
                    .and_then(|details| details.output())
            });
        HistoryEvent {
            id: raw.id,
            previous_id: raw.previous_event_id,
            at: timestamp(&raw.timestamp),
            kind: raw.r#type.as_str().to_owned(),
            state: entered
                .map(|details| details.name().to_owned())
                .or_else(|| exited.map(|details| details.name().to_owned())),
            input: json(input),
            output: json(output),
            parameters: json(scheduled.map(|details| details.parameters())),
            error: error.map(str::to_owned),
            cause: cause.map(str::to_owned),
            raw,
        }
    }
}

/// The one pair that is there, of all the events that have one.
fn error_and_cause(raw: &types::HistoryEvent) -> (Option<&str>, Option<&str>) {
    if let Some(details) = &raw.task_failed_event_details {
        return (details.error(), details.cause());
    }
    if let Some(details) = &raw.task_timed_out_event_details {
        return (details.error(), details.cause());
    }
    if let Some(details) = &raw.evaluation_failed_event_details {
        return (details.error(), details.cause());
    }
    if let Some(details) = &raw.execution_failed_event_details {
        return (details.error(), details.cause());
    }
    if let Some(details) = &raw.execution_aborted_event_details {
        return (details.error(), details.cause());
    }
    if let Some(details) = &raw.execution_timed_out_event_details {
        return (details.error(), details.cause());
    }
    (None, None)
}

fn status(status: &types::ExecutionStatus) -> ExecutionStatus {
    match status {
        types::ExecutionStatus::Running => ExecutionStatus::Running,
        types::ExecutionStatus::Succeeded => ExecutionStatus::Succeeded,
        types::ExecutionStatus::Failed => ExecutionStatus::Failed,
        types::ExecutionStatus::TimedOut => ExecutionStatus::TimedOut,
        types::ExecutionStatus::Aborted => ExecutionStatus::Aborted,
        other => ExecutionStatus::Other(other.as_str().to_owned()),
    }
}

fn json(text: Option<&str>) -> Option<Value> {
    text.and_then(|text| serde_json::from_str(text).ok())
}

fn timestamp(moment: &DateTime) -> Timestamp {
    let nanoseconds = i32::try_from(moment.subsec_nanos()).unwrap_or_default();
    Timestamp::new(moment.secs(), nanoseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn failed<E>(operation: &'static str) -> impl FnOnce(E) -> CloudError
where
    E: std::error::Error + 'static,
{
    move |error| CloudError::Call {
        operation,
        problem: DisplayErrorContext(error).to_string(),
    }
}
