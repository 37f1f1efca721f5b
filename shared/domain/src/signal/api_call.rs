//! Somebody else's call of ElastiCache's API, as CloudTrail tells it through EventBridge: detail type
//! `AWS API Call via CloudTrail`. The only way in which EventBridge hears of a node-based migration. Source:
//! <https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-elasticache.html>.

use crate::ReplicationGroupId;
use serde_json::Value;

/// A call that changes a migration, made by somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiCall {
    /// The API's name of it, such as `CompleteMigration`.
    pub call: String,
    /// The group it was for.
    pub group: ReplicationGroupId,
    /// Who made it: an ARN, or what CloudTrail gives instead.
    pub by: String,
    /// The event's id, the same for each delivery.
    pub id: Option<String>,
    /// The error that the call ended with; none where it had its effect.
    pub error: Option<String>,
}

impl ApiCall {
    /// Reads an EventBridge event; none where it is no call of ElastiCache's API for a group.
    #[must_use]
    pub fn read(event: &Value) -> Option<ApiCall> {
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        if text("/detail/eventSource")? != "elasticache.amazonaws.com" {
            return None;
        }
        let group = text("/detail/requestParameters/replicationGroupId")
            .or_else(|| text("/detail/requestParameters/ReplicationGroupId"))?;
        Some(ApiCall {
            call: text("/detail/eventName")?,
            group: ReplicationGroupId::try_from(group).ok()?,
            by: text("/detail/userIdentity/arn")
                .or_else(|| text("/detail/userIdentity/invokedBy"))
                .or_else(|| text("/detail/userIdentity/type"))
                .unwrap_or_else(|| "somebody whom CloudTrail does not name".to_owned()),
            id: text("/detail/eventID").or_else(|| text("/id")),
            error: text("/detail/errorCode"),
        })
    }

    /// Whether one of these functions made it: a function's session is named like the function
    /// (`arn:aws:sts::<account>:assumed-role/<role>/<function>`).
    #[must_use]
    pub fn made_by(&self, functions: &[String]) -> bool {
        let session = self
            .by
            .contains(":assumed-role/")
            .then(|| self.by.rsplit('/').next())
            .flatten();
        session.is_some_and(|session| functions.iter().any(|function| function == session))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn event(arn: &str) -> Value {
        json!({
            "detail-type": "AWS API Call via CloudTrail", "source": "aws.elasticache", "id": "outer",
            "detail": {
                "eventSource": "elasticache.amazonaws.com", "eventName": "CompleteMigration", "eventID": "e-1",
                "userIdentity": {"type": "AssumedRole", "arn": arn},
                "requestParameters": {"replicationGroupId": "Orders-Cache", "force": true}
            }
        })
    }

    #[test]
    fn a_person_is_told_from_our_own_functions() {
        let ours = ["migrator-start".to_owned(), "migrator-cutover".to_owned()];
        let by = |arn: &str| ApiCall::read(&event(arn)).expect("a call");
        assert!(by("arn:aws:sts::123456789012:assumed-role/any/migrator-cutover").made_by(&ours));
        assert!(!by("arn:aws:sts::123456789012:assumed-role/admin/bob").made_by(&ours));
        assert!(!by("arn:aws:iam::123456789012:user/migrator-cutover").made_by(&ours));
        let call = by("arn:aws:iam::123456789012:user/bob");
        assert_eq!(
            (call.group.as_str(), call.call.as_str()),
            ("orders-cache", "CompleteMigration")
        );
        assert_eq!(call.id.as_deref(), Some("e-1"));
    }

    #[test]
    fn what_is_no_call_for_a_group_is_none() {
        assert_eq!(ApiCall::read(&json!({})), None);
        let mut other = event("x");
        other["detail"]["eventSource"] = json!("ec2.amazonaws.com");
        assert_eq!(ApiCall::read(&other), None);
        let mut no_group = event("x");
        no_group["detail"]["requestParameters"] = json!(null);
        assert_eq!(ApiCall::read(&no_group), None);
    }

    proptest! {
        #[test]
        fn any_name_is_read_without_a_panic(arn in any::<String>()) {
            let _ = ApiCall::read(&event(&arn)).map(|call| call.made_by(std::slice::from_ref(&arn)));
        }
    }
}
