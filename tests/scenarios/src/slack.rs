//! Slack's side of an incoming webhook, as strict as Slack's: it refuses what Slack refuses, with Slack's words. It stands
//! in for the service alone; that Slack shows a message as it should is nothing a test can see.
//! Sources: <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>,
//! <https://docs.slack.dev/reference/block-kit/blocks>.

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A workspace with one webhook.
#[derive(Debug)]
pub struct Slack {
    url: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Shared {
    secret: String,
    taken: Mutex<Vec<Value>>,
    refused: Mutex<Vec<String>>,
    broken: Mutex<bool>,
}

impl Slack {
    /// Opens a webhook whose path ends with this secret.
    pub async fn open(secret: &str) -> Result<Slack> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}/services/T0000/B0000/{secret}", listener.local_addr()?);
        let shared = Arc::new(Shared {
            secret: secret.to_owned(),
            ..Shared::default()
        });
        let router = Router::new()
            .route("/services/T0000/B0000/{secret}", post(receive))
            .with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Slack { url, shared, server })
    }

    /// The webhook's URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The messages that were taken, in order.
    pub fn taken(&self) -> Vec<Value> {
        locked(&self.shared.taken).clone()
    }

    /// The words with which messages were refused.
    pub fn refused(&self) -> Vec<String> {
        locked(&self.shared.refused).clone()
    }

    /// From now on it fails, and its answer repeats what it was sent.
    pub fn break_down(&self, broken: bool) {
        *locked(&self.shared.broken) = broken;
    }
}

impl Drop for Slack {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn receive(
    State(shared): State<Arc<Shared>>,
    Path(secret): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    if *locked(&shared.broken) {
        let echo = format!("no room for {} at {secret}", String::from_utf8_lossy(&body));
        return (StatusCode::INTERNAL_SERVER_ERROR, echo);
    }
    let known = secret == shared.secret;
    let json = headers
        .get("content-type")
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let verdict = match serde_json::from_slice::<Value>(&body) {
        _ if !known => Err((StatusCode::FORBIDDEN, "invalid_token")),
        Ok(message) if json && message.is_object() => wrong_with(&message).map_or(Ok(message), Err),
        _ => Err((StatusCode::BAD_REQUEST, "invalid_payload")),
    };
    match verdict {
        Ok(message) => {
            locked(&shared.taken).push(message);
            (StatusCode::OK, "ok".to_owned())
        }
        Err((status, word)) => {
            locked(&shared.refused).push(word.to_owned());
            (status, word.to_owned())
        }
    }
}

/// What Slack would refuse a message for.
fn wrong_with(message: &Value) -> Option<(StatusCode, &'static str)> {
    let text = message["text"].as_str().unwrap_or_default();
    let blocks = message["blocks"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let bad = |word| Some((StatusCode::BAD_REQUEST, word));
    match () {
        () if text.is_empty() && blocks.is_empty() => bad("no_text"),
        () if text.encode_utf16().count() > 40_000 => bad("msg_too_long"),
        () if blocks.len() > 50 || !blocks.iter().all(is_block) => bad("invalid_blocks"),
        () => None,
    }
}

fn is_block(block: &Value) -> bool {
    let is_text = |text: &Value, kind: &str, most: usize| {
        text["type"] == kind
            && text["text"]
                .as_str()
                .is_some_and(|text| (1..=most).contains(&text.encode_utf16().count()))
    };
    match block["type"].as_str() {
        Some("header") => is_text(&block["text"], "plain_text", 150),
        Some("section") => is_text(&block["text"], "mrkdwn", 3_000),
        Some("context") => block["elements"].as_array().is_some_and(|elements| {
            (1..=10).contains(&elements.len())
                && elements.iter().all(|element| is_text(element, "mrkdwn", 3_000))
        }),
        _ => false,
    }
}
