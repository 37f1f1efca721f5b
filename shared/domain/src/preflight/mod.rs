//! Is the migration ready to start? Facts in, findings out. A check never fails: what it could not learn is `UNKNOWN`,
//! which is shown and is never `PASS`.

pub mod checks;
mod facts;
mod finding;
mod page;
mod prediction;
mod report;
mod source;
#[cfg(test)]
pub(crate) mod testing;

pub use facts::{Facts, SourceFacts, TargetFacts, TargetShard};
pub use finding::{Check, Finding, Outcome, Verdict};
pub use page::render_checks_page;
pub use prediction::{Prediction, RateBasis, WriteRate};
pub use report::{PreflightReport, ReportVerdict};
pub use source::{ChainLink, ClusterFacts, ClusterMember, LaterInfo, Node, NodeAnswers, SourceRoot};

/// Runs every check over the facts, in the order of the table.
#[must_use]
pub fn judge(facts: &Facts) -> PreflightReport {
    PreflightReport {
        source_root: source::root(&facts.source.chain),
        prediction: prediction::slowest(facts),
        ..PreflightReport::new(
            facts.now,
            checks::ALL.iter().map(|check| check.judge(facts)).collect(),
        )
    }
}
