//! What all AWS clients share: time limits, retries, and the one place where an SDK's error becomes a [`StepError`].

use aws_sdk_sfn::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use domain::StepError;
use std::any::Any;
use std::error::Error;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// Long enough for a cold network interface, short enough that a function without a way to the API can still say so.
const CONNECT: Duration = Duration::from_secs(4);
/// One try of a call.
const ATTEMPT: Duration = Duration::from_secs(8);
/// All tries of a call; well under every function's own limit.
const OPERATION: Duration = Duration::from_secs(25);
/// Tries of a call, the first included. Step Functions retries on top of this, with longer waits.
const ATTEMPTS: u32 = 3;

/// The configuration for every client of a function, from the variables that Lambda itself sets
/// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>) and `AWS_ENDPOINT_URL`.
///
/// The SDK's own chain of providers is left out: it looks for profiles, containers, web identities and instance roles. A
/// function has none of these, and would carry their code (docs/performance.md).
pub async fn config() -> SdkConfig {
    from_variables(|name| std::env::var(name).ok())
}

pub(crate) fn from_variables(variable: impl Fn(&str) -> Option<String>) -> SdkConfig {
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(
            Builder::new()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .build_https(),
        )
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT)
                .operation_attempt_timeout(ATTEMPT)
                .operation_timeout(OPERATION)
                .build(),
        )
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS));
    config.set_region(variable("AWS_REGION").map(Region::new));
    config.set_endpoint_url(variable("AWS_ENDPOINT_URL"));
    // A sandbox keeps its keys for life: Lambda starts another one before they run out.
    let keys = variable("AWS_ACCESS_KEY_ID").zip(variable("AWS_SECRET_ACCESS_KEY"));
    config.set_credentials_provider(keys.map(|(id, secret)| {
        let token = variable("AWS_SESSION_TOKEN");
        SharedCredentialsProvider::new(Credentials::new(id, secret, token, None, "Lambda"))
    }));
    config.build()
}

/// A client that is made when it is first used: making one reads the system's certificates, and a function is ready for
/// its first event before it needs them.
pub type Lazy<Client> = Arc<LazyLock<Client, Box<dyn FnOnce() -> Client + Send + Sync>>>;

/// Such a client.
pub(crate) fn lazily<Client: 'static>(config: &SdkConfig, make: fn(&SdkConfig) -> Client) -> Lazy<Client> {
    let config = config.clone();
    Arc::new(LazyLock::new(Box::new(move || make(&config))))
}

/// Error codes by which AWS services say "later".
/// Sources: `THROTTLING_ERRORS` in the SDK's `src/retries/classifiers.rs` (aws-runtime), as far as the services called here
/// use them; `ServiceUnavailable`: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/CommonErrors.html>.
const THROTTLES: [&str; 7] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "SlowDown",
    "ServiceUnavailable",
];

/// Error codes by which AWS services say "not you".
/// Sources: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/CommonErrors.html>; `AuthorizationError` is
/// SNS's: <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>.
const DENIALS: [&str; 5] = [
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "AuthorizationError",
    "InvalidClientTokenId",
];

/// What a failed call means for the workflow. `call` names it for people, such as `elasticache:StartMigration`.
pub fn step_error<E, R>(call: &str, error: &SdkError<E, R>) -> StepError
where
    E: ProvideErrorMetadata + Error + 'static,
    R: std::fmt::Debug + 'static,
{
    let SdkError::ServiceError(service) = error else {
        return StepError::Transient(format!("{call} was not answered: {}", chain(error)));
    };
    let code = service.err().code();
    let answer = match (code, status(service.raw())) {
        (Some(code), _) => code.to_owned(),
        (None, Some(status)) => format!("answered with HTTP {status} and no error code"),
        (None, None) => "answered with an error without a code".to_owned(),
    };
    let text = format!(
        "{call}: {answer}: {}",
        service.err().message().unwrap_or_default()
    );
    let code = code.unwrap_or_default();
    if THROTTLES.contains(&code)
        || code == "InternalFailure"
        || code == "InternalServerError"
        || is_server_side(service.raw())
    {
        StepError::Transient(text)
    } else if DENIALS.contains(&code) {
        StepError::AccessDenied(text)
    } else {
        StepError::Precondition(text)
    }
}

/// Whether the answer is an HTTP 5xx: the service, or something before it, failed, whatever the body says.
fn is_server_side<R: 'static>(raw: &R) -> bool {
    status(raw).is_some_and(|status| status >= 500)
}

/// The HTTP status of an answer.
fn status<R: 'static>(raw: &R) -> Option<u16> {
    let response = (raw as &dyn Any).downcast_ref::<HttpResponse>()?;
    Some(response.status().as_u16())
}

/// An error with all its sources, on one line.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    #[test]
    fn a_function_takes_what_lambda_gives_it() {
        let variables = |name: &str| match name {
            "AWS_REGION" => Some("eu-central-1".to_owned()),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("given".to_owned()),
            _ => None,
        };
        let config = from_variables(variables);
        assert_eq!(config.region(), Some(&Region::new("eu-central-1")));
        assert!(config.credentials_provider().is_some());
        assert_eq!(config.endpoint_url(), None);
        assert!(from_variables(|_| None).credentials_provider().is_none());
    }

    /// What an answer of this status, with this code in its body, means.
    fn meaning(status: u16, code: Option<&str>) -> StepError {
        let mut metadata = ErrorMetadata::builder();
        if let Some(code) = code {
            metadata = metadata.code(code);
        }
        let error = aws_sdk_sfn::operation::list_executions::ListExecutionsError::generic(metadata.build());
        let status = StatusCode::try_from(status).expect("a status");
        step_error(
            "states:ListExecutions",
            &SdkError::service_error(error, HttpResponse::new(status, SdkBody::empty())),
        )
    }

    #[test]
    fn what_may_pass_is_told_from_what_does_not() {
        assert!(matches!(meaning(502, None), StepError::Transient(_)));
        assert!(matches!(
            meaning(400, Some("ThrottlingException")),
            StepError::Transient(_)
        ));
        assert!(matches!(
            meaning(400, Some("AccessDeniedException")),
            StepError::AccessDenied(_)
        ));
        assert!(matches!(
            meaning(400, Some("ValidationException")),
            StepError::Precondition(_)
        ));
        assert!(matches!(meaning(400, None), StepError::Precondition(_)));
    }
}
