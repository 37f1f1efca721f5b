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
use domain::report::Location;
use domain::{ReplicationGroupId, StepError};
use jiff::Timestamp;
use std::time::{Duration, Instant};

/// How long a promotion that is under way, or a function that works on, is waited for; Lambda's retries go on from there.
const WAIT: Duration = Duration::from_secs(40);
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
    let ended_at = ended
        .stop_date
        .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok())
        .unwrap_or(cleaned_up.at);
    let works_on_until = trace.works_on_until(ended_at);
    let released = match standing {
        Some(fence) => Some(settle(clients, fence, trace.asked, works_on_until).await?),
        None => None,
    };
    cleaned_up.leaving = released.as_ref().map(|released| released.leaving);
    cleaned_up.target = target(clients, group.as_ref()).await;
    tell(clients, ended, (released, cleaned_up.clone())).await?;
    Ok(cleaned_up)
}

/// Does what the last look says: releases at once where the target follows, so that nobody is held up. Then it looks again
/// for as long as a function works on that the ended execution had begun, since that one may raise the fence anew, or be
/// accepted by AWS; and for as long as what came of a promotion is not known.
async fn settle(
    clients: &Clients,
    fence: &Fence,
    asked: bool,
    works_on_until: Option<Timestamp>,
) -> Result<Released, StepError> {
    let began = Instant::now();
    loop {
        let works_on = works_on_until.is_some_and(|until| clock::now() < until);
        let in_time = began.elapsed() < WAIT;
        let leaves = leaving(clients, &fence.replication_group_id, asked).await;
        if leaves != Leaving::HoldUnknown || !in_time {
            let released = act(fence, leaves, asked).await?;
            if !works_on || leaves == Leaving::HoldPromoted {
                return Ok(released);
            }
        }
        if !in_time {
            return Err(StepError::Transient(
                "a function of the ended execution may still be at work; what it leaves is looked after again".to_owned(),
            ));
        }
        tokio::time::sleep(LOOK).await;
    }
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
    // The same event has the function `report` write it.
    let report = Location::new(&migration.id, &clients.reports.bucket, &clients.reports.region);
    let notice = render(&Input {
        released,
        report: Some(report),
        cleaned_up: Some(cleaned_up),
        ..Input::about(Occasion::Ended, Some(migration), None)
    });
    clients.topic.publish(&notice).await.map(drop)
}
