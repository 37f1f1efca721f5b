//! A stage for many migrations: small targets and a source for each, on hosts of their own. Every
//! address of 127.0.0.0/8 is this machine's.

use anyhow::{Context, Result, bail};
use elasticache_stand_in::{EngineOptions, EngineProcess, GroupSpec};
use local_cloud::{ExecutionStatus, ExecutionView, LocalCloud, Options};
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

/// A fleet's stage.
#[derive(Debug)]
pub struct Fleet {
    /// The local AWS.
    pub cloud: LocalCloud,
    sources: Vec<EngineProcess>,
}

impl Fleet {
    /// As many pairs as there are hosts: the source of pair `n` is on host `127.0.1.<hosts[n]>`.
    pub async fn begin(hosts: &[u8]) -> Result<Fleet> {
        let cloud = LocalCloud::start(Options::default()).await?;
        let mut sources = vec![];
        for (pair, host) in hosts.iter().enumerate() {
            let options = EngineOptions {
                bind: IpAddr::V4(Ipv4Addr::new(127, 0, 1, *host)),
                config: vec!["save \"\"".to_owned()],
                ..EngineOptions::default()
            };
            let source = EngineProcess::start(options).await.context("a source")?;
            let mut connection = crate::source::connect(&source.address(), source.port(), None).await?;
            redis::cmd("SET")
                .arg("pair")
                .arg(pair)
                .query_async::<()>(&mut connection)
                .await?;
            sources.push(source);
            let target = GroupSpec {
                id: target(pair),
                ..GroupSpec::default()
            };
            cloud.create_replication_group(target).await?;
        }
        Ok(Fleet { cloud, sources })
    }

    /// What every migration of the stage has in common: short waits, and a cutover that nobody has to approve.
    pub fn defaults() -> Value {
        let every_day = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        json!({
            "rehearse": false,
            "polling": {"minSeconds": 1, "maxSeconds": 2},
            "sync": {"samples": 2},
            "assumptions": {"sampleSeconds": 1},
            "notifications": {"elasticacheTopic": "leave"},
            "cutover": {
                "approval": "automatic",
                "window": {"days": every_day, "from": "00:01", "to": "00:00", "timeZone": "UTC"}
            },
        })
    }

    /// The list of all pairs.
    pub fn list(&self) -> Vec<Value> {
        let one = |(pair, source): (usize, &EngineProcess)| json!({"replicationGroupId": target(pair), "source": {"address": source.address(), "port": source.port()}});
        self.sources.iter().enumerate().map(one).collect()
    }

    /// Starts a fleet and waits for its end.
    pub async fn run(&self, input: Value, patience: Duration) -> Result<ExecutionView> {
        let machine = self.cloud.state_machine_arn_of("FleetStateMachine")?;
        let fleet = self.cloud.start_execution_of(machine, None, input).await?;
        let began = Instant::now();
        loop {
            let view = self.cloud.execution(&fleet).await?;
            if view.status != ExecutionStatus::Running {
                return Ok(view);
            }
            if began.elapsed() > patience {
                bail!("the fleet did not end: {}", self.cloud.moto_output());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The migrations that were started, oldest first.
    pub async fn migrations(&self) -> Result<Vec<ExecutionView>> {
        let machine = self.cloud.state_machine_arn()?;
        Ok(self.cloud.executions_of(&machine).await?)
    }

    /// What the target of a pair holds of its source.
    pub async fn arrived(&self, pair: usize) -> Result<Option<usize>> {
        let group = self
            .cloud
            .elasticache()
            .group(&target(pair))
            .context("the target")?;
        let node = group.nodes.first().context("a node")?;
        let mut connection = crate::source::connect("127.0.0.1", node.port, None).await?;
        Ok(redis::cmd("GET").arg("pair").query_async(&mut connection).await?)
    }
}

/// The target of a pair.
#[must_use]
pub fn target(pair: usize) -> String {
    format!("cache-{pair}")
}
