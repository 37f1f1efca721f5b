//! Reads the promoted group afresh: the endpoints to hand over and what shows that no write was lost. Then it makes the
//! fence last: a write that reaches the source from now on would be lost.

use crate::Clients;
use crate::at_once::at_once;
use crate::ending;
use crate::fence::run;
use crate::look::existing;
use adapters::{clock, engine, pairs};
use domain::contract::cutover::{Endpoints, Handover, ShardEndpoints};
use domain::cutover::{Fence, FencedPrimary, Promoted, ShardProof, rollback_cases};
use domain::engine::{Info, Replication};
use domain::plan::Plan;
use domain::target::{ReplicationGroup, sources};
use domain::{Endpoint, Observed, ShardId, StepError};
use std::collections::BTreeMap;

pub(crate) async fn prove(
    clients: &Clients,
    plan: &Plan,
    fence: Option<Fence>,
) -> Result<Handover, StepError> {
    let group = existing(clients, &plan.replication_group_id).await?;
    let nodes = clients.elasticache.node_endpoints(&group).await?;
    let (targets, sources) = tokio::join!(
        pairs::ask_primaries(&group, &nodes),
        ask_sources(&group, plan, fence.as_ref())
    );
    let targets: Vec<_> = targets
        .into_iter()
        .map(|target| replication(target.info))
        .collect();
    let proofs: Vec<ShardProof> = group
        .shards
        .iter()
        .zip(sources.iter().zip(&targets))
        .map(|(shard, ((fenced, source), target))| {
            let promoted = Promoted {
                now: clock::now(),
                fenced: fenced.as_ref(),
                source,
                target,
            };
            ShardProof::of(shard.id.clone(), &promoted)
        })
        .collect();
    let source = match &fence {
        Some(fence) => {
            let words = pin(fence).await;
            ending::over(fence);
            words
        }
        None => String::new(),
    };
    Ok(Handover {
        at: clock::now(),
        endpoints: endpoints(&group),
        lost_bytes: proofs.iter().map(|proof| proof.lost_bytes).sum(),
        proofs,
        source,
        rollback: rollback_cases(&targets).to_vec(),
    })
}

/// The source of each shard as it is now, beside its fence: the fenced primary, or where none was drawn up the one that
/// the shard's slots lead to.
async fn ask_sources(
    group: &ReplicationGroup,
    plan: &Plan,
    fence: Option<&Fence>,
) -> Vec<(Option<FencedPrimary>, Observed<Replication>)> {
    let map = match (fence, group.cluster_enabled) {
        (None, true) => engine::cluster_map(&plan.source).await,
        _ => Observed::Unknown("every source is known from its fence".to_owned()),
    };
    let fenced = |shard: &ShardId| {
        let mut primaries = fence.into_iter().flat_map(|fence| &fence.primaries);
        primaries.find(|primary| primary.shard == *shard).cloned()
    };
    let paired = sources(group, &plan.source, &map);
    let asked = group.shards.iter().zip(paired).map(|(shard, paired)| {
        let fenced = fenced(&shard.id);
        let source = fenced
            .as_ref()
            .map_or(paired, |fenced| Observed::Known(fenced.source.clone()));
        (fenced, source)
    });
    at_once(asked, |(fenced, source)| async move {
        let now = ask_source(fenced.as_ref(), source).await;
        (fenced, now)
    })
    .await
}

async fn ask_source(fenced: Option<&FencedPrimary>, source: Observed<Endpoint>) -> Observed<Replication> {
    match (fenced, source) {
        (Some(fenced), _) if !fenced.answers(clock::now()) => {
            Observed::Unknown("its pause stops every command until it runs out".to_owned())
        }
        (_, Observed::Known(source)) => replication(Observed::from(engine::info(&source).await)),
        (_, Observed::Unknown(why)) => Observed::Unknown(why),
    }
}

/// How a source is left after a promotion, as far as it could be.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Pinned {
    /// It refuses writes, or lets them wait for good.
    Lasting,
    /// Its pause stops every command, this one too; below it writes are refused.
    Below,
    /// It could not be made to last.
    Failed(String),
}

/// Makes every fence last, and says what a writer meets now; empty where no fence was asked for. Sources that are left
/// alike are told of together.
pub(crate) async fn pin(fence: &Fence) -> String {
    let stopped = fence.primaries.iter().filter(|primary| primary.stops_writers());
    let pinned = at_once(stopped.cloned(), |primary| async move {
        let left = if !primary.answers(clock::now()) {
            Pinned::Below
        } else {
            match run(&primary, &primary.pin(clock::now())).await {
                Ok(()) => Pinned::Lasting,
                Err(error) => Pinned::Failed(error.to_string()),
            }
        };
        (left, primary.source.to_string())
    })
    .await;
    let mut alike: BTreeMap<Pinned, Vec<String>> = BTreeMap::new();
    for (left, source) in pinned {
        alike.entry(left).or_default().push(source);
    }
    let sentences = alike.iter().map(|(left, sources)| said(left, sources));
    sentences.collect::<Vec<_>>().join(" ")
}

fn said(left: &Pinned, sources: &[String]) -> String {
    let (stays, names) = match sources {
        [one] => ("The source", one.clone()),
        many => ("The sources", many.join(", ")),
    };
    let stay = if sources.len() == 1 { "stays" } else { "stay" };
    match left {
        Pinned::Lasting => format!(
            "{stays} {names} {stay} fenced: a write there would be lost. Writes are refused (NOREPLICAS) or wait until \
             somebody lifts the fence."
        ),
        Pinned::Below => {
            format!("{stays} {names} {stay} fenced: writers wait, and then get NOREPLICAS.")
        }
        Pinned::Failed(error) => format!(
            "The fence of {names} could not be made to last ({error}): stop the writers there now, a write there is lost."
        ),
    }
}

fn replication(info: Observed<Info>) -> Observed<Replication> {
    match info {
        Observed::Known(info) => Replication::from_info(&info).map_or_else(
            || Observed::Unknown("its INFO has no role".to_owned()),
            Observed::Known,
        ),
        Observed::Unknown(why) => Observed::Unknown(why),
    }
}

fn endpoints(group: &ReplicationGroup) -> Endpoints {
    Endpoints {
        configuration: group.configuration_endpoint.clone(),
        shards: group
            .shards
            .iter()
            .map(|shard| ShardEndpoints {
                shard: shard.id.clone(),
                primary: shard.primary.clone(),
                reader: shard.reader.clone(),
            })
            .collect(),
    }
}
