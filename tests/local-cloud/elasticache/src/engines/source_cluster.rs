//! Which shards a source cluster has, learnt from the one endpoint that a migration is given.

use super::EngineError;
use super::cluster_nodes::{self, Seen};
use super::control::Control;
use super::probe::reason;
use crate::state::{Layout, Reason};
use crate::wire::Endpoint;

/// The shards of a source cluster, in the order of their first slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceCluster {
    pub(crate) layout: Layout,
    /// The primary of each shard.
    pub(crate) primaries: Vec<Endpoint>,
}

/// Asks any node of the cluster. What AWS's own start looks at beyond the number of shards is not public.
pub(crate) async fn source_cluster(endpoint: &Endpoint, shards: usize) -> Result<SourceCluster, Reason> {
    let control = Control::new(endpoint.address.clone(), endpoint.port, None);
    let info = text(&control, "INFO").await?;
    if !info.contains("cluster_state:ok") {
        return Err(Reason::ClusterNotOk);
    }
    read(&text(&control, "NODES").await?, endpoint, shards)
}

async fn text(control: &Control, what: &str) -> Result<String, Reason> {
    match control.command(&["CLUSTER", what]).await {
        Ok(reply) => Ok(redis::from_redis_value(reply).unwrap_or_default()),
        Err(EngineError::Command { source, .. })
            if source.to_string().contains("cluster support disabled") =>
        {
            Err(Reason::NotACluster)
        }
        Err(error) => Err(reason(&error)),
    }
}

/// Nodes without slots are no shards. A node that does not know its own address is where it was asked.
fn read(nodes: &str, endpoint: &Endpoint, shards: usize) -> Result<SourceCluster, Reason> {
    let mut nodes: Vec<Seen> = cluster_nodes::parse(nodes);
    nodes.retain(|node| node.primary && !node.slots.is_empty());
    nodes.sort_by_key(|node| node.slots.iter().map(|range| *range.start()).min());
    if nodes.iter().any(|node| node.slots_move) {
        return Err(Reason::ClusterNotOk);
    }
    let layout = Layout::of(nodes.iter().map(|node| node.slots.as_slice())).ok_or(Reason::ClusterNotOk)?;
    if nodes.len() != shards {
        return Err(Reason::ShardCount);
    }
    let primaries = nodes.iter().map(|node| Endpoint {
        address: if node.address.is_empty() {
            endpoint.address.clone()
        } else {
            node.address.clone()
        },
        port: node.port,
    });
    Ok(SourceCluster {
        layout,
        primaries: primaries.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODES: &str = "bb 10.0.0.2:7002@17002 master - 0 1 2 connected 8192-16383\n\
                         aa :7001@17001 myself,master - 0 0 1 connected 0-8191\n\
                         cc 10.0.0.3:7003@17003 slave aa 0 1 2 connected\n\
                         dd 10.0.0.4:7004@17004 master - 0 1 2 connected\n";

    fn endpoint() -> Endpoint {
        Endpoint {
            address: "10.0.0.1".into(),
            port: 7001,
        }
    }

    #[test]
    fn shards_are_the_primaries_that_own_slots_in_their_order() {
        let cluster = read(NODES, &endpoint(), 2).unwrap();
        assert_eq!(cluster.layout, Layout::even(2));
        let places: Vec<_> = cluster
            .primaries
            .iter()
            .map(|one| (one.address.as_str(), one.port))
            .collect();
        assert_eq!(places, [("10.0.0.1", 7001), ("10.0.0.2", 7002)]);
        assert_eq!(read(NODES, &endpoint(), 3), Err(Reason::ShardCount));
    }

    #[test]
    fn a_cluster_with_slots_on_the_move_or_without_owner_is_not_in_order() {
        let moving = NODES.replace("0-8191", "0-8191 [93->-bb]");
        assert_eq!(read(&moving, &endpoint(), 2), Err(Reason::ClusterNotOk));
        let gap = NODES.replace("0-8191", "0-8190");
        assert_eq!(read(&gap, &endpoint(), 2), Err(Reason::ClusterNotOk));
    }
}
