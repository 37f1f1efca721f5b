//! What comes before the primaries replicate: which primary replicates from what. With cluster mode enabled, the source
//! is looked at, the slots go where it has them, and the nodes leave cluster mode.

use tokio::time::{Instant, sleep};

use super::ControlPlane;
use super::drivers::LOOK;
use crate::engines::{EngineError, GroupNodes, SourceCluster, probe_source, source_cluster};
use crate::faults::Point;
use crate::state::{Layout, Reason};
use crate::wire::Endpoint;

/// In how many steps the slots are moved.
const STEPS: u8 = 10;

/// Makes a group ready, and tells what each shard is to replicate from.
pub(super) async fn prepare(
    plane: &ControlPlane,
    id: &str,
    nodes: &GroupNodes,
    source: &Endpoint,
) -> Result<Vec<Endpoint>, Reason> {
    let Some(layout) = nodes.layout() else {
        return Ok(vec![source.clone()]);
    };
    let cluster = find(plane, nodes, source).await?;
    reshard(plane, id, nodes, &layout, &cluster.layout)
        .await
        .map_err(stopped)?;
    nodes.leave().await.map_err(stopped)?;
    Ok(cluster.primaries)
}

/// Whether a migration from this source into this group could begin.
pub(super) async fn probe(nodes: &GroupNodes, source: &Endpoint) -> Result<(), Reason> {
    probe_source(source).await?;
    misfit(nodes, source).await
}

/// Whether the source has the shards that the group needs. With cluster mode disabled, there is nothing to see.
pub(super) async fn misfit(nodes: &GroupNodes, source: &Endpoint) -> Result<(), Reason> {
    if nodes.layout().is_none() {
        return Ok(());
    }
    source_cluster(source, nodes.primaries().count()).await.map(drop)
}

/// A source that does not answer is given the time that a link is given.
async fn find(plane: &ControlPlane, nodes: &GroupNodes, source: &Endpoint) -> Result<SourceCluster, Reason> {
    let began = Instant::now();
    loop {
        let found = source_cluster(source, nodes.primaries().count()).await;
        let timeout = plane.settings.with(|settings| settings.start_timeout);
        match found {
            Err(Reason::Unreachable | Reason::SourceNotReady) if began.elapsed() < timeout => {}
            found => return found,
        }
        sleep(LOOK).await;
    }
}

async fn reshard(
    plane: &ControlPlane,
    id: &str,
    nodes: &GroupNodes,
    from: &Layout,
    to: &Layout,
) -> Result<(), EngineError> {
    if from == to {
        return Ok(());
    }
    let report = |progress| {
        plane.report(id, |group| {
            group.resharding(progress, nodes.slots());
            Vec::new()
        });
    };
    report(Some(0));
    for step in 1..=STEPS {
        sleep(plane.settings.with(|settings| settings.resharding_time) / u32::from(STEPS)).await;
        let percent = step * (100 / STEPS);
        nodes.arrange(&from.towards(to, percent.into())).await?;
        report(Some(percent));
        plane.faults.pass(Point::Resharding).await;
    }
    nodes.settle().await?;
    report(None);
    Ok(())
}

fn stopped(error: EngineError) -> Reason {
    tracing::warn!(%error, "a group cannot be made ready for its source");
    Reason::EngineStopped
}
