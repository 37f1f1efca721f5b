//! Waits for TestMigration's answer. AWS documents neither the texts of its events nor the status meanwhile, so an answer
//! comes by either: an event that can be read, or the group being idle again. What cannot be read is inconclusive, which
//! is not passed; it does not stop a start, because preflight has its own evidence.

use super::Seen;
use super::decide::{Decision, IDLE_LOOKS};
use super::observation::{Next, Observation, Rehearsal, RehearsalOutcome};
use crate::Seconds;
use crate::plan::Mode;
use crate::preflight::ReportVerdict;
use crate::signal::Signal;
use crate::target::{EventKind, GroupStatus};

/// How long the group may stay `available` after TestMigration was accepted before that means something: the status lags
/// behind the call.
const STATUS_LAG: Seconds = Seconds(20);

pub(super) fn rehearsal(observation: &Observation, seen: &Seen<'_>) -> Decision {
    match answer(observation, seen) {
        Some(rehearsal) => follow(rehearsal, seen.plan.mode),
        None => Decision::wait("waiting for TestMigration's answer"),
    }
}

/// What the rehearsal came to, once that can be said.
fn answer(observation: &Observation, seen: &Seen<'_>) -> Option<Rehearsal> {
    if let Some(Signal::Abort { .. }) = seen.signal {
        return Some(inconclusive("a person ended it before AWS answered"));
    }
    // An attempt that is repeated may leave two answers: a failure is not outweighed by a success.
    let told = |wanted: fn(&EventKind) -> bool| observation.events.iter().find(|event| wanted(&event.kind()));
    if let Some(event) = told(|kind| matches!(kind, EventKind::TestFailed(_) | EventKind::Failed(_))) {
        return Some(Rehearsal {
            outcome: RehearsalOutcome::Failed,
            evidence: event.text.clone(),
            verdict: ReportVerdict::MustNotStart,
        });
    }
    if let Some(event) = told(|kind| matches!(kind, EventKind::TestPassed)) {
        return Some(Rehearsal {
            outcome: RehearsalOutcome::Passed,
            evidence: event.text.clone(),
            verdict: ReportVerdict::MayStart,
        });
    }
    let waited = Seconds::between(seen.stage.since, seen.now);
    let available = matches!(observation.status.known(), Some(GroupStatus::Available));
    // The event may come a moment later than the status, and the status a moment later than the call.
    let over = if observation.left_available {
        observation.idle_samples >= IDLE_LOOKS
    } else {
        available && waited > STATUS_LAG
    };
    if over {
        let heard = match observation.events.last() {
            Some(event) => format!("the last one, which tells no result, is: {}", event.text),
            None => "none came at all".to_owned(),
        };
        return Some(inconclusive(&format!(
            "the group is available again and no event tells the result; {heard}"
        )));
    }
    (waited > seen.plan.limits.rehearsal).then(|| Rehearsal {
        verdict: ReportVerdict::MustNotStart,
        ..inconclusive(&format!(
            "no answer within {}, and the group is not available",
            seen.plan.limits.rehearsal
        ))
    })
}

fn inconclusive(why: &str) -> Rehearsal {
    Rehearsal {
        outcome: RehearsalOutcome::Inconclusive,
        evidence: why.to_owned(),
        verdict: ReportVerdict::MayStart,
    }
}

fn follow(rehearsal: Rehearsal, mode: Mode) -> Decision {
    let how = match rehearsal.outcome {
        RehearsalOutcome::Passed => "passed",
        RehearsalOutcome::Failed => "failed",
        RehearsalOutcome::Inconclusive => "is inconclusive",
    };
    let next = match (mode, rehearsal.verdict) {
        (Mode::Assess | Mode::NotifyTest, _) => Next::Assessed,
        (Mode::Migrate, ReportVerdict::MayStart) => Next::Start,
        (Mode::Migrate, _) => Next::Diagnose,
    };
    let mut decision = Decision::to(next, format!("the rehearsal {how}: {}", rehearsal.evidence));
    decision.rehearsal = Some(rehearsal);
    decision
}

#[cfg(test)]
mod tests {
    use super::super::{Stage, StageName, observe};
    use super::*;
    use crate::Observed;
    use crate::plan::Plan;
    use crate::preflight::{self, testing::clean};
    use crate::target::Event;
    use jiff::{SignedDuration, Timestamp};
    use proptest::prelude::*;
    use serde_json::json;

    /// A rehearsal that is watched: each look sees a status and the events told so far.
    struct Watched {
        plan: Plan,
        stage: Stage,
        events: Vec<Event>,
        last: Option<Observation>,
        signal: Option<Signal>,
    }

    impl Watched {
        fn new(mode: &str) -> Watched {
            let input = json!({"mode": mode, "rehearse": true, "replicationGroupId": "orders",
                               "source": {"address": "10.0.0.241"}});
            Watched {
                plan: Plan::from_input(&input).expect("a plan"),
                stage: Stage {
                    name: StageName::Rehearsal,
                    since: Timestamp::UNIX_EPOCH,
                    watermark: Timestamp::UNIX_EPOCH,
                },
                events: vec![],
                last: None,
                signal: None,
            }
        }

        fn tell(&mut self, text: &str) {
            self.events.push(Event {
                at: Timestamp::UNIX_EPOCH,
                text: text.to_owned(),
            });
        }

