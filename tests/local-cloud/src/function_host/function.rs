//! One function: its sandboxes, and the documents in which Lambda reports what goes wrong.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use serde_json::json;
use tokio::sync::watch;
use uuid::Uuid;

use super::faults::Fault;
use super::logs::{FunctionLog, LogSource};
use super::runtime_api::Work;
use super::sandbox::{Outcome, Sandbox};
use super::{Answer, HostSettings};
use crate::arn;
use crate::template::FunctionSpec;

/// The largest answer that Lambda passes on, in bytes.
const LARGEST_RESPONSE: usize = 6_291_556;

/// A hosted function.
#[derive(Debug)]
pub(crate) struct Function {
    spec: FunctionSpec,
    program: PathBuf,
    environment: Vec<(String, String)>,
    log: Arc<FunctionLog>,
    idle: Mutex<Vec<Counted>>,
    started: AtomicUsize,
    /// Set when the host ends: what runs is given up.
    ended: watch::Sender<bool>,
    /// How many sandboxes live.
    live: watch::Sender<usize>,
}

/// A sandbox, counted as living.
#[derive(Debug)]
struct Counted {
    sandbox: Sandbox,
    _live: Live,
}

/// One in the count of living sandboxes, until it is dropped.
#[derive(Debug)]
struct Live(watch::Sender<usize>);

impl Live {
    fn new(count: &watch::Sender<usize>) -> Live {
        count.send_modify(|live| *live += 1);
        Live(count.clone())
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.0.send_modify(|live| *live -= 1);
    }
}

impl Function {
    pub(super) fn new(spec: FunctionSpec, program: PathBuf, settings: &HostSettings) -> Function {
        let environment = environment(&spec, &settings.endpoint_url);
        let log = Arc::new(FunctionLog::new(spec.name.clone(), settings.echo_logs));
        Function {
            spec,
            program,
            environment,
            log,
            idle: Mutex::default(),
            started: AtomicUsize::new(0),
            ended: watch::Sender::new(false),
            live: watch::Sender::new(0),
        }
    }

    pub(crate) fn spec(&self) -> &FunctionSpec {
        &self.spec
    }

    pub(super) fn logs(&self) -> &FunctionLog {
        &self.log
    }

    pub(super) fn cold_starts(&self) -> usize {
        self.started.load(Ordering::Relaxed)
    }

    /// Runs one invocation in a warm sandbox, or else in a new one.
    pub(super) async fn invoke(&self, payload: Bytes, fault: Option<Fault>) -> Answer {
        let request_id = Uuid::new_v4().to_string();
        match fault {
            Some(Fault::TimeOutBeforeHandler) => {
                self.drop_warm();
                return self.timed_out(request_id);
            }
            Some(Fault::CrashBeforeHandler) => {
                self.drop_warm();
                return self.exited(request_id, "signal: killed");
            }
            _ => {}
        }
        let mut counted = match self.warm() {
            Some(counted) => counted,
            None => match self.cold().await {
                Ok(counted) => counted,
                Err(error) => return service_error(&error.to_string()),
            },
        };
        let trace = Uuid::new_v4().simple().to_string();
        let work = Work {
            request_id: request_id.clone(),
            function_arn: arn::function(&self.spec.name),
            trace_id: format!("Root=1-{}-{};Sampled=0", &trace[..8], &trace[8..]),
            timeout: self.spec.timeout,
            payload,
        };
        let mut ended = self.ended.subscribe();
        let outcome = tokio::select! {
            outcome = counted.sandbox.run(work) => outcome,
            _ = ended.wait_for(|ended| *ended) => Outcome::TimedOut,
        };
        if fault.is_none() && outcome.leaves_it_usable() && !*self.ended.borrow() {
            self.idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(counted);
        } else {
            counted.sandbox.kill().await;
        }
        match (outcome, fault) {
            (_, Some(Fault::TimeOutAfterHandler)) => self.timed_out(request_id),
            (_, Some(Fault::CrashAfterHandler)) => self.exited(request_id, "signal: killed"),
            (outcome, _) => self.answer(request_id, outcome),
        }
    }

