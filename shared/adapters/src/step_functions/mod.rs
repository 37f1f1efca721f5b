//! Finds the running migration of a replication group and wakes it. Step Functions is the only store: the open token is
//! read from the execution's history and goes nowhere but back to Step Functions.

mod directory;

pub use directory::Running;

use crate::aws::step_error;
use aws_sdk_sfn::types::{HistoryEvent, HistoryEventType};
use directory::Directory;
use domain::signal::Envelope;
use domain::{ReplicationGroupId, StepError};
use serde_json::Value;

/// The state machine whose executions are migrations.
#[derive(Clone, Debug)]
pub struct Migrations {
    client: aws_sdk_sfn::Client,
    state_machine_arn: String,
    directory: Directory,
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
    pub fn new(config: &aws_config::SdkConfig, state_machine_arn: String) -> Migrations {
        Migrations {
            client: aws_sdk_sfn::Client::new(config),
            state_machine_arn,
            directory: Directory::default(),
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
        if events.iter().any(|event| ends_an_execution(&event.r#type)) {
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
        let sent = self
            .client
            .send_task_success()
            .task_token(&wait.token)
            .output(output)
            .send()
            .await;
        match sent {
            Ok(_) => {}
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|e| e.is_task_timed_out() || e.is_task_does_not_exist()) =>
            {
                return Ok(Delivery::TooLate);
            }
            Err(error) => return Err(step_error("states:SendTaskSuccess", &error)),
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

/// Whether an event hands out a token.
fn is_wait(event: &HistoryEvent) -> bool {
    event.r#type == HistoryEventType::TaskScheduled
        && event
            .task_scheduled_event_details()
            .is_some_and(|details| details.resource.ends_with("waitForTaskToken"))
}

/// Whether an event ends the wait before it.
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

/// Whether nothing comes after an event.
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
