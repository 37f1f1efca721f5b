//! An engine process of this bench, and what its CPU time was.

use anyhow::{Context, Result, bail};
use domain::Endpoint;
use redis::Connection;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A process on a free port of loopback; it ends with its owner.
pub(crate) struct Engine {
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl Engine {
    /// Starts a server and waits until it answers.
    pub(crate) fn start(server: &str) -> Result<Engine> {
        let folder = tempfile::tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let process = Command::new(server)
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            .args(["--appendonly", "no", "--repl-diskless-sync-delay", "0"])
            .arg("--dir")
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{server} is needed on the PATH"))?;
        let engine = Engine {
            process,
            port,
            _folder: folder,
        };
        let id = engine.id().to_string();
        engine.until("process_id", |answers| answers == id)?;
        Ok(engine)
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Where it listens.
    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint {
            address: "127.0.0.1".to_owned(),
            port: self.port,
        }
    }

    /// A blocking connection.
    pub(crate) fn connection(&self) -> Result<Connection> {
        Ok(redis::Client::open(format!("redis://127.0.0.1:{}/", self.port))?.get_connection()?)
    }

    /// A field of INFO.
    pub(crate) fn info(&self, field: &str) -> Result<String> {
        let text: String = redis::cmd("INFO").query(&mut self.connection()?)?;
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{field}:")));
        Ok(value.unwrap_or_default().trim().to_owned())
    }

    /// Brand and version, as INFO has them.
    pub(crate) fn version(&self) -> Result<String> {
        let valkey = self.info("valkey_version")?;
        Ok(if valkey.is_empty() {
            format!("Redis {}", self.info("redis_version")?)
        } else {
            format!("Valkey {valkey}")
        })
    }

    /// Makes it follow another and waits until it has caught up.
    pub(crate) fn follow(&self, source: &Engine) -> Result<()> {
        redis::cmd("REPLICAOF")
            .arg("127.0.0.1")
            .arg(source.port)
            .query::<()>(&mut self.connection()?)?;
        self.until("master_link_status", |status| status == "up")?;
        let wanted: u64 = source.info("master_repl_offset")?.parse()?;
        self.until("slave_repl_offset", |offset| {
            offset.parse().is_ok_and(|offset: u64| offset >= wanted)
        })
    }

    fn until(&self, field: &str, holds: impl Fn(&str) -> bool) -> Result<()> {
        let begun = Instant::now();
        while !self.info(field).is_ok_and(|value| holds(&value)) {
            if begun.elapsed() > Duration::from_secs(120) {
                bail!("waited in vain for {field} on port {}", self.port);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Nothing can be done about a process that is gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// User and system time of a process so far, in seconds.
pub(crate) fn cpu_seconds(process: u32) -> Result<f64> {
    /// Linux counts in hundredths for every program (`USER_HZ`).
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name in parentheses may hold spaces; utime and stime are the 12th and 13th fields after it.
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let ticks = |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<f64>().ok());
    match (ticks(11), ticks(12)) {
        (Some(user), Some(system)) => Ok((user + system) / TICKS),
        _ => bail!("/proc/{process}/stat is not as expected"),
    }
}
