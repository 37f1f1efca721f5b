//! The record of every call, for tests that must know what was asked, and what was not.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// One call of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// When it was answered.
    pub at: Timestamp,
    /// The action, as sent.
    pub action: String,
    /// The caller's access key id; empty for a call without a signature.
    pub access_key_id: String,
    /// All parameters, as sent, but for Action and Version.
    pub parameters: BTreeMap<String, String>,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// HTTP 200.
    Ok,
    /// An error answer.
    Error {
        /// The HTTP status.
        status: u16,
        /// The `<Code>`.
        code: String,
    },
    /// The connection was closed without an answer, after the call had its effect or before.
    Dropped,
}

impl Call {
    /// Whether the action can change anything. All others only describe or list.
    pub fn changes(&self) -> bool {
        !(self.action.starts_with("Describe") || self.action.starts_with("List"))
    }
}
