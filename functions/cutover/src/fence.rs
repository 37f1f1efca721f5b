//! Raises the fence, and waits until what was acknowledged before it has arrived. All sources are fenced at the same time,
//! and a fence that does not stand on every one of them is none.

use crate::Clients;
use crate::at_once::at_once;
use crate::ending;
use crate::look::{Targets, connect, engine_error, existing};
use adapters::clock;
use domain::contract::cutover::{Fenced, Outcome};
use domain::cutover::{Command, Fence, FencedPrimary, Mark, Seat, missing, still_seated};
use domain::engine::{ClusterMap, Info, Replication, Role};
use domain::{ShardId, StepError};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// Between two looks at the target while writers wait.
const LOOK: Duration = Duration::from_millis(20);

/// How often a source is asked that does not answer, while the writers of the others wait.
const TRIES: usize = 3;

/// Before it is asked again.
const BETWEEN_TRIES: Duration = Duration::from_millis(250);

/// Stops the writers of every source, until the budget ends: a pause that nobody comes back to ends with it. Where one
/// cannot be stopped, the answer is a refusal, and all of them are let go.
pub(crate) async fn raise(mut fence: Fence) -> Result<Fenced, StepError> {
    if fence.is_over(clock::now()) {
        return Ok(refused(fence, "the budget was spent before the fence was up"));
    }
    let until = fence.deadline;
    Ok(match stand(&mut fence, until, false).await {
        Ok(()) => Fenced {
            outcome: Outcome::Done,
            fence,
            why: "the source's writers are stopped".to_owned(),
        },
        Err(why) => refused(fence, &why.to_string()),
    })
}

/// Waits until every target has everything up to its source's mark.
pub(crate) async fn drain(clients: &Clients, fence: Fence) -> Result<Fenced, StepError> {
    let group = existing(clients, &fence.replication_group_id).await?;
    let mut targets = Targets::of(clients, &group).await?;
    Ok(match drained(&fence, &mut targets).await {
        Ok(()) => Fenced {
            outcome: Outcome::Done,
            fence,
            why: "everything that was acknowledged has arrived".to_owned(),
        },
        Err(missing) => refused(fence, &format!("the budget was spent: {missing}")),
    })
}

/// The same, for those who look on: what is missing when the budget ends is the error.
pub(crate) async fn drained(fence: &Fence, targets: &mut Targets) -> Result<(), String> {
    loop {
        let seen = targets.look().await;
        match missing(fence, &seen) {
            None => return Ok(()),
            Some(missing) if fence.is_over(clock::now()) => return Err(missing),
            Some(_) => tokio::time::sleep(LOOK).await,
        }
    }
}

fn refused(fence: Fence, why: &str) -> Fenced {
    Fenced {
        outcome: Outcome::Refused,
        fence,
        why: why.to_owned(),
    }
}

/// Raises the fence anew for as long as one pause lasts, refuses writes below it, and moves the marks to where the sources
/// are then. One that cannot be asked at this moment, because its pause stops everything, keeps its mark.
///
/// # Errors
/// Where a source does not answer, is no primary any more, or sits elsewhere in its cluster.
pub(crate) async fn renew(fence: &mut Fence) -> Result<(), StepError> {
    let until = fence.next_pause(clock::now());
    let before = fence.clone();
    let stands = stand(fence, until, true).await;
    ending::renewed(&before, fence);
    stands
}

/// Raises the fence on all sources at once. The fence has then what is known of each, also where one of them failed.
async fn stand(fence: &mut Fence, until: Timestamp, refuse_too: bool) -> Result<(), StepError> {
    let seats = Arc::new(fence.seats());
    let raised = at_once(std::mem::take(&mut fence.primaries), |mut primary| {
        let seats = Arc::clone(&seats);
        async move {
            let stands = raise_one(&mut primary, &seats, until, refuse_too).await;
            (primary, stands)
        }
    })
    .await;
    let mut failed = None;
    for (primary, stands) in raised {
        if let Err(error) = stands {
            tracing::warn!(source = %primary.source, "the fence does not stand: {error}");
            failed.get_or_insert(of_shard(&primary.shard, error));
        }
        fence.primaries.push(primary);
    }
    failed.map_or(Ok(()), Err)
}

/// The same error, with the shard that it is about.
fn of_shard(shard: &ShardId, error: StepError) -> StepError {
    match error {
        StepError::Transient(text) => StepError::Transient(format!("shard {shard}: {text}")),
        StepError::Precondition(text) => StepError::Precondition(format!("shard {shard}: {text}")),
        other => other,
    }
}

