//! Step `Rehearse`: TestMigration. Step `Start`: StartMigration. And around them, in `topic`, the group's notification
//! topic: the only function that may call ModifyReplicationGroup, and for nothing else. EventBridge tells it of executions
//! that were stopped, ran out of time or died, whose topic it puts back.
//!
//! Changes the replication group: a start empties the target and makes it follow the source. Twice is safe: a group that
//! is busy or under migration already is looked into, and if its start event names our source it is our own earlier try.
//! A rehearsal changes nothing and is not looked into: one that finds the group busy waits for what is under way.

mod topic;

use adapters::config::{ConfigError, StartConfig};
use adapters::elasticache::{Answer, ElastiCache};
use adapters::step_functions::Migrations;
use adapters::{aws, clock};
use domain::contract::Migration;
use domain::contract::start::{Input, Requested, Step, TopicChange};
use domain::cutover::StatusChange;
use domain::plan::{Mode, Plan};
use domain::preflight::ReportVerdict;
use domain::progress::{Rehearsal, RehearsalOutcome, Stage, StageName};
use domain::target::{EventKind, TopicPlan};
use domain::{ErrorClass, StepError};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;

/// What this function may call.
#[derive(Debug)]
pub struct Clients {
    elasticache: ElastiCache,
    migrations: Migrations,
    topic_arn: String,
}

/// What it answers, by step.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Output {
    /// To `Rehearse` and `Start`.
    Requested(Requested),
    /// To `LookAtTopic`.
    Topic(TopicPlan),
    /// To `SetTopic` and `RestoreTopic`.
    TopicChange(TopicChange),
}

impl Clients {
    /// Builds the clients once per sandbox.
    ///
    /// # Errors
    /// Where the environment lacks the topic's ARN.
    pub async fn new() -> Result<Clients, ConfigError> {
        let config = StartConfig::from_env()?;
        let aws = aws::config().await;
        Ok(Clients {
            elasticache: ElastiCache::new(&aws),
            migrations: Migrations::new(&aws, config.state_machine_arn),
            topic_arn: config.elasticache_topic_arn,
        })
    }
}

/// AWS's clock and ours may differ by a moment: events count from a little before the request.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(2);

/// Answers one invocation.
///
/// # Errors
/// [`StepError::NotOurs`] where the group is under a migration that this one did not start; else what AWS answered.
pub async fn handle(clients: &Clients, event: Value) -> Result<Output, StepError> {
    let unreadable = |error| StepError::Bug(format!("this function cannot read what it was given: {error}"));
    if event.get("detail-type").is_some() {
        let change: StatusChange = serde_json::from_value(event).map_err(unreadable)?;
        let restored = topic::restore_after(clients, &change.detail).await?;
        return Ok(Output::TopicChange(restored));
    }
    let Input {
        step,
        plan,
        migration,
        topic,
    } = serde_json::from_value(event).map_err(unreadable)?;
    match step {
        Step::LookAtTopic => topic::look(clients, &plan).await.map(Output::Topic),
        Step::SetTopic => {
            let topic = topic.ok_or_else(|| StepError::Bug("SetTopic got no topic".to_owned()))?;
            topic::set(clients, &plan, &topic).await.map(Output::TopicChange)
        }
        Step::RestoreTopic => topic::restore(clients, &plan, topic.as_ref())
            .await
            .map(Output::TopicChange),
        Step::Rehearse => rehearse(clients, &plan, &migration).await.map(Output::Requested),
        Step::Start => start(clients, &plan, &migration).await.map(Output::Requested),
    }
}

async fn rehearse(clients: &Clients, plan: &Plan, migration: &Migration) -> Result<Requested, StepError> {
    let (group, requested_at) = (&plan.replication_group_id, clock::now());
    let answer = match clients.elasticache.test_migration(group, &plan.source).await {
        Ok(answer) => answer,
        Err(why) => return refused(plan.mode, requested_at, migration, why),
    };
    match answer {
        Answer::Accepted { request_id } => Ok(requested(
            StageName::Rehearsal,
            requested_at,
            migration,
            request_id,
        )),
        Answer::Busy(_) => Ok(under_way(StageName::Rehearsal, requested_at, migration)),
        Answer::OtherState => {
            let started_at = our_start(clients, plan, migration.started_at)
                .await?
                .ok_or_else(|| not_ours(plan))?;
            Ok(under_way(StageName::Rehearsal, started_at, migration))
        }
    }
}

