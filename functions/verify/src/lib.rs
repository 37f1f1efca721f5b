//! Steps `Pair`, `Compare` and `Sum` of the states `PairShards`, `Compare` and `SumUp`: is what the target holds what the
//! source holds?
//!
//! Reads only, on both sides. Twice is safe: `Compare` answers where it got to and goes on from there when it is handed that
//! back; handed the same again, it compares the same again.

use adapters::aws;
use adapters::clock;
use adapters::elasticache::ElastiCache;
use adapters::pairs::endpoints;
use adapters::verify::{Unread, compare};
use domain::StepError;
use domain::contract::diagnose::CaughtError;
use domain::contract::verify::{Input, Rounds};
use domain::plan::Plan;
use domain::progress::ShardObservation;
use domain::verify::{Answer, PairProgress, Round, ShardPair, VerifyRule};
use serde::Serialize;
use std::time::Duration;

/// What this function may call.
#[derive(Debug)]
pub struct Clients {
    elasticache: ElastiCache,
}

/// What it answers, by step.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Output {
    /// To `Pair` and to `Sum`.
    Rounds(Box<Rounds>),
    /// To `Compare`.
    Answer(Box<Answer>),
}

impl Clients {
    /// Builds the clients once per sandbox.
    pub async fn new() -> Clients {
        Clients {
            elasticache: ElastiCache::new(&aws::config().await),
        }
    }
}

/// Answers one invocation, which may last for `left`.
///
/// # Errors
/// Where ElastiCache or an engine cannot be read, or where the shards of both sides do not match.
pub async fn handle(clients: &Clients, input: Input, left: Duration) -> Result<Output, StepError> {
    match input {
        Input::Pair {
            plan,
            basis,
            last,
            approved_at,
            shards,
        } => {
            let pairs = pairs(clients, &plan, &shards).await?;
            let (basis, now) = (basis.unwrap_or_default(), clock::now());
            let round = if last {
                Round::last(&plan, basis, approved_at, pairs, now)
            } else {
                Round::first(&plan, basis, pairs, now)
            };
            Ok(Output::Rounds(Box::new(round.into())))
        }
        Input::Compare {
            migration,
            pair,
            rule,
            progress,
            seconds,
        } => compare_for(
            &migration.id,
            &pair,
            &rule,
            progress.map(|progress| *progress),
            seconds.map_or(left, |seconds| left.min(Duration::from_secs(seconds) / 2 * 3)),
        )
        .await
        .map(|answer| Output::Answer(Box::new(answer))),
        Input::Sum { plan, round, answers } => {
            let answers = answers.into_iter().map(with_the_reason).collect();
            let round = round.next(&plan, answers, clock::now());
            Ok(Output::Rounds(Box::new(round.into())))
        }
    }
}

/// Compares one pair for as long as the invocation allows, with a third of it left for a big key that was begun.
///
/// # Errors
/// Where a side cannot be read. The progress that was handed in still holds.
pub async fn compare_for(
    migration: &str,
    pair: &ShardPair,
    rule: &VerifyRule,
    progress: Option<PairProgress>,
    left: Duration,
) -> Result<Answer, StepError> {
    let progress = compare(pair, rule, migration, progress, left / 3 * 2)
        .await
        .map_err(step_error)?;
    tracing::info!(
        shard = %progress.shard,
        phase = ?progress.position.phase,
        source_keys = progress.counts.source_keys,
        differences = progress.counts.all_differences(),
        pending = progress.pending.len(),
        "compared"
    );
    Ok(Answer::of(pair.clone(), progress))
}

/// A pair that could not be read comes with Lambda's JSON; what is told is the message in it.
fn with_the_reason(answer: Answer) -> Answer {
    let message = |cause| {
        let caught = CaughtError {
            error: String::new(),
            cause,
        };
        caught.message()
    };
    Answer {
        unread: answer.unread.map(message),
        ..answer
    }
}

/// Each of the group's shards with the source of its slots, as the looks at the migration see them.
async fn pairs(
    clients: &Clients,
    plan: &Plan,
    seen: &[ShardObservation],
) -> Result<Vec<ShardPair>, StepError> {
    let id = &plan.replication_group_id;
    let group = clients
        .elasticache
        .group(id)
        .await?
        .ok_or_else(|| StepError::Precondition(format!("there is no replication group {id} any more")))?;
    let nodes = clients.elasticache.node_endpoints(&group).await?;
    let (show, carry) = (
        ShardPair::show_of(group.shards.len()),
        ShardPair::carry_of(group.shards.len()),
    );
    let both = endpoints(&group, &plan.source, &nodes).await;
    both.into_iter()
        .map(|(shard, source, target)| {
            let unknown = |side: &str, why: String| {
                StepError::Transient(format!("the {side} of shard {shard} is not known: {why}"))
            };
            Ok(ShardPair {
                source: source.map_err(|why| unknown("source", why))?,
                target: target.map_err(|why| unknown("target", why))?,
                ages_kept: seen
                    .iter()
                    .any(|seen| seen.shard == shard && seen.watch.ages_kept),
                shard,
                show,
                carry,
            })
        })
        .collect()
}

/// What the workflow should do about a side that cannot be read.
fn step_error(unread: Unread) -> StepError {
    if unread.fault.may_pass() || unread.fault.is_silence() {
        StepError::Transient(unread.to_string())
    } else {
        StepError::Precondition(unread.to_string())
    }
}
