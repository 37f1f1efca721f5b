//! Steps `Arm`, `Fence`, `Drain`, `Complete`, `HoldFence`, `Prove`, `ReleaseFence` and `Abort`; a person's order `lift`;
//! and what EventBridge says of an execution that ended. The only function that may call CompleteMigration, and the only
//! one that changes anything on a source.
//!
//! Twice is safe. `Arm` writes down every old value before anything is touched, so a fence that is raised twice is still
//! undone to what was. A group that is no longer under migration counts as completed, and what became of it is then
//! observed.

mod arm;
mod at_once;
mod cleanup;
mod complete;
mod ending;
mod fence;
mod hold;
mod leave;
mod look;
mod prove;

use adapters::aws;
use adapters::config::{ConfigError, CutoverConfig};
use adapters::elasticache::ElastiCache;
use adapters::sns::Topic;
use adapters::step_functions::Migrations;
use domain::StepError;
use domain::contract::cutover::Input;
use domain::cutover::StatusChange;
use serde::Serialize;
use serde_json::Value;

/// What this function may call.
#[derive(Debug)]
pub struct Clients {
    elasticache: ElastiCache,
    migrations: Migrations,
    topic: Topic,
    reports: Reports,
}

/// Where reports lie. This function writes none: it says in a message where one is.
#[derive(Debug)]
pub(crate) struct Reports {
    bucket: String,
    region: String,
}

impl Clients {
    /// Builds the clients once per sandbox.
    ///
    /// # Errors
    /// Where the environment lacks the state machine's or the topic's ARN.
    pub async fn new() -> Result<Clients, ConfigError> {
        let config = CutoverConfig::from_env()?;
        let aws = aws::config().await;
        Ok(Clients {
            elasticache: ElastiCache::new(&aws),
            migrations: Migrations::new(&aws, config.state_machine_arn),
            topic: Topic::new(&aws, config.topic_arn),
            reports: Reports {
                bucket: config.reports_bucket,
                region: aws.region().map(ToString::to_string).unwrap_or_default(),
            },
        })
    }
}

/// Answers one invocation.
///
/// # Errors
/// Where the approval is not for this verdict, where AWS or an engine refuses, or where one that has to be read or
/// changed does not answer.
pub async fn handle(clients: &Clients, event: Value) -> Result<Value, StepError> {
    if event.get("detail-type").is_some() {
        let change: StatusChange = read(event)?;
        return answer(Box::pin(cleanup::clean_up(clients, &change.detail)).await?);
    }
    // Boxed, each step on its own: together they are deeper than the compiler likes.
    match read(event)? {
        Input::Arm { plan, observation } => answer(Box::pin(arm::arm(clients, &plan, &observation)).await?),
        Input::Fence { fence } => answer(Box::pin(fence::raise(fence)).await?),
        Input::Drain { fence } => answer(Box::pin(fence::drain(clients, fence)).await?),
        Input::Complete { fence } => answer(Box::pin(complete::complete(clients, fence)).await?),
        Input::Hold { fence } => answer(Box::pin(hold::hold(clients, fence)).await?),
        Input::Prove { plan, fence } => answer(Box::pin(prove::prove(clients, &plan, fence)).await?),
        Input::Release { fence, asked, why } => {
            answer(Box::pin(leave::release(clients, &fence, asked, why)).await?)
        }
        Input::Abort { plan, observation } => {
            answer(Box::pin(leave::abort(clients, &plan, observation.as_deref())).await?)
        }
        Input::Lift { execution_arn, by } => {
            answer(Box::pin(leave::lift(clients, &execution_arn, &by)).await?)
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(event: Value) -> Result<T, StepError> {
    serde_json::from_value(event)
        .map_err(|error| StepError::Bug(format!("this function cannot read what it was given: {error}")))
}

fn answer(document: impl Serialize) -> Result<Value, StepError> {
    serde_json::to_value(document).map_err(|error| StepError::Bug(error.to_string()))
}
