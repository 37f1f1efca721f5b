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
    /// The name of its first execution. It names the migration in messages and reports.
    pub id: String,
    /// The ARN of the execution that runs now.
    pub execution_arn: String,
    /// When the first execution was started.
    pub started_at: Timestamp,
    /// Which of its executions runs now, counted from 1: a long migration goes on in another one.
    #[serde(default = "Migration::first")]
    pub generation: u32,
}

impl Migration {
    /// What an execution is that continues no other.
    #[must_use]
    pub fn first() -> u32 {
        1
    }
}
