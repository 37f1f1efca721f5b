//! The runtime that the cloud's servers live on. A test's runtime ends with the test; this one ends with the cloud.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

use super::CloudError;

/// How long running tasks may take to notice that the cloud is gone.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct OwnRuntime(Option<Runtime>, Handle);

impl OwnRuntime {
    pub(super) fn new() -> std::io::Result<OwnRuntime> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("local-cloud")
            .enable_all()
            .build()?;
        let handle = runtime.handle().clone();
        Ok(OwnRuntime(Some(runtime), handle))
    }

    pub(super) fn handle(&self) -> Handle {
        self.1.clone()
    }

    /// Runs a future here, whatever runtime waits for it: connections it opens outlive the caller's test.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, CloudError> {
        self.1.spawn(future).await.map_err(|_| CloudError::Gone)
    }

    /// Ends it and waits.
    pub(super) async fn shut_down(mut self) {
        if let Some(runtime) = self.0.take() {
            let _ = tokio::task::spawn_blocking(move || runtime.shutdown_timeout(SHUTDOWN_LIMIT)).await;
        }
    }
}

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        // A runtime must not be dropped where waiting is forbidden, and a test drops the cloud just there.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
