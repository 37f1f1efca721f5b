//! Who invoked the function, and what that says. Pure: a document in, signals with the groups they may be about out.

use domain::ReplicationGroupId;
use domain::signal::{ApiCall, ButtonId, Envelope, Signal, read_notices};
use serde::Deserialize;
use serde_json::Value;

/// What came.
#[derive(Debug)]
pub(crate) enum Came {
    /// The waiting state leaves its token, and tells whose it is.
    Wait {
        execution_arn: Option<String>,
        group: Option<ReplicationGroupId>,
    },
    /// The state `Failed` asks for its end.
    End(End),
    /// From SNS or EventBridge.
    Signals(Vec<Incoming>),
    /// From a button in chat: an opaque id, and perhaps who pressed it.
    Button { id: ButtonId, by: Option<String> },
    /// From a person or a schedule.
    Order,
}

/// How a migration that failed is to end. Debug shows the error only: a token is a credential.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct End {
    /// The token of the state that asks.
    pub(crate) token: String,
    /// The error's name, from the diagnosis.
    pub(crate) error: String,
    /// Its summary.
    pub(crate) cause: String,
    /// How often the execution had been redriven when it failed.
    pub(crate) redriven_before: u64,
    /// How often it has been redriven now.
    pub(crate) redriven: u64,
}

impl std::fmt::Debug for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("End")
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

/// A signal with the groups it may be about.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Incoming {
    pub(crate) groups: Vec<ReplicationGroupId>,
    pub(crate) envelope: Envelope,
}

/// Tells the callers apart by what only they send.
pub(crate) fn read(event: &Value, calling_functions: &[String]) -> Came {
    if let Some(wait) = event.get("await") {
        let text = |field: &str| wait.get(field).and_then(Value::as_str).map(str::to_owned);
        return Came::Wait {
            execution_arn: text("executionArn"),
            group: text("replicationGroupId").and_then(|id| ReplicationGroupId::try_from(id).ok()),
        };
    }
    if let Some(end) = event.get("end").and_then(|end| End::deserialize(end).ok()) {
        return Came::End(end);
    }
    if let Some(records) = event.get("Records").and_then(Value::as_array) {
        return Came::Signals(records.iter().flat_map(from_sns).collect());
    }
    if event.get("detail-type").is_some() {
        return Came::Signals(from_eventbridge(event, calling_functions).into_iter().collect());
    }
    if event.get("action").is_none()
        && let Some(id) = event
            .get("id")
            .and_then(|id| serde_json::from_value(id.clone()).ok())
    {
        let by = event.get("by").and_then(Value::as_str).map(str::to_owned);
        return Came::Button { id, by };
    }
    Came::Order
}

fn from_sns(record: &Value) -> Vec<Incoming> {
    let text = |pointer: &str| record.pointer(pointer).and_then(Value::as_str);
    let id = text("/Sns/MessageId").map(str::to_owned);
    read_notices(text("/Sns/Message").unwrap_or_default())
        .into_iter()
        .filter_map(|notice| {
            let groups = notice.candidates();
            if groups.is_empty() {
                tracing::info!(event = %notice.name, about = %notice.about, "an event about no replication group");
                return None;
            }
            Some(Incoming {
                groups,
                envelope: Envelope {
                    id: id.clone(),
                    signal: Signal::Event { name: notice.name },
                },
            })
        })
        .collect()
}

fn from_eventbridge(event: &Value, calling_functions: &[String]) -> Option<Incoming> {
    let Some(call) = ApiCall::read(event) else {
        tracing::info!(detail_type = %event["detail-type"], "an event that is no call for a replication group");
        return None;
    };
    if call.made_by(calling_functions) {
        return None;
    }
    if let Some(error) = &call.error {
        tracing::info!(
            call = call.call,
            by = call.by,
            error,
            "somebody else's call that failed changes nothing"
        );
        return None;
    }
    Some(Incoming {
        groups: vec![call.group],
        envelope: Envelope {
            id: call.id,
            signal: Signal::Call {
                call: call.call,
                by: call.by,
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn signals(event: &Value) -> Vec<Incoming> {
        match read(event, &["migrator-cutover".to_owned()]) {
            Came::Signals(incoming) => incoming,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_sns_message_keeps_its_id_so_that_a_second_delivery_is_known() {
        let event = json!({"Records": [{"Sns": {
            "MessageId": "m-1",
            "Message": r#"{"ElastiCache:FailoverComplete": "orders-cache-001", "extra": 1}"#
        }}, {"Sns": {}}, 7]});
        let incoming = signals(&event);
        assert_eq!(incoming.len(), 1);
        assert_eq!(incoming[0].envelope.id.as_deref(), Some("m-1"));
        assert!(
            incoming[0]
                .groups
                .iter()
                .any(|group| group.as_str() == "orders-cache")
        );
    }

    #[test]
    fn calls_of_ours_and_calls_that_failed_wake_nobody() {
        let call = |arn: &str, error: Option<&str>| {
            json!({"detail-type": "AWS API Call via CloudTrail", "detail": {
                "eventSource": "elasticache.amazonaws.com", "eventName": "CompleteMigration", "errorCode": error,
                "userIdentity": {"arn": arn}, "requestParameters": {"replicationGroupId": "orders-cache"}
            }})
        };
        let ours = "arn:aws:sts::123456789012:assumed-role/role/migrator-cutover";
        let bob = "arn:aws:iam::123456789012:user/bob";
        assert!(signals(&call(ours, None)).is_empty());
        assert!(signals(&call(bob, Some("AccessDenied"))).is_empty());
        assert_eq!(
            signals(&call(bob, None))[0].envelope.signal,
            Signal::Call {
                call: "CompleteMigration".to_owned(),
                by: bob.to_owned()
            }
        );
    }

    #[test]
    fn the_waiting_state_tells_whose_token_it_leaves() {
        let event =
            json!({"await": {"token": "t", "executionArn": "arn", "replicationGroupId": "orders-cache"}});
        assert!(matches!(
            read(&event, &[]),
            Came::Wait {
                execution_arn: Some(_),
                group: Some(_)
            }
        ));
        assert!(matches!(
            read(&json!({"await": {"token": "t"}}), &[]),
            Came::Wait { group: None, .. }
        ));
        assert!(matches!(read(&json!({"action": "abort"}), &[]), Came::Order));
        assert!(matches!(
            read(&json!({"id": "0-1", "by": "x"}), &[]),
            Came::Button { by: Some(_), .. }
        ));
        assert!(matches!(
            read(&json!({"id": "0-1", "action": "abort"}), &[]),
            Came::Order
        ));
    }

    #[test]
    fn the_end_of_a_failed_migration_shows_its_error_and_never_its_token() {
        let event = json!({"end": {
            "token": "secret", "error": "Migration.Stopped", "cause": "why", "redrivenBefore": 0, "redriven": 1
        }});
        let came = read(&event, &[]);
        assert!(matches!(&came, Came::End(end) if end.redriven > end.redriven_before));
        let shown = format!("{came:?}");
        assert!(
            shown.contains("Migration.Stopped") && !shown.contains("secret"),
            "{shown}"
        );
    }
}
