//! What a request asks for, in IAM's words: its action, and the resource that IAM looks for in a policy.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>

use serde_json::Value;
use std::collections::BTreeMap;

use crate::arn::{ACCOUNT, PARTITION, REGION};

/// The field of a request that names its resource: service, operation, field, and the ARN's part before the value; none
/// where the value is an ARN itself.
///
/// An operation that is not here is one for which IAM knows no resource, or one that nobody has called yet: it needs a
/// statement whose resource is `*`, so a missing line is noticed at the first call.
const RESOURCES: [(&str, &str, &str, Option<&str>); 24] = [
    (
        "elasticache",
        "DescribeReplicationGroups",
        "ReplicationGroupId",
        Some("replicationgroup"),
    ),
    (
        "elasticache",
        "TestMigration",
        "ReplicationGroupId",
        Some("replicationgroup"),
    ),
    (
        "elasticache",
        "StartMigration",
        "ReplicationGroupId",
        Some("replicationgroup"),
    ),
    (
        "elasticache",
        "CompleteMigration",
        "ReplicationGroupId",
        Some("replicationgroup"),
    ),
    (
        "elasticache",
        "ModifyReplicationGroup",
        "ReplicationGroupId",
        Some("replicationgroup"),
    ),
    (
        "elasticache",
        "DescribeCacheClusters",
        "CacheClusterId",
        Some("cluster"),
    ),
    (
        "elasticache",
        "DescribeCacheParameters",
        "CacheParameterGroupName",
        Some("parametergroup"),
    ),
    (
        "elasticache",
        "DescribeCacheSubnetGroups",
        "CacheSubnetGroupName",
        Some("subnetgroup"),
    ),
    (
        "elasticache",
        "DescribeUpdateActions",
        "ReplicationGroupIds",
        Some("replicationgroup"),
    ),
    (
        "elasticache",
        "DescribeServerlessCaches",
        "ServerlessCacheName",
        Some("serverlesscache"),
    ),
    ("elasticache", "ListTagsForResource", "ResourceName", None),
    ("sns", "Publish", "TopicArn", None),
    ("sns", "ListSubscriptionsByTopic", "TopicArn", None),
    ("sns", "GetTopicAttributes", "TopicArn", None),
    ("states", "StartExecution", "stateMachineArn", None),
    ("states", "ListExecutions", "stateMachineArn", None),
    ("states", "DescribeStateMachine", "stateMachineArn", None),
    ("states", "DescribeExecution", "executionArn", None),
    ("states", "GetExecutionHistory", "executionArn", None),
    ("states", "StopExecution", "executionArn", None),
    ("secretsmanager", "DescribeSecret", "SecretId", None),
    ("secretsmanager", "GetSecretValue", "SecretId", None),
    ("secretsmanager", "PutSecretValue", "SecretId", None),
    ("secretsmanager", "UpdateSecretVersionStage", "SecretId", None),
];

/// The IAM action of an API operation; the two are called alike but for Lambda's.
#[must_use]
pub fn action(service: &str, operation: &str) -> String {
    match (service, operation) {
        ("lambda", "Invoke") => "lambda:InvokeFunction".to_owned(),
        _ => format!("{service}:{operation}"),
    }
}

/// The resource of a request: an ARN, with `*` at its end where a describe call names none; `*` where IAM knows none.
pub(crate) fn resource(service: &str, operation: &str, path: &str, body: &[u8]) -> String {
    if (service, operation) == ("lambda", "Invoke") {
        return invoked_function(path);
    }
    if (service, operation) == ("events", "PutEvents") {
        let bus = entry_field(body, "EventBusName").unwrap_or_else(|| "default".to_owned());
        return format!("arn:{PARTITION}:events:{REGION}:{ACCOUNT}:event-bus/{bus}");
    }
    if service == "s3" {
        let object = path.trim_start_matches('/');
        return format!("arn:{PARTITION}:s3:::{object}");
    }
    if (service, operation) == ("logs", "FilterLogEvents") {
        // In policies the ARN of a log group ends so, for all that is in it.
        let group = field_of(body, "logGroupName").unwrap_or_else(|| "*".to_owned());
        return format!("arn:{PARTITION}:logs:{REGION}:{ACCOUNT}:log-group:{group}:*");
    }
    let known = RESOURCES
        .iter()
        .find(|(known, name, ..)| (*known, *name) == (service, operation));
    let Some((_, _, field, kind)) = known else {
        return "*".to_owned();
    };
    match (kind, field_of(body, field)) {
        (None, value) => value.unwrap_or_else(|| "*".to_owned()),
        (Some(kind), value) => {
            // ElastiCache keeps ids in lower case.
            let id = value.map_or_else(|| "*".to_owned(), |id| id.to_ascii_lowercase());
            format!("arn:{PARTITION}:{service}:{REGION}:{ACCOUNT}:{kind}:{id}")
        }
    }
}

