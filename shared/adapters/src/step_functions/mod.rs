//! Finds the running migration of a replication group and wakes it. Step Functions is the only store: the open token is
//! read from the execution's history and goes nowhere but back to Step Functions. Sources:
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html>,
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html>.

mod directory;
mod ended;
mod fleet;
mod history;
mod listed;

pub use directory::Running;

use crate::aws::{Lazy, lazily, step_error};
use aws_sdk_sfn::error::SdkError;
use aws_sdk_sfn::operation::send_task_failure::SendTaskFailureError;
use aws_sdk_sfn::operation::send_task_success::SendTaskSuccessError;
use aws_sdk_sfn::types::{ExecutionStatus, HistoryEvent, HistoryEventType};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use directory::Directory;
use domain::cutover::Visit;
use domain::signal::Envelope;
use domain::{ReplicationGroupId, StepError};
use ended::Ended;
use serde_json::Value;

/// The state machine whose executions are migrations.
#[derive(Clone, Debug)]
pub struct Migrations {
    client: Lazy<aws_sdk_sfn::Client>,
    state_machine_arn: String,
    directory: Directory,
    ended: Ended,
}

/// A token with the event in which it was handed out. Debug shows the event only: a token is a credential.
#[derive(Clone)]
pub struct OpenWait {
    event_id: i64,
    token: String,
}

impl std::fmt::Debug for OpenWait {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenWait")
            .field("event_id", &self.event_id)
            .finish_non_exhaustive()
    }
}

/// Whether an execution waits.
#[derive(Clone, Debug)]
pub enum Wait {
    /// It does.
    Open(OpenWait),
    /// It does something else, and may wait again.
    NotNow,
    /// It has ended.
    Over,
}

/// How the delivery of a signal went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The waiting state took it.
    Taken,
    /// The wait was over before the signal came; there may be a next one.
    TooLate,
}

impl Migrations {
    /// A client for one state machine.
    #[must_use]
    pub fn new(config: &aws_types::SdkConfig, state_machine_arn: String) -> Migrations {
        Migrations {
            client: lazily(config, aws_sdk_sfn::Client::new),
            state_machine_arn,
            directory: Directory::default(),
            ended: Ended::default(),
        }
    }

    /// The newest running execution that migrates into one of the groups; none where there is none.
    ///
    /// # Errors
    /// Where Step Functions does not answer or refuses, or where there are more executions than one lookup may look into:
    /// then the next try goes on where this one stopped.
    pub async fn running_for(&self, groups: &[ReplicationGroupId]) -> Result<Option<Running>, StepError> {
        self.directory
            .find(&self.client, &self.state_machine_arn, groups)
            .await
    }

    /// The running executions whose name is wanted, newest first.
    ///
    /// # Errors
    /// Where Step Functions does not answer, refuses, or wants fewer calls.
    pub async fn running_named(&self, wanted: impl Fn(&str) -> bool) -> Result<Vec<Running>, StepError> {
        self.directory
            .named(&self.client, &self.state_machine_arn, wanted)
            .await
    }

    /// The digest of the verdict that an execution last wrote down; none where its newest look has none.
    ///
    /// # Errors
    /// Where Step Functions does not answer or refuses.
    pub async fn newest_verdict(&self, execution_arn: &str) -> Result<Option<String>, StepError> {
        let mut events = self.newest_events(execution_arn).await?;
        events.sort_by_key(|event| std::cmp::Reverse(event.id));
        // A look is the only answer with a stage and a time to wait.
        let look = events
            .iter()
            .filter_map(answer_of)
            .find(|answer| answer.get("stage").is_some() && answer.get("waitSeconds").is_some());
        Ok(look.and_then(|look| Some(look.pointer("/verdict/digest")?.as_str()?.to_owned())))
    }

