//! The source as a cluster: what the plan's node says of it, and what each other node answers where it announces itself.

use super::{Connection, questions};
use crate::together::together;
use domain::engine::{ClusterMap, ClusterNode, EngineFault, Info};
use domain::preflight::{ClusterMember, NodeAnswers};
use domain::{Endpoint, Observed};
use std::time::Duration;
use tokio::time::Instant;

/// What the plan's own node says.
pub(super) async fn described(connection: &mut Connection) -> (Observed<Info>, Observed<ClusterMap>) {
    let info = connection.ask(&["CLUSTER", "INFO"]).await;
    let info = Observed::from(info).map(|reply| Info::parse(&reply.text().unwrap_or_default()));
    (info, map(connection).await)
}

/// CLUSTER NODES, which says most; where it is refused, CLUSTER SHARDS (7.0 and later) or CLUSTER SLOTS.
/// Source: `src/cluster.c` of the engines.
pub(super) async fn map(connection: &mut Connection) -> Observed<ClusterMap> {
    let refusal = match connection.ask(&["CLUSTER", "NODES"]).await {
        Ok(reply) => return Observed::Known(ClusterMap::from_nodes(&reply.text().unwrap_or_default())),
        Err(fault) => fault,
    };
    if let Ok(reply) = connection.ask(&["CLUSTER", "SHARDS"]).await {
        return Observed::Known(ClusterMap::from_shards(&reply));
    }
    if let Ok(reply) = connection.ask(&["CLUSTER", "SLOTS"]).await {
        return Observed::Known(ClusterMap::from_slots(&reply));
    }
    Observed::Unknown(refusal.to_string())
}

/// Asks every other node that the map names. A node without an address is left out: nobody can ask it.
pub(super) async fn members(
    map: &ClusterMap,
    is_entry: impl Fn(&ClusterNode) -> bool,
    apart: Duration,
    deadline: Instant,
) -> Vec<ClusterMember> {
    let others = map
        .nodes
        .iter()
        .filter(|node| !is_entry(node) && !node.address.is_empty() && node.port != 0);
    together(others.map(|node| {
        let endpoint = Endpoint {
            address: node.address.clone(),
            port: node.port,
        };
        member(endpoint, node.primary && !node.slots.is_empty(), apart, deadline)
    }))
    .await
}

async fn member(endpoint: Endpoint, owns_slots: bool, apart: Duration, deadline: Instant) -> ClusterMember {
    let first_at = Instant::now();
    let (info, answers, migrating) = match ask(&endpoint, owns_slots, first_at, apart, deadline).await {
        Ok((info, answers, migrating)) => (Ok(info), answers, migrating),
        Err(fault) => {
            let why = fault.to_string();
            (Err(fault), NodeAnswers::unknown(&why), Observed::Unknown(why))
        }
    };
    ClusterMember {
        endpoint,
        owns_slots,
        migrating,
        info,
        answers,
    }
}

async fn ask(
    endpoint: &Endpoint,
    owns_slots: bool,
    first_at: Instant,
    apart: Duration,
    deadline: Instant,
) -> Result<(Info, NodeAnswers, Observed<Vec<String>>), EngineFault> {
    let mut connection = Connection::open(endpoint, deadline).await?;
    let info = connection.info().await?;
    if !owns_slots {
        let why = "it owns no slots";
        return Ok((info, NodeAnswers::unknown(why), Observed::Unknown(why.to_owned())));
    }
    let migrating = match map(&mut connection).await {
        Observed::Known(map) => map.migrating,
        Observed::Unknown(why) => Observed::Unknown(why),
    };
    let answers = questions::ask_all(&mut connection, &info, first_at, apart).await;
    Ok((info, answers, migrating))
}
