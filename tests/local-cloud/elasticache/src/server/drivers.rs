//! What happens after a call was answered: each driver does to the engines what the group's phase says, and reports.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{ControlPlane, preparation};
use crate::engines::{Attach, AttachRules, EngineError, GroupNodes, Progress, Role, source_offset};
use crate::faults::Point;
use crate::settings::{LinkCut, LinkLoss, MigratingWhen};
use crate::state::Reason;
use crate::wire::Endpoint;

/// Between two looks at the engines.
pub(super) const LOOK: Duration = Duration::from_millis(25);

/// How a promotion is to end.
pub(super) enum Promotion {
    Succeeds,
    /// With this reason.
    Fails(String),
}

pub(super) async fn modify(plane: Arc<ControlPlane>, id: String) {
    sleep(plane.settings.with(|settings| settings.modify_time)).await;
    plane.report(&id, |group| {
        group.modified();
        Vec::new()
    });
}

pub(super) async fn test(plane: Arc<ControlPlane>, id: String, source: Endpoint) {
    let Some(nodes) = plane.nodes(&id) else { return };
    let time = plane.settings.with(|settings| settings.test_time);
    let (outcome, ()) = tokio::join!(preparation::probe(&nodes, &source), sleep(time));
    plane.faults.pass(Point::Testing).await;
    let settings = plane.settings.get();
    plane.report(&id, |group| {
        group.tested(outcome, settings.test_events, settings.reasons)
    });
}

/// Attaches the primaries, or gives up and promotes them back. An attached group is watched for as long as the
/// migration goes on.
pub(super) async fn start(plane: Arc<ControlPlane>, id: String, source: Endpoint) {
    let Some(nodes) = plane.nodes(&id) else { return };
    sleep(plane.settings.with(|settings| settings.start_time)).await;
    let attached = match preparation::prepare(&plane, &id, &nodes, &source).await {
        Ok(sources) => {
            plane.faults.pass(Point::Attaching).await;
            attach(&plane, &id, &nodes, sources).await
        }
        Err(reason) => Err(reason),
    };
    match attached {
        Ok(()) => {
            sleep(plane.settings.with(|settings| settings.migrating_delay)).await;
            plane.faults.pass(Point::Attached).await;
            migrating(&plane, &id);
            watch(plane, id, nodes).await;
        }
        Err(reason) => fail(&plane, &id, &nodes, reason).await,
    }
}

async fn attach(
    plane: &ControlPlane,
    id: &str,
    nodes: &GroupNodes,
    sources: Vec<Endpoint>,
) -> Result<(), Reason> {
    let mut attach = Attach::begin(nodes);
    if let Err(error) = nodes.replicate(sources).await {
        tracing::warn!(%error, "a primary cannot be told to replicate");
        return Err(Reason::EngineStopped);
    }
    loop {
        let settings = plane.settings.get();
        let rules = AttachRules {
            timeout: settings.start_timeout,
            attempts: settings.start_attempts,
        };
        match attach.look(nodes, rules).await {
            Progress::Attached => return Ok(()),
            Progress::Failed(reason) => return Err(reason),
            Progress::Transferring if settings.migrating_when == MigratingWhen::TransferStarted => {
                migrating(plane, id)
            }
            Progress::Transferring | Progress::Trying => {}
        }
        sleep(LOOK).await;
    }
}

fn migrating(plane: &ControlPlane, id: &str) {
    plane.report(id, |group| {
        group.attached();
        Vec::new()
    });
}

async fn fail(plane: &ControlPlane, id: &str, nodes: &GroupNodes, reason: Reason) {
    if let Err(error) = nodes.promote().await {
        tracing::warn!(%error, "a group is not whole after a failed migration");
    }
    let reasons = plane.settings.with(|settings| settings.reasons);
    plane.report(id, |group| group.failed(reason, reasons));
}

/// Acts on a lost link where the settings say so, which may change at any time.
async fn watch(plane: Arc<ControlPlane>, id: String, nodes: Arc<GroupNodes>) {
    let mut down_since: Option<Instant> = None;
    loop {
        sleep(LOOK).await;
        let LinkLoss::FailAfter(limit) = plane.settings.with(|settings| settings.link_loss) else {
            continue;
        };
        if links_up(&nodes).await {
            down_since = None;
        } else if down_since.get_or_insert_with(Instant::now).elapsed() >= limit {
            return fail(&plane, &id, &nodes, Reason::ConnectionLost).await;
        }
    }
}

async fn links_up(nodes: &GroupNodes) -> bool {
    for primary in nodes.primaries() {
        match primary.role().await {
            Ok(Role::Replica { link, .. }) if link == "connected" => {}
            _ => return false,
        }
    }
    true
}

pub(super) async fn promote(plane: Arc<ControlPlane>, id: String, promotion: Promotion) {
    let Some(nodes) = plane.nodes(&id) else { return };
    let settings = plane.settings.get();
    let wait = async {
        sleep(settings.promotion_time).await;
        plane.faults.pass(Point::Promoting).await;
    };
    if let Promotion::Fails(reason) = promotion {
        wait.await;
        plane.report(&id, |group| group.promotion_refused(&reason));
        return watch(plane, id, nodes).await;
    }
    let promoted = match settings.link_cut {
        LinkCut::First => {
            let promoted = promote_whole(&nodes).await;
            wait.await;
            promoted
        }
        LinkCut::Last => {
            wait.await;
            promote_whole(&nodes).await
        }
    };
    match promoted {
        Ok(()) => plane.report(&id, |group| group.promoted(settings.success_events)),
        Err(error) => {
            tracing::warn!(%error, "a promotion failed");
            plane.report(&id, |group| group.promotion_refused("a node does not answer"));
        }
    }
}

/// A group is promoted as a whole: not when one of its primaries does not answer.
async fn promote_whole(nodes: &GroupNodes) -> Result<(), EngineError> {
    for primary in nodes.primaries().filter(|node| !node.process.has_crashed()) {
        primary.role().await?;
    }
    nodes.promote().await
}

/// Whether every primary has all that its source had when it was looked at. Where the source does not tell its offset,
/// a link that is up has to do.
pub(super) async fn in_sync(nodes: &GroupNodes, within: Duration) -> bool {
    let deadline = Instant::now() + within;
    let mut wanted = Vec::new();
    for primary in nodes.primaries() {
        wanted.push(match nodes.source(primary.shard) {
            Some(source) => source_offset(&source).await,
            None => None,
        });
    }
    loop {
        if reached(nodes, &wanted).await {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        sleep(LOOK).await;
    }
}

/// Whether every primary is at the offset that is wanted of it.
async fn reached(nodes: &GroupNodes, wanted: &[Option<i64>]) -> bool {
    for (primary, wanted) in nodes.primaries().zip(wanted) {
        match primary.role().await {
            Ok(Role::Replica { link, offset })
                if link == "connected" && wanted.is_none_or(|wanted| offset >= wanted) => {}
            _ => return false,
        }
    }
    true
}
