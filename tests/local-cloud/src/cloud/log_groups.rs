//! CloudWatch Logs for tests: an agent's or ElastiCache's delivery of an engine's log to a log group.

use std::net::SocketAddr;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::CloudError;
use super::moto_call::post;

/// The stream in which everything is delivered.
const STREAM: &str = "engine";

/// Makes the group where it is missing, and delivers the lines with the time of delivery.
pub(super) async fn deliver(moto: SocketAddr, group: &str, lines: &[String]) -> Result<(), CloudError> {
    let of_group = json!({"logGroupName": group});
    let of_stream = json!({"logGroupName": group, "logStreamName": STREAM});
    for (operation, document) in [("CreateLogGroup", of_group), ("CreateLogStream", of_stream)] {
        let (done, answer) = call(moto, operation, &document).await?;
        if !done && !answer.contains("ResourceAlreadyExistsException") {
            return Err(refused(operation, &answer));
        }
    }
    let now = Timestamp::now().as_millisecond();
    let events: Vec<Value> = lines
        .iter()
        .map(|line| json!({"timestamp": now, "message": line}))
        .collect();
    let document = json!({"logGroupName": group, "logStreamName": STREAM, "logEvents": events});
    match call(moto, "PutLogEvents", &document).await? {
        (true, _) => Ok(()),
        (false, answer) => Err(refused("PutLogEvents", &answer)),
    }
}

fn refused(operation: &str, answer: &str) -> CloudError {
    CloudError::from(std::io::Error::other(format!("{operation}: {answer}")))
}

/// A call of the JSON protocol: whether it succeeded, and the answer.
async fn call(moto: SocketAddr, operation: &str, document: &Value) -> Result<(bool, String), CloudError> {
    let target = format!("Logs_20140328.{operation}");
    let headers = [
        ("Content-Type", "application/x-amz-json-1.1"),
        ("X-Amz-Target", &target),
    ];
    post(moto, "logs", &headers, document.to_string()).await
}
