//! Step `Rehearse`: TestMigration. Step `Start`: StartMigration.
//!
//! Changes the replication group: a start empties the target and makes it follow the source. Twice is safe: a group that
//! is busy or under migration already is looked into, and if its start event names our source it is our own earlier try.
//! A rehearsal changes nothing and is not looked into: one that finds the group busy waits for what is under way.

use adapters::elasticache::{Answer, ElastiCache};
use adapters::{aws, clock};
use domain::contract::start::{Input, Requested, Step};
use domain::plan::{Mode, Plan};
use domain::preflight::ReportVerdict;
use domain::progress::{Rehearsal, RehearsalOutcome, Stage, StageName};
use domain::target::EventKind;
use domain::{ErrorClass, StepError};
use jiff::{SignedDuration, Timestamp};

/// What this function may call.
#[derive(Debug)]
pub struct Clients {
    elasticache: ElastiCache,
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
/// [`StepError::NotOurs`] where the group is under a migration that this one did not start; else what AWS answered.
pub async fn handle(clients: &Clients, input: Input) -> Result<Requested, StepError> {
    let Input {
        step,
        plan,
        migration,
    } = input;
    let (group, source) = (&plan.replication_group_id, &plan.source);
    let requested_at = clock::now();
    let (name, answer) = match step {
        Step::Rehearse => match clients.elasticache.test_migration(group, source).await {
            Ok(answer) => (StageName::Rehearsal, answer),
            Err(why) => return refused(plan.mode, requested_at, why),
        },
        Step::Start => (
            StageName::Sync,
            clients.elasticache.start_migration(group, source).await?,
        ),
    };
    let stage = |since| Stage {
        name,
        since,
        watermark: watermark(since),
    };
    match (step, answer) {
        (_, Answer::Accepted { request_id }) => Ok(Requested {
            stage: stage(requested_at),
            request_id,
            was_under_way: false,
            refused: None,
        }),
        (Step::Rehearse, Answer::Busy(_)) => Ok(Requested {
            stage: stage(requested_at),
            request_id: None,
            was_under_way: true,
            refused: None,
        }),
        (_, Answer::OtherState) => {
            let refusal = || {
                StepError::NotOurs(format!(
                    "{group} is under a migration that this execution did not start"
                ))
            };
            let started_at = our_start(clients, &plan, migration.started_at)
                .await?
                .ok_or_else(refusal)?;
            Ok(Requested {
                stage: stage(started_at),
                request_id: None,
                was_under_way: true,
                refused: None,
            })
        }
        (Step::Start, Answer::Busy(words)) => {
            let refusal = || StepError::Precondition(format!("elasticache:StartMigration: {words}"));
            let started_at = our_start(clients, &plan, migration.started_at)
                .await?
                .ok_or_else(refusal)?;
            Ok(Requested {
                stage: stage(started_at),
                request_id: None,
                was_under_way: true,
                refused: None,
            })
        }
    }
}

/// A refusal is what an assessment wanted to know: it is its result. To a migration, and where AWS merely was not to be
/// had, it is the error that it is.
fn refused(mode: Mode, at: Timestamp, why: StepError) -> Result<Requested, StepError> {
    if mode != Mode::Assess || why.class() != ErrorClass::Precondition {
        return Err(why);
    }
    Ok(Requested {
        stage: Stage {
            name: StageName::Rehearsal,
            since: at,
            watermark: watermark(at),
        },
        request_id: None,
        was_under_way: false,
        refused: Some(Rehearsal {
            outcome: RehearsalOutcome::Failed,
            evidence: format!("AWS refused the rehearsal: {why}"),
            verdict: ReportVerdict::MustNotStart,
        }),
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

    #[test]
    fn a_refused_rehearsal_is_an_assessments_result_and_a_migrations_error() {
        let denied =
            || StepError::AccessDenied("elasticache:TestMigration: AccessDenied: not authorized".to_owned());
        let at = Timestamp::UNIX_EPOCH;
        let result = refused(Mode::Assess, at, denied())
            .expect("a result")
            .refused
            .expect("the refusal");
        assert_eq!(
            (result.outcome, result.verdict),
            (RehearsalOutcome::Failed, ReportVerdict::MustNotStart)
        );
        assert!(result.evidence.contains("TestMigration"), "{}", result.evidence);
        assert_eq!(
            refused(Mode::Migrate, at, denied()).expect_err("an error"),
            denied()
        );
    }

    #[test]
    fn an_api_that_was_not_to_be_had_is_tried_again_and_is_no_result() {
        let throttled = StepError::Transient("elasticache:TestMigration: Throttling".to_owned());
        let error = refused(Mode::Assess, Timestamp::UNIX_EPOCH, throttled.clone()).expect_err("an error");
        assert_eq!(error, throttled);
    }
}
