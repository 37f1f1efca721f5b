//! What follows from a look: one small function per stage. Nothing here is measured; everything was by then.

use super::observation::{Next, Observation, Stage, StageName};
use super::{Phase, Seen};
use crate::Seconds;
use crate::cutover::CutoverVerdict;
use crate::signal::Signal;
use crate::target::{EventKind, GroupStatus};

/// What a look leads to.
pub(super) struct Decision {
    pub(super) next: Next,
    /// The stage that begins, where one does.
    pub(super) stage: Option<Stage>,
    pub(super) verdict: Option<CutoverVerdict>,
    pub(super) why: String,
    /// Whether approvals given so far are void, though the pair is still in sync.
    pub(super) epoch_over: bool,
}

impl Decision {
    fn to(next: Next, why: impl Into<String>) -> Decision {
        Decision {
            next,
            stage: None,
            verdict: None,
            why: why.into(),
            epoch_over: false,
        }
    }

    fn wait(why: impl Into<String>) -> Decision {
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
}

/// How long the group may stay `available` after TestMigration or StartMigration was accepted before that means
/// something: the status lags behind the call.
const STATUS_LAG: Seconds = Seconds(20);

/// Looks in a row at `available` before it counts as the end of what was under way: the event that says why may come a
/// moment later than the status.
const IDLE_LOOKS: u32 = 2;

pub(super) fn decide(observation: &Observation, seen: &Seen<'_>) -> Decision {
    if let Some(status) = observation.status.known().filter(|status| status.is_deleted()) {
        return Decision::to(
            Next::Diagnose,
            format!("the target replication group is {status}"),
        );
    }
    let aborted = matches!(seen.signal, Some(Signal::Abort { .. }));
    match seen.stage.name {
        StageName::Promotion => promotion(observation, seen),
        _ if aborted => Decision::to(Next::Abort, "a person gave the migration up"),
        StageName::Rehearsal => rehearsal(observation, seen),
        StageName::Sync => broken(observation, seen).unwrap_or_else(|| sync(observation, seen)),
        StageName::Approval => broken(observation, seen).unwrap_or_else(|| approval(observation, seen)),
    }
}

/// Waits for TestMigration's answer. No event at all is inconclusive, which is not passed, and does not stop the start.
fn rehearsal(observation: &Observation, seen: &Seen<'_>) -> Decision {
    for event in &observation.events {
        match event.kind() {
            EventKind::TestPassed => {
                return Decision::to(Next::Start, format!("the rehearsal passed: {}", event.text));
            }
            EventKind::TestFailed(_) | EventKind::Failed(_) => {
                return Decision::to(Next::Diagnose, format!("the rehearsal failed: {}", event.text));
            }
            _ => {}
        }
    }
    let waited = Seconds::between(seen.stage.since, seen.now);
    let idle = matches!(observation.status.known(), Some(GroupStatus::Available));
    let over = observation.idle_samples >= IDLE_LOOKS || (idle && waited > STATUS_LAG);
    if over {
        return Decision::to(
            Next::Start,
            "the rehearsal is inconclusive: the group is available again and no event tells the result",
        );
    }
    if waited > seen.plan.limits.rehearsal {
        return Decision::to(
            Next::Diagnose,
            format!(
                "the rehearsal gave no answer within {} and the group is not available",
                seen.plan.limits.rehearsal
            ),
        );
    }
    Decision::wait("waiting for TestMigration's answer")
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
    if observation.idle_samples >= IDLE_LOOKS {
        return Some(Decision::to(
            Next::Diagnose,
            "the group is available again though nobody completed the migration, and no event tells why",
        ));
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
        let verdict = CutoverVerdict::of(observation, seen);
        let why = format!("in sync at {} looks in a row", observation.in_sync_samples);
        let mut ready = Decision::to(Next::Ready, why).entering(StageName::Approval, seen);
        // Events keep counting from StartMigration: a failure between two stages must not fall between them.
        ready.stage = ready.stage.map(|stage| Stage {
            watermark: seen.stage.watermark,
            ..stage
        });
        ready.verdict = Some(verdict);
        return ready;
    }
    let waited = Seconds::between(seen.stage.since, seen.now);
    let followed = observation.shards.iter().all(|shard| shard.followed) && !observation.shards.is_empty();
    if !followed && waited > seen.plan.limits.start && observation.phase <= Phase::Connecting {
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
        phase => describe(phase).to_owned(),
    })
}

fn approval(observation: &Observation, seen: &Seen<'_>) -> Decision {
    let ready = observation.in_sync_samples > 0;
    let verdict = ready.then(|| CutoverVerdict::of(observation, seen));
    let mut decision = match (seen.signal, &verdict) {
        (
            Some(Signal::Approve {
                verdict: approved,
                by,
            }),
            Some(verdict),
        ) if *approved == verdict.digest => {
            Decision::to(Next::Complete, format!("{by} approved the cutover"))
        }
        (Some(Signal::Approve { by, .. }), Some(_)) => Decision::wait(format!(
            "the approval by {by} is for another verdict; it was refused and changed nothing"
        )),
        (Some(Signal::Approve { by, .. }), None) => Decision::wait(format!(
            "the approval by {by} was refused: source and target are not in sync right now ({})",
            describe(observation.phase)
        )),
        (_, _) if Seconds::between(seen.stage.since, seen.now) > seen.plan.limits.approval => Decision::to(
            Next::Diagnose,
            format!(
                "nobody approved within {}; the target goes on following the source",
                seen.plan.limits.approval
            ),
        ),
        (_, Some(_)) => Decision::wait("ready: waiting for approval"),
        (_, None) => Decision::wait(format!(
            "ready before, but not now: {}",
            describe(observation.phase)
        )),
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
            let mut back = Decision::wait(format!(
                "AWS did not complete: {}. Approve again when it is in sync",
                event.text
            ))
            .entering(StageName::Approval, seen);
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
    Decision::wait(if promoted {
        "promoted; waiting for the group to be available"
    } else {
        "waiting for the promotion"
    })
}

/// A phase in a person's words.
pub(super) fn describe(phase: Phase) -> &'static str {
    match phase {
        Phase::Unseen => "one side did not answer at this look",
        Phase::Lost => "the link between source and target is down",
        Phase::Connecting => "the target is connecting to the source",
        Phase::WaitingForFork => "the source is preparing its fork",
        Phase::Transferring => "the source is sending its data",
        Phase::Loading => "the target is loading the data",
        Phase::CatchingUp => "the target is catching up with writes made meanwhile",
        Phase::Diverging => "the target fell behind, or follows another history",
        Phase::InSync => "source and target are in sync",
        Phase::Promoted => "the target takes writes",
    }
}
