//! Raises the fence, and waits until what was acknowledged before it has arrived.

use crate::Clients;
use crate::look::{Targets, connect, engine_error, existing};
use adapters::clock;
use domain::StepError;
use domain::contract::cutover::{Fenced, Outcome};
use domain::cutover::{Command, Fence, FencedPrimary, Mark, missing};
use domain::engine::{Replication, Role};
use jiff::Timestamp;
use std::time::Duration;

/// Between two looks at the target while writers wait.
const LOOK: Duration = Duration::from_millis(20);

/// Stops the writers of every source, until the budget ends: a pause that nobody comes back to ends with it.
pub(crate) async fn raise(mut fence: Fence) -> Result<Fenced, StepError> {
    if fence.is_over(clock::now()) {
        return Ok(refused(fence, "the budget was spent before the fence was up"));
    }
    let until = fence.deadline;
    for primary in &mut fence.primaries {
        let now = clock::now();
        let commands = primary.raise(now, until);
        transact(primary, &commands, now, until).await?;
    }
    Ok(Fenced {
        outcome: Outcome::Done,
        fence,
        why: "the source's writers are stopped".to_owned(),
    })
}

/// Waits until every target has everything up to its source's mark.
pub(crate) async fn drain(clients: &Clients, fence: Fence) -> Result<Fenced, StepError> {
    let group = existing(clients, &fence.replication_group_id).await?;
    Ok(
        match drained(&fence, &mut Targets::of(clients, &group).await?).await {
            Ok(()) => Fenced {
                outcome: Outcome::Done,
                fence,
                why: "everything that was acknowledged has arrived".to_owned(),
            },
            Err(missing) => refused(fence, &format!("the budget was spent: {missing}")),
        },
    )
}

/// The same, for those who look on: what is missing when the budget ends is the error.
pub(crate) async fn drained(fence: &Fence, targets: &mut Targets) -> Result<(), String> {
    loop {
        let seen = targets.look().await;
        let missing = missing(fence, &seen);
        match missing {
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

/// Raises the fence anew for as long as one pause lasts, and moves the mark to where the source is then. One that cannot
/// be asked at this moment, because its pause stops everything, keeps its mark.
///
/// # Errors
/// Where a source does not answer or is no primary any more.
pub(crate) async fn renew(fence: &mut Fence, refuse_too: bool) -> Result<(), StepError> {
    let now = clock::now();
    let until = fence.next_pause(now);
    for primary in &mut fence.primaries {
        if !primary.answers(now) {
            continue;
        }
        let mut commands = primary.raise(now, until);
        if refuse_too {
            commands.extend(primary.refuse());
        }
        transact(primary, &commands, now, until).await?;
    }
    Ok(())
}

/// Runs the commands and sets the mark, together.
async fn transact(
    primary: &mut FencedPrimary,
    commands: &[Command],
    now: Timestamp,
    until: Timestamp,
) -> Result<(), StepError> {
    let source = primary.source.clone();
    let (_, info) = connect(&source)
        .await?
        .transact(commands)
        .await
        .map_err(|fault| engine_error(&source, &fault))?;
    let replication = Replication::from_info(&info)
        .filter(|replication| replication.role == Role::Primary)
        .ok_or_else(|| {
            StepError::Precondition(format!(
                "{source} is no primary any more: its stream is not the one to wait for"
            ))
        })?;
    let offset = replication
        .offset
        .ok_or_else(|| StepError::Precondition(format!("{source} does not tell its replication offset")))?;
    let paused = commands
        .iter()
        .any(|command| command.get(1).is_some_and(|word| word == "PAUSE"));
    primary.mark = Some(Mark {
        at: now,
        history: replication.id,
        offset,
        paused_until: paused
            .then_some(until)
            .or_else(|| primary.mark.as_ref().and_then(|mark| mark.paused_until)),
    });
    Ok(())
}

/// Renews the pauses alone, and does not move the marks: after the link is cut a mark would be too late a one. Answers
/// with those that could not be reached.
pub(crate) async fn keep_up(fence: &mut Fence) -> Vec<String> {
    let now = clock::now();
    let until = fence.next_pause(now);
    let mut unreached = vec![];
    for primary in &mut fence.primaries {
        if !primary.answers(now) || !primary.stops_writers() {
            continue;
        }
        let commands = primary.raise(now, until);
        let renewed = async {
            connect(&primary.source)
                .await?
                .transact(&commands)
                .await
                .map_err(|fault| engine_error(&primary.source, &fault))
        };
        match renewed.await {
            Ok(_) => {
                if let Some(mark) = primary.mark.as_mut().filter(|_| primary.means.pause.is_some()) {
                    mark.paused_until = Some(until);
                }
            }
            Err(error) => {
                tracing::error!(source = %primary.source, "the fence could not be renewed: {error}");
                unreached.push(error.to_string());
            }
        }
    }
    unreached
}
