//! One row's stage: a source that keeps what it acknowledged, a proxy before it, a target, and a cloud of their own.

use crate::matrix::Row;
use crate::proxy::Proxy;
use crate::writer::{Writer, connect};
use anyhow::{Context, Result, bail};
use elasticache_stand_in::{
    Engine, EngineOptions, EngineProcess, GroupSpec, LinkLoss, NodeRole, Settings, StandIn,
};
use local_cloud::{LocalCloud, Options};
use scenarios::Ending;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The target's id in every row.
pub(crate) const TARGET: &str = "orders-cache";
/// How long any one thing may take before a row counts as stuck.
pub(crate) const PATIENCE: Duration = Duration::from_secs(150);
/// How long a link may be down before ElastiCache gives the migration up, in this matrix.
pub(crate) const LINK_LOSS: Duration = Duration::from_secs(4);
const DATASET_KEYS: u64 = 3_000;

#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) source: EngineProcess,
    pub(crate) proxy: Proxy,
    pub(crate) writer: Writer,
    pub(crate) cloud: LocalCloud,
    /// Whether the source is restarted before it is looked at: its file has none of the settings that a fault changed.
    pub(crate) restarts: bool,
    /// Whether the row's person approves what can be approved.
    pub(crate) approves: bool,
}

impl Stage {
    /// Sets the stage. `source_config` are further lines of the source's configuration.
    pub(crate) async fn set(row: &Row, source_config: &[&str]) -> Result<Stage> {
        let mut config: Vec<String> = [
            // What was acknowledged is on disk: a source that is killed and comes back has it.
            "appendonly yes",
            "appendfsync always",
            "repl-diskless-sync-delay 0",
            "enable-debug-command local",
        ]
        .map(str::to_owned)
        .to_vec();
        config.extend(source_config.iter().map(|line| (*line).to_owned()));
        let source = EngineProcess::start(EngineOptions {
            binary: "redis-server".into(),
            config,
            ..EngineOptions::default()
        })
        .await?;
        fill(source.port()).await?;
        let cloud = LocalCloud::start(Options {
            elasticache: Settings {
                link_loss: LinkLoss::FailAfter(LINK_LOSS),
                ..Settings::default()
            },
            // Waits and backoffs of the state machine at a fifth: what is tested is their order, not their length.
            wait_scale: 0.2,
            ..Options::default()
        })
        .await?;
        let mut target = GroupSpec {
            id: TARGET.to_owned(),
            ..GroupSpec::default()
        };
        if row.target == "redis" {
            target.engine = Engine::Redis;
            target.engine_version = "7.0.7".to_owned();
        }
        cloud.create_replication_group(target).await?;
        let proxy = Proxy::start(source.port()).await?;
        let writer = Writer::start(source.port());
        let stage = Stage {
            source,
            proxy,
            writer,
            cloud,
            restarts: false,
            approves: true,
        };
        // Something must have been acknowledged before anything goes wrong.
        stage
            .until("the first writes", async || Ok(stage.writer.acknowledged() >= 20))
            .await?;
        Ok(stage)
    }

    pub(crate) fn elasticache(&self) -> &StandIn {
        self.cloud.elasticache()
    }

    /// What a user would type, with shorter waits. The source is where the proxy is.
    pub(crate) fn input(&self) -> Value {
        json!({
            "replicationGroupId": TARGET,
            "source": {"address": "127.0.0.1", "port": self.proxy.port()},
            "polling": {"minSeconds": 1, "maxSeconds": 2},
            "sync": {"samples": 2},
            "limits": {"startMinutes": 1, "promotionMinutes": 1},
        })
    }

    pub(crate) async fn now(&self, execution: &str) -> Result<Ending> {
        Ok(Ending {
            execution: self.cloud.execution(execution).await?,
            history: self.cloud.history(execution).await?,
        })
    }

    /// The cluster id of the target's primary or of a replica.
    pub(crate) fn node(&self, role: NodeRole) -> Result<(String, u16)> {
        let group = self.elasticache().group(TARGET).context("there is no group")?;
        let node = group
            .nodes
            .iter()
            .find(|node| node.role == role)
            .context("no such node")?;
        Ok((node.cluster_id.clone(), node.port))
    }

    /// Waits for something to become true.
    pub(crate) async fn until(&self, what: &str, is_it: impl AsyncFn() -> Result<bool>) -> Result<()> {
        let began = Instant::now();
        while !is_it().await? {
            if began.elapsed() > PATIENCE {
                bail!("waited in vain for {what}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

/// Data that does not compress: a transfer takes as long as its size says.
async fn fill(port: u16) -> Result<()> {
    let mut connection = connect(port).await?;
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut pipe = redis::pipe();
    for number in 0..DATASET_KEYS {
        let value: Vec<u8> = (0..125)
            .flat_map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state.to_le_bytes()
            })
            .collect();
        pipe.set(format!("data:{number}"), value).ignore();
    }
    Ok(pipe.query_async(&mut connection).await?)
}
