//! Wakes the waiting migration: a person's order, or an ElastiCache event through SNS. The state `AwaitSignal` invokes it
//! too, to leave its token in the history; that call does nothing.
//!
//! Changes nothing but the wait. Twice is safe: the wait that took a signal is over, and a second delivery only makes the
//! migration look once more. No token is ever logged or answered.

use adapters::config::SignalConfig;
use adapters::step_functions::{Delivery, Migrations};
use adapters::{aws, clock};
use domain::cutover::rollback_cases;
use domain::signal::{Action, Order, Signal, read_notices};
use domain::{ReplicationGroupId, StepError};
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

/// What this function may call.
#[derive(Debug)]
pub struct Clients {
    migrations: Migrations,
}

impl Clients {
    /// Builds the clients once per sandbox.
    ///
    /// # Errors
    /// Where the environment lacks the state machine's ARN.
    pub async fn new() -> Result<Clients, adapters::config::ConfigError> {
        let config = SignalConfig::from_env()?;
        Ok(Clients {
            migrations: Migrations::new(&aws::config().await, config.state_machine_arn),
        })
    }
}

/// What became of a signal.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// Whether a waiting migration took it.
    pub delivered: bool,
    /// Which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_arn: Option<String>,
    /// In a sentence.
    pub message: String,
}

/// While a migration looks, no token is open. A look takes seconds; so many tries with this pause between them outlast
/// it and still end within the function's own limit.
const TRIES: u32 = 60;
const PAUSE: Duration = Duration::from_millis(500);

/// Answers one invocation.
///
/// # Errors
/// [`StepError::InvalidInput`] for an order that is wrong; [`StepError::Transient`] where the migration opened no wait
/// in time, so that whoever called tries again.
pub async fn handle(clients: &Clients, event: Value) -> Result<Output, StepError> {
    if event.get("await").is_some() {
        return Ok(not_delivered("the token stands in the execution's history"));
    }
    if let Some(records) = event.get("Records").and_then(Value::as_array) {
        return from_sns(clients, records).await;
    }
    let order: Order = serde_json::from_value(event).map_err(|error| {
        StepError::InvalidInput(format!(
            "the order is wrong and nothing was called: {error}. It takes replicationGroupId, action (approve, postpone or \
             abort), verdict (for approve), until (for postpone) and by"
        ))
    })?;
    let signal = order.signal(clock::now()).map_err(StepError::InvalidInput)?;
    if order.action == Action::Abort
        && let Some(refusal) = refuse_abort(clients, &order.replication_group_id).await?
    {
        return Ok(refusal);
    }
    deliver(clients, &order.replication_group_id, &signal).await
}

/// Why a migration cannot be given up any more, with what going back would lose; none where it can.
async fn refuse_abort(clients: &Clients, group: &ReplicationGroupId) -> Result<Option<Output>, StepError> {
    let migrations = &clients.migrations;
    let (execution_arn, cases) = match migrations.running_for(group).await? {
        Some(running) if migrations.newest_stage(&running).await?.as_deref() == Some("promotion") => {
            (Some(running), rollback_cases(&[]).to_vec())
        }
        Some(_) => return Ok(None),
        None => match migrations.last_success_for(group).await? {
            Some(output) => (
                None,
                output
                    .get("rollback")
                    .and_then(|cases| serde_json::from_value(cases.clone()).ok())
                    .unwrap_or_else(|| rollback_cases(&[]).to_vec()),
            ),
            None => return Ok(None),
        },
    };
    Ok(Some(Output {
        delivered: false,
        execution_arn,
        message: format!(
            "refused: CompleteMigration was accepted, so there is nothing left to give up and {group} takes over. Going back \
             means: {}",
            cases.join(" ")
        ),
    }))
}

/// ElastiCache's events: each wakes the migration of the group it is about. One for no migration is logged and forgotten.
async fn from_sns(clients: &Clients, records: &[Value]) -> Result<Output, StepError> {
    let mut last = not_delivered("no record is about a running migration");
    for message in records
        .iter()
        .filter_map(|record| record.pointer("/Sns/Message")?.as_str())
    {
        for notice in read_notices(message) {
            let signal = Signal::Event {
                name: notice.name.clone(),
            };
            let Some(group) = group_of(&notice.about) else {
                tracing::info!(event = %notice.name, about = %notice.about, "an event about no replication group");
                continue;
            };
            last = deliver(clients, &group, &signal).await?;
            tracing::info!(event = %notice.name, group = %group, delivered = last.delivered, "an ElastiCache event");
        }
    }
    Ok(last)
}

/// The group that an event is about: its subject, without the node numbers of a cache cluster's id.
fn group_of(about: &str) -> Option<ReplicationGroupId> {
    let is_number = |part: &str| part.len() >= 3 && part.chars().all(|c| c.is_ascii_digit());
    let mut name = about.trim();
    while let Some((front, back)) = name.rsplit_once('-') {
        if !is_number(back) {
            break;
        }
        name = front;
    }
    ReplicationGroupId::try_from(name.to_owned()).ok()
}

async fn deliver(
    clients: &Clients,
    group: &ReplicationGroupId,
    signal: &Signal,
) -> Result<Output, StepError> {
    let Some(execution_arn) = clients.migrations.running_for(group).await? else {
        return Ok(not_delivered(&format!(
            "there is no running migration into {group}"
        )));
    };
    for _ in 0..TRIES {
        if let Some(wait) = clients.migrations.open_wait(&execution_arn).await?
            && clients.migrations.wake(&execution_arn, &wait, signal).await? == Delivery::Taken
        {
            return Ok(Output {
                delivered: true,
                execution_arn: Some(execution_arn),
                message: "the migration took it".to_owned(),
            });
        }
        // While nobody waited the migration may have gone past the point where it can be given up, or ended.
        if matches!(signal, Signal::Abort { .. })
            && let Some(refusal) = refuse_abort(clients, group).await?
        {
            return Ok(refusal);
        }
        if !clients.migrations.is_running(&execution_arn).await? {
            return Ok(not_delivered(&format!(
                "the migration into {group} has ended meanwhile"
            )));
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(StepError::Transient(format!(
        "the migration into {group} did not wait for a signal in time; send it again"
    )))
}

fn not_delivered(message: &str) -> Output {
    Output {
        delivered: false,
        execution_arn: None,
        message: message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_clusters_event_is_about_its_group() {
        for (about, group) in [
            ("orders-cache", Some("orders-cache")),
            ("orders-cache-001", Some("orders-cache")),
            ("orders-cache-0002-001", Some("orders-cache")),
            ("orders-7", Some("orders-7")),
            ("Migration operation failed", None),
        ] {
            assert_eq!(
                group_of(about).as_ref().map(ReplicationGroupId::as_str),
                group,
                "{about}"
            );
        }
    }
}