    /// Ends all sandboxes, now and later.
    pub(super) fn end(&self) {
        self.ended.send_replace(true);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Ends all sandboxes and waits until they are gone.
    pub(super) async fn stop(&self) {
        self.ended.send_replace(true);
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for mut counted in idle {
            counted.sandbox.kill().await;
        }
        let _ = self.live.subscribe().wait_for(|live| *live == 0).await;
    }

    /// The sandbox used last, as Lambda prefers; those that died meanwhile are dropped.
    fn warm(&self) -> Option<Counted> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain_mut(|counted| !counted.sandbox.has_ended());
        idle.pop()
    }

    async fn cold(&self) -> std::io::Result<Counted> {
        // Counted before the look at `ended`, so that `stop` either waits for this one or keeps it from starting.
        let live = Live::new(&self.live);
        if *self.ended.borrow() {
            return Err(std::io::Error::other("the host has ended"));
        }
        self.started.fetch_add(1, Ordering::Relaxed);
        let sandbox = Sandbox::start(&self.program, &self.environment, &self.log).await?;
        Ok(Counted { sandbox, _live: live })
    }

    /// A fault that costs a sandbox takes a warm one with it.
    fn drop_warm(&self) {
        drop(self.warm());
    }

    fn answer(&self, request_id: String, outcome: Outcome) -> Answer {
        match outcome {
            Outcome::Answered(payload) if payload.len() > LARGEST_RESPONSE => {
                let message = format!(
                    "Response payload size exceeded maximum allowed payload size ({LARGEST_RESPONSE} bytes)."
                );
                error(request_id, "Function.ResponseSizeTooLarge", &message)
            }
            Outcome::Answered(payload) => Answer {
                request_id,
                payload,
                is_error: false,
            },
            Outcome::Failed(payload) | Outcome::InitFailed(payload) => Answer {
                request_id,
                payload,
                is_error: true,
            },
            Outcome::TimedOut => self.timed_out(request_id),
            Outcome::Exited(status) => self.exited(request_id, &status.to_string()),
        }
    }

    fn timed_out(&self, request_id: String) -> Answer {
        let seconds = self.spec.timeout.as_secs_f64();
        let message = format!("RequestId: {request_id} Error: Task timed out after {seconds:.2} seconds");
        self.log.write(LogSource::Platform, message.clone());
        error(request_id, "Sandbox.Timedout", &message)
    }

    fn exited(&self, request_id: String, status: &str) -> Answer {
        let message = format!("RequestId: {request_id} Error: Runtime exited with error: {status}");
        self.log.write(LogSource::Platform, message.clone());
        error(request_id, "Runtime.ExitError", &message)
    }
}

/// What Lambda answers when it fails itself.
pub(super) fn service_error(message: &str) -> Answer {
    error(String::new(), "Lambda.ServiceException", message)
}

fn error(request_id: String, kind: &str, message: &str) -> Answer {
    let document = json!({ "errorType": kind, "errorMessage": message });
    Answer {
        request_id,
        payload: Bytes::from(document.to_string()),
        is_error: true,
    }
}

/// The template's variables and those that Lambda sets. Nothing else of ours is inherited but PATH.
fn environment(spec: &FunctionSpec, endpoint_url: &str) -> Vec<(String, String)> {
    let mut environment: Vec<(String, String)> = spec
        .environment
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let memory = spec.memory.to_string();
    let path = std::env::var("PATH").unwrap_or_default();
    let reserved = [
        ("AWS_LAMBDA_FUNCTION_NAME", spec.name.as_str()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ("AWS_REGION", arn::REGION),
        ("AWS_DEFAULT_REGION", arn::REGION),
        ("AWS_ENDPOINT_URL", endpoint_url),
        // The front door reads from it whose call it is.
        ("AWS_ACCESS_KEY_ID", &spec.name),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("PATH", &path),
    ];
    environment.extend(reserved.map(|(name, value)| (name.to_owned(), value.to_owned())));
    environment
}
