//! The primaries of a target: which of a shard's nodes it is, and what it says. Every function that asks them asks here.

use crate::engine;
use crate::together::together;
use domain::preflight::TargetShard;
use domain::target::{NodeSeen, ReplicationGroup, Shard, primary_of};
use domain::{Endpoint, Observed};
use std::collections::BTreeMap;
use tokio::task::JoinSet;

/// Where the nodes of a target shard answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetNodes {
    /// AWS names the primary.
    Primary(Endpoint),
    /// One of these is it: in cluster mode AWS does not tell which. Empty where AWS tells no address.
    OneOf(Vec<Endpoint>),
}

impl TargetNodes {
    /// The nodes of a shard. `nodes` is where each cache cluster answers.
    #[must_use]
    pub fn of(shard: &Shard, nodes: &BTreeMap<String, Endpoint>) -> TargetNodes {
        match &shard.primary {
            Some(primary) => TargetNodes::Primary(primary.clone()),
            None => TargetNodes::OneOf(
                shard
                    .nodes
                    .iter()
                    .filter_map(|node| nodes.get(&node.cache_cluster_id).cloned())
                    .collect(),
            ),
        }
    }

    /// Whether AWS tells where any of them answers.
    #[must_use]
    pub fn is_told(&self) -> bool {
        match self {
            TargetNodes::Primary(_) => true,
            TargetNodes::OneOf(endpoints) => !endpoints.is_empty(),
        }
    }

    /// Asks for the primary: the one that AWS names, whatever it says, or the one that the nodes' own words show.
    ///
    /// # Errors
    /// Why none of the nodes could be told to be the primary.
    pub async fn primary(&self) -> Result<NodeSeen, String> {
        match self {
            TargetNodes::Primary(endpoint) => Ok(node(endpoint.clone()).await),
            TargetNodes::OneOf(_) if !self.is_told() => Err("AWS tells no address of its nodes".to_owned()),
            TargetNodes::OneOf(endpoints) => primary_among(endpoints).await,
        }
    }
}

/// INFO of every shard's primary, many at a time, in the order of the shards. `nodes` is where each cache cluster
/// answers.
pub async fn ask_primaries(group: &ReplicationGroup, nodes: &BTreeMap<String, Endpoint>) -> Vec<TargetShard> {
    together(group.shards.iter().map(|shard| {
        let (shard, nodes) = (shard.id.clone(), TargetNodes::of(shard, nodes));
        async move {
            let info = match nodes.primary().await {
                Ok(primary) => primary.info,
                Err(why) => Observed::Unknown(why),
            };
            TargetShard { shard, info }
        }
    }))
    .await
}

async fn primary_among(endpoints: &[Endpoint]) -> Result<NodeSeen, String> {
    let mut asked = JoinSet::new();
    for endpoint in endpoints {
        asked.spawn(node(endpoint.clone()));
    }
    let mut seen = asked.join_all().await;
    // The order in which they answered must not decide between equals.
    seen.sort_by(|a, b| a.endpoint.cmp(&b.endpoint));
    match primary_of(&seen) {
        Some(at) => Ok(seen.swap_remove(at)),
        None => Err(seen.iter().find_map(|node| node.info.why_unknown()).map_or_else(
            || "each of its nodes follows another of them".to_owned(),
            |why| format!("none of its nodes that answer is the primary: {why}"),
        )),
    }
}

async fn node(endpoint: Endpoint) -> NodeSeen {
    let address = engine::resolve(&endpoint).await;
    NodeSeen {
        info: Observed::from(engine::info(&endpoint).await),
        endpoint,
        address,
    }
}
