//! moto: the Step Functions interpreter, SNS and the services behind it, in a Python process of its own.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader, Lines};
use tokio::process::ChildStdout;

use crate::process::{ChildProcess, Program};

/// What moto says when it listens; the port follows.
const READY: &str = "listening on ";
/// It takes a third of a second; a machine that compiles at the same time may need much more.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How many of moto's last lines are kept for an error message.
const KEPT_LINES: usize = 200;

/// How moto is to run.
#[derive(Debug, Clone)]
pub(crate) struct MotoSettings {
    pub(crate) python: PathBuf,
    pub(crate) front_door_port: u16,
    pub(crate) wait_scale: f64,
    pub(crate) history_limit: u32,
}

/// Why moto does not run.
#[derive(Debug, thiserror::Error)]
pub enum MotoError {
    /// There is no Python environment.
    #[error(
        "no Python at {python}: `make setup`, or point LOCAL_CLOUD_PYTHON at one with requirements.txt installed"
    )]
    NoPython {
        /// Where it was looked for.
        python: PathBuf,
    },
    /// The process could not be started.
    #[error("cannot start {python}")]
    Start {
        /// The Python program.
        python: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It started, and did not come up: mostly a package is missing.
    #[error("moto did not come up: `make setup` installs what it needs. It said:\n{output}")]
    NotReady {
        /// Its last lines.
        output: String,
    },
}

/// The running process, killed on drop.
#[derive(Debug)]
pub(crate) struct Moto {
    process: ChildProcess,
    address: SocketAddr,
    output: Arc<Output>,
}

#[derive(Debug, Default)]
struct Output(Mutex<VecDeque<String>>);

impl Moto {
    pub(crate) async fn start(settings: &MotoSettings) -> Result<Moto, MotoError> {
        let python = &settings.python;
        if !python.is_file() {
            return Err(MotoError::NoPython {
                python: python.clone(),
            });
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("moto_server.py");
        let program = Program {
            path: python.clone(),
            arguments: vec![
                script.into(),
                "--front-door-port".into(),
                settings.front_door_port.to_string().into(),
                "--wait-scale".into(),
                settings.wait_scale.to_string().into(),
                "--history-limit".into(),
                settings.history_limit.to_string().into(),
            ],
            environment: vec![("PATH".to_owned(), std::env::var("PATH").unwrap_or_default())],
        };
        let mut process = ChildProcess::start(&program).map_err(|source| MotoError::Start {
            python: python.clone(),
            source,
        })?;
        let output = Arc::new(Output::default());
        let (stdout, stderr) = process.take_outputs();
        if let Some(stderr) = stderr {
            Output::follow(&output, BufReader::new(stderr).lines());
        }
        let not_ready = || MotoError::NotReady {
            output: output.text(),
        };
        let mut stdout = BufReader::new(stdout.ok_or_else(not_ready)?).lines();
        let port = tokio::time::timeout(START_LIMIT, port(&mut stdout))
            .await
            .ok()
            .flatten();
        let port = match port {
            Some(port) => port,
            None => {
                process.kill().await;
                return Err(not_ready());
            }
        };
        Output::follow(&output, stdout);
        Ok(Moto {
            process,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            output,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The last lines it printed: what its interpreter complained about.
    pub(crate) fn output(&self) -> String {
        self.output.text()
    }

    pub(crate) async fn stop(&mut self) {
        self.process.kill().await;
    }
}

async fn port(lines: &mut Lines<BufReader<ChildStdout>>) -> Option<u16> {
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(port) = line.strip_prefix(READY) {
            return port.parse().ok();
        }
    }
    None
}

impl Output {
    fn follow(output: &Arc<Output>, mut lines: Lines<BufReader<impl AsyncRead + Unpin + Send + 'static>>) {
        let output = Arc::clone(output);
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let mut kept = output.0.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() == KEPT_LINES {
                    kept.pop_front();
                }
                kept.push_back(line);
            }
        });
    }

    fn text(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}
