//! Step `Observe`: one look at both sides of every shard, and what follows from it.
//!
//! Changes nothing. Twice is safe: it looks again.

use adapters::elasticache::ElastiCache;
use adapters::{aws, clock, engine};
use domain::contract::poll_lag::Input;
use domain::progress::{Observation, Seen, ShardSample, observe};
use domain::target::{GroupStatus, ReplicationGroup, Shard};
use domain::{Endpoint, Observed, StepError};

/// What this function may call.
#[derive(Debug)]
pub struct Clients {
    elasticache: ElastiCache,
}

impl Clients {
    /// Builds the clients once per sandbox.
    pub async fn new() -> Clients {
        Clients {
            elasticache: ElastiCache::new(&aws::config().await),
        }
    }
}

/// Answers one invocation.
///
/// # Errors
/// Where ElastiCache's API does not answer or refuses: without status and events nothing can be concluded. An engine
/// that does not answer is part of the observation.
pub async fn handle(clients: &Clients, input: Input) -> Result<Observation, StepError> {
    let Input {
        plan,
        migration,
        preflight,
        stage,
        previous,
        signal,
    } = input;
    let group = clients.elasticache.group(&plan.replication_group_id).await?;
    let events = clients
        .elasticache
        .events(&plan.replication_group_id, stage.watermark)
        .await?;
    let samples = match &group {
        Some(group) => sample(group, &plan.source).await,
        None => vec![],
    };
    // AWS answered that there is no such group: that is known, and not the same as no answer.
    let status = Observed::Known(group.map_or_else(GroupStatus::deleted, |group| group.status));
    Ok(observe(
        previous.as_ref(),
        &Seen {
            now: clock::now(),
            migration_id: &migration.id,
            plan: &plan,
            preflight: &preflight,
            stage: &stage,
            status,
            events,
            samples,
            signal: signal.as_ref(),
        },
    ))
}

/// Asks the source first and then each target, so that a target that is level is at or past the source's offset.
async fn sample(group: &ReplicationGroup, source: &Endpoint) -> Vec<ShardSample> {
    let source = Observed::from(engine::info(source).await);
    let mut samples = vec![];
    for shard in &group.shards {
        samples.push(sample_shard(shard, source.clone()).await);
    }
    samples
}

async fn sample_shard(shard: &Shard, source: Observed<domain::engine::Info>) -> ShardSample {
    let target_address = match &shard.primary {
        Some(primary) => engine::resolve(primary).await,
        None => None,
    };
    let target = engine::observe(shard.primary.as_ref()).await;
    ShardSample {
        shard: shard.id.clone(),
        source,
        target,
        target_address,
    }
}
