//! The primaries of a source, asked after a failure: each of them is what some shard of the target follows.

use crate::engine;
use crate::together::together;
use domain::diagnosis::{SourceProbe, SourceSeen};
use domain::engine::{EngineFault, Info};
use domain::target::listens;
use domain::{Endpoint, Observed};
use std::time::Duration;

/// Each is asked twice, this far apart: a sync that loops shows in counters that move. Short, since people wait.
const BETWEEN_LOOKS: Duration = Duration::from_millis(750);

/// Asks the plan's own endpoint, and in a cluster each other primary that owns slots, many at a time; the plan's own comes
/// first. Where that one does not answer nobody tells of the others, and they are not asked.
pub async fn ask_sources(entry: &Endpoint) -> Vec<SourceSeen> {
    let info = engine::info(entry).await;
    let others = match &info {
        Ok(info) if info.is_set("cluster_enabled") => others(entry).await,
        _ => vec![],
    };
    let first = (entry.clone(), Some(info));
    let rest = others.into_iter().map(|endpoint| (endpoint, None));
    let all = std::iter::once(first).chain(rest);
    together(all.map(|(endpoint, info)| async move {
        let info = match info {
            Some(info) => info,
            None => engine::info(&endpoint).await,
        };
        twice(endpoint, info).await
    }))
    .await
}

/// Where the other primaries of the cluster listen.
async fn others(entry: &Endpoint) -> Vec<Endpoint> {
    let Observed::Known(map) = engine::cluster_map(entry).await else {
        return vec![];
    };
    map.shards()
        .filter(|node| !node.myself)
        .filter_map(|node| listens(node, entry).ok())
        .collect()
}

async fn twice(endpoint: Endpoint, first: Result<Info, EngineFault>) -> SourceSeen {
    let Ok(earlier) = first else {
        return SourceSeen {
            endpoint,
            info: first,
            earlier: None,
            probe: SourceProbe::default(),
        };
    };
    tokio::time::sleep(BETWEEN_LOOKS).await;
    let info = engine::info(&endpoint).await;
    let probe = match &info {
        Ok(_) => engine::probe(&endpoint).await,
        Err(_) => SourceProbe::default(),
    };
    SourceSeen {
        endpoint,
        info,
        earlier: Some(earlier),
        probe,
    }
}
