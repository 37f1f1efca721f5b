//! Forming a real cluster out of engines in cluster mode.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::EngineError;
use super::node::Node;

const SLOTS: usize = 16384;

/// Assigns the slots evenly, makes the nodes meet, and puts the replicas behind their primaries. Returns each shard's
/// slots, as `0-5460`.
pub(super) async fn form(nodes: &[Node], shards: usize) -> Result<Vec<String>, EngineError> {
    let ranges: Vec<(usize, usize)> = (0..shards)
        .map(|shard| (shard * SLOTS / shards, (shard + 1) * SLOTS / shards - 1))
        .collect();
    let Some(first) = nodes.first() else {
        return Ok(Vec::new());
    };
    for (number, node) in nodes.iter().enumerate() {
        let control = node.control();
        // Distinct epochs from the start; else the nodes quarrel about them for some seconds.
        control
            .command(&["CLUSTER", "SET-CONFIG-EPOCH", &(number + 1).to_string()])
            .await?;
        if node.primary {
            let (from, to) = ranges[node.shard];
            control
                .command(&["CLUSTER", "ADDSLOTSRANGE", &from.to_string(), &to.to_string()])
                .await?;
        }
        let (address, port) = (node.process.address(), node.process.port().to_string());
        first
            .control()
            .command(&["CLUSTER", "MEET", &address, &port])
            .await?;
    }
    wait("every node knows every other", nodes, |_, known| {
        known.lines().count() >= nodes.len()
    })
    .await?;
    for replica in nodes.iter().filter(|node| !node.primary) {
        let primary = nodes
            .iter()
            .find(|node| node.primary && node.shard == replica.shard)
            .unwrap_or(first);
        let id = redis::from_redis_value::<String>(primary.control().command(&["CLUSTER", "MYID"]).await?);
        let id = id.unwrap_or_default();
        replica.control().command(&["CLUSTER", "REPLICATE", &id]).await?;
    }
    wait("cluster_state is ok", nodes, |info, known| {
        let replicas = known.lines().filter(|line| line.contains("slave")).count();
        info.contains("cluster_state:ok") && replicas == nodes.iter().filter(|node| !node.primary).count()
    })
    .await?;
    Ok(ranges.iter().map(|(from, to)| format!("{from}-{to}")).collect())
}

async fn wait(what: &str, nodes: &[Node], good: impl Fn(&str, &str) -> bool) -> Result<(), EngineError> {
    let deadline = Instant::now() + Duration::from_secs(30);
    for node in nodes {
        loop {
            let info = text(node, "INFO").await?;
            let known = text(node, "NODES").await?;
            if good(&info, &known) {
                break;
            }
            if Instant::now() > deadline {
                return Err(EngineError::Timeout {
                    what: format!("{what} ({})", node.cluster_id),
                });
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
    Ok(())
}

async fn text(node: &Node, what: &str) -> Result<String, EngineError> {
    let reply = node.control().command(&["CLUSTER", what]).await?;
    Ok(redis::from_redis_value(reply).unwrap_or_default())
}
