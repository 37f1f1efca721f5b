//! A Slack webhook: posts blocks to a URL that stands in Secrets Manager and nowhere else. The URL is a credential: it is
//! read for each message, so that a new one counts at once, and no error, log or answer repeats it.

use crate::aws::{Lazy, lazily, step_error};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::Value;
use std::time::Duration;

/// From the question for the secret to Slack's answer: the state machine waits for it, and a webhook never holds it up.
const PATIENCE: Duration = Duration::from_secs(8);

/// Slack takes a message a second from a webhook and says so; then one more try is made.
/// Source: <https://docs.slack.dev/apis/web-api/rate-limits>.
const PAUSE: Duration = Duration::from_millis(1_500);

/// A webhook.
#[derive(Clone, Debug)]
pub struct Webhook {
    secrets: Lazy<aws_sdk_secretsmanager::Client>,
    secret_arn: String,
    http: Lazy<Connector>,
}

/// Why a message was not posted. Its words hold nothing of the URL.
#[derive(Debug, thiserror::Error)]
pub enum NotPosted {
    /// The secret could not be read.
    #[error("the webhook's secret could not be read: {0}")]
    Secret(String),
    /// The secret holds something else.
    #[error("the webhook's secret holds no https URL: put Slack's URL into it, or {{\"url\": \"...\"}}")]
    NoUrl,
    /// Slack refused.
    #[error("Slack answered {status}: {words}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Slack's own word, such as `invalid_payload`.
        words: String,
    },
    /// Nothing came back; the message may have been posted or not.
    #[error("Slack did not answer")]
    NoAnswer,
}

impl Webhook {
    /// A client for the webhook whose URL is in this secret.
    #[must_use]
    pub fn new(config: &aws_types::SdkConfig, secret_arn: String) -> Webhook {
        Webhook {
            secrets: lazily(config, aws_sdk_secretsmanager::Client::new),
            secret_arn,
            http: lazily(config, |_| {
                Connector::builder()
                    .tls_provider(Provider::Rustls(CryptoMode::Ring))
                    .build()
            }),
        }
    }

    /// Posts a message.
    ///
    /// # Errors
    /// Why it was not posted, or why it is not known whether it was. Nobody has to do anything but say so.
    pub async fn post(&self, payload: &Value) -> Result<(), NotPosted> {
        tokio::time::timeout(PATIENCE, self.post_patiently(payload))
            .await
            .unwrap_or(Err(NotPosted::NoAnswer))
    }

    async fn post_patiently(&self, payload: &Value) -> Result<(), NotPosted> {
        let url = self.url().await?;
        match self.once(&url, payload).await {
            Err(NotPosted::Refused { status: 429, .. }) => {
                tokio::time::sleep(PAUSE).await;
                self.once(&url, payload).await
            }
            answered => answered,
        }
    }

    async fn url(&self) -> Result<String, NotPosted> {
        let answer = self
            .secrets
            .get_secret_value()
            .secret_id(&self.secret_arn)
            .send()
            .await
            .map_err(|error| {
                NotPosted::Secret(step_error("secretsmanager:GetSecretValue", &error).to_string())
            })?;
        url_in(answer.secret_string().unwrap_or_default()).ok_or(NotPosted::NoUrl)
    }

    async fn once(&self, url: &str, payload: &Value) -> Result<(), NotPosted> {
        let mut request = HttpRequest::new(SdkBody::from(payload.to_string()));
        request.set_method("POST").map_err(|_| NotPosted::NoUrl)?;
        request.set_uri(url).map_err(|_| NotPosted::NoUrl)?;
        request.headers_mut().insert("content-type", "application/json");
        let response = self.http.call(request).await.map_err(|_| NotPosted::NoAnswer)?;
        let status = response.status().as_u16();
        if (200..300).contains(&status) {
            return Ok(());
        }
        Err(NotPosted::Refused {
            status,
            words: words(response).await,
        })
    }
}

/// The URL in a secret: the whole of it, or its field `url`. Plain HTTP only to this machine, where tests play Slack.
fn url_in(secret: &str) -> Option<String> {
    let read: Option<Value> = serde_json::from_str(secret).ok();
    let url = match &read {
        Some(Value::Object(fields)) => fields.get("url")?.as_str()?,
        _ => secret,
    };
    let url = url.trim();
    ["https://", "http://127.0.0.1:"]
        .iter()
        .any(|start| url.len() > start.len() && url.starts_with(start))
        .then(|| url.to_owned())
}

/// Slack's word for what is wrong. Anything else that came back is not repeated: it could hold what it was sent.
async fn words(response: HttpResponse) -> String {
    const LONGEST_WORD: usize = 40;
    let body = ByteStream::new(response.into_body()).collect().await;
    let text = body.map(|body| body.to_vec()).unwrap_or_default();
    match String::from_utf8(text) {
        Ok(word)
            if (1..=LONGEST_WORD).contains(&word.len())
                && word.chars().all(|c| c.is_ascii_lowercase() || c == '_') =>
        {
            word
        }
        _ => "no word of Slack's".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_holds_a_url_alone_or_in_a_field() {
        let url = "https://hooks.slack.com/services/T0/B0/x";
        assert_eq!(url_in(&format!(" {url}\n")).as_deref(), Some(url));
        let object = serde_json::json!({ "url": url }).to_string();
        assert_eq!(url_in(&object).as_deref(), Some(url));
        assert!(url_in("http://127.0.0.1:8080/x").is_some());
        for wrong in [
            "",
            "hooks.slack.com/x",
            "http://hooks.slack.com/x",
            "https://",
            "{}",
            "{\"url\": 1}",
        ] {
            assert_eq!(url_in(wrong), None, "{wrong}");
        }
    }
}
