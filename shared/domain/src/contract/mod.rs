//! What each state gives its function and gets back. The state machine moves these documents and looks into none of
//! them but for the fields that its choices name; a test holds both sides together.
//!
//! Everything is camelCase. Reading stays open to fields that a newer version added: an execution outlives a deployment.

pub mod cutover;
pub mod diagnose;
pub mod fleet;
pub mod notify;
pub mod poll_lag;
pub mod preflight;
pub mod report;
pub mod start;
pub mod verify;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One migration: an execution of the state machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Migration {
    /// The execution's name. It names the migration in messages and reports.
    pub id: String,
    /// The execution's ARN.
    pub execution_arn: String,
    /// When it was started.
    pub started_at: Timestamp,
}
