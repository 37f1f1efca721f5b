//! Whether the cutover is approved at a look: by a person's word for this very verdict, or by the plan inside its
//! window. No answer, a late one, one for another verdict and one that was used before are no approval.

use super::CutoverVerdict;
use crate::Seconds;
use crate::plan::ApprovalMode;
use crate::progress::{Observation, Seen};
use crate::signal::Signal;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// An approval that was taken. It stands in the observation, and so in the execution's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// The digest of the verdict that was approved.
    pub verdict: String,
    /// Who: a person's name, or `the plan`.
    pub by: String,
    /// When the word was given.
    pub at: Timestamp,
    /// By a person, or by the plan.
    pub how: ApprovalMode,
}

/// What a look at a migration that is ready leads to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Word {
    /// Approved.
    Complete(Approval, String),
    /// There is a verdict that nobody was told of yet.
    Announce(String),
    /// Nobody approved.
    Wait(String),
    /// A person put it off.
    Postponed(Timestamp, String),
}

/// Which time of being ready it is. An approval counts within one epoch: the epoch ends when the pair is out of sync,
/// when an approval was used, and when the verdict has become too old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Epoch {
    pub(crate) number: u32,
    pub(crate) since: Timestamp,
    /// How many cutovers were tried so far.
    pub(crate) attempts: u32,
}

impl Epoch {
    pub(crate) fn of(previous: Option<&Observation>, lost_sync: bool, seen: &Seen<'_>) -> Epoch {
        let Some(previous) = previous else {
            return Epoch {
                number: 0,
                since: seen.now,
                attempts: 0,
            };
        };
        let was_tried = previous.next == crate::progress::Next::Complete;
        let waiting = seen.stage.name == crate::progress::StageName::Approval;
        let since = previous.epoch_since.unwrap_or(seen.now);
        let expired = waiting && seen.now >= end(since, seen.plan.cutover.approve_within);
        let over = lost_sync || (was_tried && waiting) || expired;
        // What is not announced yet does not grow old.
        let fresh = over || previous.verdict.is_none();
        Epoch {
            number: previous.sync_epoch + u32::from(over),
            since: if fresh { seen.now } else { since },
            attempts: previous.attempts + u32::from(was_tried),
        }
    }
}

/// Until when a verdict can be approved that was drawn up at `since`.
pub(crate) fn end(since: Timestamp, within: Seconds) -> Timestamp {
    since
        .checked_add(SignedDuration::from_secs(within.0.cast_signed()))
        .unwrap_or(since)
}

/// Judges the word that was given at this look, if one was.
pub(crate) fn judge(
    previous: Option<&Observation>,
    observation: &Observation,
    seen: &Seen<'_>,
    verdict: Option<&CutoverVerdict>,
    not_in_sync: &str,
) -> Word {
    match seen.signal {
        Some(Signal::Approve {
            verdict: approved,
            by,
            at,
        }) => judge_word(previous, seen, verdict, not_in_sync, (approved, by, *at)),
        Some(Signal::Postpone { until, by, .. }) if *until > seen.now => {
            Word::Postponed(*until, format!("{by} put the cutover off until {until}"))
        }
        Some(Signal::Postpone { by, until, .. }) => Word::Wait(format!(
            "{by} wanted to put the cutover off until {until}, which is over; that changed nothing"
        )),
        _ => without_a_word(observation, seen, verdict, not_in_sync),
    }
}

