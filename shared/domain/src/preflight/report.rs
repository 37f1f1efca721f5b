//! All findings of one preflight, and what follows from them.

use super::{Finding, Outcome, Prediction, SourceRoot};
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
}

/// The findings of one preflight. Never empty: the table of checks is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreflightReport {
    /// When it was made.
    pub at: Timestamp,
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
    pub(super) fn new(at: Timestamp, findings: Vec<Finding>) -> PreflightReport {
        let failed = findings.iter().any(|finding| finding.outcome == Outcome::Fail);
        let verdict = if failed {
            ReportVerdict::MustNotStart
        } else {
            ReportVerdict::MayStart
        };
        PreflightReport {
            at,
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