        fn look(&mut self, after_seconds: i64, status: &str) -> (Next, Option<RehearsalOutcome>) {
            let report = preflight::judge(&clean());
            let observation = observe(
                self.last.as_ref(),
                &Seen {
                    now: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(after_seconds),
                    migration_id: "m-1",
                    generation: 1,
                    plan: &self.plan,
                    preflight: &report,
                    stage: &self.stage,
                    status: Observed::Known(GroupStatus::from(status.to_owned())),
                    events: self.events.clone(),
                    resharding: None,
                    samples: vec![],
                    signal: self.signal.as_ref(),
                    verification: None,
                },
            );
            let seen = (
                observation.next,
                observation.rehearsal.as_ref().map(|rehearsal| rehearsal.outcome),
            );
            self.last = Some(observation);
            seen
        }
    }

    const WAITS: (Next, Option<RehearsalOutcome>) = (Next::Wait, None);
    const PASSED: (Next, Option<RehearsalOutcome>) = (Next::Start, Some(RehearsalOutcome::Passed));
    const FAILED: (Next, Option<RehearsalOutcome>) = (Next::Diagnose, Some(RehearsalOutcome::Failed));
    const INCONCLUSIVE: (Next, Option<RehearsalOutcome>) =
        (Next::Start, Some(RehearsalOutcome::Inconclusive));

    #[test]
    fn an_event_that_can_be_read_is_the_answer_whatever_the_status_says() {
        for status in ["available", "modifying", "testing-migration"] {
            let mut passed = Watched::new("migrate");
            passed.tell("Test migration succeeded for replication group orders");
            assert_eq!(passed.look(1, status), PASSED, "{status}");
            let mut failed = Watched::new("migrate");
            failed.tell("Test migration failed for replication group orders because of connection timeout");
            assert_eq!(failed.look(1, status), FAILED, "{status}");
        }
    }

    #[test]
    fn a_status_that_lags_behind_the_call_is_not_the_end() {
        let mut watched = Watched::new("migrate");
        assert_eq!(watched.look(2, "available"), WAITS);
        assert_eq!(watched.look(20, "available"), WAITS);
        assert_eq!(watched.look(21, "available"), INCONCLUSIVE);
    }

    #[test]
    fn an_event_that_comes_after_the_status_is_still_waited_for() {
        let mut watched = Watched::new("migrate");
        assert_eq!(watched.look(5, "modifying"), WAITS);
        assert_eq!(watched.look(60, "available"), WAITS);
        watched.tell("Test migration failed for replication group orders");
        assert_eq!(watched.look(65, "available"), FAILED);
    }

    #[test]
    fn a_group_that_stays_idle_without_a_readable_event_is_inconclusive_and_never_passed() {
        let mut watched = Watched::new("migrate");
        watched.tell("Migration setup validated for replication group orders");
        assert_eq!(watched.look(5, "modifying"), WAITS);
        assert_eq!(watched.look(60, "available"), WAITS);
        assert_eq!(watched.look(65, "available"), INCONCLUSIVE);
        let why = watched.last.expect("an observation").why;
        assert!(why.contains("Migration setup validated"), "{why}");
    }

    #[test]
    fn a_failure_is_not_outweighed_by_a_success() {
        let mut watched = Watched::new("migrate");
        watched.tell("Test migration failed for replication group orders");
        watched.tell("Test migration succeeded for replication group orders");
        assert_eq!(watched.look(1, "available"), FAILED);
    }

    #[test]
    fn a_group_that_stays_busy_past_the_limit_stops_the_start() {
        let mut watched = Watched::new("migrate");
        assert_eq!(watched.look(900, "modifying"), WAITS);
        assert_eq!(
            watched.look(901, "modifying"),
            (Next::Diagnose, Some(RehearsalOutcome::Inconclusive))
        );
    }

    #[test]
    fn an_assessment_ends_with_its_answer_whatever_that_is() {
        for (text, outcome, verdict) in [
            (
                "Test migration succeeded",
                RehearsalOutcome::Passed,
                ReportVerdict::MayStart,
            ),
            (
                "Test migration failed",
                RehearsalOutcome::Failed,
                ReportVerdict::MustNotStart,
            ),
        ] {
            let mut watched = Watched::new("assess");
            watched.tell(text);
            assert_eq!(watched.look(1, "available"), (Next::Assessed, Some(outcome)));
            let rehearsal = watched.last.and_then(|last| last.rehearsal).expect("a result");
            assert_eq!(rehearsal.verdict, verdict);
        }
        let mut given_up = Watched::new("assess");
        given_up.signal = Some(Signal::Abort { by: "ada".to_owned() });
        assert_eq!(
            given_up.look(1, "modifying"),
            (Next::Assessed, Some(RehearsalOutcome::Inconclusive))
        );
    }

    #[test]
    fn a_migration_that_is_given_up_while_it_rehearses_is_aborted() {
        let mut watched = Watched::new("migrate");
        watched.signal = Some(Signal::Abort { by: "ada".to_owned() });
        assert_eq!(watched.look(1, "modifying").0, Next::Abort);
    }

    proptest! {
        /// Only a text with both words, and no word of failure, counts as passed.
        #[test]
        fn no_text_that_cannot_be_read_passes(text in "\\PC{0,60}", status in "[a-z-]{1,12}", seconds in 0_i64..2_000) {
            let lower = text.to_lowercase();
            prop_assume!(!(lower.contains("test") && lower.contains("migration") && lower.contains("succe")));
            let mut watched = Watched::new("migrate");
            watched.tell(&text);
            prop_assert_ne!(watched.look(seconds, &status).1, Some(RehearsalOutcome::Passed));
        }
    }
}
