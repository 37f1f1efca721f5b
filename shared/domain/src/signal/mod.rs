//! What may wake a waiting migration: a person's word or an ElastiCache event. Everything here is tolerant of what AWS
//! sends and strict about what a person types.

mod api_call;
mod button;
mod sns;

pub use api_call::ApiCall;
pub use button::{Button, ButtonId};
pub use sns::{ElastiCacheNotice, read_notices};

use crate::ReplicationGroupId;
use jiff::Timestamp;
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
        /// When.
        at: Timestamp,
    },
    /// A person puts the cutover off. A later approval is a later word, and counts.
    Postpone {
        /// Until when.
        until: Timestamp,
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
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
    /// For a postponement: until when, such as `2026-11-29T02:00:00Z`.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// Who says so; it stands in the history and in messages.
    pub by: String,
}

/// What a person may order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// Complete the migration.
    Approve,
    /// Put the cutover off.
    Postpone,
    /// Give it up.
    Abort,
}

impl Order {
    /// The signal that the order becomes, given now.
    ///
    /// # Errors
    /// Where an approval names no verdict (nobody approves what they have not seen), or a postponement no time to come.
    pub fn signal(&self, now: Timestamp) -> Result<Signal, String> {
        let by = self.by.trim().to_owned();
        if by.is_empty() {
            return Err("by: is empty; say who orders this".to_owned());
        }
        match (self.action, &self.verdict, self.until) {
            (Action::Approve, Some(verdict), _) => Ok(Signal::Approve {
                verdict: verdict.clone(),
                by,
                at: now,
            }),
            (Action::Approve, None, _) => {
                Err("verdict: is missing; give the digest that the message \"ready\" shows".to_owned())
            }
            (Action::Postpone, _, Some(until)) if until > now => Ok(Signal::Postpone { until, by, at: now }),
            (Action::Postpone, _, Some(_)) => Err("until: is over; give a time to come".to_owned()),
            (Action::Postpone, _, None) => {
                Err("until: is missing; give a time such as 2026-11-29T02:00:00Z".to_owned())
            }
            (Action::Abort, _, _) => Ok(Signal::Abort { by }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn order(document: serde_json::Value) -> Result<Signal, String> {
        let order: Order = serde_json::from_value(document).map_err(|error| error.to_string())?;
        order.signal(Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn an_order_says_who_what_and_until_when() {
        let approve =
            json!({"replicationGroupId": "orders", "action": "approve", "verdict": "ab", "by": "somebody"});
        assert!(matches!(order(approve), Ok(Signal::Approve { at, .. }) if at == Timestamp::UNIX_EPOCH));
        for (field, document) in [
            (
                "verdict",
                json!({"replicationGroupId": "orders", "action": "approve", "by": "somebody"}),
            ),
            (
                "by",
                json!({"replicationGroupId": "orders", "action": "abort", "by": " "}),
            ),
            (
                "until",
                json!({"replicationGroupId": "orders", "action": "postpone", "by": "somebody"}),
            ),
            (
                "until",
                json!({"replicationGroupId": "orders", "action": "postpone", "by": "x", "until": "1969-01-01T00:00:00Z"}),
            ),
        ] {
            let refused = order(document).expect_err("an order that is not whole");
            assert!(refused.starts_with(field), "{refused}");
        }
    }

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
    fn a_typing_error_is_an_error() {
        assert!(
            order(json!({"replicationGroupId": "g", "action": "abort", "by": "bob", "verdct": "x"})).is_err()
        );
        assert!(order(json!({"replicationGroupId": "g", "action": "abort", "by": "bob"})).is_ok());
    }
}
