//! Wakes the waiting migration: a person's order, an ElastiCache event through SNS, or somebody else's call of
//! ElastiCache's API through EventBridge. The state `AwaitSignal` invokes it too, to leave its token in the history; that
//! call changes nothing. And the state `Failed` does, to end the execution with the diagnosis's own error, or, once it was
//! redriven, to go on.
//!
//! Changes nothing but the wait. Twice is safe: a message or event that a migration took already is recognised by its id,
//! and an order that came twice is for a verdict, or for a migration, that is no longer there. No token is ever logged,
//! remembered or answered.

mod source;

use adapters::config::SignalConfig;
use adapters::step_functions::{Delivery, Migrations, Running, Wait};
use adapters::{aws, clock};
use domain::cutover::rollback_cases;
use domain::signal::{Action, ButtonId, Envelope, Order, Signal};
use domain::{ReplicationGroupId, StepError};
use serde::Serialize;
use serde_json::Value;
use source::{Came, End, Incoming, read};
use std::time::Duration;

/// What this function may call.
#[derive(Debug)]
pub struct Clients {
    migrations: Migrations,
    calling_functions: Vec<String>,
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
            calling_functions: config.calling_functions,
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
/// in time, so that whoever called tries again: Lambda does so for SNS and EventBridge, and keeps what fails for good.
pub async fn handle(clients: &Clients, event: Value) -> Result<Output, StepError> {
    match read(&event, &clients.calling_functions) {
        Came::Wait { execution_arn, group } => {
            if let (Some(execution_arn), Some(group)) = (execution_arn, group) {
                clients.migrations.learn(&execution_arn, &group);
            }
            Ok(not_delivered("the token stands in the execution's history"))
        }
        Came::End(end) => end_or_go_on(clients, end).await,
        Came::Signals(incoming) => Box::pin(wake_each(clients, incoming)).await,
        Came::Button { id, by } => press(clients, &id, by).await,
        Came::Order => {
            let order: Order = serde_json::from_value(event).map_err(|error| {
                StepError::InvalidInput(format!(
                    "the order is wrong and nothing was called: {error}. It takes replicationGroupId, action \
                     (approve, postpone or abort), verdict (for approve), until (for postpone) and by; or id, as a \
                     message shows it for a button"
                ))
            })?;
            let signal = order.signal(clock::now()).map_err(StepError::InvalidInput)?;
            if order.action == Action::Abort
                && let Some(refusal) = refuse_abort(clients, &order.replication_group_id).await?
            {
                return Ok(refusal);
            }
            let groups = [order.replication_group_id];
            let Some(running) = Box::pin(clients.migrations.running_for(&groups)).await? else {
                let [group] = groups;
                return Ok(not_delivered(&format!(
                    "there is no running migration into {group}"
                )));
            };
            Box::pin(deliver(clients, &running, &Envelope { id: None, signal })).await
        }
    }
}

/// What a button orders of the migration that it is of, given the verdict that can be approved there now.
async fn press(clients: &Clients, id: &ButtonId, by: Option<String>) -> Result<Output, StepError> {
    let running = clients
        .migrations
        .running_named(|name| id.may_be_of(name))
        .await?;
    let mut stale = false;
    for migration in running {
        let verdict = clients
            .migrations
            .newest_verdict(&migration.execution_arn)
            .await?;
        let Some(button) = id.resolve(migration.name(), verdict.as_deref()) else {
            stale = true;
            continue;
        };
        let order = button.order(migration.group.clone(), verdict, by, clock::now());
        let signal = order.signal(clock::now()).map_err(StepError::InvalidInput)?;
        if order.action == Action::Abort
            && let Some(refusal) = refuse_abort(clients, &migration.group).await?
        {
            return Ok(refusal);
        }
        return Box::pin(deliver(clients, &migration, &Envelope { id: None, signal })).await;
    }
    Ok(not_delivered(if stale {
        "the button is of a verdict that is not the one to approve any more: use the newest message"
    } else {
        "the button is of no migration that runs"
    }))
}

/// Fails the state that asks, and so the execution, with the diagnosis's error; a redrive runs that state again, which then
/// succeeds. Step Functions would fail a Fail state again, however often it is redriven.
async fn end_or_go_on(clients: &Clients, end: End) -> Result<Output, StepError> {
    let goes_on = end.redriven > end.redriven_before;
    tracing::info!(
        error.name = end.error,
        goes_on,
        "the end of a migration that failed"
    );
    if goes_on {
        clients.migrations.go_on(&end.token).await?;
        return Ok(not_delivered("the migration was redriven and goes on"));
    }
    clients
        .migrations
        .fail(&end.token, &end.error, &end.cause)
        .await?;
    Ok(not_delivered("the migration has failed"))
}

/// Why a migration cannot be given up any more, with what going back would lose; none where it can.
async fn refuse_abort(clients: &Clients, group: &ReplicationGroupId) -> Result<Option<Output>, StepError> {
    let migrations = &clients.migrations;
    let (execution_arn, cases) = match Box::pin(migrations.running_for(std::slice::from_ref(group))).await? {
        Some(running)
            if migrations.newest_stage(&running.execution_arn).await?.as_deref() == Some("promotion") =>
        {
            (Some(running.execution_arn), rollback_cases(&[]).to_vec())
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

/// Events and calls: each wakes the migration that it is about, once for each migration however many there are. One for no
/// migration is logged and forgotten.
async fn wake_each(clients: &Clients, incoming: Vec<Incoming>) -> Result<Output, StepError> {
    let mut last = not_delivered("nothing in it is about a running migration");
    let mut woken: Vec<String> = vec![];
    for Incoming { groups, envelope } in incoming {
        let signal = &envelope.signal;
        let Some(running) = Box::pin(clients.migrations.running_for(&groups)).await? else {
            tracing::info!(?signal, ?groups, "about no running migration");
            continue;
        };
        // What one delivery tells of a migration, one look finds out.
        if woken.contains(&running.execution_arn) {
            tracing::info!(?signal, group = %running.group, "its migration is looking already");
            continue;
        }
        last = deliver(clients, &running, &envelope).await?;
        tracing::info!(?signal, group = %running.group, delivered = last.delivered, "{}", last.message);
        woken.push(running.execution_arn);
    }
    Ok(last)
}

async fn deliver(clients: &Clients, running: &Running, envelope: &Envelope) -> Result<Output, StepError> {
    let mut arn = running.execution_arn.clone();
    for _ in 0..TRIES {
        let arn = &mut arn;
        if let Some(id) = &envelope.id
            && clients.migrations.took(arn, id).await?
        {
            return Ok(not_delivered("the migration took it already"));
        }
        match clients.migrations.wait(arn).await? {
            // It has ended, or it rolled over: then the migration goes on in another execution.
            Wait::Over => {
                let groups = std::slice::from_ref(&running.group);
                match Box::pin(clients.migrations.running_for(groups)).await? {
                    Some(successor) if successor.execution_arn != *arn => {
                        *arn = successor.execution_arn;
                        continue;
                    }
                    _ => return Ok(not_delivered("the migration has ended")),
                }
            }
            Wait::NotNow => {}
            Wait::Open(wait) => {
                if clients.migrations.wake(arn, &wait, envelope).await? == Delivery::Taken {
                    return Ok(Output {
                        delivered: true,
                        execution_arn: Some(arn.clone()),
                        message: "the migration took it".to_owned(),
                    });
                }
            }
        }
        // While nobody waited the migration may have gone past the point where it can be given up, or ended.
        if matches!(envelope.signal, Signal::Abort { .. })
            && let Some(refusal) = refuse_abort(clients, &running.group).await?
        {
            return Ok(refusal);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(StepError::Transient(format!(
        "the migration into {} did not wait for a signal in time; send it again",
        running.group
    )))
}

fn not_delivered(message: &str) -> Output {
    Output {
        delivered: false,
        execution_arn: None,
        message: message.to_owned(),
    }
}
