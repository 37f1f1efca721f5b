//! What follows from a look while keys are compared. Comparing goes in rounds, and between two rounds the migration looks
//! at itself as always: what ends a sync ends a verification too, and a person may give up or put off.

use super::decide::{Decision, ready};
use super::observation::{Next, Observation, StageName};
use super::{Phase, Seen};
use crate::Seconds;
use crate::signal::Signal;
use crate::verify::{Round, Standing, Verdict, Verification};

/// What the copy that the target holds now was found to be; none where it was not compared to the end.
pub(crate) fn verified(observation: &Observation, seen: &Seen<'_>) -> Option<Verification> {
    if seen.plan.verify.rule.mode.is_off() {
        return Some(Verification::off());
    }
    standing(observation, seen)?.result.clone()
}

fn standing<'a>(observation: &Observation, seen: &Seen<'a>) -> Option<&'a Standing> {
    seen.verification
        .filter(|standing| standing.holds_for(observation.basis.as_deref()))
}

pub(super) fn begin_to_verify(seen: &Seen<'_>, why: String) -> Decision {
    let begin = Decision::to(Next::Verify, format!("{why}; comparing"));
    heard(begin, seen).going_on_to(StageName::Verification, seen)
}

pub(super) fn verification(observation: &Observation, seen: &Seen<'_>) -> Decision {
    heard(go_on(observation, seen), seen)
}

/// What becomes of a word that is given while there is nothing to approve.
fn heard(mut decision: Decision, seen: &Seen<'_>) -> Decision {
    match seen.signal {
        Some(Signal::Approve { by, .. }) => {
            decision.why = format!(
                "the approval by {by} was refused: the comparison goes on, and there is no verdict yet; {}",
                decision.why
            );
        }
        Some(Signal::Postpone { until, by, .. }) if *until > seen.now => {
            decision.why = format!("{by} put the cutover off until {until}; {}", decision.why);
            decision.postponed_until = Some(*until);
        }
        _ => {}
    }
    decision
}

fn go_on(observation: &Observation, seen: &Seen<'_>) -> Decision {
    if observation.phase != Phase::InSync {
        let waited = Seconds::between(seen.stage.since, seen.now);
        if waited > seen.plan.limits.sync {
            let why = format!("not in sync within {} of the first time", seen.plan.limits.sync);
            return Decision::to(Next::Diagnose, why);
        }
        return Decision::wait(format!(
            "comparing goes on once source and target are in sync: {}",
            observation.phase.describe()
        ));
    }
    let Some(standing) = standing(observation, seen) else {
        return Decision::to(Next::Verify, "comparing begins");
    };
    let Some(result) = &standing.result else {
        if standing.unread >= Round::PATIENCE {
            let why = standing.why_unread.as_deref().unwrap_or("a side did not answer");
            return Decision::to(
                Next::Diagnose,
                format!(
                    "the keys could not be compared in {} rounds in a row: {why}",
                    standing.unread
                ),
            );
        }
        return Decision::to(Next::Compare, standing.words());
    };
    if result.verdict == Verdict::Differs {
        let first: Vec<String> = result.first.iter().take(NAMED).map(ToString::to_string).collect();
        return Decision::to(
            Next::Diagnose,
            format!(
                "the target does not hold what the source holds: {}: {}",
                result.statement,
                first.join(", ")
            ),
        );
    }
    if observation.in_sync_samples < seen.plan.sync.samples {
        return Decision::wait(format!(
            "compared ({}); in sync at {} of {} looks",
            result.statement, observation.in_sync_samples, seen.plan.sync.samples
        ));
    }
    ready(observation, seen, format!("compared: {}", result.statement))
}

/// How many differences a reason names.
const NAMED: usize = 3;
