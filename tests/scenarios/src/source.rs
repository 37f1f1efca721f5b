//! A self-managed engine or cluster with data in it, and what a story has to know of it afterwards.

use anyhow::{Context, Result};
use elasticache_stand_in::{EngineCluster, EngineOptions, EngineProcess};
use redis::aio::MultiplexedConnection;
use std::collections::BTreeMap;
use std::time::Duration;

/// The source: real engine processes.
#[derive(Debug)]
pub struct Source {
    engines: Engines,
    password: Option<String>,
}

#[derive(Debug)]
enum Engines {
    Alone(EngineProcess),
    /// Primaries in cluster mode, which have no password.
    Cluster(EngineCluster),
}

/// Keys of every type that a source is filled with, in two logical databases.
const KEYS_OF_EACH_TYPE: usize = 50;

impl Source {
    /// Starts the engine and fills it.
    pub async fn start(binary: &str, password: Option<&str>, config: &[String]) -> Result<Source> {
        let mut options = options(binary);
        options.password = password.map(str::to_owned);
        options.config.extend_from_slice(config);
        let engine = EngineProcess::start(options).await?;
        let source = Source {
            engines: Engines::Alone(engine),
            password: password.map(str::to_owned),
        };
        source.fill().await?;
        Ok(source)
    }

    /// Starts a cluster of primaries with even slots, and fills it: a key in every slot, and keys of every type.
    pub async fn start_cluster(binary: &str, primaries: usize) -> Result<Source> {
        let cluster = EngineCluster::start_on_hosts(options(binary), primaries).await?;
        fill_cluster(&cluster).await?;
        Ok(Source {
            engines: Engines::Cluster(cluster),
            password: None,
        })
    }

    /// The port on which it listens, on 127.0.0.1; a cluster's first primary.
    pub fn port(&self) -> u16 {
        self.engine().port()
    }

    /// The process, to kill or restart it; a cluster's first primary.
    pub fn engine(&self) -> &EngineProcess {
        &self.engines()[0]
    }

    /// All its processes. Of a cluster, the order is that of their slots.
    pub fn engines(&self) -> &[EngineProcess] {
        match &self.engines {
            Engines::Alone(engine) => std::slice::from_ref(engine),
            Engines::Cluster(cluster) => cluster.primaries(),
        }
    }

    /// A connection for a client that knows the password.
    pub async fn connect(&self) -> Result<MultiplexedConnection> {
        self.connect_to(self.engine()).await
    }

    async fn connect_to(&self, engine: &EngineProcess) -> Result<MultiplexedConnection> {
        connect(&engine.address(), engine.port(), self.password.as_deref()).await
    }

    async fn fill(&self) -> Result<()> {
        let mut connection = self.connect().await?;
        let mut pipe = redis::pipe();
        for database in [0, 3] {
            pipe.cmd("SELECT").arg(database).ignore();
            for n in 0..KEYS_OF_EACH_TYPE {
                add_each_type(&mut pipe, &n.to_string(), n);
            }
        }
        pipe.query_async::<()>(&mut connection)
            .await
            .context("filling the source")
    }

    /// How many keys it holds in all its databases and shards.
    pub async fn key_count(&self) -> Result<u64> {
        let mut keys = 0;
        for engine in self.engines() {
            keys += key_count(&mut self.connect_to(engine).await?).await?;
        }
        Ok(keys)
    }

    /// All settings of all its engines, as CONFIG GET tells them.
    pub async fn settings(&self) -> Result<BTreeMap<String, String>> {
        let mut all = BTreeMap::new();
        for engine in self.engines() {
            let of_one: BTreeMap<String, String> = redis::cmd("CONFIG")
                .arg("GET")
                .arg("*")
                .query_async(&mut self.connect_to(engine).await?)
                .await?;
            let named = |(name, value)| (format!("{}/{name}", engine.address()), value);
            all.extend(of_one.into_iter().map(named));
        }
        Ok(all)
    }

