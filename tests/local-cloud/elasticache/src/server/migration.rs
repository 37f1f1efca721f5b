//! TestMigration, StartMigration and CompleteMigration: what is answered at once. What follows is in `drivers`.

use std::sync::Arc;

use super::drivers::{self, Promotion};
use super::{ControlPlane, preparation, view};
use crate::faults::Fault;
use crate::settings::{Misfit, NotInSync};
use crate::state::{Completion, Message, Reason};
use crate::wire::{ApiError, Element, Endpoint, Migration};

type Answer = Result<Vec<Element>, ApiError>;

/// "Async API to test connection": the answer only says that the test has begun.
pub(super) fn test(plane: &Arc<ControlPlane>, request: Migration) -> Answer {
    let Migration { group: id, source } = request;
    plane
        .world
        .with(|world| world.group_mut(&id)?.test(source.clone()))?;
    plane.run(&id, drivers::test(plane.clone(), id.clone(), source));
    shown(plane, &id)
}

pub(super) async fn start(plane: &Arc<ControlPlane>, request: Migration) -> Answer {
    let Migration { group: id, source } = request;
    if plane.settings.with(|settings| settings.misfit) == Misfit::Error {
        refuse_misfit(plane, &id, &source).await?;
    }
    let messages = plane
        .world
        .with(|world| world.group_mut(&id)?.start(source.clone()))?;
    plane.record(&id, &messages);
    plane.run(&id, drivers::start(plane.clone(), id.clone(), source));
    shown(plane, &id)
}

/// Looks at the source before the answer. Whether it answers at all is for the start to see.
async fn refuse_misfit(plane: &ControlPlane, id: &str, source: &Endpoint) -> Result<(), ApiError> {
    plane.world.with(|world| world.group(id)?.may_start())?;
    let Some(nodes) = plane.nodes(id) else {
        return Ok(());
    };
    match preparation::misfit(&nodes, source).await {
        Err(reason @ (Reason::NotACluster | Reason::ClusterNotOk | Reason::ShardCount)) => Err(
            ApiError::invalid_combination(format!("The migration cannot start: {reason}.")),
        ),
        _ => Ok(()),
    }
}

pub(super) async fn complete(
    plane: &Arc<ControlPlane>,
    id: &str,
    force: bool,
    fault: Option<&Fault>,
) -> Answer {
    let settings = plane.settings.get();
    let allowed = || {
        plane.world.with(|world| {
            let group = world.group(id)?;
            group.may_complete(force, settings.while_modifying)
        })
    };
    let completion = allowed()?;

    if let Some(Fault::RefuseCompletion { reason }) = fault {
        plane.record(id, &[Message::CompleteRefused(reason.clone())]);
        return shown(plane, id);
    }
    if let (Completion::WhenInSync, Some(nodes)) = (completion, plane.nodes(id))
        && !drivers::in_sync(&nodes, settings.in_sync_wait).await
    {
        return match settings.not_in_sync {
            NotInSync::Error => Err(ApiError::invalid_group_state(
                "The data of the replication group is not in sync.",
            )),
            NotInSync::Event => {
                plane.record(id, &[Message::CompleteRefused("data is not in sync".to_owned())]);
                shown(plane, id)
            }
        };
    }

    // Looking took a while: another call may have been quicker.
    if !plane
        .world
        .with(|world| world.group_mut(id).map(|group| group.promote()))?
    {
        allowed()?;
        return Err(ApiError::not_under_migration());
    }
    plane.stop(id).await;
    let promotion = match fault {
        Some(Fault::FailPromotion { reason }) => Promotion::Fails(reason.clone()),
        _ => Promotion::Succeeds,
    };
    plane.run(id, drivers::promote(plane.clone(), id.to_owned(), promotion));
    shown(plane, id)
}

/// The group as it is now: what all three answer with.
fn shown(plane: &ControlPlane, id: &str) -> Answer {
    let settings = plane.settings.get();
    plane.world.with(|world| {
        Ok(vec![view::replication_group(
            world.group(id)?,
            &plane.names,
            &settings,
        )])
    })
}
