//! CloudTrail, as EventBridge hears of it: each call of ElastiCache's API that changes something, whoever made it, whether it
//! succeeded or not. Calls that only read are not told of.
//! <https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-elasticache.html>
//!
//! Unlike AWS: at once, and with those fields of a record alone that say who called what and what came of it.

use axum::body::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::arn::{ACCOUNT, REGION};
use crate::cloud::OWN_ACCESS_KEY_ID;
use crate::event_bridge::BusEvent;

/// What there is to tell of a call; nothing of one that changes nothing.
pub(crate) fn told(caller: &str, operation: &str, body: &Bytes, status: u16) -> Option<BusEvent> {
    if ["Describe", "List"]
        .iter()
        .any(|reads| operation.starts_with(reads))
    {
        return None;
    }
    let mut detail = json!({
        "eventVersion": "1.09",
        "eventTime": Timestamp::now().to_string(),
        "eventSource": "elasticache.amazonaws.com",
        "eventName": operation,
        "awsRegion": REGION,
        "eventID": Uuid::new_v4().to_string(),
        "eventType": "AwsApiCall",
        "recipientAccountId": ACCOUNT,
        "userIdentity": identity(caller),
        "requestParameters": parameters(body),
    });
    if status >= 400 {
        detail["errorCode"] = json!("Refused");
    }
    Some(BusEvent {
        at: Timestamp::now(),
        source: "aws.elasticache".to_owned(),
        detail_type: "AWS API Call via CloudTrail".to_owned(),
        detail,
        resources: vec![],
        publisher: "cloudtrail".to_owned(),
    })
}

/// A function calls in a session of its role that has the function's name; a test's own clients are a user.
fn identity(caller: &str) -> Value {
    if caller == OWN_ACCESS_KEY_ID {
        let arn = format!("arn:aws:iam::{ACCOUNT}:user/{caller}");
        return json!({"type": "IAMUser", "arn": arn, "accountId": ACCOUNT});
    }
    let arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{caller}/{caller}");
    json!({"type": "AssumedRole", "arn": arn, "accountId": ACCOUNT})
}

/// The request's parameters, by CloudTrail's names for them; lists are left out.
fn parameters(body: &Bytes) -> Map<String, Value> {
    url::form_urlencoded::parse(body)
        .filter(|(name, _)| !name.contains('.') && *name != "Action" && *name != "Version")
        .filter_map(|(name, value)| {
            let mut letters = name.chars();
            let first = letters.next()?.to_ascii_lowercase();
            let value = match &*value {
                "true" => json!(true),
                "false" => json!(false),
                text => json!(text),
            };
            Some((format!("{first}{}", letters.as_str()), value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_changes_something_is_told_with_who_made_it() {
        let body = Bytes::from_static(
            b"Action=CompleteMigration&Version=2015-02-02&ReplicationGroupId=orders&Force=true&L.member.1=x",
        );
        let event = told("stack-cutover", "CompleteMigration", &body, 200).unwrap();
        assert_eq!(event.source, "aws.elasticache");
        assert_eq!(
            event.detail["requestParameters"],
            json!({"replicationGroupId": "orders", "force": true})
        );
        let arn = event.detail["userIdentity"]["arn"].as_str().unwrap();
        assert!(
            arn.ends_with(":assumed-role/stack-cutover/stack-cutover"),
            "{arn}"
        );
        assert!(event.detail.get("errorCode").is_none());
        let refused = told(OWN_ACCESS_KEY_ID, "CompleteMigration", &body, 400).unwrap();
        assert!(refused.detail.get("errorCode").is_some());
        assert!(told(OWN_ACCESS_KEY_ID, "DescribeEvents", &body, 200).is_none());
    }
}