    /// Whether it takes a write at every shard, as it must whatever became of a migration. Leaves one key a shard.
    pub async fn takes_writes(&self) -> bool {
        for (engine, tag) in self.probes() {
            let write = async {
                let mut connection = self.connect_to(engine).await?;
                redis::cmd("SET")
                    .arg(format!("story:probe{tag}"))
                    .arg(1)
                    .arg("EX")
                    .arg(60)
                    .query_async::<()>(&mut connection)
                    .await?;
                Ok::<_, anyhow::Error>(())
            };
            // A source whose clients are paused takes the write later, or never.
            if !matches!(
                tokio::time::timeout(Duration::from_secs(2), write).await,
                Ok(Ok(()))
            ) {
                return false;
            }
        }
        true
    }

    /// Every engine, and what a key must have in it to belong there.
    pub fn probes(&self) -> Vec<(&EngineProcess, String)> {
        match &self.engines {
            Engines::Alone(engine) => vec![(engine, String::new())],
            Engines::Cluster(cluster) => cluster
                .primaries()
                .iter()
                .filter_map(|primary| {
                    let (_, tag) = cluster
                        .slots()
                        .find(|(owner, _)| owner.address() == primary.address())?;
                    Some((primary, format!("{{{tag}}}")))
                })
                .collect(),
        }
    }
}

fn options(binary: &str) -> EngineOptions {
    EngineOptions {
        binary: binary.into(),
        // A story shall not wait for replicas that never come.
        config: vec!["repl-diskless-sync-delay 0".to_owned()],
        ..EngineOptions::default()
    }
}

/// One key of each type.
fn add_each_type(pipe: &mut redis::Pipeline, name: &str, n: usize) {
    let members = ["a", "b", "c"];
    let key = |kind: &str| format!("{kind}:{name}");
    pipe.cmd("SET")
        .arg(key("string"))
        .arg("x".repeat(n * 40))
        .ignore();
    let fleeting = pipe.cmd("SET").arg(key("fleeting")).arg(n);
    fleeting.arg("EX").arg(86_400).ignore();
    pipe.cmd("HSET").arg(key("hash")).arg("field").arg(n).ignore();
    pipe.cmd("RPUSH").arg(key("list")).arg(&members).ignore();
    pipe.cmd("SADD").arg(key("set")).arg(&members).ignore();
    pipe.cmd("ZADD").arg(key("sorted")).arg(n).arg("member").ignore();
    let stream = pipe.cmd("XADD").arg(key("stream")).arg("*");
    stream.arg("field").arg(n).ignore();
}

/// A cluster has one database. Each slot gets a key, and so many slots that they lie in every shard get more.
async fn fill_cluster(cluster: &EngineCluster) -> Result<()> {
    let every = cluster.slots().count().div_ceil(KEYS_OF_EACH_TYPE);
    for primary in cluster.primaries() {
        let mut pipe = redis::pipe();
        let mine = |(_, (owner, _)): &(usize, (&EngineProcess, String))| owner.address() == primary.address();
        for (slot, (_, tag)) in cluster.slots().enumerate().filter(mine) {
            pipe.cmd("SET").arg(format!("slot:{{{tag}}}")).arg(slot).ignore();
            if slot % every == 0 {
                add_each_type(&mut pipe, &format!("{{{tag}}}"), slot / every);
            }
        }
        pipe.query_async::<()>(&mut connect(&primary.address(), primary.port(), None).await?)
            .await
            .context("filling the source cluster")?;
    }
    Ok(())
}

/// A connection to an engine on this machine.
pub(crate) async fn connect(
    address: &str,
    port: u16,
    password: Option<&str>,
) -> Result<MultiplexedConnection> {
    let login = password
        .map(|password| format!(":{password}@"))
        .unwrap_or_default();
    let client = redis::Client::open(format!("redis://{login}{address}:{port}/"))?;
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
