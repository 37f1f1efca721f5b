//! Steps `Complete`, `Prove` and `Abort`. The only function that may call CompleteMigration.
//!
//! `Complete` ends the migration and promotes the target; `Abort` ends it with Force, which this product uses nowhere
//! else; `Prove` changes nothing. Twice is safe: a group that is no longer under migration counts as done, and what
//! became of it is then observed.

use adapters::elasticache::{Answer, ElastiCache};
use adapters::{aws, clock, engine};
use domain::contract::cutover::{Completing, Endpoints, GivenUp, Handover, Input, ShardEndpoints};
use domain::cutover::{Proof, ShardProof, may_complete};
use domain::engine::{Info, Replication};
use domain::plan::Plan;
use domain::progress::{Stage, StageName};
use domain::target::{GroupStatus, ReplicationGroup};
use domain::{Observed, StepError};
use jiff::SignedDuration;
use serde::Serialize;

/// What this function may call.
#[derive(Debug)]
pub struct Clients {
    elasticache: ElastiCache,
}

/// What it answers, by step.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Output {
    /// To `Complete`.
    Completing(Completing),
    /// To `Prove`.
    Handover(Handover),
    /// To `Abort`.
    GivenUp(GivenUp),
}

impl Clients {
    /// Builds the clients once per sandbox.
    pub async fn new() -> Clients {
        Clients {
            elasticache: ElastiCache::new(&aws::config().await),
        }
    }
}

/// AWS's clock and ours may differ by a moment: events count from a little before the request.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(2);

/// Answers one invocation.
///
/// # Errors
/// Where the approval is not for this verdict, where AWS refuses, or where a promoted target cannot be read.
pub async fn handle(clients: &Clients, input: Input) -> Result<Output, StepError> {
    match input {
        Input::Complete {
            plan,
            migration: _,
            observation,
            signal,
        } => {
            may_complete(&observation, &signal).map_err(StepError::Precondition)?;
            complete(clients, &plan).await.map(Output::Completing)
        }
        Input::Prove { plan } => prove(clients, &plan).await.map(Output::Handover),
        Input::Abort { plan } => abort(clients, &plan).await.map(Output::GivenUp),
    }
}

async fn complete(clients: &Clients, plan: &Plan) -> Result<Completing, StepError> {
    let since = clock::now();
    let watermark = since.checked_sub(CLOCK_SKEW).unwrap_or(since);
    let stage = Stage {
        name: StageName::Promotion,
        since,
        watermark,
    };
    Ok(
        match clients
            .elasticache
            .complete_migration(&plan.replication_group_id)
            .await?
        {
            Answer::Accepted { request_id } => Completing {
                stage,
                request_id,
                was_under_way: false,
            },
            // Our own earlier try, or something else that is under way: what becomes of the group is observed next.
            Answer::OtherState | Answer::Busy(_) => Completing {
                stage,
                request_id: None,
                was_under_way: true,
            },
        },
    )
}

async fn prove(clients: &Clients, plan: &Plan) -> Result<Handover, StepError> {
    let group = existing(clients, plan).await?;
    let source = Observed::from(engine::info(&plan.source).await);
    let mut proofs = vec![];
    for shard in &group.shards {
        let target = engine::observe(shard.primary.as_ref()).await;
        let proof = Proof::of(&replication(source.clone()), &replication(target));
        proofs.push(ShardProof {
            shard: shard.id.clone(),
            proof,
        });
    }
    Ok(Handover {
        at: clock::now(),
        endpoints: endpoints(&group),
        proofs,
    })
}

async fn abort(clients: &Clients, plan: &Plan) -> Result<GivenUp, StepError> {
    let group = existing(clients, plan).await?;
    let request_id = match group.status {
        GroupStatus::Available => None,
        GroupStatus::Modifying | GroupStatus::Migrating | GroupStatus::Other(_) => {
            match clients
                .elasticache
                .abort_migration(&plan.replication_group_id)
                .await?
            {
                Answer::Accepted { request_id } => request_id,
                Answer::OtherState => None,
                Answer::Busy(words) => {
                    return Err(StepError::Transient(format!(
                        "elasticache:CompleteMigration: {words}"
                    )));
                }
            }
        }
    };
    let target = format!(
        "{} no longer follows the source; it takes writes and holds whatever part of the source's data had arrived",
        plan.replication_group_id
    );
    Ok(GivenUp {
        at: clock::now(),
        target,
        request_id,
    })
}

async fn existing(clients: &Clients, plan: &Plan) -> Result<ReplicationGroup, StepError> {
    let id = &plan.replication_group_id;
    clients
        .elasticache
        .group(id)
        .await?
        .ok_or_else(|| StepError::Precondition(format!("there is no replication group {id} any more")))
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
