//! Step `Observe`: one look at both sides of every shard, and what follows from it.
//!
//! Changes nothing. Twice is safe: it looks again.

use adapters::elasticache::ElastiCache;
use adapters::{aws, clock, metrics, pairs};
use domain::contract::poll_lag::Input;
use domain::progress::{self, Observation, Seen, observe};
use domain::target::GroupStatus;
use domain::{Observed, StepError};

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
        verification,
    } = input;
    let id = &plan.replication_group_id;
    let (group, events) = tokio::join!(
        clients.elasticache.group(id),
        clients.elasticache.events(id, stage.watermark)
    );
    let (group, events) = (group?, events?);
    let samples = match &group {
        Some(group) => {
            let nodes = clients.elasticache.node_endpoints(group).await?;
            pairs::look(group, &plan.source, &nodes).await
        }
        None => vec![],
    };
    let resharding = group.as_ref().and_then(|group| group.resharding);
    // AWS answered that there is no such group: that is known, and not the same as no answer.
    let status = Observed::Known(group.map_or_else(GroupStatus::deleted, |group| group.status));
    let observation = observe(
        previous.as_ref(),
        &Seen {
            now: clock::now(),
            migration_id: &migration.id,
            generation: migration.generation,
            plan: &plan,
            preflight: &preflight,
            stage: &stage,
            status,
            resharding,
            events,
            samples,
            signal: signal.as_ref(),
            verification: verification.as_ref(),
        },
    );
    metrics::emit(&progress::metrics(id, &observation))?;
    Ok(observation)
}
