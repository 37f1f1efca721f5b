//! The ways out of a cutover that is not made: release the fence, give the migration up, lift what was left standing.

use crate::Clients;
use crate::look::{engine_error, existing, leaving};
use crate::prove::pin;
use adapters::elasticache::Answer;
use adapters::engine::Connection;
use adapters::{clock, pairs};
use domain::contract::cutover::{GivenUp, Released};
use domain::cutover::{Fence, FencedPrimary, Leaving, Trace};
use domain::engine::Info;
use domain::plan::Plan;
use domain::preflight::TargetShard;
use domain::progress::{Observation, Phase};
use domain::target::{GroupStatus, ReplicationGroup};
use domain::{Seconds, StepError};
use std::time::Duration;

/// Lets the source's writers go on, unless the target may have taken over; then the fence is made to last.
pub(crate) async fn release(clients: &Clients, fence: &Fence, asked: bool) -> Result<Released, StepError> {
    let leaving = leaving(clients, &fence.replication_group_id, asked).await;
    act(fence, leaving).await
}

/// Does what was decided.
pub(crate) async fn act(fence: &Fence, leaving: Leaving) -> Result<Released, StepError> {
    let mut words = leaving.words().to_owned();
    if leaving.holds() {
        words = format!("{words} {}", pin(fence).await);
    } else {
        let_go(fence).await?;
    }
    Ok(Released {
        at: clock::now(),
        leaving,
        words: words.trim_end().to_owned(),
    })
}

/// Every source as it was. All are tried, whatever became of the first.
async fn let_go(fence: &Fence) -> Result<(), StepError> {
    let mut failed = None;
    for primary in &fence.primaries {
        if let Err(error) = let_go_of(primary).await {
            failed = Some(error);
        }
    }
    failed.map_or(Ok(()), Err)
}

async fn let_go_of(primary: &FencedPrimary) -> Result<(), StepError> {
    const AN_ANSWER: u64 = 3;
    let commands = primary.release();
    if commands.is_empty() {
        return Ok(());
    }
    // A pause that stops everything stops this as well, until it runs out.
    let left = match primary.mark.as_ref().and_then(|mark| mark.paused_until) {
        Some(until) if !primary.answers(clock::now()) => Seconds::between(clock::now(), until).0,
        _ => 0,
    };
    let fault = |fault| engine_error(&primary.source, &fault);
    let mut source = Connection::keep(&primary.source, Duration::from_secs(left + AN_ANSWER))
        .await
        .map_err(fault)?;
    source.transact(&commands).await.map(drop).map_err(fault)
}

/// A person lifts what a migration left standing.
pub(crate) async fn lift(clients: &Clients, execution_arn: &str, by: &str) -> Result<Released, StepError> {
    if clients.migrations.is_running(execution_arn).await? {
        return Err(StepError::Precondition(
            "the migration is still running and looks after its fence itself; abort it, or wait for its end"
                .to_owned(),
        ));
    }
    let trace = Trace::of(&clients.migrations.visits(execution_arn).await?);
    let Some(fence) = trace.fence else {
        return Err(StepError::Precondition(
            "that migration never drew up a fence".to_owned(),
        ));
    };
    let_go(&fence).await?;
    tracing::info!(by, execution_arn, "the fence was lifted");
    Ok(Released {
        at: clock::now(),
        leaving: Leaving::Release,
        words: format!(
            "{by} lifted the fence: the source's settings are what they were, and it takes writes again."
        ),
    })
}

/// CompleteMigration with Force. A group that follows nobody any more is given up already.
pub(crate) async fn abort(
    clients: &Clients,
    plan: &Plan,
    observation: Option<&Observation>,
) -> Result<GivenUp, StepError> {
    let group = existing(clients, &plan.replication_group_id).await?;
    let request_id = match group.status {
        GroupStatus::Available => None,
        GroupStatus::Modifying | GroupStatus::Migrating | GroupStatus::Other(_) => {
            match clients
                .elasticache
                .abort_migration(&plan.replication_group_id)
                .await?
            {
                Answer::Accepted { request_id } => request_id,
                Answer::OtherState => None,
                Answer::Busy(words) => {
                    return Err(StepError::Transient(format!(
                        "elasticache:CompleteMigration: {words}"
                    )));
                }
            }
        }
    };
    Ok(GivenUp {
        at: clock::now(),
        target: holds(clients, plan, &group, observation).await,
        request_id,
    })
}

/// What the target holds, in a sentence.
async fn holds(
    clients: &Clients,
    plan: &Plan,
    group: &ReplicationGroup,
    observation: Option<&Observation>,
) -> String {
    let keys: Option<u64> = match clients.elasticache.node_endpoints(group).await {
        Ok(nodes) => {
            let primaries = pairs::ask_primaries(group, &nodes).await;
            let keys = |shard: &TargetShard| shard.info.known().map(Info::key_count);
            primaries.iter().map(keys).sum()
        }
        Err(_) => None,
    };
    let keys = keys.map_or("a number of keys that could not be read".to_owned(), |keys| {
        format!("{keys} keys")
    });
    let phase = observation.map(|observation| observation.phase);
    let part = match phase {
        Some(Phase::InSync) => "a copy of the source as it was in sync until now",
        Some(Phase::CatchingUp | Phase::Diverging) => "a copy of the source that lacks its newest writes",
        _ => "whatever part of the source's data had arrived",
    };
    format!(
        "{} no longer follows the source. It takes writes and holds {keys}: {part}. Empty it before a new migration, or \
         set \"overwriteTarget\": true",
        plan.replication_group_id
    )
}
