//! Step `Admit`: is what the user typed a plan? Steps `Preflight` and `Recheck`: is the migration ready to start?
//!
//! Changes nothing, anywhere. Twice is safe: it looks again.

use adapters::elasticache::ElastiCache;
use adapters::{aws, clock, engine};
use domain::contract::Migration;
use domain::contract::preflight::{Admitted, Execution, Input};
use domain::plan::Plan;
use domain::preflight::{Facts, PreflightReport, TargetFacts, TargetShard, judge};
use domain::{Observed, StepError};
use serde::Serialize;
use std::time::Duration;

/// How long the source may take with all its answers; well within the function's timeout.
const SOURCE_LIMIT: Duration = Duration::from_secs(25);

/// What this function may call.
#[derive(Debug)]
pub struct Clients {
    elasticache: ElastiCache,
}

/// What it answers, by step.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Output {
    /// To `Admit`.
    Admitted(Box<Admitted>),
    /// To `Preflight` and `Recheck`.
    Checked(Box<PreflightReport>),
}

impl Clients {
    /// Builds the clients once per sandbox.
    pub async fn new() -> Clients {
        Clients {
            elasticache: ElastiCache::new(&aws::config().await),
        }
    }
}

/// Answers one invocation.
///
/// # Errors
/// [`StepError::InvalidInput`] with every mistake of the input. A check never fails: it finds.
pub async fn handle(clients: &Clients, input: Input) -> Result<Output, StepError> {
    match input {
        Input::Admit { input, execution } => {
            admit(&input, execution).map(|it| Output::Admitted(Box::new(it)))
        }
        Input::Check { plan } => Ok(Output::Checked(Box::new(judge(&gather(clients, plan).await)))),
    }
}

fn admit(input: &serde_json::Value, execution: Execution) -> Result<Admitted, StepError> {
    let plan = Plan::from_input(input).map_err(|mistakes| StepError::InvalidInput(mistakes.to_string()))?;
    let Execution {
        id: execution_arn,
        name: id,
        start_time: started_at,
    } = execution;
    Ok(Admitted {
        plan,
        migration: Migration {
            id,
            execution_arn,
            started_at,
        },
    })
}

/// Looks at both sides at once.
async fn gather(clients: &Clients, plan: Plan) -> Facts {
    let (source, target) = tokio::join!(
        engine::gather_source(&plan, SOURCE_LIMIT),
        gather_target(clients, &plan)
    );
    Facts {
        now: clock::now(),
        source,
        target,
        plan,
    }
}

async fn gather_target(clients: &Clients, plan: &Plan) -> TargetFacts {
    let group = match clients.elasticache.group(&plan.replication_group_id).await {
        Ok(Some(group)) => group,
        Ok(None) => return nothing_known(Observed::Known(None), "there is no such group"),
        Err(error) => {
            return nothing_known(
                Observed::Unknown(error.to_string()),
                "the group was not described",
            );
        }
    };
    let clusters = Observed::from(clients.elasticache.cache_clusters(&group).await);
    let mut shards = vec![];
    for shard in &group.shards {
        let info = engine::observe(shard.primary.as_ref()).await;
        shards.push(TargetShard {
            shard: shard.id.clone(),
            info,
        });
    }
    TargetFacts {
        group: Observed::Known(Some(group)),
        clusters,
        shards,
    }
}

fn nothing_known(group: Observed<Option<domain::target::ReplicationGroup>>, why: &str) -> TargetFacts {
    TargetFacts {
        group,
        clusters: Observed::Unknown(why.to_owned()),
        shards: vec![],
    }
}
