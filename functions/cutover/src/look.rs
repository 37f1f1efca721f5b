//! Looks at the two sides of a cutover, as often as each step needs.

use crate::Clients;
use adapters::engine::{Connection, Watched};
use adapters::pairs::TargetNodes;
use domain::cutover::{LastLook, Leaving};
use domain::engine::{EngineFault, Info, Replication, Role};
use domain::target::ReplicationGroup;
use domain::{Endpoint, Observed, ReplicationGroupId, ShardId, StepError};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How long an engine may take to answer while writers wait.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// How long a node that does not take writes counts as its shard's primary, where only the nodes tell which one is.
const TRUSTED: Duration = Duration::from_secs(1);

/// The target primaries, looked at again and again.
#[derive(Debug)]
pub(crate) struct Targets(Vec<Target>);

#[derive(Debug)]
struct Target {
    shard: ShardId,
    nodes: TargetNodes,
    primary: Option<(Watched, Instant)>,
}

/// A target shard and what its primary said.
pub(crate) type TargetSeen = (ShardId, Observed<Replication>);

impl Targets {
    /// # Errors
    /// Where AWS does not tell where the group's nodes answer.
    pub(crate) async fn of(clients: &Clients, group: &ReplicationGroup) -> Result<Targets, StepError> {
        let nodes = clients.elasticache.node_endpoints(group).await?;
        let target = |shard: &domain::target::Shard| Target {
            shard: shard.id.clone(),
            nodes: TargetNodes::of(shard, &nodes),
            primary: None,
        };
        Ok(Targets(group.shards.iter().map(target).collect()))
    }

    /// Looks at all of them at once; answers in the order of the shards.
    pub(crate) async fn look(&mut self) -> Vec<TargetSeen> {
        let mut looks = JoinSet::new();
        for (at, mut target) in self.0.drain(..).enumerate() {
            looks.spawn(async move {
                let seen = target.look().await;
                (at, target, seen)
            });
        }
        let mut looked = looks.join_all().await;
        looked.sort_by_key(|(at, ..)| *at);
        let mut answers = vec![];
        for (_, target, seen) in looked {
            answers.push((target.shard.clone(), seen));
            self.0.push(target);
        }
        answers
    }

    /// Whether every target primary takes writes.
    pub(crate) async fn promoted(&mut self) -> bool {
        let seen = self.look().await;
        !seen.is_empty() && seen.iter().all(|(_, target)| takes_writes(target))
    }
}

impl Target {
    /// Where only the nodes tell which of them is the primary, they are asked again once it may have become another.
    async fn look(&mut self) -> Observed<Replication> {
        let (watched, found) = match &mut self.primary {
            Some(primary) => primary,
            none => match self.nodes.primary().await {
                Ok(seen) => none.insert((Watched::new(seen.endpoint, PATIENCE), Instant::now())),
                Err(why) => return Observed::Unknown(why),
            },
        };
        let seen = watched.replication().await;
        let may_be_another = seen.known().is_none() || !takes_writes(&seen) && found.elapsed() >= TRUSTED;
        if may_be_another && matches!(self.nodes, TargetNodes::OneOf(_)) {
            self.primary = None;
        }
        seen
    }
}

fn takes_writes(target: &Observed<Replication>) -> bool {
    target.known().is_some_and(|target| target.role == Role::Primary)
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
    let unknown = |asked, why: String| LastLook {
        asked,
        targets: vec![],
        status: Observed::Unknown(why),
    };
    let group = match clients.elasticache.group(id).await {
        Ok(Some(group)) => group,
        Ok(None) => return unknown(false, "the group is gone".to_owned()),
        Err(error) => return unknown(asked, error.to_string()),
    };
    let targets = match Targets::of(clients, &group).await {
        Ok(mut targets) => targets.look().await,
        Err(error) => return unknown(asked, error.to_string()),
    };
    LastLook {
        asked,
        targets: targets.into_iter().map(|(_, target)| target).collect(),
        status: Observed::Known(group.status),
    }
}

/// A source's INFO, of the primary at the top of its chain, and where that listens: there clients write, so there the
/// fence goes up. From 4.0 on every replica of a chain passes the primary's stream on as it is, with its history's id and
/// its offsets (<https://valkey.io/topics/replication/>), so that what the target applied is measured by the top's figures.
///
/// # Errors
/// Where an engine does not answer, where the chain is too long, and where one of its engines is older than that.
pub(crate) async fn root_of(source: &Endpoint) -> Result<(Endpoint, Info), StepError> {
    const LONGEST_CHAIN: usize = 4;
    let mut endpoint = source.clone();
    let mut passed_on = true;
    for _ in 0..LONGEST_CHAIN {
        let info = adapters::engine::info(&endpoint)
            .await
            .map_err(|fault| engine_error(&endpoint, &fault))?;
        let replication = Replication::from_info(&info);
        passed_on &= replication
            .as_ref()
            .is_some_and(|replication| replication.id.is_some());
        match replication.map(|replication| replication.role) {
            Some(Role::Replica(link)) => {
                endpoint = Endpoint::new(&link.host, link.port).map_err(|error| {
                    StepError::Precondition(format!("{endpoint} follows {}: {error}", link.host))
                })?;
            }
            _ if endpoint == *source || passed_on => return Ok((endpoint, info)),
            _ => {
                return Err(StepError::Precondition(format!(
                    "{source} is a replica, and it or an engine above it is older than 4.0: its offsets are not those of \
                     {endpoint}, where clients write, so nothing could tell whether all of it has arrived. Give \
                     {endpoint} as the source"
                )));
            }
        }
    }
    Err(StepError::Precondition(format!(
        "{source} is a replica of a replica, {LONGEST_CHAIN} deep; give the primary as the source"
    )))
}

/// A connection to a source.
pub(crate) async fn connect(endpoint: &Endpoint) -> Result<Connection, StepError> {
    Connection::keep(endpoint, PATIENCE)
        .await
        .map_err(|fault| engine_error(endpoint, &fault))
}

/// What an engine's fault means for the step that needs it.
pub(crate) fn engine_error(endpoint: &Endpoint, fault: &EngineFault) -> StepError {
    let text = format!("the source {endpoint}: {fault}");
    if fault.may_pass() || fault.is_silence() || matches!(fault, EngineFault::NotRedis(_)) {
        StepError::Transient(text)
    } else {
        StepError::Precondition(text)
    }
}
