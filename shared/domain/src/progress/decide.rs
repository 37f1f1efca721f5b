//! What follows from a look: one small function per stage. Nothing here is measured; everything was by then.

use super::observation::{Next, Observation, Rehearsal, Stage, StageName};
use super::rehearsal::rehearsal;
use super::verification::{begin_to_verify, verification, verified};
use super::{Phase, Seen};
use crate::cutover::{Approval, CutoverVerdict, Word, judge};
use crate::plan::Mode;
use crate::signal::Signal;
use crate::target::{EventKind, GroupStatus};
use crate::{Observed, Seconds};
use jiff::Timestamp;

/// What a look leads to.
pub(super) struct Decision {
    pub(super) next: Next,
    /// The stage that begins, where one does.
    pub(super) stage: Option<Stage>,
    pub(super) verdict: Option<CutoverVerdict>,
    pub(super) why: String,
    /// Whether approvals given so far are void, though the pair is still in sync.
    pub(super) epoch_over: bool,
    /// What became of the rehearsal, once it is over.
    pub(super) rehearsal: Option<Rehearsal>,
    /// The approval that was taken, where one was.
    pub(super) approval: Option<Approval>,
    /// Until when a person put the cutover off at this look.
    pub(super) postponed_until: Option<Timestamp>,
}

impl Decision {
    pub(super) fn to(next: Next, why: impl Into<String>) -> Decision {
        Decision {
            next,
            stage: None,
            verdict: None,
            why: why.into(),
            epoch_over: false,
            rehearsal: None,
            approval: None,
            postponed_until: None,
        }
    }

    pub(super) fn wait(why: impl Into<String>) -> Decision {
        Decision::to(Next::Wait, why)
    }

    fn entering(mut self, name: StageName, seen: &Seen<'_>) -> Decision {
        self.stage = Some(Stage {
            name,
            since: seen.now,
            watermark: seen.now,
        });
        self
    }

    /// The same, where events keep counting from StartMigration: a failure between two stages must not fall between them.
    pub(super) fn going_on_to(mut self, name: StageName, seen: &Seen<'_>) -> Decision {
        self.stage = Some(Stage {
            name,
            since: seen.now,
            watermark: seen.stage.watermark,
        });
        self
    }
}

/// Looks in a row at `available` before it counts as the end of what was under way: the event that says why may come a
/// moment later than the status.
pub(super) const IDLE_LOOKS: u32 = 2;

pub(super) fn decide(previous: Option<&Observation>, observation: &Observation, seen: &Seen<'_>) -> Decision {
    if let Some(status) = observation.status.known().filter(|status| status.is_deleted()) {
        return Decision::to(
            Next::Diagnose,
            format!("the target replication group is {status}"),
        );
    }
    let aborted = matches!(seen.signal, Some(Signal::Abort { .. }));
    match seen.stage.name {
        StageName::Promotion => promotion(observation, seen),
        // An assessment changes nothing: there is nothing to give up.
        StageName::Rehearsal if seen.plan.mode == Mode::Assess => rehearsal(observation, seen),
        _ if aborted => Decision::to(Next::Abort, "a person gave the migration up"),
        StageName::Rehearsal => rehearsal(observation, seen),
        StageName::Sync => broken(observation, seen).unwrap_or_else(|| sync(observation, seen)),
        StageName::Verification => {
            broken(observation, seen).unwrap_or_else(|| verification(observation, seen))
        }
        StageName::Approval => {
            broken(observation, seen).unwrap_or_else(|| approval(previous, observation, seen))
        }
    }
}

/// What ends a sync or a wait for approval whatever the engines say.
fn broken(observation: &Observation, seen: &Seen<'_>) -> Option<Decision> {
    for event in observation.events.iter().rev() {
        match event.kind() {
            EventKind::Failed(_) => {
                return Some(Decision::to(Next::Diagnose, format!("AWS says: {}", event.text)));
            }
            EventKind::Completed => {
                return Some(Decision::to(
                    Next::Diagnose,
                    format!("somebody else completed the migration: {}", event.text),
                ));
            }
            _ => {}
        }
    }
    if let Observed::Unknown(why) = &observation.status {
        return Some(Decision::to(Next::Diagnose, why.clone()));
    }
    if observation.idle_samples >= IDLE_LOOKS {
        return Some(Decision::to(
            Next::Diagnose,
            "the group is available again though nobody completed the migration, and no event tells why",
        ));
    }
    if let Some(stop) = &observation.stop {
        return Some(Decision::to(Next::Diagnose, stop.text.clone()));
    }
    if !observation.left_available && Seconds::between(seen.stage.since, seen.now) > seen.plan.limits.start {
        return Some(Decision::to(
            Next::Diagnose,
            format!(
                "the group did not leave available within {} of StartMigration",
                seen.plan.limits.start
            ),
        ));
    }
    None
}

