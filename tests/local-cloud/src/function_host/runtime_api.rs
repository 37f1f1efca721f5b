//! The Lambda Runtime API, version 2018-06-01, as one sandbox sees it. Each sandbox has a port of its own, so that no
//! request needs to say whose it is.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

/// An invocation on its way into a sandbox.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) request_id: String,
    pub(super) function_arn: String,
    pub(super) trace_id: String,
    pub(super) timeout: Duration,
    pub(super) payload: Bytes,
}

/// What a sandbox says.
#[derive(Debug)]
pub(super) enum Said {
    /// It asked for work: it is initialized, and done with what it did before.
    Ready,
    /// It has taken an invocation; its timeout runs from now.
    Taken,
    /// The handler's answer.
    Response { request_id: String, payload: Bytes },
    /// The handler's error document.
    Failed { request_id: String, payload: Bytes },
    /// It could not initialize.
    InitFailed { payload: Bytes },
}

/// The host's end of one sandbox's Runtime API.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    pub(super) address: SocketAddr,
    pub(super) work: mpsc::UnboundedSender<Work>,
    pub(super) said: mpsc::UnboundedReceiver<Said>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Desk {
    work: Mutex<mpsc::UnboundedReceiver<Work>>,
    said: mpsc::UnboundedSender<Said>,
}

impl RuntimeApi {
    pub(super) async fn start() -> std::io::Result<RuntimeApi> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (work, waiting) = mpsc::unbounded_channel();
        let (said, heard) = mpsc::unbounded_channel();
        let desk = Arc::new(Desk {
            work: Mutex::new(waiting),
            said,
        });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(failed))
            .route("/2018-06-01/runtime/init/error", post(init_failed))
            // The host checks the limit on a response, to report it as AWS does.
            .layer(DefaultBodyLimit::disable())
            .with_state(desk);
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(RuntimeApi {
            address,
            work,
            said: heard,
            server,
        })
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn next(State(desk): State<Arc<Desk>>) -> Response<Body> {
    let _ = desk.said.send(Said::Ready);
    let Some(work) = desk.work.lock().await.recv().await else {
        return answer(StatusCode::GONE, Body::empty());
    };
    let _ = desk.said.send(Said::Taken);
    let deadline =
        Timestamp::now().as_millisecond() + i64::try_from(work.timeout.as_millis()).unwrap_or(i64::MAX);
    let response = Response::builder()
        .header("Content-Type", "application/json")
        .header("Lambda-Runtime-Aws-Request-Id", work.request_id)
        .header("Lambda-Runtime-Deadline-Ms", deadline.to_string())
        .header("Lambda-Runtime-Invoked-Function-Arn", work.function_arn)
        .header("Lambda-Runtime-Trace-Id", work.trace_id)
        .body(Body::from(work.payload));
    response.unwrap_or_else(|_| answer(StatusCode::INTERNAL_SERVER_ERROR, Body::empty()))
}

async fn response(State(desk): State<Arc<Desk>>, Path(id): Path<String>, payload: Bytes) -> Response<Body> {
    accept(
        &desk,
        Said::Response {
            request_id: id,
            payload,
        },
    )
}

async fn failed(State(desk): State<Arc<Desk>>, Path(id): Path<String>, payload: Bytes) -> Response<Body> {
    accept(
        &desk,
        Said::Failed {
            request_id: id,
            payload,
        },
    )
}

async fn init_failed(State(desk): State<Arc<Desk>>, payload: Bytes) -> Response<Body> {
    accept(&desk, Said::InitFailed { payload })
}

fn accept(desk: &Desk, said: Said) -> Response<Body> {
    let _ = desk.said.send(said);
    answer(StatusCode::ACCEPTED, Body::from(r#"{"status":"OK"}"#))
}

fn answer(status: StatusCode, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}