fn judge_word(
    previous: Option<&Observation>,
    seen: &Seen<'_>,
    verdict: Option<&CutoverVerdict>,
    not_in_sync: &str,
    (approved, by, at): (&str, &str, Timestamp),
) -> Word {
    let Some(verdict) = verdict else {
        return Word::Wait(format!(
            "the approval by {by} was refused: source and target are not in sync right now ({not_in_sync})"
        ));
    };
    let within = seen.plan.cutover.approve_within;
    if seen.now >= end(at, within) {
        return Word::Wait(format!(
            "the approval by {by} was refused: it was given at {at} and is late, it counts for {within}"
        ));
    }
    if approved == verdict.digest {
        let approval = Approval {
            verdict: approved.to_owned(),
            by: by.to_owned(),
            at,
            how: ApprovalMode::Manual,
        };
        return Word::Complete(approval, format!("{by} approved the cutover"));
    }
    if used(previous).as_deref() == Some(approved) {
        return Word::Wait(format!(
            "the approval by {by} was refused: an approval of verdict {approved} was used before; the verdict is {} now",
            verdict.digest
        ));
    }
    let before = previous.filter(|previous| {
        previous
            .verdict
            .as_ref()
            .is_some_and(|verdict| verdict.digest == approved)
    });
    Word::Wait(match before {
        Some(before)
            if before
                .verdict
                .as_ref()
                .is_some_and(|old| seen.now >= old.expires_at) =>
        {
            format!(
                "the approval by {by} was refused: it is late, verdict {approved} could be approved for {within}; the \
             verdict is {} now",
                verdict.digest
            )
        }
        _ => format!("the approval by {by} is for another verdict; it was refused and changed nothing"),
    })
}

/// The verdict whose approval was used last, as far as the last look knows.
pub(crate) fn used(previous: Option<&Observation>) -> Option<String> {
    let previous = previous?;
    let now = previous
        .approval
        .as_ref()
        .filter(|_| previous.next == crate::progress::Next::Complete);
    now.map(|approval| approval.verdict.clone())
        .or_else(|| previous.used.clone())
}

fn without_a_word(
    observation: &Observation,
    seen: &Seen<'_>,
    verdict: Option<&CutoverVerdict>,
    not_in_sync: &str,
) -> Word {
    let Some(verdict) = verdict else {
        return Word::Wait(format!("ready before, but not now: {not_in_sync}"));
    };
    if let Some(until) = observation.postponed_until {
        return Word::Wait(format!("ready; put off until {until}"));
    }
    let holds = observation.in_sync_samples >= seen.plan.sync.samples;
    let announced = observation.announced.as_ref() == Some(&verdict.digest);
    if holds && !announced {
        return Word::Announce("ready: there is a new verdict to approve".to_owned());
    }
    let automatic = seen.plan.cutover.approval == ApprovalMode::Automatic;
    let Some(window) = seen.plan.cutover.window.as_ref().filter(|_| automatic) else {
        return Word::Wait("ready: waiting for approval".to_owned());
    };
    if observation.attempts > 0 {
        return Word::Wait(
            "ready: waiting for a person's approval, because an automatic cutover was tried and did not succeed"
                .to_owned(),
        );
    }
    if let Some(why) = verdict.needs_a_person() {
        return Word::Wait(format!("ready: waiting for a person's approval, because {why}"));
    }
    if !window.contains(seen.now) {
        return Word::Wait("ready: waiting for the plan's window to open".to_owned());
    }
    if !holds {
        return Word::Wait(
            "ready: the window is open, and source and target were out of step just now".to_owned(),
        );
    }
    let approval = Approval {
        verdict: verdict.digest.clone(),
        by: "the plan".to_owned(),
        at: seen.now,
        how: ApprovalMode::Automatic,
    };
    Word::Complete(approval, "the plan approves cutovers in this window".to_owned())
}

/// How long an unanswered wait may last at most: until the window opens, until a postponement ends, or, while a promotion
/// goes on, until the fence has to be renewed.
pub(crate) fn longest_wait(observation: &Observation, seen: &Seen<'_>) -> Option<Seconds> {
    let cutover = &seen.plan.cutover;
    if seen.stage.name == crate::progress::StageName::Promotion {
        return Some(Seconds((cutover.fence_seconds.0 / 3).max(1)));
    }
    let opens = cutover
        .window
        .as_ref()
        .filter(|_| cutover.approval == ApprovalMode::Automatic && observation.attempts == 0)
        .and_then(|window| window.opens_next(seen.now))
        .filter(|opens| *opens > seen.now);
    [observation.postponed_until, opens]
        .into_iter()
        .flatten()
        .min()
        .map(|moment| Seconds(Seconds::between(seen.now, moment).0.max(1)))
}

#[cfg(test)]
#[path = "approval_tests.rs"]
mod tests;
