//! Draws the fence up: which sources, by which means, and what their settings are. Changes nothing; its answer is the
//! place from which everything is undone, so it stands in the history before anything is touched.

use crate::Clients;
use crate::look::{connect, existing, root_of};
use adapters::clock;
use domain::contract::cutover::{Fenced, Outcome};
use domain::cutover::{Fence, FencedPrimary, Means, Setting, may_complete};
use domain::engine::{EngineFault, EngineVersion};
use domain::plan::{FenceKind, Plan};
use domain::progress::Observation;
use domain::{Endpoint, ShardId, StepError};

pub(crate) async fn arm(
    clients: &Clients,
    plan: &Plan,
    observation: &Observation,
) -> Result<Fenced, StepError> {
    may_complete(plan, observation).map_err(StepError::Precondition)?;
    let group = existing(clients, &plan.replication_group_id).await?;
    let [shard] = group.shards.as_slice() else {
        return Err(StepError::Precondition(format!(
            "{} has {} shards: which source primary feeds which shard is not known, so nothing can be fenced. Stop the \
             writers and complete the migration by hand",
            group.id,
            group.shards.len()
        )));
    };
    let primary = draw_up(plan, &plan.source, shard.id.clone()).await?;
    Ok(Fenced {
        outcome: Outcome::Done,
        fence: Fence::armed(plan, clock::now(), vec![primary]),
        why: "the fence is drawn up; nothing was changed".to_owned(),
    })
}

async fn draw_up(plan: &Plan, source: &Endpoint, shard: ShardId) -> Result<FencedPrimary, StepError> {
    let kind = plan.cutover.fence;
    let (source, info) = root_of(source).await?;
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
        shard,
        source,
        version: version.to_string(),
        means,
        settings,
        mark: None,
    })
}

/// A setting, or none where CONFIG is not for us.
async fn setting(source: &Endpoint, name: &str) -> Result<Option<String>, StepError> {
    match connect(source).await?.setting(name).await {
        Ok(value) => Ok(value),
        Err(EngineFault::UnknownCommand(_) | EngineFault::NotPermitted(_)) => Ok(None),
        Err(fault) => Err(crate::look::engine_error(source, &fault)),
    }
}
