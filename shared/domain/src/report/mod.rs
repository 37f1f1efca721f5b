//! The report of one migration: everything that its history tells, for people and for programs.
//!
//! A [`Chronicle`] is fed with the history's entries, execution by execution, and gives a [`Report`] at any time: while
//! the migration runs (the page shows that) and at its end (the report in S3 is that). The report is a document of stable
//! form: a field may be added within a [`VERSION`], none changes its meaning or goes. It stays small at any number of
//! shards and any length of wait, because its [`Series`] and its moments are thinned to a bound.
//!
//! No secret can be in it: what a state was given is never read, only what it answered, and no answer holds one.

mod afterwards;
mod chronicle;
mod cost;
mod cutover;
mod entry;
mod executions;
mod headline;
mod latest;
mod location;
mod moments;
mod outcome;
mod series;
mod steps;
#[cfg(test)]
mod tests;

pub use afterwards::Advice;
pub use chronicle::Chronicle;
pub use cost::Cost;
pub use cutover::{Approved, Cutover, Fenced};
pub use entry::{End, Entry, Happening};
pub use executions::Executions;
pub use latest::{Latest, LatestShard};
pub use location::Location;
pub use moments::{Moment, MomentKind};
pub use outcome::Outcome;
pub use series::{Point, Series, ShardSeries};
pub use steps::{Progress as StepProgress, Step, is_plumbing, step_of};

use crate::contract::Migration;
use crate::diagnosis::Diagnosis;
use crate::plan::Plan;
use crate::preflight::PreflightReport;
use crate::progress::Rehearsal;
use crate::verify::Verification;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The version of the document.
pub const VERSION: &str = "1";

/// Everything about one migration.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// [`VERSION`].
    pub version: String,
    /// When it was made. What happened later is not in it.
    pub made_at: Timestamp,
    /// How the migration stands.
    pub outcome: Outcome,
    /// The same in a sentence.
    pub headline: String,
    /// Who. Absent only where the execution failed before it was admitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub migration: Option<Migration>,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began_at: Option<Timestamp>,
    /// What the user asked for, with every default filled in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// What was done, in order, with what is still to come while it runs.
    pub steps: Vec<Step>,
    /// What changed and when, oldest first.
    pub moments: Vec<Moment>,
    /// How many moments were left out between the first and the last that are shown.
    #[serde(default)]
    pub moments_left_out: u32,
    /// What preflight found before the start; where it was made twice, the later one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preflight: Option<PreflightReport>,
    /// What preflight found right before the cutover.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recheck: Option<PreflightReport>,
    /// What AWS's own test of the setup came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rehearsal: Option<Rehearsal>,
    /// The last look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<Latest>,
    /// Lag, progress and throughput over time.
    pub series: Series,
    /// The comparison of both sides' keys that was made before the approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification: Option<Verification>,
    /// The comparison that was made after the promotion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_comparison: Option<Verification>,
    /// Every approval that was taken, oldest first.
    pub approvals: Vec<Approved>,
    /// The cutover: fence, promotion, proof and hand-over. Absent where none was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cutover: Option<Cutover>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnosis: Option<Diagnosis>,
    /// What the target holds after it was given up, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_up: Option<String>,
    /// What it cost in AWS's units.
    pub cost: Cost,
    /// AWS's ids of the calls that changed something, for a support case.
    pub requests: Vec<Request>,
    /// What to undo on the source.
    pub undo: Vec<Advice>,
    /// What to do next.
    pub next: Vec<Advice>,
    /// What the report lacks, and why. Empty where it is whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<String>,
}

/// One call of AWS's API that changed something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// When its answer stood in the history.
    pub at: Timestamp,
    /// The API's name of it.
    pub call: String,
    /// AWS's id.
    pub request_id: String,
}
