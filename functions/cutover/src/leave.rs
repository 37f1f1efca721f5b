//! The ways out of a cutover that is not made: release the fence, give the migration up, lift what was left standing.

use crate::Clients;
use crate::at_once::at_once;
use crate::ending;
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
pub(crate) async fn release(
    clients: &Clients,
    fence: &Fence,
    asked: bool,
    why: Option<String>,
) -> Result<Released, StepError> {
    let leaving = leaving(clients, &fence.replication_group_id, asked).await;
    let mut released = act(fence, leaving, asked).await?;
    if let Some(why) = why {
        released.words = format!("Why: {why}. {}", released.words);
    }
    Ok(released)
}

/// Does what was decided.
pub(crate) async fn act(fence: &Fence, leaving: Leaving, asked: bool) -> Result<Released, StepError> {
    let more = if leaving.holds() {
        pin(fence).await
    } else {
        let_go(fence, asked).await?
    };
    ending::over(fence);
    Ok(Released {
        at: clock::now(),
        leaving,
        words: format!("{} {more}", leaving.words()).trim_end().to_owned(),
    })
}

/// Every source as it was, all at once and whatever becomes of one of them. Answers with what there is to say of those
/// that could not be reached and whose pause ends by itself.
///
/// # Errors
/// Where one could not be reached and may refuse writes for good.
async fn let_go(fence: &Fence, asked: bool) -> Result<String, StepError> {
    let released = at_once(fence.primaries.clone(), |primary| async move {
        let released = let_go_of(&primary).await;
        (primary, released)
    })
    .await;
    let mut said = vec![];
    let mut failed = None;
    for (primary, released) in released {
        let Err(error) = released else { continue };
        match primary.ends_by_itself(fence.deadline) {
            // Asked to complete, a refusal was set before the mark could say so.
            Some(until) if !asked => said.push(format!(
                "The source of shard {}, {}, could not be reached; if its writers wait, they wait until {until} at most.",
                primary.shard, primary.source
            )),
            _ => failed = Some(error),
        }
    }
    failed.map_or_else(|| Ok(said.join(" ")), Err)
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
    let more = let_go(&fence, trace.asked).await?;
    tracing::info!(by, execution_arn, "the fence was lifted");
    Ok(Released {
        at: clock::now(),
        leaving: Leaving::Release,
        words: format!(
            "{by} lifted the fence: the source's settings are what they were, and it takes writes again. {more}"
        )
        .trim_end()
        .to_owned(),
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