    /// The output of the newest migration into a group that ended well; none where there is none among the newest
    /// hundred executions.
    ///
    /// # Errors
    /// Where Step Functions does not answer or refuses.
    pub async fn last_success_for(&self, group: &ReplicationGroupId) -> Result<Option<Value>, StepError> {
        let page = self
            .client
            .list_executions()
            .state_machine_arn(&self.state_machine_arn)
            .status_filter(ExecutionStatus::Succeeded)
            .max_results(100)
            .send()
            .await
            .map_err(|error| step_error("states:ListExecutions", &error))?;
        for execution in page.executions {
            let described = self
                .client
                .describe_execution()
                .execution_arn(&execution.execution_arn)
                .send()
                .await
                .map_err(|error| step_error("states:DescribeExecution", &error))?;
            let output: Option<Value> = described
                .output()
                .and_then(|output| serde_json::from_str(output).ok());
            let theirs = output
                .as_ref()
                .and_then(|output| output.get("replicationGroupId")?.as_str());
            // An execution that rolled over has ended, and its migration has not.
            let rolled_over = output
                .as_ref()
                .is_some_and(|output| output.get("status").and_then(Value::as_str) == Some("rolledOver"));
            if theirs == Some(group.as_str()) && !rolled_over {
                return Ok(output);
            }
        }
        Ok(None)
    }

    /// Whether an execution still runs.
    ///
    /// # Errors
    /// Where Step Functions does not answer or refuses.
    pub async fn is_running(&self, execution_arn: &str) -> Result<bool, StepError> {
        let described = self
            .client
            .describe_execution()
            .execution_arn(execution_arn)
            .send()
            .await
            .map_err(|error| step_error("states:DescribeExecution", &error))?;
        Ok(described.status == ExecutionStatus::Running)
    }

    /// The stage that an execution last wrote down: the newest answer that has one.
    ///
    /// # Errors
    /// Where Step Functions does not answer or refuses.
    pub async fn newest_stage(&self, execution_arn: &str) -> Result<Option<String>, StepError> {
        let mut events = self.newest_events(execution_arn).await?;
        events.sort_by_key(|event| std::cmp::Reverse(event.id));
        Ok(events.iter().find_map(|event| {
            let answer = answer_of(event)?;
            Some(answer.pointer("/stage/name")?.as_str()?.to_owned())
        }))
    }

    /// The states that an execution visited since it last drew up a fence, oldest first; all of them where it never did.
    ///
    /// # Errors
    /// Where Step Functions does not answer or refuses.
    pub async fn visits(&self, execution_arn: &str) -> Result<Vec<Visit>, StepError> {
        let mut pages = self
            .client
            .get_execution_history()
            .execution_arn(execution_arn)
            .reverse_order(true)
            .max_results(1_000)
            .into_paginator()
            .items()
            .send();
        let mut events = vec![];
        while let Some(event) = pages.next().await {
            let event = event.map_err(|error| step_error("states:GetExecutionHistory", &error))?;
            let armed = entered(&event) == Some("Arm");
            events.push(event);
            if armed {
                break;
            }
        }
        events.sort_by_key(|event| event.id);
        Ok(visits_of(&events))
    }

    /// What the functions of these states first answered, in their order; none for a state that is not among the first
    /// hundreds of events, or that answered nothing.
    ///
    /// # Errors
    /// Where Step Functions does not answer or refuses.
    pub async fn first_answers<const N: usize>(
        &self,
        execution_arn: &str,
        states: [&str; N],
    ) -> Result<[Option<Value>; N], StepError> {
        let page = self
            .client
            .get_execution_history()
            .execution_arn(execution_arn)
            .max_results(1_000)
            .send()
            .await
            .map_err(|error| step_error("states:GetExecutionHistory", &error))?;
        let visits = visits_of(&page.events);
        Ok(states.map(|state| {
            let answered = |visit: &&Visit| visit.state == state && visit.answer.is_some();
            visits
                .iter()
                .find(answered)
                .and_then(|visit| visit.answer.clone())
        }))
    }

    /// What the function of a state answered, where it did so within the newest events.
    ///
    /// # Errors
    /// Where Step Functions does not answer or refuses.
    pub async fn newest_answer(&self, execution_arn: &str, state: &str) -> Result<Option<Value>, StepError> {
        let mut events = self.newest_events(execution_arn).await?;
        events.sort_by_key(|event| event.id);
        let visits = visits_of(&events);
        let newest = visits.into_iter().rev().find(|visit| visit.state == state);
        Ok(newest.and_then(|visit| visit.answer))
    }

