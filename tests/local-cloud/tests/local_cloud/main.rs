//! The local cloud's own tests: one small stack, one program that misbehaves on demand.
#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod elasticache;
mod functions;
mod invoke_api;
mod messages;
mod processes;
mod state_machine;
mod task_tokens;

use std::path::Path;
use std::time::Duration;

use local_cloud::{LocalCloud, Options};

/// Ample for a busy machine; nothing waits this long when all is well.
const LIMIT: Duration = Duration::from_secs(30);

/// Options for the test stack. Waits are ten times shorter than the state machine says.
fn options() -> Options {
    let program = Path::new(env!("CARGO_BIN_EXE_echo-function"));
    Options {
        template: Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/local_cloud/stack/template.yaml"),
        binaries: program.parent().expect("a program is in a folder").to_path_buf(),
        wait_scale: 0.1,
        event_retry_delays: [Duration::from_millis(20), Duration::from_millis(20)],
        ..Options::default()
    }
}

async fn start() -> LocalCloud {
    LocalCloud::start(options())
        .await
        .expect("the local cloud starts")
}

/// Waits until something is so; panics with its name if it never is.
async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waited = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LIMIT, waited)
        .await
        .unwrap_or_else(|_| panic!("never came true: {what}"));
}
