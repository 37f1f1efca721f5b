//! All findings of one preflight, and what follows from them.

use super::{Finding, Moment, Outcome};
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
