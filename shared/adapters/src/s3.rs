//! Puts objects into one bucket and gets them: a signed HTTP request over the SDK's own client, with its retries and time limits.
//!
//! The S3 client crate is left out on purpose: a function that needs one of its hundred calls pays for it in size
//! (docs/decisions/0040-the-report-is-put-without-the-s3-client.md).

use crate::aws::step_error;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sdk_sfn::config::BehaviorVersion;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use domain::StepError;
use std::fmt::Debug;
use std::time::SystemTime;

/// One bucket.
#[derive(Clone, Debug)]
pub struct Bucket {
    config: SdkConfig,
    name: String,
    domain: String,
}

/// S3 did not do it.
#[derive(Debug, thiserror::Error)]
#[error("S3 refused: {0}")]
struct Refused(ErrorMetadata);

impl ProvideErrorMetadata for Refused {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

impl Bucket {
    /// A bucket by name. `domain` is where it answers: `<bucket>.s3.<region>.<the partition's suffix>`.
    /// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>.
    #[must_use]
    pub fn new(config: &SdkConfig, name: String, domain: String) -> Bucket {
        Bucket {
            config: config.clone(),
            name,
            domain,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Puts an object, or replaces it: twice is the same as once. The bucket's own settings encrypt it.
    ///
    /// `key` is made of letters, digits, `/`, `-`, `_` and `.` alone, which stand in a URL as they are.
    ///
    /// # Errors
    /// Where S3 does not answer or refuses.
    pub async fn put(&self, key: &str, content_type: &'static str, body: &str) -> Result<(), StepError> {
        let request = self.signed("PUT", key, Some(content_type), body).await?;
        self.send("PutObject", request, taken)
            .await
            .map_err(|error| step_error("s3:PutObject", &error))
    }

    /// Gets an object; none where there is none, or none that this role may see. Of `key` the same is true as in
    /// [`Bucket::put`]. S3 says 403 and not 404 of a missing object to a role that may not list the bucket.
    /// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>.
    ///
    /// # Errors
    /// Where S3 does not answer or refuses.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StepError> {
        let request = self.signed("GET", key, None, "").await?;
        self.send("GetObject", request, given)
            .await
            .map_err(|error| step_error("s3:GetObject", &error))
    }

    async fn send<T: Debug + Send + Sync + 'static>(
        &self,
        operation: &'static str,
        request: HttpRequest,
        read: fn(&HttpResponse) -> Result<T, OrchestratorError<Refused>>,
    ) -> Result<T, SdkError<Refused, HttpResponse>> {
        let config = &self.config;
        let retries = config
            .retry_config()
            .cloned()
            .unwrap_or_else(RetryConfig::standard);
        let limits = config
            .timeout_config()
            .cloned()
            .unwrap_or_else(TimeoutConfig::disabled);
        let mut call = Operation::builder()
            .service_name("s3")
            .operation_name(operation)
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.base())
            // It is signed already, for all tries: a signature holds for 15 minutes.
            .no_auth()
            .retry_classifier(HttpStatusCodeClassifier::default())
            .retry_classifier(TransientErrorClassifier::<Refused>::new())
            .standard_retry(&retries)
            .timeout_config(limits);
        if let Some(client) = config.http_client() {
            call = call.http_client(client);
        }
        let call = call
            .serializer(|request: HttpRequest| Ok(request))
            .deserializer(read)
            .build();
        call.invoke(request).await
    }

    /// Where requests go: the bucket's own address, or a path below the endpoint that the configuration names instead.
    fn base(&self) -> String {
        match self.config.endpoint_url() {
            Some(endpoint) => format!("{}/{}", endpoint.trim_end_matches('/'), self.name),
            None => format!("https://{}", self.domain),
        }
    }

    /// The request with its signature.
    /// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>.
    async fn signed(
        &self,
        method: &'static str,
        key: &str,
        content_type: Option<&'static str>,
        body: &str,
    ) -> Result<HttpRequest, StepError> {
        let provider = self
            .config
            .credentials_provider()
            .ok_or_else(|| StepError::Bug("there are no credentials".to_owned()))?;
        let identity = provider
            .provide_credentials()
            .await
            .map_err(|error| StepError::Transient(format!("credentials could not be had: {error}")))?
            .into();
        let region = self.config.region().map_or("us-east-1", AsRef::as_ref);
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let bug = |error: &dyn std::error::Error| StepError::Bug(format!("the request to S3: {error}"));
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name("s3")
            .time(SystemTime::now())
            .settings(settings)
            .build()
            .map_err(|error| bug(&error))?
            .into();
        let address = format!("{}/{key}", self.base());
        let headers = content_type.map(|content_type| ("content-type", content_type));
        let signable = SignableRequest::new(
            method,
            address,
            headers.into_iter(),
            SignableBody::Bytes(body.as_bytes()),
        )
        .map_err(|error| bug(&error))?;
        let (signature, _) = sign(signable, &parameters)
            .map_err(|error| bug(&error))?
            .into_parts();
        let (signed_headers, _) = signature.into_parts();

        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method(method).map_err(|error| bug(&error))?;
        request.set_uri(format!("/{key}")).map_err(|error| bug(&error))?;
        let sent = request.headers_mut();
        if let Some(content_type) = content_type {
            sent.insert("content-type", content_type);
        }
        for header in signed_headers {
            sent.insert(header.name(), header.value().to_owned());
        }
        Ok(request)
    }
}