async fn start(clients: &Clients, plan: &Plan, migration: &Migration) -> Result<Requested, StepError> {
    let (group, requested_at) = (&plan.replication_group_id, clock::now());
    let refusal = match clients.elasticache.start_migration(group, &plan.source).await? {
        Answer::Accepted { request_id } => {
            return Ok(requested(StageName::Sync, requested_at, migration, request_id));
        }
        Answer::OtherState => not_ours(plan),
        Answer::Busy(words) => StepError::Precondition(format!("elasticache:StartMigration: {words}")),
    };
    let started_at = our_start(clients, plan, migration.started_at)
        .await?
        .ok_or(refusal)?;
    Ok(under_way(StageName::Sync, started_at, migration))
}

fn not_ours(plan: &Plan) -> StepError {
    StepError::NotOurs(format!(
        "{} is under a migration that this execution did not start",
        plan.replication_group_id
    ))
}

fn requested(
    name: StageName,
    since: Timestamp,
    migration: &Migration,
    request_id: Option<String>,
) -> Requested {
    Requested {
        stage: stage(name, since, migration),
        request_id,
        was_under_way: false,
        refused: None,
    }
}

fn under_way(name: StageName, since: Timestamp, migration: &Migration) -> Requested {
    Requested {
        was_under_way: true,
        ..requested(name, since, migration, None)
    }
}

/// Events count from a little before the request, and never from before this migration: what an earlier one left a moment
/// before is not ours.
fn stage(name: StageName, since: Timestamp, migration: &Migration) -> Stage {
    Stage {
        name,
        since,
        watermark: watermark(since).max(migration.started_at),
    }
}

/// A refusal is what an assessment wanted to know: it is its result. To a migration, and where AWS merely was not to be
/// had, it is the error that it is.
fn refused(mode: Mode, at: Timestamp, migration: &Migration, why: StepError) -> Result<Requested, StepError> {
    if mode != Mode::Assess || why.class() != ErrorClass::Precondition {
        return Err(why);
    }
    Ok(Requested {
        refused: Some(Rehearsal {
            outcome: RehearsalOutcome::Failed,
            evidence: format!("AWS refused the rehearsal: {why}"),
            verdict: ReportVerdict::MustNotStart,
        }),
        ..requested(StageName::Rehearsal, at, migration, None)
    })
}

/// When our own earlier try started the migration that the group is under; none where no start event since this
/// migration began names its source.
async fn our_start(clients: &Clients, plan: &Plan, since: Timestamp) -> Result<Option<Timestamp>, StepError> {
    let events = clients
        .elasticache
        .events(&plan.replication_group_id, watermark(since))
        .await?;
    let ours = events.iter().rev().find(|event| match event.kind() {
        EventKind::Started { address, port } => {
            address == plan.source.address && port == plan.source.port.to_string()
        }
        _ => false,
    });
    Ok(ours.map(|event| event.at))
}

fn watermark(at: Timestamp) -> Timestamp {
    at.checked_sub(CLOCK_SKEW).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migration() -> Migration {
        Migration {
            id: "m".to_owned(),
            execution_arn: "arn:aws:states:us-east-1:123456789012:execution:m:m".to_owned(),
            started_at: Timestamp::UNIX_EPOCH,
            generation: 1,
        }
    }

    #[test]
    fn a_refused_rehearsal_is_an_assessments_result_and_a_migrations_error() {
        let denied =
            || StepError::AccessDenied("elasticache:TestMigration: AccessDenied: not authorized".to_owned());
        let at = Timestamp::UNIX_EPOCH;
        let result = refused(Mode::Assess, at, &migration(), denied())
            .expect("a result")
            .refused
            .expect("the refusal");
        assert_eq!(
            (result.outcome, result.verdict),
            (RehearsalOutcome::Failed, ReportVerdict::MustNotStart)
        );
        assert!(result.evidence.contains("TestMigration"), "{}", result.evidence);
        assert_eq!(
            refused(Mode::Migrate, at, &migration(), denied()).expect_err("an error"),
            denied()
        );
    }

    #[test]
    fn an_api_that_was_not_to_be_had_is_tried_again_and_is_no_result() {
        let throttled = StepError::Transient("elasticache:TestMigration: Throttling".to_owned());
        let error = refused(
            Mode::Assess,
            Timestamp::UNIX_EPOCH,
            &migration(),
            throttled.clone(),
        )
        .expect_err("an error");
        assert_eq!(error, throttled);
    }
}
