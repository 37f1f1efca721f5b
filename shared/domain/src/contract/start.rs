//! States `Rehearse` and `Start`.

use super::Migration;
use crate::plan::Plan;
use crate::progress::{Rehearsal, Stage};
use serde::{Deserialize, Serialize};

/// What the function is asked for.
#[derive(Clone, Debug, Deserialize)]
pub struct Input {
    /// Which call to make.
    pub step: Step,
    /// What to start.
    pub plan: Plan,
    /// Who asks.
    pub migration: Migration,
}

/// Which call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    /// TestMigration.
    Rehearse,
    /// StartMigration.
    Start,
}

/// What was done.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Requested {
    /// The stage that begins with the request.
    pub stage: Stage,
    /// AWS's id of the request, for a support case; none where nothing had to be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Whether an earlier try of this state had made the request already.
    pub was_under_way: bool,
    /// An assessment's rehearsal that AWS refused at once: its result, instead of an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Rehearsal>,
}
