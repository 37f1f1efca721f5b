//! Passes a person's order on to the function `signal`, and says what became of it.

use crate::aws::{Lazy, lazily, step_error};
use aws_sdk_lambda::error::SdkError;
use aws_sdk_lambda::primitives::Blob;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use domain::StepError;
use domain::signal::Order;
use serde::Deserialize;
use std::time::Duration;

/// An HTTP API waits for 30 seconds and no longer; `signal` waits for a migration that is just looking, which takes a few.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>
const PATIENCE: Duration = Duration::from_secs(24);

/// The function `signal`.
#[derive(Clone, Debug)]
pub struct Orders {
    client: Lazy<aws_sdk_lambda::Client>,
    function: String,
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passed {
    /// The waiting migration took it.
    Taken,
    /// It did not; in words.
    NotTaken(String),
    /// It is not known yet: it may be taken still.
    NotKnown,
}

#[derive(Deserialize)]
struct Output {
    delivered: bool,
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    error_type: String,
    error_message: String,
}

impl Orders {
    /// A client for one function, by name or ARN.
    #[must_use]
    pub fn new(config: &SdkConfig, function: String) -> Orders {
        Orders {
            client: lazily(config, patient),
            function,
        }
    }

    /// Passes an order on and waits for its outcome.
    ///
    /// # Errors
    /// Where Lambda refuses the call, or the function failed at it.
    pub async fn pass(&self, order: &Order) -> Result<Passed, StepError> {
        let payload = serde_json::to_vec(order).map_err(|error| StepError::Bug(error.to_string()))?;
        let sent = self
            .client
            .invoke()
            .function_name(&self.function)
            .payload(Blob::new(payload))
            .send()
            .await;
        let answer = match sent {
            Ok(answer) => answer,
            Err(SdkError::TimeoutError(_)) => return Ok(Passed::NotKnown),
            Err(error) => return Err(step_error("lambda:Invoke", &error)),
        };
        let failed = answer.function_error.is_some();
        let body = answer.payload.map(Blob::into_inner).unwrap_or_default();
        if failed {
            let failure: Failure = read(&body)?;
            return Err(
                if failure.error_type == StepError::Transient(String::new()).name() {
                    StepError::Transient(failure.error_message)
                } else {
                    StepError::Precondition(failure.error_message)
                },
            );
        }
        let output: Output = read(&body)?;
        Ok(if output.delivered {
            Passed::Taken
        } else {
            Passed::NotTaken(output.message)
        })
    }
}

/// A client that waits for as long as whoever looks at the page does, and asks once.
fn patient(config: &SdkConfig) -> aws_sdk_lambda::Client {
    let patience = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(4))
        .operation_attempt_timeout(PATIENCE)
        .operation_timeout(PATIENCE)
        .build();
    let config = aws_sdk_lambda::config::Builder::from(config).timeout_config(patience);
    aws_sdk_lambda::Client::from_conf(config.build())
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, StepError> {
    serde_json::from_slice(body)
        .map_err(|error| StepError::Bug(format!("signal's answer cannot be read: {error}")))
}
