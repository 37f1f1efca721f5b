//! States `TellStarted`, `TellReady`, `TellDone`, `TellFailed` and `TellAborted`.

use super::Migration;
use super::cutover::{CleanedUp, GivenUp, Handover, Released};
use crate::diagnosis::Diagnosis;
use crate::plan::Plan;
use crate::preflight::PreflightReport;
use crate::progress::Observation;
use crate::report::Location;
use crate::target::TopicPlan;
use crate::verify::{Difference, Standing, Verdict};
use serde::{Deserialize, Serialize};

/// What the function is asked for: an occasion, and all that is known by then.
#[derive(Clone, Debug, Deserialize)]
pub struct Input {
    /// What happened.
    pub occasion: Occasion,
    /// Whose message it is. Absent only where a migration failed before it was admitted.
    #[serde(default)]
    pub migration: Option<Migration>,
    /// What the user asked for.
    #[serde(default)]
    pub plan: Option<Plan>,
    /// What the migration does with the group's notification topic.
    #[serde(default)]
    pub topic: Option<TopicPlan>,
    /// What preflight found.
    #[serde(default)]
    pub preflight: Option<PreflightReport>,
    /// The last look.
    #[serde(default)]
    pub observation: Option<Observation>,
    /// Why it failed.
    #[serde(default)]
    pub diagnosis: Option<Diagnosis>,
    /// What is handed over.
    #[serde(default)]
    pub handover: Option<Handover>,
    /// What was given up.
    #[serde(default, rename = "givenUp")]
    pub given_up: Option<GivenUp>,
    /// What became of the fence, where one was up.
    #[serde(default)]
    pub released: Option<Released>,
    /// Where the migration's report is, at its end; none where it could not be written.
    #[serde(default)]
    pub report: Option<Location>,
    /// What an execution that ended by itself left behind.
    #[serde(default, rename = "cleanedUp")]
    pub cleaned_up: Option<CleanedUp>,
    /// The migration's page, where there is one.
    #[serde(default)]
    pub page: Option<String>,
    /// What the comparison of the keys came to.
    #[serde(default)]
    pub verification: Option<Standing>,
    /// What the comparison after the promotion came to.
    #[serde(default, rename = "lastComparison")]
    pub last_comparison: Option<LastComparison>,
}

/// What the comparison after the promotion came to: a whole result, or why there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LastComparison {
    /// What is known.
    pub verdict: Verdict,
    /// The same in a sentence.
    pub statement: String,
    /// The first differences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first: Vec<Difference>,
}

/// A change that people are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Occasion {
    /// The migration began to copy.
    Started,
    /// It is in sync and waits for a person.
    Ready,
    /// The target took over.
    Done,
    /// It failed.
    Failed,
    /// A person gave it up.
    Aborted,
    /// The cutover was tried and did not succeed; the migration is ready again.
    NotCompleted,
    /// Its execution was stopped, timed out or died.
    Ended,
}
