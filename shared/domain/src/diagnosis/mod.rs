//! Why a migration failed: causes, best first, each with what it rests on and what to do. "Unknown" is an answer, and
//! then everything that was seen is shown.

pub mod causes;
mod docs;
mod evidence;
mod log;
mod safety;
#[cfg(test)]
pub(crate) mod testing;

pub use docs::page;
pub use evidence::{Evidence, SourceProbe, SourceSeen};
pub use log::{LogLine, LogPage, LogPages, LogQueries, LogQuery, SIGNS, Side, Sign, filter_pattern, queries};
pub use safety::Safety;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How sure a cause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Confidence {
    /// Something was seen that it would explain.
    Possible,
    /// What was seen has hardly another explanation.
    Likely,
    /// It was seen itself.
    Certain,
}

/// A cause that fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cause {
    /// A stable id in snake case.
    pub id: String,
    /// How sure.
    pub confidence: Confidence,
    /// What was seen.
    pub evidence: String,
    /// What to do, with a command to paste where there is one.
    pub fix: String,
}

/// The whole diagnosis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnosis {
    /// When it was made.
    pub at: Timestamp,
    /// The state that failed.
    pub failed_state: String,
    /// The error name with which the execution ends.
    pub error: String,
    /// One sentence: the state and the best cause.
    pub summary: String,
    /// Best first. Never empty: `unknown` is the last resort.
    pub causes: Vec<Cause>,
    /// Whether source, target and data are safe now, and what to do next.
    pub safety: Safety,
    /// Everything that was seen, line by line: event texts, statuses, both sides' INFO in short.
    pub seen: Vec<String>,
    /// What to ask the engines' logs for; with the answers the diagnosis is made once more. Nothing where the plan names no
    /// log group, and nothing in that second one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_queries: Option<LogQueries>,
    /// Whether EC2 is to be asked again for the way from target to source, which may be shut by now; with its answers the
    /// diagnosis is made once more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asks_network: bool,
}

/// The longest `Cause` that Step Functions takes is 32,768 characters; a summary for people is far shorter.
const LONGEST_SUMMARY: usize = 1_000;

/// Names the causes that the evidence supports.
#[must_use]
pub fn diagnose(evidence: &Evidence) -> Diagnosis {
    let mut causes = causes::all_that_explain(evidence);
    if causes.is_empty() {
        causes.push(causes::unknown(evidence));
    }
    let mut summary = format!(
        "{} failed: {} ({})",
        evidence.failed_state, causes[0].evidence, causes[0].id
    );
    if summary.len() > LONGEST_SUMMARY {
        let end = (0..=LONGEST_SUMMARY)
            .rev()
            .find(|end| summary.is_char_boundary(*end))
            .unwrap_or(0);
        summary.truncate(end);
    }
    Diagnosis {
        at: evidence.now,
        failed_state: evidence.failed_state.clone(),
        error: evidence.error_name(),
        summary,
        causes,
        safety: Safety::of(evidence),
        seen: evidence.lines(),
        log_queries: None,
        asks_network: evidence.network.is_none() && causes::way_is_in_doubt(evidence),
    }
}

#[cfg(test)]
mod tests;
