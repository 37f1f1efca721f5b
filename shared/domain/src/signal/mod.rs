//! What may wake a waiting migration: a person's word or an ElastiCache event. Everything here is tolerant of what AWS
//! sends and strict about what a person types.

mod api_call;
mod sns;

pub use api_call::ApiCall;
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
    /// Somebody else called ElastiCache's API for the group. It only wakes too.
    Call {
        /// The API's name of the call.
        call: String,
        /// Who made it, as CloudTrail names them.
        by: String,
    },
}

/// A signal on its way, with the id by which a second delivery of the same is recognised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// SNS's or CloudTrail's id of what came; a person's order has none, since the migration itself refuses what is stale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The signal.
    #[serde(flatten)]
    pub signal: Signal,
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_waiting_state_reads_a_delivery_as_the_signal_in_it() {
        let delivery = Envelope {
            id: Some("m-1".to_owned()),
            signal: Signal::Event {
                name: "FailoverComplete".to_owned(),
            },
        };
        let sent = serde_json::to_value(&delivery).expect("JSON");
        assert_eq!(
            sent,
            json!({"id": "m-1", "kind": "event", "name": "FailoverComplete"})
        );
        assert_eq!(
            serde_json::from_value::<Signal>(sent).expect("a signal"),
            delivery.signal
        );
    }

    #[test]
    fn an_approval_names_its_verdict_and_a_typing_error_is_an_error() {
        let order = |order: serde_json::Value| {
            serde_json::from_value::<Order>(order)
                .map_err(|error| error.to_string())
                .and_then(|order| order.signal())
        };
        assert!(order(json!({"replicationGroupId": "g", "action": "approve", "by": "bob"})).is_err());
        assert!(
            order(json!({"replicationGroupId": "g", "action": "abort", "by": "bob", "verdct": "x"})).is_err()
        );
        assert!(order(json!({"replicationGroupId": "g", "action": "abort", "by": "bob"})).is_ok());
    }
}
