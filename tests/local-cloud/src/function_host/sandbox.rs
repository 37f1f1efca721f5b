//! One sandbox: a process of the function and the Runtime API it talks to.

use std::io;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use tokio::time::{Instant, sleep_until};

use super::logs::{FunctionLog, LogSource};
use super::runtime_api::{RuntimeApi, Said, Work};
use crate::process::{ChildProcess, Program};

/// How long a sandbox may take until it asks for its first event; AWS gives 10 seconds as well.
const INIT_LIMIT: Duration = Duration::from_secs(10);

/// What became of an invocation in a sandbox.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The handler answered.
    Answered(Bytes),
    /// The handler returned an error.
    Failed(Bytes),
    /// The program could not initialize, and said why.
    InitFailed(Bytes),
    /// Neither an answer nor an error in time.
    TimedOut,
    /// The process ended first.
    Exited(ExitStatus),
}

impl Outcome {
    /// Whether the sandbox can take another invocation.
    pub(super) fn leaves_it_usable(&self) -> bool {
        matches!(self, Outcome::Answered(_) | Outcome::Failed(_))
    }
}

/// A live sandbox.
#[derive(Debug)]
pub(super) struct Sandbox {
    process: ChildProcess,
    api: RuntimeApi,
}

impl Sandbox {
    /// Starts the program. Its initialization goes on while the first invocation waits for it.
    pub(super) async fn start(
        program: &Path,
        environment: &[(String, String)],
        log: &Arc<FunctionLog>,
    ) -> io::Result<Sandbox> {
        let api = RuntimeApi::start().await?;
        let mut environment = environment.to_vec();
        environment.push(("AWS_LAMBDA_RUNTIME_API".to_owned(), api.address.to_string()));
        let program = Program {
            path: program.to_path_buf(),
            arguments: Vec::new(),
            environment,
        };
        let mut process = ChildProcess::start(&program)?;
        let (stdout, stderr) = process.take_outputs();
        if let Some(stdout) = stdout {
            log.follow(LogSource::Stdout, stdout);
        }
        if let Some(stderr) = stderr {
            log.follow(LogSource::Stderr, stderr);
        }
        Ok(Sandbox { process, api })
    }

    /// Whether the process ended while nobody was looking.
    pub(super) fn has_ended(&mut self) -> bool {
        self.process.has_ended()
    }

    /// Hands one invocation in and waits for what becomes of it.
    pub(super) async fn run(&mut self, work: Work) -> Outcome {
        let (request_id, timeout) = (work.request_id.clone(), work.timeout);
        if self.api.work.send(work).is_err() {
            return Outcome::TimedOut;
        }
        let mut deadline = Instant::now() + INIT_LIMIT;
        loop {
            tokio::select! {
                // An answer that is there counts, even if the process has ended since.
                biased;
                Some(said) = self.api.said.recv() => match said {
                    Said::Ready => {}
                    Said::Taken => deadline = Instant::now() + timeout,
                    Said::Response { request_id: id, payload } if id == request_id => {
                        return Outcome::Answered(payload);
                    }
                    Said::Failed { request_id: id, payload } if id == request_id => {
                        return Outcome::Failed(payload);
                    }
                    Said::InitFailed { payload } => return Outcome::InitFailed(payload),
                    // A late answer to an invocation that was given up.
                    Said::Response { .. } | Said::Failed { .. } => {}
                },
                ended = self.process.ended() => match ended {
                    Ok(status) => return Outcome::Exited(status),
                    Err(_) => return Outcome::TimedOut,
                },
                () = sleep_until(deadline) => return Outcome::TimedOut,
            }
        }
    }

    /// Ends the process and waits until it is gone.
    pub(super) async fn kill(&mut self) {
        self.process.kill().await;
    }
}
