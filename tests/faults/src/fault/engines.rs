//! Faults of the engines: the source's process and settings, and the target's nodes.

use crate::proxy::Link;
use crate::stage::{PATIENCE, Stage, TARGET};
use anyhow::{Result, bail};
use elasticache_stand_in::{Announcement, NodeRole};
use std::time::Duration;

/// With the engine its port goes: the proxy stands for both.
pub(super) fn kill_source(stage: &Stage) {
    stage.source.engine().kill();
    stage.proxy.set(Link::Cut);
}

pub(super) async fn source(stage: &mut Stage, fault: &str) -> Result<()> {
    let commands: &[&[&str]] = match fault {
        "source killed" => {
            kill_source(stage);
            &[]
        }
        "source restarted" => {
            stage.source.engine().restart().await?;
            &[]
        }
        "source frozen" => {
            stage.source.engine().freeze()?;
            tokio::time::sleep(Duration::from_secs(2)).await;
            stage.source.engine().thaw()?;
            &[]
        }
        "source password" => {
            stage.restarts = true;
            &[&["CONFIG", "SET", "requirepass", "late"]]
        }
        "source ACL" => &[
            &["ACL", "SETUSER", "default", "-sync", "-psync"],
            &["CLIENT", "KILL", "TYPE", "replica"],
        ],
        "source commands renamed" | "source INFO renamed" => &[],
        "source cannot save" => {
            std::fs::create_dir(stage.source.engine().dir().join("dump.rdb"))?;
            &[]
        }
        "source new history" => &[
            &["DEBUG", "CHANGE-REPL-ID"],
            &["CLIENT", "KILL", "TYPE", "replica"],
        ],
        "source at maxmemory" => {
            stage
                .source
                .engine()
                .command(&["CONFIG", "SET", "maxmemory", "1mb"])
                .await?;
            tokio::time::sleep(Duration::from_secs(2)).await;
            &[&["CONFIG", "SET", "maxmemory", "0"]]
        }
        "source stays at maxmemory" => {
            stage.restarts = true;
            // A transfer that is there to be stopped, and does not end before.
            stage.proxy.set(Link::Slow(150_000));
            fill_replication_buffers(stage).await?;
            &[&["CONFIG", "SET", "maxmemory", "1mb"]]
        }
        "source database 20" => {
            let client =
                redis::Client::open(format!("redis://127.0.0.1:{}/20", stage.source.engine().port()))?;
            let mut connection = client.get_multiplexed_async_connection().await?;
            redis::cmd("SET")
                .arg("far")
                .arg(1)
                .query_async::<()>(&mut connection)
                .await?;
            &[]
        }
        "source kicks its replicas" => {
            for _ in 0..10 {
                stage
                    .source
                    .engine()
                    .command(&["CLIENT", "KILL", "TYPE", "replica"])
                    .await?;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            &[]
        }
        "source name unknown" => &[],
        "source fails over" => {
            stage.restarts = true;
            fail_over(stage).await?;
            &[]
        }
        "source demoted" => {
            stage.restarts = true;
            let gone = stage.another_source("").await?;
            gone.kill();
            let port = gone.port().to_string();
            stage
                .source
                .engine()
                .command(&["REPLICAOF", "127.0.0.1", &port])
                .await?;
            &[]
        }
        other => bail!("there is no fault {other:?}"),
    };
    for command in commands {
        stage.source.engine().command(command).await?;
    }
    Ok(())
}

/// A replica of the source takes over, as a person or a sentinel would make it.
async fn fail_over(stage: &mut Stage) -> Result<()> {
    let source = stage.source.engine();
    let replica = stage
        .another_source(&format!("replicaof 127.0.0.1 {}", source.port()))
        .await?;
    stage
        .until("the source's replica", async || {
            let info = replica.command(&["INFO", "replication"]).await?;
            Ok(info.contains("master_link_status:up"))
        })
        .await?;
    let port = replica.port().to_string();
    source.command(&["FAILOVER", "TO", "127.0.0.1", &port]).await?;
    let demoted = async || {
        Ok(stage
            .source
            .engine()
            .command(&["INFO", "replication"])
            .await?
            .contains("role:slave"))
    };
    stage.until("the source to follow", demoted).await?;
    stage.others.push(replica);
    Ok(())
}

/// Writes until what the source keeps for its replicas is a good part of the limit that it is about to get.
async fn fill_replication_buffers(stage: &Stage) -> Result<()> {
    const ENOUGH: u64 = 200_000;
    let kept = async || {
        let info = stage.source.engine().command(&["INFO", "memory"]).await?;
        let field = "mem_total_replication_buffers:";
        let count = info.lines().find_map(|line| line.strip_prefix(field));
        Ok(count.map_or(Ok(0), |count| count.trim().parse::<u64>())? >= ENOUGH)
    };
    stage.writer.flood(true);
    let filled = stage.until("replication buffers", kept).await;
    stage.writer.flood(false);
    filled
}

pub(super) async fn target(stage: &mut Stage, fault: &str) -> Result<()> {
    let elasticache = stage.elasticache().clone();
    let somebody = aws_sdk_elasticache::Client::new(&stage.cloud.sdk_config());
    match fault {
        "target primary killed" => elasticache.kill_node(&stage.node(NodeRole::Primary)?.0)?,
        "target primary restarted" => {
            let (primary, _) = stage.node(NodeRole::Primary)?;
            elasticache.kill_node(&primary)?;
            elasticache.restart_node(&primary).await?;
        }
        "target replica killed" => elasticache.kill_node(&stage.node(NodeRole::Replica)?.0)?,
        "target fails over" => {
            let (primary, replica) = (stage.node(NodeRole::Primary)?.0, stage.node(NodeRole::Replica)?.0);
            elasticache.kill_node(&primary)?;
            elasticache.announce(Announcement {
                group: TARGET.to_owned(),
                cluster: None,
                message: format!("Failover from master node {primary} to replica node {replica} completed"),
                sns_name: Some("FailoverComplete".to_owned()),
            });
        }
        "target node replaced" => {
            let (primary, _) = stage.node(NodeRole::Primary)?;
            elasticache.kill_node(&primary)?;
            elasticache.announce(Announcement {
                group: TARGET.to_owned(),
                cluster: Some(primary),
                message: "Recovering cache nodes 0001".to_owned(),
                sns_name: Some("CacheNodeReplaceStarted".to_owned()),
            });
        }
        "target deleted" => elasticache.delete_replication_group(TARGET).await?,
        "target snapshotting" => {
            elasticache.impose_status(TARGET, Some("snapshotting"))?;
            tokio::time::sleep(Duration::from_secs(2)).await;
            elasticache.impose_status(TARGET, None)?;
        }
        "somebody starts first" => {
            let other = stage.another_source("").await?;
            let endpoint = aws_sdk_elasticache::types::CustomerNodeEndpoint::builder()
                .address(other.address())
                .port(i32::from(other.port()))
                .build();
            somebody
                .start_migration()
                .replication_group_id(TARGET)
                .customer_node_endpoint_list(endpoint)
                .send()
                .await?;
            elasticache.wait_for_status(TARGET, "migrating", PATIENCE).await?;
            stage.others.push(other);
        }
        "somebody completes" => {
            stage.approves = false;
            somebody
                .complete_migration()
                .replication_group_id(TARGET)
                .send()
                .await?;
        }
        "somebody aborts" => {
            stage.approves = false;
            somebody
                .complete_migration()
                .replication_group_id(TARGET)
                .force(true)
                .send()
                .await?;
        }
        other => bail!("there is no fault {other:?}"),
    }
    Ok(())
}