    /// Takes note that an execution migrates into a group, so that finding it costs no call.
    pub fn learn(&self, execution_arn: &str, group: &ReplicationGroupId) {
        self.directory.learn(execution_arn, Some(group.clone()));
    }

    /// Whether a wait of the execution's newest history was ended by the delivery with this id.
    ///
    /// # Errors
    /// Where Step Functions does not answer or refuses.
    pub async fn took(&self, execution_arn: &str, id: &str) -> Result<bool, StepError> {
        let events = self.newest_events(execution_arn).await?;
        Ok(events.iter().any(|event| {
            event
                .task_succeeded_event_details()
                .and_then(|details| serde_json::from_str::<Value>(details.output()?).ok())
                .is_some_and(|output| output.get("id").and_then(Value::as_str) == Some(id))
        }))
    }

    /// Whether an execution waits right now.
    ///
    /// # Errors
    /// Where Step Functions does not answer or refuses.
    pub async fn wait(&self, execution_arn: &str) -> Result<Wait, StepError> {
        let events = self.newest_events(execution_arn).await?;
        if is_over(&events) {
            return Ok(Wait::Over);
        }
        let Some(scheduled) = events
            .iter()
            .filter(|event| is_wait(event))
            .max_by_key(|event| event.id)
        else {
            return Ok(Wait::NotNow);
        };
        let ended = events
            .iter()
            .any(|event| event.id > scheduled.id && ends_a_wait(&event.r#type));
        Ok(match token_of(scheduled) {
            Some(open) if !ended => Wait::Open(open),
            _ => Wait::NotNow,
        })
    }

    /// Hands a signal to an open wait, and makes sure that it was this wait that took it.
    ///
    /// # Errors
    /// Where Step Functions does not answer or refuses for another reason than a wait that is over.
    pub async fn wake(
        &self,
        execution_arn: &str,
        wait: &OpenWait,
        envelope: &Envelope,
    ) -> Result<Delivery, StepError> {
        let output = serde_json::to_string(envelope).map_err(|error| StepError::Bug(error.to_string()))?;
        if self.succeed(&wait.token, &output).await? == Delivery::TooLate {
            return Ok(Delivery::TooLate);
        }
        let events = self.newest_events(execution_arn).await?;
        let end = events
            .iter()
            .filter(|event| event.id > wait.event_id && ends_a_wait(&event.r#type))
            .min_by_key(|e| e.id);
        Ok(match end {
            Some(event) if event.r#type == HistoryEventType::TaskSucceeded => Delivery::Taken,
            Some(_) => Delivery::TooLate,
            // Accepted, and not in the history yet.
            None => Delivery::Taken,
        })
    }

    /// Fails the state that waits with this token.
    ///
    /// # Errors
    /// Where Step Functions does not answer or refuses. A wait that is over already is none: whoever asked first ended it.
    pub async fn fail(&self, token: &str, error: &str, cause: &str) -> Result<(), StepError> {
        let sent = self
            .client
            .send_task_failure()
            .task_token(token)
            .error(shortened(error, LONGEST_ERROR))
            .cause(shortened(cause, LONGEST_CAUSE))
            .send()
            .await;
        let is_over = |e: &SendTaskFailureError| e.is_task_timed_out() || e.is_task_does_not_exist();
        delivery("states:SendTaskFailure", sent, is_over).map(drop)
    }

    /// Lets the state that waits with this token succeed, with nothing to tell.
    ///
    /// # Errors
    /// Where Step Functions does not answer or refuses. A wait that is over already is none: whoever asked first ended it.
    pub async fn go_on(&self, token: &str) -> Result<(), StepError> {
        self.succeed(token, "{}").await.map(drop)
    }

    /// Hands an output to the state that waits with this token.
    async fn succeed(&self, token: &str, output: &str) -> Result<Delivery, StepError> {
        let sent = self
            .client
            .send_task_success()
            .task_token(token)
            .output(output)
            .send()
            .await;
        let is_over = |e: &SendTaskSuccessError| e.is_task_timed_out() || e.is_task_does_not_exist();
        delivery("states:SendTaskSuccess", sent, is_over)
    }

    /// The newest events, enough to hold the last wait whole.
    async fn newest_events(&self, execution_arn: &str) -> Result<Vec<HistoryEvent>, StepError> {
        const A_FEW_STATES: i32 = 100;
        let page = self
            .client
            .get_execution_history()
            .execution_arn(execution_arn)
            .reverse_order(true)
            .max_results(A_FEW_STATES)
            .send()
            .await
            .map_err(|error| step_error("states:GetExecutionHistory", &error))?;
        Ok(page.events)
    }
}

/// What SendTaskFailure takes, in characters: <https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html>.
const LONGEST_ERROR: usize = 256;
const LONGEST_CAUSE: usize = 32_768;

/// What the answer to a token's use says of it: a wait that is over (`TaskTimedOut`, `TaskDoesNotExist`) is no error.
/// Source: <https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html>.
fn delivery<T, E, R>(
    call: &str,
    sent: Result<T, SdkError<E, R>>,
    is_over: impl Fn(&E) -> bool,
) -> Result<Delivery, StepError>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    match sent {
        Ok(_) => Ok(Delivery::Taken),
        Err(error) if error.as_service_error().is_some_and(is_over) => Ok(Delivery::TooLate),
        Err(error) => Err(step_error(call, &error)),
    }
}

fn shortened(text: &str, longest: usize) -> String {
    text.chars().take(longest).collect()
}

/// The state that an event enters.
fn entered(event: &HistoryEvent) -> Option<&str> {
    Some(event.state_entered_event_details()?.name())
}

/// The states that events visit, in the order of the events.
fn visits_of(events: &[HistoryEvent]) -> Vec<Visit> {
    let mut visits: Vec<Visit> = vec![];
    for event in events {
        if let Some(state) = entered(event) {
            visits.push(Visit {
                state: state.to_owned(),
                answer: None,
            });
        } else if let (Some(answer), Some(visit)) = (answer_of(event), visits.last_mut()) {
            visit.answer = Some(answer);
        }
    }
    visits
}

/// What a function answered in an event.
fn answer_of(event: &HistoryEvent) -> Option<Value> {
    let output: Value = serde_json::from_str(event.task_succeeded_event_details()?.output()?).ok()?;
    output.get("Payload").cloned()
}

/// Whether an event hands out a token.
fn is_wait(event: &HistoryEvent) -> bool {
    event.r#type == HistoryEventType::TaskScheduled
        && event
            .task_scheduled_event_details()
            .is_some_and(|details| details.resource.ends_with("waitForTaskToken"))
}

/// Whether an event ends the wait before it.
/// Source: <https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html>.
fn ends_a_wait(kind: &HistoryEventType) -> bool {
    matches!(
        kind,
        HistoryEventType::TaskSucceeded
            | HistoryEventType::TaskFailed
            | HistoryEventType::TaskTimedOut
            | HistoryEventType::TaskStateExited
            | HistoryEventType::TaskStateAborted
    ) || ends_an_execution(kind)
}

/// Whether the execution has ended and was not redriven since.
fn is_over(events: &[HistoryEvent]) -> bool {
    let newest = |is_it: &dyn Fn(&HistoryEventType) -> bool| {
        let of_kind = events.iter().filter(|event| is_it(&event.r#type));
        of_kind.map(|event| event.id).max()
    };
    let redriven = newest(&|kind| *kind == HistoryEventType::ExecutionRedriven);
    newest(&ends_an_execution).is_some_and(|ended| redriven.is_none_or(|redriven| redriven < ended))
}

/// Whether nothing comes after an event, unless the execution is redriven.
/// Source: <https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html>.
fn ends_an_execution(kind: &HistoryEventType) -> bool {
    matches!(
        kind,
        HistoryEventType::ExecutionSucceeded
            | HistoryEventType::ExecutionAborted
            | HistoryEventType::ExecutionFailed
            | HistoryEventType::ExecutionTimedOut
    )
}

/// The token within the parameters of a scheduled task: `{"FunctionName": …, "Payload": {"await": {"token": …}}}`.
fn token_of(event: &HistoryEvent) -> Option<OpenWait> {
    let parameters: Value = serde_json::from_str(&event.task_scheduled_event_details()?.parameters).ok()?;
    let token = parameters.pointer("/Payload/await/token")?.as_str()?.to_owned();
    Some(OpenWait {
        event_id: event.id,
        token,
    })
}