/// The condition keys that a request itself fills.
pub(crate) fn context(service: &str, operation: &str, body: &[u8]) -> BTreeMap<String, String> {
    match (service, operation) {
        ("events", "PutEvents") => entry_field(body, "Source")
            .map(|source| ("events:source".to_owned(), source))
            .into_iter()
            .collect(),
        _ => BTreeMap::new(),
    }
}

/// A field of PutEvents' first entry, which stands for all.
fn entry_field(body: &[u8], field: &str) -> Option<String> {
    let document: Value = serde_json::from_slice(body).ok()?;
    document["Entries"][0][field].as_str().map(str::to_owned)
}

/// A field of a JSON or a Query request.
fn field_of(body: &[u8], field: &str) -> Option<String> {
    if let Ok(document) = serde_json::from_slice::<Value>(body) {
        return document[field].as_str().map(str::to_owned);
    }
    // A list in a Query request is `Field.Member.1`: the first stands for all.
    let is_field = |name: &str| {
        name.strip_prefix(field)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    url::form_urlencoded::parse(body)
        .find(|(name, _)| is_field(name))
        .map(|(_, value)| value.into_owned())
}

/// `/2015-03-31/functions/<name or ARN, percent encoded>/invocations`
fn invoked_function(path: &str) -> String {
    let name = path
        .trim_start_matches("/2015-03-31/functions/")
        .trim_end_matches("/invocations")
        .replace("%3A", ":")
        .replace("%3a", ":");
    if name.starts_with("arn:") {
        name
    } else {
        crate::arn::function(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resource_is_read_from_the_request() {
        let group = b"Action=StartMigration&Version=2015-02-02&ReplicationGroupId=Orders";
        let execution = br#"{"executionArn": "arn:aws:states:us-east-1:123456789012:execution:m:1"}"#;
        for (service, operation, path, body, expected) in [
            (
                "elasticache",
                "StartMigration",
                "/",
                &group[..],
                "arn:aws:elasticache:us-east-1:123456789012:replicationgroup:orders",
            ),
            (
                "elasticache",
                "DescribeCacheClusters",
                "/",
                b"Action=DescribeCacheClusters",
                "arn:aws:elasticache:us-east-1:123456789012:cluster:*",
            ),
            (
                "elasticache",
                "DescribeEvents",
                "/",
                b"SourceIdentifier=orders",
                "*",
            ),
            (
                "states",
                "DescribeExecution",
                "/",
                execution,
                "arn:aws:states:us-east-1:123456789012:execution:m:1",
            ),
            (
                "lambda",
                "Invoke",
                "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Astart/invocations",
                b"{}",
                "arn:aws:lambda:us-east-1:123456789012:function:start",
            ),
            (
                "lambda",
                "Invoke",
                "/2015-03-31/functions/start/invocations",
                b"{}",
                "arn:aws:lambda:us-east-1:123456789012:function:start",
            ),
            (
                "s3",
                "PutObject",
                "/reports/migrations/m/report.json",
                b"{}",
                "arn:aws:s3:::reports/migrations/m/report.json",
            ),
            (
                "logs",
                "FilterLogEvents",
                "/",
                br#"{"logGroupName": "/Redis/orders"}"#,
                "arn:aws:logs:us-east-1:123456789012:log-group:/Redis/orders:*",
            ),
            (
                "events",
                "PutEvents",
                "/",
                br#"{"Entries": [{"Source": "mine"}]}"#,
                "arn:aws:events:us-east-1:123456789012:event-bus/default",
            ),
        ] {
            assert_eq!(resource(service, operation, path, body), expected, "{operation}");
        }
    }
    #[test]
    fn an_event_names_its_source_for_conditions() {
        let body = br#"{"Entries": [{"Source": "mine"}]}"#;
        let known = context("events", "PutEvents", body);
        assert_eq!(known.get("events:source").map(String::as_str), Some("mine"));
        assert!(context("events", "PutEvents", b"{}").is_empty());
    }
}
