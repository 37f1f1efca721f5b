//! A self-managed engine with data in it, and what a story has to know of it afterwards.

use anyhow::{Context, Result};
use elasticache_stand_in::{EngineOptions, EngineProcess};
use redis::aio::MultiplexedConnection;
use std::collections::BTreeMap;
use std::time::Duration;

/// The source: a real engine process.
#[derive(Debug)]
pub struct Source {
    engine: EngineProcess,
    password: Option<String>,
}

/// Keys of every type that a source is filled with, in two logical databases.
const KEYS_OF_EACH_TYPE: usize = 50;

impl Source {
    /// Starts the engine and fills it.
    pub async fn start(binary: &str, password: Option<&str>) -> Result<Source> {
        let engine = EngineProcess::start(EngineOptions {
            binary: binary.into(),
            password: password.map(str::to_owned),
            // A story shall not wait for replicas that never come.
            config: vec!["repl-diskless-sync-delay 0".to_owned()],
            ..EngineOptions::default()
        })
        .await?;
        let source = Source {
            engine,
            password: password.map(str::to_owned),
        };
        source.fill().await?;
        Ok(source)
    }

    /// The port on which it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.engine.port()
    }

    /// The process, to kill or restart it.
    pub fn engine(&self) -> &EngineProcess {
        &self.engine
    }

    /// A connection for a client that knows the password.
    pub async fn connect(&self) -> Result<MultiplexedConnection> {
        connect(self.port(), self.password.as_deref()).await
    }

    async fn fill(&self) -> Result<()> {
        let mut connection = self.connect().await?;
        let mut pipe = redis::pipe();
        for database in [0, 3] {
            pipe.cmd("SELECT").arg(database).ignore();
            for n in 0..KEYS_OF_EACH_TYPE {
                pipe.cmd("SET")
                    .arg(format!("string:{n}"))
                    .arg("x".repeat(n * 40))
                    .ignore();
                pipe.cmd("SET")
                    .arg(format!("fleeting:{n}"))
                    .arg(n)
                    .arg("EX")
                    .arg(86_400)
                    .ignore();
                pipe.cmd("HSET")
                    .arg(format!("hash:{n}"))
                    .arg("field")
                    .arg(n)
                    .ignore();
                pipe.cmd("RPUSH")
                    .arg(format!("list:{n}"))
                    .arg(&["a", "b", "c"])
                    .ignore();
                pipe.cmd("SADD")
                    .arg(format!("set:{n}"))
                    .arg(&["a", "b", "c"])
                    .ignore();
                pipe.cmd("ZADD")
                    .arg(format!("sorted:{n}"))
                    .arg(n)
                    .arg("member")
                    .ignore();
                pipe.cmd("XADD")
                    .arg(format!("stream:{n}"))
                    .arg("*")
                    .arg("field")
                    .arg(n)
                    .ignore();
            }
        }
        pipe.query_async::<()>(&mut connection)
            .await
            .context("filling the source")
    }

    /// How many keys it holds in all its databases.
    pub async fn key_count(&self) -> Result<u64> {
        key_count(&mut self.connect().await?).await
    }

    /// All its settings, as CONFIG GET tells them.
    pub async fn settings(&self) -> Result<BTreeMap<String, String>> {
        let mut connection = self.connect().await?;
        Ok(redis::cmd("CONFIG")
            .arg("GET")
            .arg("*")
            .query_async(&mut connection)
            .await?)
    }

    /// Whether it takes a write, as it must whatever became of a migration.
    pub async fn takes_writes(&self) -> bool {
        let write = async {
            let mut connection = self.connect().await?;
            redis::cmd("SET")
                .arg("story:probe")
                .arg(1)
                .arg("EX")
                .arg(60)
                .query_async::<()>(&mut connection)
                .await?;
            Ok::<_, anyhow::Error>(())
        };
        // A source whose clients are paused takes the write later, or never.
        matches!(
            tokio::time::timeout(Duration::from_secs(2), write).await,
            Ok(Ok(()))
        )
    }
}

/// A connection to an engine on this machine.
pub(crate) async fn connect(port: u16, password: Option<&str>) -> Result<MultiplexedConnection> {
    let login = password
        .map(|password| format!(":{password}@"))
        .unwrap_or_default();
    let client = redis::Client::open(format!("redis://{login}127.0.0.1:{port}/"))?;
    Ok(client.get_multiplexed_async_connection().await?)
}

/// The keys of all databases, as INFO counts them.
pub(crate) async fn key_count(connection: &mut MultiplexedConnection) -> Result<u64> {
    let keyspace: String = redis::cmd("INFO").arg("keyspace").query_async(connection).await?;
    Ok(keyspace
        .lines()
        .filter_map(|line| {
            line.split_once(":keys=")?
                .1
                .split(',')
                .next()?
                .parse::<u64>()
                .ok()
        })
        .sum())
}
