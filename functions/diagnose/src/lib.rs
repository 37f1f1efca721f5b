//! Steps `Diagnose` and `DiagnoseAgain`: why did it fail, and is everything safe? The second is asked with what the
//! engines' logs answered, where the plan names log groups, and with what EC2 says of the way from target to source, where
//! that may be shut; the first says what to ask for.
//!
//! Changes nothing. Twice is safe: it looks again. It answers whatever it could not read, with the reason why not.

use adapters::elasticache::ElastiCache;
use adapters::pairs::{self, TargetNodes};
use adapters::{aws, clock};
use domain::contract::diagnose::Input;
use domain::diagnosis::{Diagnosis, Evidence, diagnose, queries};
use domain::plan::Plan;
use domain::preflight::TargetShard;
use domain::target::{Event, ReplicationGroup};
use domain::{Observed, StepError};
use jiff::Timestamp;

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
/// None: what cannot be read is part of the diagnosis.
pub async fn handle(clients: &Clients, input: Input) -> Result<Diagnosis, StepError> {
    let now = clock::now();
    let Input {
        failed_state,
        error,
        plan,
        migration,
        preflight,
        observation,
        released,
        signal,
        logs,
        verification,
        network,
    } = input;
    let since = migration.map_or(now, |migration| migration.started_at);
    let (sources, target) = match &plan {
        None => (vec![], Target::nowhere()),
        Some(plan) => tokio::join!(pairs::ask_sources(&plan.source), target_of(clients, plan, since)),
    };
    let mut evidence = Evidence {
        now,
        failed_state,
        error,
        // The way is judged against the plan's source.
        network: plan.as_ref().and(network).map(|described| (*described).into()),
        plan,
        preflight,
        observation,
        events: target.events,
        status: target.group.map(|group| group.map(|group| group.status)),
        sources,
        target: target.shards,
        signal,
        logs: vec![],
        gaps: target.gaps,
        verification,
    };
    evidence.read_logs(&logs.clone().unwrap_or_default());
    let mut diagnosis = diagnose(&evidence);
    if let (None, Some(plan)) = (&logs, &evidence.plan) {
        diagnosis.log_queries = queries(&plan.diagnosis.log_groups, since, now);
    }
    if let Some(released) = &released {
        diagnosis.safety.after(released);
    }
    tracing::info!(cause = %diagnosis.causes[0].id, state = %diagnosis.failed_state, "diagnosed");
    Ok(diagnosis)
}

/// What AWS and the target's engines say after the failure.
struct Target {
    group: Observed<Option<ReplicationGroup>>,
    events: Observed<Vec<Event>>,
    shards: Vec<TargetShard>,
    /// What of it could not be asked for, and why.
    gaps: Vec<String>,
}

impl Target {
    /// Without a plan nothing says where to look, and nothing is called.
    fn nowhere() -> Target {
        Target {
            group: Observed::Unknown("the input names no valid target".to_owned()),
            events: Observed::Known(vec![]),
            shards: vec![],
            gaps: vec![],
        }
    }
}

async fn target_of(clients: &Clients, plan: &Plan, since: Timestamp) -> Target {
    let id = &plan.replication_group_id;
    let (group, events) = tokio::join!(
        clients.elasticache.group(id),
        clients.elasticache.events(id, since)
    );
    let mut target = Target {
        group: Observed::from(group),
        events: Observed::from(events),
        shards: vec![],
        gaps: vec![],
    };
    let Some(Some(there)) = target.group.known() else {
        return target;
    };
    let (shards, of_nodes) = tokio::join!(
        look_at(clients, there),
        clients.elasticache.events_of_nodes(there, since)
    );
    match shards {
        Ok(shards) => target.shards = shards,
        Err(error) => target.gaps.push(format!(
            "the target's engines were not asked, because AWS does not tell where they are: {error}"
        )),
    }
    match (&mut target.events, of_nodes) {
        (Observed::Known(events), Ok(of_nodes)) => {
            events.extend(of_nodes);
            events.sort_by_key(|event| event.at);
        }
        (_, Err(error)) => target
            .gaps
            .push(format!("the events of the group's nodes are not known: {error}")),
        (Observed::Unknown(_), Ok(_)) => {}
    }
    target
}

/// Asks each shard's primary. Where AWS does not tell where the nodes are, nobody was asked, and who was not asked is not
/// called silent.
async fn look_at(clients: &Clients, group: &ReplicationGroup) -> Result<Vec<TargetShard>, StepError> {
    let nodes = clients.elasticache.node_endpoints(group).await?;
    let mut asked = group.clone();
    asked
        .shards
        .retain(|shard| TargetNodes::of(shard, &nodes).is_told());
    Ok(pairs::ask_primaries(&asked, &nodes).await)
}
