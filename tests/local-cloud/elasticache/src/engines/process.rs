//! One engine process and all that belongs to it: port, folder, log. Gone when its owner is dropped.

use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;
use std::{fs, io};

use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use super::control::{Control, Credentials};
use super::{EngineError, port, spawner};
use crate::guarded::Guarded;

/// How to start an engine. `..EngineOptions::default()` fills in what does not matter.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// The server to run. Default: `redis-server`, looked up on PATH.
    pub binary: PathBuf,
    /// The address to listen on. Default: 127.0.0.1.
    pub bind: IpAddr,
    /// The port; `None`, the default, takes a free one.
    pub port: Option<u16>,
    /// Cluster mode, with the usual bus port. The slots are the caller's business.
    pub cluster: bool,
    /// Further configuration lines, such as `maxmemory 10mb`. They come last, so they win.
    pub config: Vec<String>,
    /// The `requirepass` of the default user.
    pub password: Option<String>,
    /// How long the engine may take until it answers. Default: 10 s.
    pub ready_within: Duration,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            binary: "redis-server".into(),
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: None,
            cluster: false,
            config: Vec::new(),
            password: None,
            ready_within: Duration::from_secs(10),
        }
    }
}

/// A running engine, sources included: its process, its folder with data and log, its port.
///
/// Starting waits until PING is answered by this very process. The process is in a group of its own, so a terminal's
/// Ctrl-C does not reach it, and dies with this one where `setpriv` is installed. Dropping kills it and removes its
/// folder.
#[derive(Debug)]
pub struct EngineProcess {
    options: EngineOptions,
    port: u16,
    dir: TempDir,
    child: Guarded<Option<Child>>,
}

impl EngineProcess {
    /// Starts an engine and waits until it answers.
    pub async fn start(options: EngineOptions) -> Result<Self, EngineError> {
        let binary = options.binary.display().to_string();
        let failed = |source| EngineError::Start {
            binary: binary.clone(),
            source,
        };
        let mut tries_left = 10;
        loop {
            let port = match options.port {
                Some(port) => port,
                None => port::free(options.bind, options.cluster).map_err(failed)?,
            };
            let dir = tempfile::Builder::new()
                .prefix("engine-")
                .tempdir()
                .map_err(failed)?;
            let engine = Self {
                options: options.clone(),
                port,
                dir,
                child: Guarded::default(),
            };
            engine
                .write_config(options.cluster, &options.config)
                .map_err(failed)?;
            tries_left -= 1;
            match engine.run().await {
                Err(EngineError::Ended { log, .. })
                    if options.port.is_none() && tries_left > 0 && log.contains("Address already in use") => {
                }
                Err(error) => return Err(error),
                Ok(()) => return Ok(engine),
            }
        }
    }

    /// The address that it listens on, without the port.
    pub fn address(&self) -> String {
        self.options.bind.to_string()
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.is_running()
            .then(|| self.child.with(|child| child.as_ref().map(Child::id)))
            .flatten()
    }

    /// Whether the process runs. One that has crashed does not.
    pub fn is_running(&self) -> bool {
        self.child.with(|child| match child {
            Some(running) => matches!(running.try_wait(), Ok(None)),
            None => false,
        })
    }

    /// Whether the process has ended by itself, and not by [`EngineProcess::kill`].
    pub fn has_crashed(&self) -> bool {
        self.child.with(|child| match child {
            Some(running) => matches!(running.try_wait(), Ok(Some(_))),
            None => false,
        })
    }

    /// The path of its log.
    pub fn log(&self) -> PathBuf {
        self.dir.path().join("engine.log")
    }

    /// Its folder, with `dump.rdb` when it has saved one.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The last lines of its log.
    pub fn log_end(&self) -> String {
        self.log_since(0)
    }

    /// Runs a command as the default user and returns the reply, written as text; nested replies are joined by spaces.
    pub async fn command(&self, words: &[&str]) -> Result<String, EngineError> {
        self.control().command(words).await.map(|reply| render(&reply))
    }

    /// Kills the process, as `kill -9` does. Its folder, its port and its log stay for [`EngineProcess::restart`].
    pub fn kill(&self) {
        self.child.with(|child| {
            if let Some(mut running) = child.take() {
                let _ = running.kill();
                let _ = running.wait();
            }
        });
    }

    /// Stops the process where it stands: connections to it are accepted and get no answer.
    pub fn freeze(&self) -> Result<(), EngineError> {
        self.signal("STOP")
    }

    /// Lets a frozen process go on.
    pub fn thaw(&self) -> Result<(), EngineError> {
        self.signal("CONT")
    }

