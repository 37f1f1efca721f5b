//! An execution that was stopped from the console, timed out or died leaves nothing behind: EventBridge tells of its end,
//! its history tells what it had up, and the fence is released, or held where the target may have taken over.

use crate::Clients;
use crate::leave::act;
use crate::look::leaving;
use adapters::clock;
use domain::contract::Migration;
use domain::contract::cutover::{CleanedUp, Released};
use domain::contract::notify::{Input, Occasion};
use domain::cutover::{Fence, Leaving, StatusChangeDetail, Trace};
use domain::notice::render;
use domain::{ReplicationGroupId, StepError};
use std::time::{Duration, Instant};

/// How long a promotion that is under way is waited for; EventBridge's retries go on from there.
const WAIT: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_secs(1);

pub(crate) async fn clean_up(clients: &Clients, ended: &StatusChangeDetail) -> Result<CleanedUp, StepError> {
    let trace = Trace::of(&clients.migrations.visits(&ended.execution_arn).await?);
    let group = ended
        .replication_group_id()
        .and_then(|id| ReplicationGroupId::try_from(id).ok());
    let mut cleaned_up = CleanedUp {
        at: clock::now(),
        status: ended.status.clone(),
        replication_group_id: group.as_ref().map(ToString::to_string),
        leaving: None,
        target: "People were told how it ended, and no fence was up.".to_owned(),
    };
    let standing = trace.standing();
    if trace.told && standing.is_none() {
        return Ok(cleaned_up);
    }
    let released = match standing {
        Some(fence) => Some(settle(clients, fence, trace.asked).await?),
        None => None,
    };
    cleaned_up.leaving = released.as_ref().map(|released| released.leaving);
    cleaned_up.target = target(clients, group.as_ref()).await;
    tell(clients, ended, (released, cleaned_up.clone())).await?;
    Ok(cleaned_up)
}

/// A promotion may be under way: what came of it decides.
async fn settle(clients: &Clients, fence: &Fence, asked: bool) -> Result<Released, StepError> {
    let began = Instant::now();
    let mut leaves = leaving(clients, &fence.replication_group_id, asked).await;
    while leaves == Leaving::HoldUnknown && began.elapsed() < WAIT {
        tokio::time::sleep(LOOK).await;
        leaves = leaving(clients, &fence.replication_group_id, asked).await;
    }
    act(fence, leaves, asked).await
}

async fn target(clients: &Clients, group: Option<&ReplicationGroupId>) -> String {
    let Some(id) = group else {
        return "The execution's input names no target.".to_owned();
    };
    match clients.elasticache.group(id).await {
        Ok(Some(group)) => format!(
            "{id} is {}. Where it is migrating it goes on following the source: start a new migration, or give it up with \
             CompleteMigration and Force.",
            group.status
        ),
        Ok(None) => format!("There is no group {id}."),
        Err(error) => format!("What {id} is doing could not be read: {error}."),
    }
}

async fn tell(
    clients: &Clients,
    ended: &StatusChangeDetail,
    (released, cleaned_up): (Option<Released>, CleanedUp),
) -> Result<(), StepError> {
    let migration = Migration {
        id: ended.migration_id(),
        execution_arn: ended.execution_arn.clone(),
        started_at: cleaned_up.at,
        generation: ended.generation(),
    };
    let notice = render(&Input {
        released,
        cleaned_up: Some(cleaned_up),
        ..Input::about(Occasion::Ended, Some(migration), None)
    });
    clients.topic.publish(&notice).await.map(drop)
}
