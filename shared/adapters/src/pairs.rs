//! Reads both sides of every shard pair at once, each pair with a time limit of its own.

use crate::engine;
use domain::engine::{Info, Replication};
use domain::progress::ShardSample;
use domain::target::{NodeSeen, ReplicationGroup, Shard, primary_of, sources};
use domain::{Endpoint, Observed, ShardId};
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Pairs that are read at the same time: many, because they wait and do not work; not all, because a sandbox has 1,024
/// file descriptors and a pair may have a dozen nodes.
const AT_ONCE: usize = 64;

/// What one pair may take: a source, its root and a target, each of which may take its three seconds to connect.
const PER_PAIR: Duration = Duration::from_secs(12);

/// How far up a chain of replicas the root is looked for.
const LONGEST_CHAIN: usize = 4;

/// Where the nodes of a target shard answer.
enum TargetNodes {
    /// AWS names the primary.
    Primary(Option<Endpoint>),
    /// One of these is it: in cluster mode AWS does not tell which.
    OneOf(Vec<Endpoint>),
}

/// Both sides of every shard of a group, in the order of its shards. `nodes` is where each cache cluster answers.
pub async fn look(
    group: &ReplicationGroup,
    source: &Endpoint,
    nodes: &BTreeMap<String, Endpoint>,
) -> Vec<ShardSample> {
    let map = match group.cluster_enabled {
        true => engine::cluster_map(source).await,
        false => Observed::Unknown("the group is not in cluster mode".to_owned()),
    };
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut reads = JoinSet::new();
    for (at, (shard, source)) in group.shards.iter().zip(sources(group, source, &map)).enumerate() {
        let (id, target, room) = (shard.id.clone(), target_nodes(shard, nodes), Arc::clone(&room));
        reads.spawn(async move {
            // A closed semaphore is impossible: nobody closes it.
            let _room = room.acquire().await;
            let late = unseen(id.clone(), format!("no answer in time: {} s", PER_PAIR.as_secs()));
            let sample = within(PER_PAIR, read(id, source, target)).await.unwrap_or(late);
            (at, sample)
        });
    }
    let mut samples = reads.join_all().await;
    samples.sort_by_key(|(at, _)| *at);
    samples.into_iter().map(|(_, sample)| sample).collect()
}

fn target_nodes(shard: &Shard, nodes: &BTreeMap<String, Endpoint>) -> TargetNodes {
    match &shard.primary {
        Some(primary) => TargetNodes::Primary(Some(primary.clone())),
        None => {
            let found: Vec<Endpoint> = shard
                .nodes
                .iter()
                .filter_map(|node| nodes.get(&node.cache_cluster_id).cloned())
                .collect();
            if found.is_empty() {
                TargetNodes::Primary(None)
            } else {
                TargetNodes::OneOf(found)
            }
        }
    }
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
    let primary = match target {
        TargetNodes::Primary(Some(endpoint)) => node(endpoint).await,
        TargetNodes::Primary(None) => {
            return ShardSample {
                source,
                root,
                ..unseen(shard, "AWS tells no address of its nodes".to_owned())
            };
        }
        TargetNodes::OneOf(endpoints) => match primary_among(endpoints).await {
            Ok(primary) => primary,
            Err(why) => {
                return ShardSample {
                    source,
                    root,
                    ..unseen(shard, why)
                };
            }
        },
    };
    ShardSample {
        shard,
        source,
        root,
        target: primary.info,
        target_address: primary.address,
        target_port: Some(primary.endpoint.port),
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

async fn primary_among(endpoints: Vec<Endpoint>) -> Result<NodeSeen, String> {
    let mut asked = JoinSet::new();
    for endpoint in endpoints {
        asked.spawn(node(endpoint));
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
