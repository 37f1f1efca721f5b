//! What may wake a waiting migration: a person's word or an ElastiCache event. Everything here is tolerant of what AWS
//! sends and strict about what a person types.

mod sns;

pub use sns::{ElastiCacheNotice, read_notices};

use crate::ReplicationGroupId;
use serde::{Deserialize, Serialize};

/// What woke the migration. This is the JSON that the waiting state receives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Signal {
    /// A person approves the cutover on a verdict.
    Approve {
        /// The digest of the verdict.
        verdict: String,
        /// Who.
        by: String,
    },
    /// A person gives the migration up.
    Abort {
        /// Who.
        by: String,
    },
    /// ElastiCache says that something happened. It only wakes: what happened is read from events and status.
    Event {
        /// The event's name or text, as it came.
        name: String,
    },
}

/// What a person (or a button, or the AWS CLI) sends to the `signal` function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Order {
    /// The migration to wake, by its target.
    pub replication_group_id: ReplicationGroupId,
    /// What to do.
    pub action: Action,
    /// For an approval: the digest of the verdict that is approved.
    #[serde(default)]
    pub verdict: Option<String>,
    /// Who says so; it stands in the history and in messages.
    pub by: String,
}

/// What a person may order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// Complete the migration.
    Approve,
    /// Give it up.
    Abort,
}

impl Order {
    /// The signal that the order becomes.
    ///
    /// # Errors
    /// Where an approval names no verdict: nobody approves what they have not seen.
    pub fn signal(&self) -> Result<Signal, String> {
        match (self.action, &self.verdict) {
            (Action::Approve, Some(verdict)) => Ok(Signal::Approve {
                verdict: verdict.clone(),
                by: self.by.clone(),
            }),
            (Action::Approve, None) => {
                Err("verdict: is missing; give the digest that the message \"ready\" shows".to_owned())
            }
            (Action::Abort, _) => Ok(Signal::Abort { by: self.by.clone() }),
        }
    }
}
