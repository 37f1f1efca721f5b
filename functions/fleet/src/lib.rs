//! The steps of a fleet: `arrange` reads and checks the list before anything is started, `gate` says whether the line
//! goes on, `sum` what became of it. It starts nothing itself: the state machine does.
//!
//! Twice is safe: arranging writes the same object under the same key, and the others only read.

use adapters::aws;
use adapters::config::{ConfigError, ReportConfig};
use adapters::s3::Bucket;
use adapters::step_functions::Migrations;
use domain::StepError;
use domain::contract::fleet::{Arranged, Fleet, Gate, Input, ObjectPlace};
use domain::fleet::{self, NAMED_FAILURES, Summary};
use domain::plan::{FleetId, FleetList, FleetPlan};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// What this function may call.
#[derive(Debug)]
pub struct Clients {
    migrations: Migrations,
    bucket: Bucket,
}

/// What it answers, by step.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Output {
    /// To `arrange`.
    Arranged(Arranged),
    /// To `gate`.
    Gate(Gate),
    /// To `sum`.
    Summary(Summary),
}

impl Clients {
    /// Builds the clients once per sandbox.
    ///
    /// # Errors
    /// Where the environment lacks the state machine's ARN or the bucket.
    pub async fn new() -> Result<Clients, ConfigError> {
        let config = ReportConfig::from_env()?;
        let sdk = aws::config().await;
        Ok(Clients {
            migrations: Migrations::new(&sdk, config.state_machine_arn),
            bucket: Bucket::new(&sdk, config.bucket, config.bucket_domain),
        })
    }
}

/// Answers one invocation.
///
/// # Errors
/// [`StepError::InvalidInput`] with every mistake of the list; else what AWS answered.
pub async fn handle(clients: &Clients, input: Input) -> Result<Output, StepError> {
    match input {
        Input::Arrange {
            execution_arn,
            started_at,
            input,
        } => arrange(clients, &execution_arn, started_at, &input)
            .await
            .map(Output::Arranged),
        Input::Gate { fleet, canaries } => {
            let failures = clients.migrations.failures_in(&fleet).await?;
            Ok(Output::Gate(fleet::gate(&fleet, failures, canaries)))
        }
        Input::Sum { fleet } => sum(clients, &fleet).await.map(Output::Summary),
    }
}

async fn arrange(
    clients: &Clients,
    execution_arn: &str,
    started_at: Timestamp,
    input: &Value,
) -> Result<Arranged, StepError> {
    let wrong = |mistakes: domain::plan::Mistakes| StepError::InvalidInput(mistakes.to_string());
    let plan = FleetPlan::from_input(input).map_err(wrong)?;
    let read;
    let list = match &plan.list {
        FleetList::Given(list) => list,
        FleetList::Object { key } => {
            read = list_in(clients, key).await?;
            &read
        }
    };
    let id = FleetId::of(execution_arn);
    let arrangement = plan.arrange(&id, list).map_err(wrong)?;
    let lanes = ObjectPlace {
        bucket: clients.bucket.name().to_owned(),
        key: format!("fleets/{}/lanes.json", id.mark()),
    };
    let body =
        serde_json::to_string(&arrangement.lanes).map_err(|error| StepError::Bug(error.to_string()))?;
    clients.bucket.put(&lanes.key, "application/json", &body).await?;
    Ok(Arranged {
        fleet: Fleet {
            id,
            started_at,
            total: list.len() as u64,
            concurrency: plan.concurrency,
            stop_after_failures: plan.stop_after_failures,
        },
        canaries: arrangement.canaries,
        lane_count: arrangement.lanes.len(),
        lanes,
    })
}

/// The list in an object of a person's.
async fn list_in(clients: &Clients, key: &str) -> Result<Vec<Value>, StepError> {
    let wrong = |why: &str| {
        StepError::InvalidInput(format!(
            "the input is wrong and nothing was called: from.key: s3://{}/{key} {why}",
            clients.bucket.name()
        ))
    };
    let body = match clients.bucket.get(key).await? {
        Some(body) => body,
        None => return Err(wrong("is not there")),
    };
    match serde_json::from_slice(&body) {
        Ok(Value::Array(list)) => Ok(list),
        Ok(_) => Err(wrong("is no JSON array")),
        Err(error) => Err(wrong(&format!(
            "is no JSON: line {}, column {}",
            error.line(),
            error.column()
        ))),
    }
}

async fn sum(clients: &Clients, fleet: &Fleet) -> Result<Summary, StepError> {
    let mut executions = clients.migrations.members_of(fleet).await?;
    // Why they failed is asked of those alone that the summary names.
    for failed in executions
        .iter_mut()
        .filter(|one| one.standing.is_failure())
        .take(NAMED_FAILURES)
    {
        failed.error = clients.migrations.error_of(&failed.execution_arn).await?;
    }
    Ok(fleet::sum(fleet, executions))
}
