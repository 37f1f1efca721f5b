//! The record of calls.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// One call of an AWS API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// When it came in.
    pub at: Timestamp,
    /// The caller's access key id: a function's name, `state-machine.` and a machine's name, or `local-cloud` for a test's
    /// own clients.
    pub caller: String,
    /// The service as credential scopes name it: `states`, `sns`, `lambda`, `elasticache`.
    pub service: String,
    /// The operation, such as `StartMigration`.
    pub operation: String,
    /// The resource that IAM looks for in a policy: an ARN, or `*` where IAM knows none for the operation.
    pub resource: String,
    /// The HTTP status of the answer.
    pub status: u16,
    /// Whether the caller's policies did not allow it.
    pub denied: bool,
}

#[derive(Debug, Default)]
pub(super) struct Calls(Mutex<Vec<Call>>);

impl Calls {
    pub(super) fn record(&self, call: Call) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }

    pub(super) fn all(&self) -> Vec<Call> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
