//! Draws the fence up: which sources, by which means, and what their settings are. Changes nothing; its answer is the
//! place from which everything is undone, so it stands in the history before anything is touched.

use crate::Clients;
use crate::at_once::at_once;
use crate::look::{connect, engine_error, existing, root_of};
use adapters::{clock, engine};
use domain::contract::cutover::{Fenced, Outcome};
use domain::cutover::{Fence, FencedPrimary, Means, Seat, Setting, may_complete};
use domain::engine::{EngineFault, EngineVersion, Info, Replication, Role};
use domain::plan::{FenceKind, Plan};
use domain::progress::Observation;
use domain::target::{ReplicationGroup, listens, owner};
use domain::{Endpoint, Observed, ShardId, StepError};

/// A target shard and the source primary that it follows.
struct Paired {
    shard: ShardId,
    source: Endpoint,
    seat: Option<Seat>,
}

pub(crate) async fn arm(
    clients: &Clients,
    plan: &Plan,
    observation: &Observation,
) -> Result<Fenced, StepError> {
    may_complete(plan, observation).map_err(StepError::Precondition)?;
    let group = existing(clients, &plan.replication_group_id).await?;
    let pairs = pair(&group, &plan.source).await?;
    let kind = plan.cutover.fence;
    let drawn = at_once(pairs, |paired| draw_up(kind, paired)).await;
    let primaries = drawn.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(Fenced {
        outcome: Outcome::Done,
        fence: Fence::armed(plan, clock::now(), primaries),
        why: "the fence is drawn up; nothing was changed".to_owned(),
    })
}

/// Which source feeds which shard: outside cluster mode the plan's, else the primary that owns the shard's slots.
async fn pair(group: &ReplicationGroup, asked: &Endpoint) -> Result<Vec<Paired>, StepError> {
    if !group.cluster_enabled {
        let [shard] = group.shards.as_slice() else {
            return Err(StepError::Precondition(format!(
                "{} is not in cluster mode and has {} shards: which source feeds which is not known",
                group.id,
                group.shards.len()
            )));
        };
        let (shard, source, seat) = (shard.id.clone(), asked.clone(), None);
        return Ok(vec![Paired { shard, source, seat }]);
    }
    let map = match engine::cluster_map(asked).await {
        Observed::Known(map) => map,
        Observed::Unknown(why) => {
            return Err(StepError::Transient(format!(
                "the source {asked} does not tell its cluster's nodes, which are all to be fenced: {why}"
            )));
        }
    };
    let pair = |shard: &domain::target::Shard| {
        let node = owner(shard, &map)?;
        Ok(Paired {
            shard: shard.id.clone(),
            source: listens(node, asked)?,
            seat: Some(Seat::of(node)),
        })
    };
    let pairs = group.shards.iter().map(|shard| {
        pair(shard).map_err(|why: String| {
            StepError::Precondition(format!(
                "shard {} of {} cannot be paired with a source primary ({why}), so nothing was fenced",
                shard.id, group.id
            ))
        })
    });
    pairs.collect()
}

async fn draw_up(kind: FenceKind, paired: Paired) -> Result<FencedPrimary, StepError> {
    let (source, info) = match paired.seat {
        None => root_of(&paired.source).await?,
        Some(_) => (paired.source.clone(), primary(&paired.source).await?),
    };
    let version = EngineVersion::from_info(&info).ok_or_else(|| {
        StepError::Precondition(format!(
            "{source} does not tell its version, so it is not known how its writers can be stopped; stop them and set \
             cutover.fence to \"none\""
        ))
    })?;
    let means = Means::of(kind, &version).map_err(StepError::Precondition)?;
    let settings = match kind {
        FenceKind::None => vec![],
        FenceKind::Pause | FenceKind::Reject => {
            let to_write = setting(&source, &means.setting).await?;
            let max_lag = setting(&source, &means.lag_setting()).await?;
            Setting::refusal(&means, to_write, max_lag)
        }
    };
    if kind == FenceKind::Reject && settings.is_empty() {
        return Err(StepError::Precondition(format!(
            "{source} does not let {} be read (CONFIG is renamed or not permitted); set cutover.fence to \"pause\"",
            means.setting
        )));
    }
    Ok(FencedPrimary {
        shard: paired.shard,
        source,
        seat: paired.seat,
        version: version.to_string(),
        means,
        settings,
        mark: None,
    })
}

/// INFO of a primary of a source cluster.
async fn primary(source: &Endpoint) -> Result<Info, StepError> {
    let info = engine::info(source)
        .await
        .map_err(|fault| engine_error(source, &fault))?;
    match Replication::from_info(&info).map(|replication| replication.role) {
        Some(Role::Primary) => Ok(info),
        _ => Err(StepError::Precondition(format!(
            "{source} owns slots of the source cluster and is no primary: it fails over right now. Nothing was fenced"
        ))),
    }
}

/// A setting, or none where CONFIG is not for us.
async fn setting(source: &Endpoint, name: &str) -> Result<Option<String>, StepError> {
    match connect(source).await?.setting(name).await {
        Ok(value) => Ok(value),
        Err(EngineFault::UnknownCommand(_) | EngineFault::NotPermitted(_)) => Ok(None),
        Err(fault) => Err(engine_error(source, &fault)),
    }
}