    /// Starts the process again, on the same port, with the same configuration and whatever data it had saved.
    pub async fn restart(&self) -> Result<(), EngineError> {
        self.kill();
        self.run().await
    }

    /// Changes the configuration that the next [`EngineProcess::restart`] runs with.
    pub(super) fn configure(&self, cluster: bool, config: &[String]) -> Result<(), EngineError> {
        self.write_config(cluster, config)
            .map_err(|source| EngineError::Start {
                binary: self.options.binary.display().to_string(),
                source,
            })
    }

    fn signal(&self, signal: &str) -> Result<(), EngineError> {
        let Some(pid) = self.pid() else { return Ok(()) };
        let sent = Command::new("kill")
            .arg(format!("-{signal}"))
            .arg(pid.to_string())
            .status();
        match sent {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(io::Error::other(status.to_string())),
            Err(error) => Err(error),
        }
        .map_err(|source| EngineError::Signal {
            signal: signal.to_owned(),
            source,
        })
    }

    pub(super) fn control(&self) -> Control {
        let credentials = self
            .options
            .password
            .clone()
            .map(|password| Credentials { user: None, password });
        Control::new(self.address(), self.port, credentials)
    }

    fn write_config(&self, cluster: bool, config: &[String]) -> io::Result<()> {
        let mut lines = vec![
            format!("port {}", self.port),
            format!("bind {}", self.options.bind),
            format!("dir \"{}\"", self.dir.path().display()),
            format!("logfile \"{}\"", self.log().display()),
            "daemonize no".to_owned(),
            "save \"\"".to_owned(),
            "appendonly no".to_owned(),
        ];
        if cluster {
            lines.push("cluster-enabled yes".to_owned());
        }
        lines.extend(
            self.options
                .password
                .iter()
                .map(|password| format!("requirepass {password}")),
        );
        lines.extend(config.iter().cloned());
        fs::write(self.dir.path().join("engine.conf"), lines.join("\n") + "\n")
    }

    async fn run(&self) -> Result<(), EngineError> {
        let binary = self.options.binary.display().to_string();
        let logged = fs::metadata(self.log()).map_or(0, |log| log.len());
        let child = spawner::spawn(self.process()).map_err(|source| EngineError::Start {
            binary: binary.clone(),
            source,
        })?;
        let pid = child.id();
        self.child.with(|slot| *slot = Some(child));
        let deadline = Instant::now() + self.options.ready_within;
        loop {
            if !self.is_running() {
                return Err(EngineError::Ended {
                    binary,
                    log: self.log_since(logged),
                });
            }
            if self.control().answers_as(pid).await {
                return Ok(());
            }
            if Instant::now() > deadline {
                let waited = self.options.ready_within;
                self.kill();
                return Err(EngineError::NotReady {
                    binary,
                    waited,
                    log: self.log_since(logged),
                });
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    fn process(&self) -> Command {
        let mut command = if setpriv_is_there() {
            let mut command = Command::new("setpriv");
            command
                .args(["--pdeathsig", "KILL", "--"])
                .arg(&self.options.binary);
            command
        } else {
            Command::new(&self.options.binary)
        };
        // The folder as the working directory: a stray process could be told by it.
        command
            .arg(self.dir.path().join("engine.conf"))
            .current_dir(self.dir.path())
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(self.dir.path().join("stderr.log")).map_or(Stdio::null(), Stdio::from));
        command
    }

    /// The end of the log, and of what was said before there was one, such as a bad configuration line.
    fn log_since(&self, from: u64) -> String {
        let log = fs::read(self.log()).unwrap_or_default();
        let log = log.get(usize::try_from(from).unwrap_or(0)..).unwrap_or_default();
        let said = fs::read_to_string(self.dir.path().join("stderr.log")).unwrap_or_default();
        let text = format!("{said}{}", String::from_utf8_lossy(log));
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }
}

impl Drop for EngineProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

fn setpriv_is_there() -> bool {
    static THERE: OnceLock<bool> = OnceLock::new();
    *THERE.get_or_init(|| {
        Command::new("setpriv")
            .arg("--version")
            .stdout(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    })
}

fn render(reply: &redis::Value) -> String {
    match reply {
        redis::Value::Nil => "(nil)".to_owned(),
        redis::Value::Int(number) => number.to_string(),
        redis::Value::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        redis::Value::SimpleString(text) => text.clone(),
        redis::Value::Okay => "OK".to_owned(),
        redis::Value::Array(items) => items.iter().map(render).collect::<Vec<_>>().join(" "),
        other => format!("{other:?}"),
    }
}