/// Whether S3 took the object.
fn taken(response: &HttpResponse) -> Result<(), OrchestratorError<Refused>> {
    match response.status().is_success() {
        true => Ok(()),
        false => Err(refused(response)),
    }
}

/// The object that S3 gave.
fn given(response: &HttpResponse) -> Result<Option<Vec<u8>>, OrchestratorError<Refused>> {
    match response.status().as_u16() {
        404 => Ok(None),
        200 => Ok(Some(response.body().bytes().unwrap_or_default().to_vec())),
        _ => Err(refused(response)),
    }
}

/// What S3 said against it.
fn refused(response: &HttpResponse) -> OrchestratorError<Refused> {
    let body = response
        .body()
        .bytes()
        .map(String::from_utf8_lossy)
        .unwrap_or_default();
    let mut refused = ErrorMetadata::builder();
    if let Some(code) = element(&body, "Code") {
        refused = refused.code(code);
    }
    if let Some(message) = element(&body, "Message") {
        refused = refused.message(message);
    }
    OrchestratorError::operation(Refused(refused.build()))
}

/// The text of an element in S3's answer to a failure: a flat document.
fn element<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = body.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::from_variables;
    use axum::extract::Request;
    use axum::http::StatusCode;
    use std::sync::{Arc, Mutex};

    fn config(endpoint: Option<&str>) -> SdkConfig {
        let variables = [
            ("AWS_REGION", Some("eu-central-1")),
            ("AWS_ENDPOINT_URL", endpoint),
            ("AWS_ACCESS_KEY_ID", Some("AKIDEXAMPLE")),
            ("AWS_SECRET_ACCESS_KEY", Some("secret")),
            ("AWS_SESSION_TOKEN", Some("session")),
        ];
        from_variables(|name| {
            let (_, value) = variables.iter().find(|(known, _)| *known == name)?;
            value.map(str::to_owned)
        })
    }

    /// A server that answers each request with the next of these, and keeps what was asked.
    async fn s3(answers: Vec<(u16, &'static str)>) -> (String, Arc<Mutex<Vec<(String, String)>>>) {
        let seen = Arc::new(Mutex::new(vec![]));
        let (kept, left) = (Arc::clone(&seen), Arc::new(Mutex::new(answers.into_iter())));
        let app = axum::Router::new().fallback(move |request: Request| {
            let (kept, left) = (Arc::clone(&kept), Arc::clone(&left));
            async move {
                let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
                let signature = header("authorization").unwrap_or_default().to_owned();
                kept.lock().expect("no panic").push((
                    format!("{} {}", request.method(), request.uri().path()),
                    signature,
                ));
                let (status, body) = left.lock().expect("no panic").next().unwrap_or((200, ""));
                (StatusCode::from_u16(status).expect("a status"), body)
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, app).await });
        (format!("http://{address}"), seen)
    }

    #[tokio::test]
    async fn an_object_is_put_signed_and_tried_again_where_s3_is_busy() {
        let (endpoint, seen) = s3(vec![(503, "<Error><Code>SlowDown</Code></Error>"), (200, "")]).await;
        let bucket = Bucket::new(&config(Some(&endpoint)), "reports".to_owned(), String::new());
        bucket
            .put("migrations/a-1/report.json", "application/json", "{}")
            .await
            .expect("taken at the second try");
        let seen = seen.lock().expect("no panic");
        assert_eq!(seen.len(), 2, "{seen:?}");
        let (request, signature) = &seen[1];
        assert_eq!(request, "PUT /reports/migrations/a-1/report.json");
        for part in [
            "AKIDEXAMPLE/",
            "/eu-central-1/s3/aws4_request",
            "x-amz-content-sha256",
            "x-amz-security-token",
        ] {
            assert!(signature.contains(part), "{part} is not in {signature}");
        }
    }

    #[tokio::test]
    async fn a_refusal_says_who_was_refused_what() {
        let denied = "<Error><Code>AccessDenied</Code><Message>not you</Message></Error>";
        let (endpoint, _) = s3(vec![(403, denied)]).await;
        let bucket = Bucket::new(&config(Some(&endpoint)), "reports".to_owned(), String::new());
        let error = bucket.put("k", "text/html", "x").await.expect_err("refused");
        assert_eq!(
            error,
            StepError::AccessDenied("s3:PutObject: AccessDenied: not you".to_owned())
        );
    }

    #[tokio::test]
    async fn an_object_is_got_and_one_that_is_not_there_is_none() {
        let (endpoint, seen) = s3(vec![(200, "[1]"), (404, "<Error><Code>NoSuchKey</Code></Error>")]).await;
        let bucket = Bucket::new(&config(Some(&endpoint)), "reports".to_owned(), String::new());
        assert_eq!(
            bucket.get("fleets/a.json").await.expect("given"),
            Some(b"[1]".to_vec())
        );
        assert_eq!(bucket.get("fleets/b.json").await.expect("answered"), None);
        assert_eq!(seen.lock().expect("no panic")[0].0, "GET /reports/fleets/a.json");
    }

    #[test]
    fn without_an_endpoint_of_its_own_the_bucket_answers_at_its_domain() {
        let bucket = Bucket::new(
            &config(None),
            "reports".to_owned(),
            "reports.s3.eu-central-1.amazonaws.com".to_owned(),
        );
        assert_eq!(bucket.base(), "https://reports.s3.eu-central-1.amazonaws.com");
    }
}
