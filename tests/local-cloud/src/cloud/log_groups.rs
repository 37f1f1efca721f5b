//! CloudWatch Logs for tests: an agent's or ElastiCache's delivery of an engine's log to a log group.

use std::net::SocketAddr;

use axum::body::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::CloudError;

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
    let request = axum::http::Request::post(format!("http://{moto}/"))
        .header("Content-Type", "application/x-amz-json-1.1")
        .header("X-Amz-Target", format!("Logs_20140328.{operation}"))
        .header(
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=local-cloud/20261124/us-east-1/logs/aws4_request, SignedHeaders=host, Signature=0",
        )
        .body(Full::new(Bytes::from(document.to_string())))
        .map_err(std::io::Error::other)?;
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.request(request).await.map_err(std::io::Error::other)?;
    let done = answer.status().is_success();
    let body = answer
        .into_body()
        .collect()
        .await
        .map_err(std::io::Error::other)?;
    Ok((done, String::from_utf8_lossy(&body.to_bytes()).into_owned()))
}
