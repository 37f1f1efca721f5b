//! A fleet under way: whether the line goes on, and what became of it. It is decided by how its executions ended, which
//! Step Functions keeps; nothing is counted twice and nothing is kept elsewhere.

use crate::contract::fleet::{Fleet, Gate};
use serde::{Deserialize, Serialize};

/// How a migration of the fleet stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// It runs.
    Running,
    /// It ended well.
    Succeeded,
    /// It failed, or a person gave it up.
    Failed,
    /// It took longer than its machine allows.
    TimedOut,
    /// Its execution was stopped.
    Stopped,
    /// Step Functions gives it a status that is not known here.
    Unknown,
}

impl Standing {
    /// Whether it counts against the line: everything that is over and did not succeed.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(
            self,
            Standing::Failed | Standing::TimedOut | Standing::Stopped | Standing::Unknown
        )
    }
}

/// A migration that did not succeed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// Its execution.
    pub execution_arn: String,
    /// How it stands.
    pub standing: Standing,
    /// The name of the error that it ended with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What became of a fleet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// In one word.
    pub outcome: Outcome,
    /// How many migrations it has.
    pub total: u64,
    /// How many succeeded.
    pub succeeded: u64,
    /// How many are over and did not.
    pub failed: u64,
    /// How many still run: a stopped line leaves them alone.
    pub running: u64,
    /// How many were never started.
    pub not_started: u64,
    /// The first that did not succeed.
    pub failures: Vec<Failure>,
}

/// What became of a fleet, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Every migration succeeded.
    Done,
    /// All were started, and some did not succeed.
    SomeFailed,
    /// Some were never started, because others had failed.
    Stopped,
}

/// How many failures a summary names; the rest are in the list of executions.
pub const NAMED_FAILURES: usize = 20;

/// Whether a further migration may be started.
#[must_use]
pub fn gate(fleet: &Fleet, failures: u64, after_canaries: bool) -> Gate {
    let allowed = if after_canaries {
        1
    } else {
        fleet.stop_after_failures
    };
    let go_on = failures < allowed;
    let who = if after_canaries { "canaries" } else { "migrations" };
    Gate {
        go_on,
        why: match (go_on, failures) {
            (true, 0) => format!("none of the {who} failed"),
            (true, _) => format!("{failures} of the {who} failed; the line stops at {allowed}"),
            (false, _) => format!(
                "{failures} of the {who} failed: no further migration is started, and what runs is carried on"
            ),
        },
    }
}

/// Sums up a fleet by its executions.
#[must_use]
pub fn sum(fleet: &Fleet, executions: Vec<Failure>) -> Summary {
    let count = |is: fn(Standing) -> bool| executions.iter().filter(|one| is(one.standing)).count() as u64;
    let (succeeded, failed, running) = (
        count(|standing| standing == Standing::Succeeded),
        count(Standing::is_failure),
        count(|standing| standing == Standing::Running),
    );
    let not_started = fleet.total.saturating_sub(executions.len() as u64);
    Summary {
        outcome: match (not_started, succeeded == fleet.total) {
            (_, true) => Outcome::Done,
            (0, false) => Outcome::SomeFailed,
            (_, false) => Outcome::Stopped,
        },
        total: fleet.total,
        succeeded,
        failed,
        running,
        not_started,
        failures: executions
            .into_iter()
            .filter(|one| one.standing.is_failure())
            .take(NAMED_FAILURES)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::FleetId;

    fn fleet(total: u64, stop_after_failures: u64) -> Fleet {
        Fleet {
            id: FleetId::of("spring"),
            started_at: "2026-11-24T00:00:00Z".parse().expect("a time"),
            total,
            concurrency: 5,
            stop_after_failures,
        }
    }

    fn ended(standings: &[Standing]) -> Vec<Failure> {
        let one = |(index, standing): (usize, &Standing)| Failure {
            execution_arn: format!("arn:{index}"),
            standing: *standing,
            error: None,
        };
        standings.iter().enumerate().map(one).collect()
    }

    #[test]
    fn the_line_stops_at_the_failures_that_the_plan_allows_and_at_the_first_canary() {
        assert!(gate(&fleet(9, 3), 2, false).go_on);
        assert!(!gate(&fleet(9, 3), 3, false).go_on);
        assert!(gate(&fleet(9, 3), 0, true).go_on);
        assert!(!gate(&fleet(9, 3), 1, true).go_on);
    }

    #[test]
    fn a_fleet_is_done_when_all_of_it_succeeded_and_not_before() {
        use Standing::{Failed, Running, Stopped, Succeeded, TimedOut, Unknown};
        let outcome = |total, standings: &[Standing]| sum(&fleet(total, 1), ended(standings)).outcome;
        assert_eq!(outcome(2, &[Succeeded, Succeeded]), Outcome::Done);
        for other in [Failed, TimedOut, Stopped, Unknown, Running] {
            assert_eq!(outcome(2, &[Succeeded, other]), Outcome::SomeFailed, "{other:?}");
        }
        assert_eq!(outcome(3, &[Succeeded, Failed]), Outcome::Stopped);
    }

    #[test]
    fn a_summary_of_thousands_names_the_first_failures_only() {
        let summary = sum(&fleet(5_000, 5_000), ended(&vec![Standing::Failed; 5_000]));
        assert_eq!((summary.failed, summary.failures.len()), (5_000, NAMED_FAILURES));
        assert!(serde_json::to_string(&summary).expect("JSON").len() < 20_000);
    }
}