fn sync(observation: &Observation, seen: &Seen<'_>) -> Decision {
    let rule = seen.plan.sync;
    let in_sync = observation.in_sync_samples >= rule.samples;
    let following = matches!(observation.status.known(), Some(GroupStatus::Migrating));
    if in_sync && following {
        let why = format!("in sync at {} looks in a row", observation.in_sync_samples);
        return match verified(observation, seen) {
            Some(_) => ready(observation, seen, why),
            None => begin_to_verify(seen, why),
        };
    }
    let waited = Seconds::between(seen.stage.since, seen.now);
    let followed = observation.shards.iter().all(|shard| shard.followed) && !observation.shards.is_empty();
    // Slots are moved first, and the link is made after that.
    let link_expected_since = observation.resharded_at.max(Some(seen.stage.since));
    let unlinked = link_expected_since.map_or(waited, |since| Seconds::between(since, seen.now));
    if !followed && unlinked > seen.plan.limits.start && observation.phase <= Phase::Connecting {
        return Decision::to(
            Next::Diagnose,
            format!(
                "the target did not begin to follow the source within {}",
                seen.plan.limits.start
            ),
        );
    }
    if waited > seen.plan.limits.sync {
        return Decision::to(
            Next::Diagnose,
            format!("not in sync within {}", seen.plan.limits.sync),
        );
    }
    Decision::wait(match observation.phase {
        Phase::InSync if !following => {
            "in sync; waiting for the group's status to become migrating".to_owned()
        }
        Phase::InSync => format!(
            "in sync at {} of {} looks",
            observation.in_sync_samples, rule.samples
        ),
        phase => phase.describe().to_owned(),
    })
}

/// Everything that can be judged was: people are told, and asked.
pub(super) fn ready(observation: &Observation, seen: &Seen<'_>, why: String) -> Decision {
    let mut ready = Decision::to(Next::Ready, why).going_on_to(StageName::Approval, seen);
    ready.verdict = Some(CutoverVerdict::of(observation, seen));
    ready
}

fn approval(previous: Option<&Observation>, observation: &Observation, seen: &Seen<'_>) -> Decision {
    if observation.in_sync_samples >= seen.plan.sync.samples && verified(observation, seen).is_none() {
        let why = "the target holds another copy than the one that was compared";
        let mut again = begin_to_verify(seen, why.to_owned());
        again.epoch_over = true;
        return again;
    }
    let judged = observation.in_sync_samples > 0 && verified(observation, seen).is_some();
    let verdict = judged.then(|| CutoverVerdict::of(observation, seen));
    let not_in_sync = observation.phase.describe();
    let word = judge(previous, observation, seen, verdict.as_ref(), not_in_sync);
    let put_off = observation.postponed_until.is_some();
    let waited = Seconds::between(seen.stage.since, seen.now);
    let mut decision = match word {
        Word::Complete(approval, why) => {
            let mut complete = Decision::to(Next::Complete, why);
            complete.approval = Some(approval);
            complete
        }
        Word::Postponed(until, why) => {
            let mut wait = Decision::wait(why);
            wait.postponed_until = Some(until);
            wait
        }
        _ if waited > seen.plan.limits.approval && !put_off => Decision::to(
            Next::Diagnose,
            format!(
                "nobody approved within {}; the target goes on following the source",
                seen.plan.limits.approval
            ),
        ),
        Word::Announce(why) => Decision::to(Next::Ready, why),
        Word::Wait(why) => Decision::wait(why),
    };
    decision.verdict = verdict;
    decision
}

/// After CompleteMigration was accepted: what counts is that every target primary takes writes and the group is
/// available; events only tell why that does not come.
fn promotion(observation: &Observation, seen: &Seen<'_>) -> Decision {
    let promoted =
        !observation.shards.is_empty() && observation.shards.iter().all(|s| s.phase == Phase::Promoted);
    let available = matches!(observation.status.known(), Some(GroupStatus::Available));
    if promoted && available {
        return Decision::to(
            Next::Prove,
            "every target primary takes writes and the group is available",
        );
    }
    if let Some(event) = observation.events.iter().rev().find(|event| {
        matches!(
            event.kind(),
            EventKind::NotInSync | EventKind::NodeReplaced | EventKind::Failed(_)
        )
    }) {
        let refused = !matches!(event.kind(), EventKind::Failed(_));
        let still_following = matches!(observation.status.known(), Some(GroupStatus::Migrating));
        if refused && still_following && !promoted {
            let why = format!(
                "AWS did not complete: {}. Approve again when it is in sync",
                event.text
            );
            let mut back = Decision::to(Next::Release, why).entering(StageName::Approval, seen);
            back.epoch_over = true;
            return back;
        }
        if !refused {
            return Decision::to(Next::Diagnose, format!("AWS says: {}", event.text));
        }
    }
    if Seconds::between(seen.stage.since, seen.now) > seen.plan.limits.promotion {
        return Decision::to(
            Next::Diagnose,
            format!("not promoted within {}", seen.plan.limits.promotion),
        );
    }
    let waiting_for = if promoted {
        "promoted; waiting for the group to be available"
    } else {
        "waiting for the promotion"
    };
    Decision::wait(match seen.signal {
        Some(Signal::Abort { by }) => format!(
            "{by} wanted to give the migration up, which was refused: CompleteMigration was accepted and the target takes \
             over; {waiting_for}"
        ),
        _ => waiting_for.to_owned(),
    })
}
