//! Reads the promoted group afresh: the endpoints to hand over and what shows that no write was lost. Then it makes the
//! fence last: a write that reaches the source from now on would be lost.

use crate::Clients;
use crate::look::{connect, existing};
use adapters::{clock, engine, pairs};
use domain::contract::cutover::{Endpoints, Handover, ShardEndpoints};
use domain::cutover::{Fence, FencedPrimary, Promoted, ShardProof, rollback_cases};
use domain::engine::{Info, Replication};
use domain::plan::Plan;
use domain::preflight::TargetShard;
use domain::target::ReplicationGroup;
use domain::{Endpoint, Observed, StepError};

pub(crate) async fn prove(
    clients: &Clients,
    plan: &Plan,
    fence: Option<Fence>,
) -> Result<Handover, StepError> {
    let group = existing(clients, &plan.replication_group_id).await?;
    let mut proofs = vec![];
    let mut targets = vec![];
    let nodes = clients.elasticache.node_endpoints(&group).await?;
    for TargetShard { shard, info } in pairs::ask_primaries(&group, &nodes).await {
        let fenced = fence
            .as_ref()
            .and_then(|fence| fence.primaries.iter().find(|primary| primary.shard == shard));
        let source = fenced.map_or(&plan.source, |fenced| &fenced.source);
        let source = ask_source(fenced, source).await;
        let target = replication(info);
        let promoted = Promoted {
            now: clock::now(),
            fenced,
            source: &source,
            target: &target,
        };
        proofs.push(ShardProof::of(shard, &promoted));
        targets.push(target);
    }
    let source = match &fence {
        Some(fence) => pin(fence).await,
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

async fn ask_source(fenced: Option<&FencedPrimary>, source: &Endpoint) -> Observed<Replication> {
    match fenced {
        Some(fenced) if !fenced.answers(clock::now()) => {
            Observed::Unknown("its pause stops every command until it runs out".to_owned())
        }
        _ => replication(Observed::from(engine::info(source).await)),
    }
}

/// Makes every fence last, and says what a writer meets now; empty where no fence was asked for.
pub(crate) async fn pin(fence: &Fence) -> String {
    let mut sentences = vec![];
    for primary in fence.primaries.iter().filter(|primary| primary.stops_writers()) {
        let source = &primary.source;
        if !primary.answers(clock::now()) {
            sentences.push(format!(
                "The source {source} stays fenced: its writers wait, and then get NOREPLICAS."
            ));
            continue;
        }
        let pinned = async {
            let commands = primary.pin(clock::now());
            let mut connection = connect(source).await?;
            connection
                .transact(&commands)
                .await
                .map_err(|fault| crate::look::engine_error(source, &fault))
        };
        sentences.push(match pinned.await {
            Ok(_) => format!(
                "The source {source} stays fenced: a write there would be lost. It refuses writes (NOREPLICAS) or lets \
                 them wait until somebody lifts the fence."
            ),
            Err(error) => format!(
                "The fence of the source could not be made to last ({error}): stop its writers now, a write there is \
                 lost."
            ),
        });
    }
    sentences.join(" ")
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
