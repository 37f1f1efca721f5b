//! Is the migration ready to start? Facts in, findings out. A check never fails: what it could not learn is `UNKNOWN`,
//! which is shown and is never `PASS`.

pub mod checks;
mod facts;
mod finding;
mod report;
#[cfg(test)]
pub(crate) mod testing;

pub use facts::{Facts, SourceFacts, TargetFacts, TargetShard};
pub use finding::{Check, Finding, Outcome, Verdict};
pub use report::{PreflightReport, ReportVerdict};

/// Runs every check over the facts, in the order of the table.
#[must_use]
pub fn judge(facts: &Facts) -> PreflightReport {
    PreflightReport::new(
        facts.now,
        checks::ALL.iter().map(|check| check.judge(facts)).collect(),
    )
}
