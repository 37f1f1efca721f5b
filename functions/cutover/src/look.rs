//! Looks at the two sides of a cutover, as often as each step needs.

use crate::Clients;
use adapters::session::{Session, Watched};
use domain::cutover::{LastLook, Leaving};
use domain::engine::{EngineFault, Info, Replication, Role};
use domain::target::ReplicationGroup;
use domain::{Endpoint, Observed, ReplicationGroupId, StepError};
use std::time::Duration;

/// How long an engine may take to answer while writers wait.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// The target primaries, looked at again and again.
#[derive(Debug)]
pub(crate) struct Targets(Vec<Watched>);

impl Targets {
    pub(crate) fn of(group: &ReplicationGroup) -> Targets {
        let watched = |endpoint: &Option<Endpoint>| Watched::new(endpoint.clone(), PATIENCE);
        Targets(group.shards.iter().map(|shard| watched(&shard.primary)).collect())
    }

    pub(crate) async fn look(&mut self) -> Vec<Observed<Replication>> {
        let mut seen = vec![];
        for target in &mut self.0 {
            seen.push(target.replication().await);
        }
        seen
    }

    /// Whether every target primary takes writes.
    pub(crate) async fn promoted(&mut self) -> bool {
        all_primary(&self.look().await)
    }
}

/// Whether every one is a primary.
pub(crate) fn all_primary(targets: &[Observed<Replication>]) -> bool {
    !targets.is_empty()
        && targets
            .iter()
            .all(|target| target.known().is_some_and(|target| target.role == Role::Primary))
}

pub(crate) async fn existing(
    clients: &Clients,
    id: &ReplicationGroupId,
) -> Result<ReplicationGroup, StepError> {
    clients
        .elasticache
        .group(id)
        .await?
        .ok_or_else(|| StepError::Precondition(format!("there is no replication group {id} any more")))
}

/// How long AWS's status may lag behind a call that it has just accepted.
const STATUS_LAG: Duration = Duration::from_secs(3);

/// What becomes of the fence now. Where AWS may have been asked, "it still follows" counts when it was seen twice.
pub(crate) async fn leaving(clients: &Clients, id: &ReplicationGroupId, asked: bool) -> Leaving {
    let mut leaving = last_look(clients, id, asked).await.decide();
    if asked && leaving == Leaving::Release {
        tokio::time::sleep(STATUS_LAG).await;
        leaving = last_look(clients, id, asked).await.decide();
    }
    leaving
}

async fn last_look(clients: &Clients, id: &ReplicationGroupId, asked: bool) -> LastLook {
    match clients.elasticache.group(id).await {
        Ok(Some(group)) => LastLook {
            asked,
            targets: Targets::of(&group).look().await,
            status: Observed::Known(group.status),
        },
        Ok(None) => LastLook {
            asked: false,
            targets: vec![],
            status: Observed::Unknown("the group is gone".to_owned()),
        },
        Err(error) => LastLook {
            asked,
            targets: vec![],
            status: Observed::Unknown(error.to_string()),
        },
    }
}

/// A source's INFO, of the primary at the top of its chain, and where that listens.
pub(crate) async fn root_of(source: &Endpoint) -> Result<(Endpoint, Info), StepError> {
    const LONGEST_CHAIN: usize = 4;
    let mut endpoint = source.clone();
    for _ in 0..LONGEST_CHAIN {
        let info = adapters::engine::info(&endpoint)
            .await
            .map_err(|fault| engine_error(&endpoint, &fault))?;
        match Replication::from_info(&info).map(|replication| replication.role) {
            Some(Role::Replica(link)) => {
                endpoint = Endpoint::new(&link.host, link.port).map_err(|error| {
                    StepError::Precondition(format!("{endpoint} follows {}: {error}", link.host))
                })?;
            }
            _ => return Ok((endpoint, info)),
        }
    }
    Err(StepError::Precondition(format!(
        "{source} is a replica of a replica, {LONGEST_CHAIN} deep; give the primary as the source"
    )))
}

/// A connection to a source.
pub(crate) async fn session(endpoint: &Endpoint) -> Result<Session, StepError> {
    Session::open(endpoint, PATIENCE)
        .await
        .map_err(|fault| engine_error(endpoint, &fault))
}

/// What an engine's fault means for the step that needs it.
pub(crate) fn engine_error(endpoint: &Endpoint, fault: &EngineFault) -> StepError {
    let text = format!("the source {endpoint}: {fault}");
    if fault.may_pass() || matches!(fault, EngineFault::Unreachable(_) | EngineFault::NotRedis(_)) {
        StepError::Transient(text)
    } else {
        StepError::Precondition(text)
    }
}
