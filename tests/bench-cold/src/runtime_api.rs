//! Lambda's Runtime API for one process: it hands out one event, once or again and again, and notes when each of the
//! process's requests came. Source: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::{Notify, mpsc};

/// What the process did.
#[derive(Clone, Copy, Debug)]
pub enum Did {
    /// It asked for an event.
    Asked(Instant),
    /// It answered it, with a result or an error.
    Answered(Instant),
    /// It said that it cannot start.
    FailedToStart,
}

/// A Runtime API that serves until it is dropped.
pub struct RuntimeApi {
    /// `AWS_LAMBDA_RUNTIME_API` for the process.
    pub address: String,
    did: mpsc::UnboundedReceiver<Did>,
    go: Arc<Notify>,
    server: tokio::task::JoinHandle<()>,
}

struct Shared {
    event: String,
    did: mpsc::UnboundedSender<Did>,
    go: Arc<Notify>,
}

impl RuntimeApi {
    /// Serves one event on a free port of the loopback interface; it is handed out at each [`RuntimeApi::go`].
    ///
    /// # Errors
    /// Where no port is free.
    pub async fn serve(event: &Value) -> Result<RuntimeApi> {
        let (sender, did) = mpsc::unbounded_channel();
        let go = Arc::new(Notify::new());
        let shared = Arc::new(Shared {
            event: event.to_string(),
            did: sender,
            go: Arc::clone(&go),
        });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answered))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(answered))
            .route("/2018-06-01/runtime/init/error", post(failed))
            .with_state(shared);
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?.to_string();
        let server = tokio::spawn(async move {
            // It ends with the task.
            let _ = axum::serve(listener, router).await;
        });
        Ok(RuntimeApi {
            address,
            did,
            go,
            server,
        })
    }

    /// Hands the event out to the process that waits for it.
    pub fn go(&self) {
        self.go.notify_one();
    }

    /// The next thing that the process does.
    ///
    /// # Errors
    /// Where it does nothing for a minute.
    pub async fn next(&mut self) -> Result<Did> {
        tokio::time::timeout(Duration::from_secs(60), self.did.recv())
            .await
            .context("the process did nothing for a minute")?
            .context("the server has ended")
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    let now = Instant::now();
    let _ = shared.did.send(Did::Asked(now));
    shared.go.notified().await;
    let deadline = SystemTime::now() + Duration::from_secs(60);
    let deadline = deadline
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis();
    (
        [
            (
                "lambda-runtime-aws-request-id",
                "00000000-0000-0000-0000-000000000001".to_owned(),
            ),
            ("lambda-runtime-deadline-ms", deadline.to_string()),
            (
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:us-east-1:123456789012:function:bench".to_owned(),
            ),
        ],
        shared.event.clone(),
    )
}

async fn answered(State(shared): State<Arc<Shared>>) -> StatusCode {
    let _ = shared.did.send(Did::Answered(Instant::now()));
    StatusCode::ACCEPTED
}

async fn failed(State(shared): State<Arc<Shared>>) -> StatusCode {
    let _ = shared.did.send(Did::FailedToStart);
    StatusCode::ACCEPTED
}
