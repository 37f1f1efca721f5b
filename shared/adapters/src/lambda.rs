//! The Lambda edge: logging, the runtime loop, and the one place where a [`StepError`] becomes the error name that the
//! state machine's Retry and Catch match on.

use domain::StepError;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::time::{Duration, SystemTime};
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// Runs a handler until Lambda ends the process.
///
/// # Errors
/// Where the runtime API cannot be reached; a handler's error is answered and does not end the loop.
pub async fn serve<Input, Output, Handler, Answer>(handler: Handler) -> Result<(), lambda_runtime::Error>
where
    Input: DeserializeOwned,
    Output: Serialize,
    Handler: Fn(Input) -> Answer,
    Answer: Future<Output = Result<Output, StepError>>,
{
    serve_until(|input, _left| handler(input)).await
}

/// The same for a handler that works for as long as its invocation may: it is told how much time is left.
///
/// # Errors
/// Where the runtime API cannot be reached; a handler's error is answered and does not end the loop.
pub async fn serve_until<Input, Output, Handler, Answer>(
    handler: Handler,
) -> Result<(), lambda_runtime::Error>
where
    Input: DeserializeOwned,
    Output: Serialize,
    Handler: Fn(Input, Duration) -> Answer,
    Answer: Future<Output = Result<Output, StepError>>,
{
    init_logging();
    lambda_runtime::run(service_fn(|event: LambdaEvent<serde_json::Value>| {
        let left = event.context.deadline().duration_since(SystemTime::now());
        let input = serde_json::from_value(event.payload);
        // Boxed: a handler's future is as deep as all that it calls, and the runtime's layers come on top.
        let answer = input.map(|input| Box::pin(handler(input, left.unwrap_or_default())));
        async move {
            let result = match answer {
                Ok(answer) => answer.await,
                // The message of a serde error names the place and the kind of a value, and for an unknown variant or
                // field its name; never a value that could be a secret of the user's input, which only `Admit` reads.
                Err(error) => Err(StepError::Bug(format!(
                    "this function cannot read what it was given: {error}"
                ))),
            };
            result.map_err(Failure)
        }
    }))
    .await
}

/// A step's error on its way to Step Functions.
#[derive(Debug)]
struct Failure(StepError);

impl From<Failure> for Diagnostic {
    fn from(Failure(error): Failure) -> Diagnostic {
        tracing::error!(error.name = error.name(), "{error}");
        Diagnostic {
            error_type: error.name().to_owned(),
            error_message: error.to_string(),
        }
    }
}

/// One JSON object a line, with the time that Lambda's own log level filter needs, at the level that the template sets.
/// The crates below ours stay at WARN: at DEBUG they log request bodies, and a task token may be in one.
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>.
fn init_logging() {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL").unwrap_or_default();
    let ours = [
        "adapters",
        "domain",
        "preflight",
        "start",
        "poll_lag",
        "diagnose",
        "cutover",
        "signal",
        "notify",
        "verify",
        "console",
        "rotate_key",
        "report",
    ];
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_ansi(false)
        .with_writer(std::io::stdout)
        .with_filter(which(&level, &ours));
    tracing_subscriber::registry().with(lines).init();
}

/// Which events are written. No filter by expressions, which would bring a regular expression engine.
fn which(level: &str, ours: &[&str]) -> Targets {
    let level: Level = level.parse().unwrap_or(Level::INFO);
    Targets::new()
        .with_default(Level::WARN)
        .with_targets(ours.iter().map(|name| (*name, level)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ours_is_written_at_the_level_of_the_template_and_the_rest_from_warnings_on() {
        let debug = which("DEBUG", &["poll_lag"]);
        assert!(debug.would_enable("poll_lag::look", &Level::DEBUG));
        assert!(!debug.would_enable("hyper", &Level::INFO));
        assert!(debug.would_enable("hyper", &Level::WARN));
        assert!(!which("", &["poll_lag"]).would_enable("poll_lag", &Level::DEBUG));
    }

    #[test]
    fn a_step_error_reaches_step_functions_with_its_name_and_its_words() {
        let diagnostic = Diagnostic::from(Failure(StepError::Transient("try again".to_owned())));
        assert_eq!(diagnostic.error_type, "Migration.Transient");
        assert_eq!(diagnostic.error_message, "try again");
    }
}