async fn raise_one(
    primary: &mut FencedPrimary,
    seats: &[(ShardId, Seat)],
    until: Timestamp,
    refuse_too: bool,
) -> Result<(), StepError> {
    let mut tries = 0;
    loop {
        let now = clock::now();
        if !primary.answers(now) {
            return Ok(());
        }
        let mut commands = primary.raise(now, until);
        if refuse_too {
            commands.extend(primary.refuse());
        }
        tries += 1;
        match transact(primary, commands, (now, until), seats).await {
            Err(StepError::Transient(_)) if tries < TRIES => tokio::time::sleep(BETWEEN_TRIES).await,
            stands => return stands,
        }
    }
}

/// Runs the commands, reads where the source is, and asks it for its cluster, all together.
async fn transact(
    primary: &mut FencedPrimary,
    mut commands: Vec<Command>,
    (now, until): (Timestamp, Timestamp),
    seats: &[(ShardId, Seat)],
) -> Result<(), StepError> {
    let has = |word: &str| commands.iter().any(|command| command.iter().any(|it| it == word));
    let (pauses, refuses) = (has("PAUSE"), has("SET"));
    if primary.seat.is_some() {
        commands.push(["CLUSTER", "NODES"].map(str::to_owned).to_vec());
    }
    let (replies, info) = connect(&primary.source)
        .await?
        .transact(&commands)
        .await
        .map_err(|fault| engine_error(&primary.source, &fault))?;
    let before = primary.mark.as_ref();
    let mark = Mark {
        paused_until: pauses
            .then_some(until)
            .or_else(|| before.and_then(|mark| mark.paused_until)),
        refuses: refuses || before.is_some_and(|mark| mark.refuses),
        ..marked(primary, &info, now)?
    };
    primary.mark = Some(mark);
    if primary.seat.is_some() {
        let nodes = replies.last().and_then(|reply| reply.text()).unwrap_or_default();
        still_seated(seats, &ClusterMap::from_nodes(&nodes)).map_err(|why| {
            StepError::Precondition(format!(
                "the source cluster is not what it was when the fence was drawn up ({}): {why}",
                primary.source
            ))
        })?;
    }
    Ok(())
}

/// Where the source is.
fn marked(primary: &FencedPrimary, info: &Info, now: Timestamp) -> Result<Mark, StepError> {
    let source = &primary.source;
    let replication = Replication::from_info(info)
        .filter(|replication| replication.role == Role::Primary)
        .ok_or_else(|| {
            StepError::Precondition(format!(
                "{source} is no primary any more: its stream is not the one to wait for"
            ))
        })?;
    let offset = replication
        .offset
        .ok_or_else(|| StepError::Precondition(format!("{source} does not tell its replication offset")))?;
    Ok(Mark {
        at: now,
        history: replication.id,
        offset,
        paused_until: None,
        refuses: false,
    })
}

/// Renews the pauses alone, and does not move the marks: after the link is cut a mark would be too late a one. Answers
/// with those that could not be reached.
pub(crate) async fn keep_up(fence: &mut Fence) -> Vec<String> {
    let now = clock::now();
    let until = fence.next_pause(now);
    let before = fence.clone();
    let renewed = at_once(std::mem::take(&mut fence.primaries), |mut primary| async move {
        if !primary.answers(now) || !primary.stops_writers() {
            return (primary, None);
        }
        match run(&primary, &primary.raise(now, until)).await {
            Ok(()) => {
                if let Some(mark) = primary.mark.as_mut().filter(|_| primary.means.pause.is_some()) {
                    mark.paused_until = Some(until);
                }
                (primary, None)
            }
            Err(error) => {
                tracing::error!(source = %primary.source, "the fence could not be renewed: {error}");
                (primary, Some(error.to_string()))
            }
        }
    })
    .await;
    let mut unreached = vec![];
    for (primary, why) in renewed {
        fence.primaries.push(primary);
        unreached.extend(why);
    }
    ending::renewed(&before, fence);
    unreached
}

/// Runs commands on a source, together.
pub(crate) async fn run(primary: &FencedPrimary, commands: &[Command]) -> Result<(), StepError> {
    connect(&primary.source)
        .await?
        .transact(commands)
        .await
        .map(drop)
        .map_err(|fault| engine_error(&primary.source, &fault))
}
