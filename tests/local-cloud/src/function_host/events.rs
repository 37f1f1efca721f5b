//! Asynchronous invocations: accepted at once, tried three times, then given up.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;

use super::function::Function;
use super::{Answer, Host};

/// An asynchronous invocation that failed at every attempt.
#[derive(Debug, Clone)]
pub struct FailedEvent {
    /// The function's name.
    pub function: String,
    /// What it was invoked with.
    pub payload: Bytes,
    /// How the last attempt ended.
    pub last: Answer,
}

#[derive(Debug)]
pub(super) struct Events {
    retry_delays: [Duration; 2],
    failed: Mutex<Vec<FailedEvent>>,
}

impl Events {
    pub(super) fn new(retry_delays: [Duration; 2]) -> Events {
        Events {
            retry_delays,
            failed: Mutex::default(),
        }
    }

    pub(super) fn failed(&self) -> Vec<FailedEvent> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Delivers one event: once, and twice more if it fails.
pub(super) async fn deliver(host: Arc<Host>, function: Arc<Function>, payload: Bytes) {
    let mut last = host.invoke(&function, payload.clone()).await;
    for delay in host.events.retry_delays {
        if !last.is_error {
            return;
        }
        tokio::time::sleep(delay).await;
        last = host.invoke(&function, payload.clone()).await;
    }
    if last.is_error {
        let function = function.spec().name.clone();
        let failed = FailedEvent {
            function,
            payload,
            last,
        };
        host.events
            .failed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(failed);
    }
}
