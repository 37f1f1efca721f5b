//! State `Diagnose`. Answers with a [`crate::diagnosis::Diagnosis`].

use super::Migration;
use super::cutover::Released;
use crate::diagnosis::LogPages;
use crate::plan::Plan;
use crate::preflight::PreflightReport;
use crate::preflight::network::Described;
use crate::progress::Observation;
use crate::signal::Signal;
use crate::verify::Standing;
use serde::Deserialize;

/// What the function is asked for. Everything but the failed state may be missing: a migration can fail at its first
/// state.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// The state that failed.
    pub failed_state: String,
    /// The error that was caught, as Step Functions gives it; none where a choice led here.
    #[serde(default)]
    pub error: Option<CaughtError>,
    /// What the user asked for.
    #[serde(default)]
    pub plan: Option<Plan>,
    /// Who failed.
    #[serde(default)]
    pub migration: Option<Migration>,
    /// What preflight found.
    #[serde(default)]
    pub preflight: Option<PreflightReport>,
    /// The last look.
    #[serde(default)]
    pub observation: Option<Observation>,
    /// What became of the fence, where one was up.
    #[serde(default)]
    pub released: Option<Released>,
    /// What last woke the migration, if something did.
    #[serde(default)]
    pub signal: Option<Signal>,
    /// What the engines' logs answered; none before they were asked.
    #[serde(default)]
    pub logs: Option<LogPages>,
    /// How far the comparison of the keys came, if one was begun.
    #[serde(default)]
    pub verification: Option<Standing>,
    /// The VPC between target and source as EC2 describes it now; none before it was asked again.
    #[serde(default)]
    pub network: Option<Box<Described>>,
}

/// `$states.errorOutput`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CaughtError {
    /// The error's name.
    #[serde(default)]
    pub error: String,
    /// For a Lambda: a JSON text with `errorType` and `errorMessage`. For others: any text.
    #[serde(default)]
    pub cause: String,
}

impl CaughtError {
    /// The message within a Lambda's cause, or the cause as it is.
    #[must_use]
    pub fn message(&self) -> String {
        message_in(&self.cause)
    }
}

/// The message within a Lambda's cause, or a cause of another kind as it is.
pub(crate) fn message_in(cause: &str) -> String {
    serde_json::from_str::<serde_json::Value>(cause)
        .ok()
        .and_then(|cause| cause.get("errorMessage")?.as_str().map(str::to_owned))
        .unwrap_or_else(|| cause.to_owned())
}
