use std::path::{Path, PathBuf};
use std::time::Duration;

use elasticache_stand_in::Settings as StandInSettings;

use crate::function_url::FunctionUrl;
use crate::template::Overrides;

/// How a local cloud is started. The default runs the workspace's `template.yaml` with the binaries of `cargo build`.
#[derive(Debug, Clone)]
pub struct Options {
    /// The SAM template.
    pub template: PathBuf,
    /// Values for its parameters; those with a default may be left out.
    pub parameters: Overrides,
    /// The folder of the compiled functions.
    pub binaries: PathBuf,
    /// A Python that has `tests/local-cloud/requirements.txt`.
    pub python: PathBuf,
    /// The ElastiCache stand-in's settings. What it notifies is published on SNS, whatever else its callback does.
    pub elasticache: StandInSettings,
    /// A factor on every wait of a state machine: for a task token, in a Wait state, before a retry. Not on the time
    /// that a function is given. 0.1 makes a poll every 10 seconds a poll every second.
    pub wait_scale: f64,
    /// How many history events end an execution. AWS: 25,000.
    pub history_limit: u32,
    /// How long to wait before the two retries of a failed asynchronous invocation. AWS: 1 and 2 minutes.
    pub event_retry_delays: [Duration; 2],
    /// The functions that are reached by HTTP.
    pub function_urls: Vec<FunctionUrl>,
    /// Whether a function is denied the AWS calls that its policies in the template do not allow.
    pub enforce_permissions: bool,
    /// Whether there is a trail: EventBridge then hears of every call that changes something at ElastiCache.
    pub trail: bool,
    /// Whether the functions' log lines also go to standard error.
    pub echo_logs: bool,
}

impl Default for Options {
    fn default() -> Options {
        let workspace = workspace();
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
        let python = std::env::var_os("LOCAL_CLOUD_PYTHON")
            .map_or_else(|| workspace.join(".local-cloud/venv/bin/python"), PathBuf::from);
        Options {
            template: workspace.join("template.yaml"),
            parameters: Overrides::new(),
            binaries: target.join("debug"),
            python,
            elasticache: StandInSettings::default(),
            wait_scale: 1.0,
            history_limit: 25_000,
            event_retry_delays: [Duration::from_millis(200), Duration::from_millis(400)],
            function_urls: Vec::new(),
            enforce_permissions: true,
            trail: false,
            echo_logs: false,
        }
    }
}

/// Two folders above this crate.
fn workspace() -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_folder
        .ancestors()
        .nth(2)
        .unwrap_or(crate_folder)
        .to_path_buf()
}
