//! Reads both sides of every shard pair at once, each pair with a time limit of its own.

mod source;
mod target;

pub use source::ask_sources;
pub use target::{TargetNodes, ask_primaries};

use crate::engine;
use crate::together::together;
use domain::engine::{ClusterMap, Info, Replication};
use domain::progress::ShardSample;
use domain::target::{ReplicationGroup, sources};
use domain::{Endpoint, Observed, ShardId};
use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

/// What one pair may take: a source, its root and a target, each of which may take its three seconds to connect.
const PER_PAIR: Duration = Duration::from_secs(12);

/// How many engines up a chain of replicas the root is looked for.
const LONGEST_CHAIN: usize = 4;

/// Both sides of every shard of a group, in the order of its shards. `nodes` is where each cache cluster answers.
pub async fn look(
    group: &ReplicationGroup,
    source: &Endpoint,
    nodes: &BTreeMap<String, Endpoint>,
) -> Vec<ShardSample> {
    let map = map_of(group, source).await;
    let pairs = group.shards.iter().zip(sources(group, source, &map));
    together(pairs.map(|(shard, source)| {
        let (id, target) = (shard.id.clone(), TargetNodes::of(shard, nodes));
        async move {
            let late = unseen(id.clone(), format!("no answer in time: {} s", PER_PAIR.as_secs()));
            within(PER_PAIR, read(id, source, target)).await.unwrap_or(late)
        }
    }))
    .await
}

/// The slots of the source's primaries, where that tells its shards apart.
async fn map_of(group: &ReplicationGroup, source: &Endpoint) -> Observed<ClusterMap> {
    if group.cluster_enabled {
        engine::cluster_map(source).await
    } else {
        Observed::Unknown("the group is not in cluster mode".to_owned())
    }
}

/// A shard with where its source and its target's primary answer, or why that is not known.
pub type PairEndpoints = (ShardId, Result<Endpoint, String>, Result<Endpoint, String>);

/// Where both sides of every shard of a group answer, in the order of its shards, paired as [`look`] pairs them.
pub async fn endpoints(
    group: &ReplicationGroup,
    source: &Endpoint,
    nodes: &BTreeMap<String, Endpoint>,
) -> Vec<PairEndpoints> {
    let map = map_of(group, source).await;
    let mut pairs = vec![];
    for (shard, source) in group.shards.iter().zip(sources(group, source, &map)) {
        let source = match source {
            Observed::Known(endpoint) => Ok(endpoint),
            Observed::Unknown(why) => Err(why),
        };
        let target = TargetNodes::of(shard, nodes).primary().await;
        pairs.push((shard.id.clone(), source, target.map(|primary| primary.endpoint)));
    }
    pairs
}

/// The source first, then its root, then the target: so a target that is level is at or past what was read before it.
async fn read(shard: ShardId, source: Observed<Endpoint>, target: TargetNodes) -> ShardSample {
    let source = match source {
        Observed::Known(endpoint) => Observed::from(engine::info(&endpoint).await),
        Observed::Unknown(why) => Observed::Unknown(why),
    };
    let root = match source.known().and_then(upstream) {
        Some(endpoint) => Some(root_behind(endpoint).await),
        None => None,
    };
    match target.primary().await {
        Ok(primary) => ShardSample {
            shard,
            source,
            root,
            target: primary.info,
            target_address: primary.address,
            target_port: Some(primary.endpoint.port),
        },
        Err(why) => ShardSample {
            source,
            root,
            ..unseen(shard, why)
        },
    }
}

/// What an engine follows.
fn upstream(info: &Info) -> Option<Endpoint> {
    let link = Replication::from_info(info)?.link()?.clone();
    Endpoint::new(&link.host, link.port).ok()
}

/// The primary at the top of a chain.
async fn root_behind(mut endpoint: Endpoint) -> Observed<Info> {
    for _ in 0..LONGEST_CHAIN {
        let info = match engine::info(&endpoint).await {
            Ok(info) => info,
            Err(fault) => return Observed::Unknown(fault.to_string()),
        };
        match upstream(&info) {
            Some(next) => endpoint = next,
            None => return Observed::Known(info),
        }
    }
    Observed::Unknown(format!("no primary within {LONGEST_CHAIN} replicas"))
}

fn unseen(shard: ShardId, why: String) -> ShardSample {
    ShardSample {
        shard,
        source: Observed::Unknown(why.clone()),
        root: None,
        target: Observed::Unknown(why),
        target_address: None,
        target_port: None,
    }
}

async fn within<T>(limit: Duration, read: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(limit, read).await.ok()
}
