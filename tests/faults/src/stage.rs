//! One row's stage: a source that keeps what it acknowledged, a proxy before it, a target, and a cloud of their own.

use crate::matrix::{Brand, Moment, Row};
use crate::proxy::Proxy;
use crate::source::Source;
use crate::writer::Writer;
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

#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) source: Source,
    pub(crate) proxy: Proxy,
    pub(crate) writer: Writer,
    pub(crate) cloud: LocalCloud,
    /// Whether the source is restarted before it is looked at: its file has none of the settings that a fault changed.
    pub(crate) restarts: bool,
    /// Whether the row's person approves what can be approved.
    pub(crate) approves: bool,
    /// Engines besides source and target, which some faults need.
    pub(crate) others: Vec<EngineProcess>,
    /// Which engine the source is.
    brand: Brand,
    /// Whether the source is a cluster. The proxy stands before a single engine alone.
    clustered: bool,
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
        if row.pair.clustered && row.when == Moment::Transfer {
            // No proxy stands before a cluster, whose nodes announce themselves: the save takes time instead.
            config.push("rdb-key-save-delay 1000".to_owned());
        }
        let source = Source::start(row.pair, config).await?;
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
        if row.pair.target == Brand::Redis {
            target.engine = Engine::Redis;
            target.engine_version = Brand::Redis.target_version().to_owned();
        }
        if row.pair.clustered {
            (target.cluster_enabled, target.shards) = (true, 3);
        }
        cloud.create_replication_group(target).await?;
        let proxy = Proxy::start(source.engine().port()).await?;
        let writer = Writer::start(source.places());
        let stage = Stage {
            source,
            proxy,
            writer,
            cloud,
            restarts: false,
            approves: true,
            others: vec![],
            brand: row.pair.source,
            clustered: row.pair.clustered,
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

    /// What a user would type, with shorter waits. The source is where the proxy is, or a cluster's first node.
    pub(crate) fn input(&self) -> Value {
        let (address, port) = match self.clustered {
            true => (self.source.named().address(), self.source.named().port()),
            false => ("127.0.0.1".to_owned(), self.proxy.port()),
        };
        json!({
            "replicationGroupId": TARGET,
            "source": {"address": address, "port": port},
            "polling": {"minSeconds": 1, "maxSeconds": 2},
            "sync": {"samples": 2},
            "limits": {"startMinutes": 1, "promotionMinutes": 1},
        })
    }

    /// One more engine of the source's kind.
    pub(crate) async fn another_source(&self, config: &str) -> Result<EngineProcess> {
        let options = EngineOptions {
            binary: format!("{}-server", self.brand.word()).into(),
            config: vec![config.to_owned()],
            ..EngineOptions::default()
        };
        Ok(EngineProcess::start(options).await?)
    }

    pub(crate) async fn now(&self, execution: &str) -> Result<Ending> {
        Ending::of(&self.cloud, self.cloud.execution(execution).await?).await
    }

    /// Whether the source sends its data: so much has gone through the proxy that it is no handshake any more, or the save
    /// for the shard of the fault is under way.
    pub(crate) async fn transfers(&self) -> bool {
        if !self.clustered {
            return self.proxy.carried() > 300_000;
        }
        let info = self.source.engine().command(&["INFO", "persistence"]).await;
        info.is_ok_and(|info| info.contains("rdb_bgsave_in_progress:1"))
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
