//! State `Observe`. Answers with an [`Observation`].

use super::Migration;
use crate::plan::Plan;
use crate::preflight::PreflightReport;
use crate::progress::{Observation, Stage};
use crate::signal::Signal;
use crate::verify::Standing;
use serde::Deserialize;

/// What the function is asked for.
#[derive(Clone, Debug, Deserialize)]
pub struct Input {
    /// What the user asked for.
    pub plan: Plan,
    /// Who asks.
    pub migration: Migration,
    /// What preflight found.
    pub preflight: PreflightReport,
    /// What the migration waits for.
    pub stage: Stage,
    /// The last look, if there was one.
    #[serde(default)]
    pub previous: Option<Observation>,
    /// What woke the migration, if something did.
    #[serde(default)]
    pub signal: Option<Signal>,
    /// How far the verification is, if one was begun.
    #[serde(default)]
    pub verification: Option<Standing>,
}
