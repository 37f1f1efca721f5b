//! The least that a Lambda function in Rust can be: what every other one is measured against.

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda_runtime::run(service_fn(async |_event: LambdaEvent<Value>| {
        Ok::<Value, lambda_runtime::Error>(json!({"hello": "world"}))
    }))
    .await
}
