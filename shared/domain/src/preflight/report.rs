//! All findings of one preflight, and what follows from them.

use super::{Finding, Moment, Outcome, Prediction, SourceRoot};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the state machine chooses by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReportVerdict {
    /// No check failed.
    MayStart,
    /// At least one check failed.
    MustNotStart,
    /// Before the cutover: no check failed.
    MayCutOver,
    /// Before the cutover: at least one check failed.
    MustNotCutOver,
}

/// The findings of one preflight. Never empty: the table of checks is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreflightReport {
    /// When it was made.
    pub at: Timestamp,
    /// What it was made for. Reports of older versions do not say: they were made for the start.
    #[serde(default)]
    pub moment: Moment,
    /// What follows.
    pub verdict: ReportVerdict,
    /// In the order of the table of checks.
    pub findings: Vec<Finding>,
    /// The primary at the top, where the plan's source is itself a replica and the top was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_root: Option<SourceRoot>,
    /// What the full sync will take, of the shard that takes longest; none where that cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prediction: Option<Prediction>,
}

impl PreflightReport {
    /// Draws the conclusion.
    pub(super) fn new(at: Timestamp, moment: Moment, findings: Vec<Finding>) -> PreflightReport {
        let failed = findings.iter().any(|finding| finding.outcome == Outcome::Fail);
        let verdict = match (moment, failed) {
            (Moment::BeforeStart, false) => ReportVerdict::MayStart,
            (Moment::BeforeStart, true) => ReportVerdict::MustNotStart,
            (Moment::BeforeCutover, false) => ReportVerdict::MayCutOver,
            (Moment::BeforeCutover, true) => ReportVerdict::MustNotCutOver,
        };
        PreflightReport {
            at,
            moment,
            verdict,
            findings,
            source_root: None,
            prediction: None,
        }
    }

    /// The findings with one outcome.
    pub fn with(&self, outcome: Outcome) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(move |finding| finding.outcome == outcome)
    }

    /// The counts in one line: `7 PASS, 1 UNKNOWN`.
    #[must_use]
    pub fn summary(&self) -> String {
        let counts: Vec<String> = [
            (Outcome::Fail, "FAIL"),
            (Outcome::Warn, "WARN"),
            (Outcome::Unknown, "UNKNOWN"),
            (Outcome::Pass, "PASS"),
        ]
        .into_iter()
        .map(|(outcome, word)| (self.with(outcome).count(), word))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
        counts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::super::network::{Described, NetworkFacts};
    use super::super::testing::{as_cluster, vpc};
    use super::super::{Outcome, judge};
    use crate::Observed;
    use serde_json::json;

    /// A quarter of what a state may pass on.
    const FAR_BELOW: usize = 64 * 1024;

    #[test]
    fn ninety_shards_with_everything_wrong_make_a_short_report() {
        let slots: Vec<String> = (0..90)
            .map(|n| format!("{}-{}", n * 182, n * 182 + 181))
            .collect();
        let slots: Vec<&str> = slots.iter().map(String::as_str).collect();
        let mut facts = as_cluster(&slots, &slots);
        for shard in &mut facts.target.shards {
            shard.info = Observed::Unknown("no connection within 3 s: ".repeat(10));
        }
        if let Observed::Known(members) = &mut facts.target.clusters {
            for member in members {
                member.pending = vec!["CacheNodeType=cache.r7g.4xlarge".to_owned()];
            }
        }
        // Twenty subnets, as many as a subnet group holds by default, and a path that is shut at each gate.
        let mut answers = vpc();
        answers["location"]["subnetIds"] =
            json!((0..20).map(|n| format!("subnet-{n:017}")).collect::<Vec<_>>());
        answers["securityGroups"]["SecurityGroups"][0]["IpPermissionsEgress"] = json!([]);
        answers["mainRouteTables"]["RouteTables"][0]["Routes"] = json!([]);
        facts.network = NetworkFacts::from(serde_json::from_value::<Described>(answers).expect("answers"));

        let report = judge(&facts);
        let bytes = serde_json::to_string(&report).expect("JSON").len();
        assert!(bytes < FAR_BELOW, "{bytes} bytes");
        assert_eq!(
            report
                .findings
                .iter()
                .filter(|finding| finding.id == "N1")
                .count(),
            20
        );
        assert!(report.with(Outcome::Fail).count() > 20);
    }
}
