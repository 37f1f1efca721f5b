//! When a migration goes on in another execution of the state machine, and under which name. Step Functions ends a
//! Standard execution at 25,000 history events
//! (<https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>), so a long migration hands itself on
//! before that, with its id and its state.

use super::observation::{Next, Observation, StageName};
use super::observe::Seen;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// History events after which Step Functions ends an execution.
/// Source: <https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>.
pub const EVENTS_ALLOWED: u32 = 25_000;

/// History events of one look that nothing disturbs: `Observe` 5 (entered, scheduled, started, succeeded, exited), `WhatNext`
/// 2, `AwaitSignal` 6 (submitted too).
/// Source of the events: <https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html>.
pub const EVENTS_OF_A_LOOK: u32 = 13;

/// History events of a look that leads to a round of comparing, at the most: its own, `Compare` 6, `SumUp` 5, `IsCompared` 2,
/// and the retries of a few.
const EVENTS_OF_A_ROUND: u32 = 3 * EVENTS_OF_A_LOOK;

/// Longest name of an execution that Step Functions takes, in characters.
/// Source: <https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html>.
const LONGEST_NAME: usize = 80;

/// How many looks this execution has made, this one included.
pub(super) fn looks(previous: Option<&Observation>, seen: &Seen<'_>) -> u32 {
    previous
        .filter(|previous| previous.generation == seen.generation)
        .map_or(1, |previous| previous.looks.saturating_add(1))
}

/// How many of them led to a round of comparing.
pub(super) fn rounds(previous: Option<&Observation>, seen: &Seen<'_>) -> u32 {
    previous
        .filter(|previous| previous.generation == seen.generation)
        .map_or(0, |previous| {
            previous
                .rounds
                .saturating_add(u32::from(previous.next == Next::Compare))
        })
}

/// What follows a look, once the length of the history is considered: a wait of an execution that has looked often
/// enough becomes a roll-over, and so does a further round of comparing, which goes on in the successor where it was.
/// Nothing else does, so that no word of a person's is between two executions, and never once a completion was asked
/// for: then a fence is up.
///
/// Where an earlier look of this execution ordered a roll-over already, the successor may exist although Step Functions
/// did not answer: then whatever this execution would do by itself is left to it. Comparing is not: two that read do no harm,
/// and a comparison that cannot be handed on must not stand still. So of its looks every other one tries again.
pub(super) fn roll_over(previous: Option<&Observation>, observation: &Observation, seen: &Seen<'_>) -> bool {
    if observation.stage.name == StageName::Promotion {
        return false;
    }
    let ordered_before = previous
        .is_some_and(|previous| previous.generation == seen.generation && previous.next == Next::RollOver);
    match observation.next {
        Next::Wait => spent(observation) >= seen.plan.polling.looks_per_execution,
        Next::Compare => {
            spent(observation) >= seen.plan.polling.looks_per_execution
                && previous.is_none_or(|previous| previous.next != Next::RollOver)
        }
        Next::Ready | Next::Complete | Next::Start => ordered_before && seen.signal.is_none(),
        _ => false,
    }
}

/// The looks of this execution, each that led to a round counted for as many as its history events are.
fn spent(observation: &Observation) -> u32 {
    let beside_its_look = EVENTS_OF_A_ROUND / EVENTS_OF_A_LOOK - 1;
    observation
        .looks
        .saturating_add(observation.rounds.saturating_mul(beside_its_look))
}

/// The name of the execution that goes on after this one. It is the same for every try, so that Step Functions starts
/// one at most.
#[must_use]
pub fn successor(migration_id: &str, generation: u32) -> String {
    let end = format!("-{}", generation.saturating_add(1));
    if migration_id.len() + end.len() <= LONGEST_NAME {
        return format!("{migration_id}{end}");
    }
    // Ids of 80 characters that differ at their ends stay apart.
    let digest = Sha256::digest(migration_id.as_bytes());
    let mark = digest.iter().take(4).fold(String::from("-"), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let kept = LONGEST_NAME - end.len() - mark.len();
    let begin: String = migration_id.chars().take(kept).collect();
    format!("{begin}{mark}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Polling;

    #[test]
    fn the_looks_of_an_execution_fill_less_than_half_of_what_its_history_may_hold() {
        const { assert!(Polling::LOOKS * EVENTS_OF_A_LOOK < EVENTS_ALLOWED / 2) };
        const { assert!(Polling::LOOKS_AT_MOST * EVENTS_OF_A_LOOK < EVENTS_ALLOWED * 2 / 3) };
    }

    #[test]
    fn successors_have_names_that_step_functions_takes_and_that_differ() {
        assert_eq!(
            successor("orders-cache-2026-11-24", 1),
            "orders-cache-2026-11-24-2"
        );
        // As long as may be, and one longer.
        let fits = "m".repeat(78);
        assert_eq!(successor(&fits, 1), format!("{fits}-2"));
        let longer = successor(&"m".repeat(79), 1);
        assert!(
            longer.len() == LONGEST_NAME && !longer.starts_with(&fits),
            "{longer}"
        );
        let (one, other) = (format!("{}a", "m".repeat(79)), format!("{}b", "m".repeat(79)));
        for generation in [1, 9, 1_000] {
            let name = successor(&one, generation);
            assert!(name.len() == LONGEST_NAME && name.starts_with("mmmm"), "{name}");
            assert_eq!(name, successor(&one, generation), "the same for every try");
            assert_ne!(name, successor(&other, generation));
            assert_ne!(name, successor(&one, generation + 1));
        }
    }
}
