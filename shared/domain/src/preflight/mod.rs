//! Is the migration ready to start? Facts in, findings out. A check never fails: what it could not learn is `UNKNOWN`,
//! which is shown and is never `PASS`.

mod access;
pub mod checks;
mod facts;
mod finding;
mod moment;
mod narrower;
pub mod network;
mod page;
mod prediction;
mod report;
mod source;
#[cfg(test)]
pub(crate) mod testing;

pub use access::{Access, Answer};
pub use facts::{Facts, SourceFacts, TargetFacts, TargetShard};
pub use finding::{Check, Finding, Outcome, Verdict};
pub use moment::Moment;
pub(crate) use narrower::{GIVE_AN_ADDRESS, LISTEN};
pub use narrower::{NARROWER, Narrower};
pub use page::render_checks_page;
pub use prediction::{Prediction, RateBasis, WriteRate};
pub use report::{PreflightReport, ReportVerdict};
pub use source::{ChainLink, ClusterFacts, ClusterMember, LaterInfo, Node, NodeAnswers, SourceRoot};

/// Runs the checks of the facts' moment, in the order of the table.
#[must_use]
pub fn judge(facts: &Facts) -> PreflightReport {
    let findings = checks::at(facts.moment)
        .flat_map(|check| {
            // The one check that finds once per subnet.
            if check.id == checks::N1.id {
                network::each_subnet(&facts.network, facts.plan.source.port, &facts.source.info)
            } else {
                vec![check.judge(facts)]
            }
        })
        .collect();
    PreflightReport {
        source_root: source::root(&facts.source.chain),
        prediction: prediction::slowest(facts),
        ..PreflightReport::new(facts.now, facts.moment, findings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_holds_what_the_checks_found_and_what_the_sync_will_take() {
        let facts = testing::clean();
        let report = judge(&facts);
        assert_eq!((report.at, report.moment), (facts.now, facts.moment));
        assert_eq!(report.prediction, prediction::slowest(&facts));
        assert!(report.prediction.is_some() && report.source_root.is_none());
        assert!(report.findings.len() >= checks::at(facts.moment).count());
    }
}
