//! A Lambda host for the compiled functions: the Runtime API towards them, the Invoke API towards callers.
//!
//! Like Lambda: a sandbox is one process, handles one invocation at a time and is reused while it lives; a second
//! invocation at the same time gets a second sandbox; one that exceeds the function's timeout is killed; the next
//! invocation starts afresh. Unlike Lambda: nothing limits memory, and a frozen sandbox keeps running.
//!
//! Inside: `runtime_api` (what a sandbox talks to), `sandbox` (one process), `function` (its sandboxes), `invoke_api`
//! (what callers talk to), `events` (asynchronous invocations), `faults` and `logs`.

mod events;
mod faults;
mod function;
mod invoke_api;
mod logs;
mod runtime_api;
mod sandbox;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

pub use events::FailedEvent;
pub use faults::{Fault, FaultRule};
pub use logs::{LogLine, LogSource};

use crate::template::FunctionSpec;
use events::Events;
use faults::Faults;
use function::Function;

/// How functions are hosted.
#[derive(Debug, Clone)]
pub struct HostSettings {
    /// Where the compiled programs are.
    pub binaries: PathBuf,
    /// What the functions get as `AWS_ENDPOINT_URL`.
    pub endpoint_url: String,
    /// How long to wait before the two retries of a failed asynchronous invocation. AWS: 1 and 2 minutes.
    pub event_retry_delays: [Duration; 2],
    /// Whether the functions' log lines also go to this process's standard error.
    pub echo_logs: bool,
}

/// Why the host cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// A function's program is not where it should be.
    #[error("{function} has no program at {path}: run `cargo build --workspace`, or set `Options::binaries`")]
    MissingBinary {
        /// The function's name.
        function: String,
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The system refused a port or a process.
    #[error("cannot serve functions on 127.0.0.1")]
    Io(#[from] std::io::Error),
}

/// What an invocation ended with.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The request id that the function saw.
    pub request_id: String,
    /// The function's answer, or the error document.
    pub payload: Bytes,
    /// Whether `payload` is an error document: AWS says `X-Amz-Function-Error: Unhandled`.
    pub is_error: bool,
}

/// A running host. Everything it started ends when it is dropped.
#[derive(Debug)]
pub struct FunctionHost {
    host: Arc<Host>,
    address: SocketAddr,
    server: JoinHandle<()>,
}

/// What the parts of the host share.
#[derive(Debug)]
pub(crate) struct Host {
    functions: BTreeMap<String, Arc<Function>>,
    faults: Faults,
    events: Events,
    /// Where invocations run, whoever asks for them: a sandbox must outlive the runtime of a caller.
    runtime: Handle,
}

impl FunctionHost {
    /// Checks that every program is there, and starts the Invoke API on a free port.
    pub async fn start(
        functions: &[FunctionSpec],
        settings: &HostSettings,
    ) -> Result<FunctionHost, HostError> {
        let mut hosted = BTreeMap::new();
        for spec in functions {
            let program = settings.binaries.join(&spec.binary);
            if !program.is_file() {
                return Err(HostError::MissingBinary {
                    function: spec.name.clone(),
                    path: program,
                });
            }
            hosted.insert(
                spec.name.clone(),
                Arc::new(Function::new(spec.clone(), program, settings)),
            );
        }
        let host = Arc::new(Host {
            functions: hosted,
            faults: Faults::default(),
            events: Events::new(settings.event_retry_delays),
            runtime: Handle::current(),
        });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let server = tokio::spawn(invoke_api::serve(listener, Arc::clone(&host)));
        Ok(FunctionHost {
            host,
            address,
            server,
        })
    }

    /// Where the Invoke API listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Invokes and waits for the answer. None if there is no such function; a name, a logical id or an ARN will do.
    pub async fn invoke(&self, function: &str, payload: Bytes) -> Option<Answer> {
        let function = self.host.function(function)?;
        Some(self.host.invoke(function, payload).await)
    }

    /// Invokes asynchronously, with AWS's two retries. False if there is no such function.
    pub fn invoke_event(&self, function: &str, payload: Bytes) -> bool {
        self.host.invoke_event(function, payload)
    }

    /// Makes coming invocations fail as a rule says.
    pub fn inject(&self, rule: FaultRule) {
        self.host.faults.add(rule);
    }

    /// Forgets all rules that are left.
    pub fn clear_faults(&self) {
        self.host.faults.clear();
    }

    /// The last log lines of a function, oldest first; empty if there is no such function.
    pub fn logs(&self, function: &str) -> Vec<LogLine> {
        self.host
            .function(function)
            .map(|function| function.logs().lines())
            .unwrap_or_default()
    }

    /// The names of all functions.
    pub fn function_names(&self) -> Vec<String> {
        self.host.functions.keys().cloned().collect()
    }

    /// How many sandboxes a function has had: its cold starts.
    pub fn cold_starts(&self, function: &str) -> usize {
        self.host
            .function(function)
            .map(|function| function.cold_starts())
            .unwrap_or_default()
    }

    /// Asynchronous invocations that failed three times; AWS would send them to a dead-letter queue or drop them.
    pub fn failed_events(&self) -> Vec<FailedEvent> {
        self.host.events.failed()
    }

    pub(crate) fn shared(&self) -> Arc<Host> {
        Arc::clone(&self.host)
    }

    /// Ends all sandboxes and waits until they are gone.
    pub(crate) async fn stop(self) {
        for function in self.host.functions.values() {
            function.stop().await;
        }
    }
}

impl Drop for FunctionHost {
    fn drop(&mut self) {
        self.server.abort();
        for function in self.host.functions.values() {
            function.end();
        }
    }
}

impl Host {
    /// A function by name, logical id or ARN, without a qualifier.
    pub(crate) fn function(&self, reference: &str) -> Option<&Arc<Function>> {
        let name = match reference.strip_prefix("arn:") {
            Some(_) => reference.split(':').nth(6)?,
            None => reference,
        };
        self.functions.get(name).or_else(|| {
            self.functions
                .values()
                .find(|function| function.spec().logical_id == name)
        })
    }

    /// Invokes on a task of its own: as on AWS, a caller that goes away does not stop the function.
    pub(crate) async fn invoke(self: &Arc<Host>, function: &Arc<Function>, payload: Bytes) -> Answer {
        let event: Value = serde_json::from_slice(&payload).unwrap_or_default();
        let fault = self.faults.take(function.spec(), &event);
        let function = Arc::clone(function);
        let task = self
            .runtime
            .spawn(async move { function.invoke(payload, fault).await });
        match task.await {
            Ok(answer) => answer,
            Err(_) => function::service_error("the local cloud is shutting down"),
        }
    }

    /// Queues an asynchronous invocation. False if there is no such function.
    pub(crate) fn invoke_event(self: &Arc<Host>, function: &str, payload: Bytes) -> bool {
        match self.function(function) {
            Some(function) => {
                self.runtime
                    .spawn(events::deliver(Arc::clone(self), Arc::clone(function), payload));
                true
            }
            None => false,
        }
    }
}
