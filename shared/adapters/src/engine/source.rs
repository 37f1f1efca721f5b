//! Everything that preflight wants to know of the source, within a time limit.

use super::{Connection, addresses, cluster, questions};
use domain::engine::{EngineFault, Info, Replication};
use domain::plan::Plan;
use domain::preflight::{ChainLink, ClusterFacts, SourceFacts};
use domain::{Endpoint, Observed};
use std::time::Duration;
use tokio::time::Instant;

/// How many engines may stand between a source and the primary at the top. An assumption: nobody chains more; a ring ends
/// here.
const LONGEST_CHAIN: usize = 8;

/// Asks the source, its cluster and the primaries above it. Takes no longer than `within` and the patience for one answer
/// more, whatever the source does; what was not answered by then is unknown.
pub async fn gather_source(plan: &Plan, within: Duration) -> SourceFacts {
    let deadline = Instant::now() + within;
    let apart = Duration::from_secs(plan.assumptions.sample.0).min(within / 2);
    let found = addresses(&plan.source).await;
    let opened = match Connection::open(&plan.source, deadline).await {
        Ok(mut connection) => connection.info().await.map(|info| (connection, info)),
        Err(fault) => Err(fault),
    };
    let (mut connection, info) = match opened {
        Ok(opened) => opened,
        Err(fault) => return SourceFacts::silent(fault, found),
    };
    let first_at = Instant::now();
    let described = if info.is_set("cluster_enabled") {
        Some(cluster::described(&mut connection).await)
    } else {
        None
    };
    let map = described.as_ref().and_then(|(_, map)| map.known().cloned());
    let is_entry = |node: &domain::engine::ClusterNode| {
        let same_host = node.address == plan.source.address
            || found
                .known()
                .is_some_and(|all| all.iter().any(|it| it.to_string() == node.address));
        node.myself || node.port == plan.source.port && (same_host || node.address.is_empty())
    };
    let members = async {
        match &map {
            Some(map) => cluster::members(map, is_entry, apart, deadline).await,
            None => vec![],
        }
    };
    let (answers, members, chain) = tokio::join!(
        questions::ask_all(&mut connection, &info, first_at, apart),
        members,
        chain(&info, deadline)
    );
    let cluster = described.map(|(info, map)| ClusterFacts { info, map, members });
    SourceFacts {
        info: Ok(info),
        addresses: found,
        answers,
        cluster: Observed::Known(cluster),
        chain,
    }
}

/// From the engine that the source follows up to the one that follows none. In a cluster each shard's primary is known
/// from the map, so there is nothing to climb.
async fn chain(info: &Info, deadline: Instant) -> Vec<ChainLink> {
    let mut links: Vec<ChainLink> = vec![];
    let mut above = followed(info);
    while let Some(endpoint) = above.take() {
        let seen = links.iter().any(|link| link.endpoint == endpoint);
        if seen || links.len() == LONGEST_CHAIN {
            break;
        }
        let info = ask_info(&endpoint, deadline).await;
        above = info.as_ref().ok().and_then(followed);
        links.push(ChainLink { endpoint, info });
    }
    links
}

async fn ask_info(endpoint: &Endpoint, deadline: Instant) -> Result<Info, EngineFault> {
    Connection::open(endpoint, deadline).await?.info().await
}

fn followed(info: &Info) -> Option<Endpoint> {
    if info.is_set("cluster_enabled") {
        return None;
    }
    let replication = Replication::from_info(info)?;
    let link = replication.link()?;
    Endpoint::new(&link.host, link.port)
        .ok()
        .filter(|endpoint| endpoint.port != 0)
}
