//! TestMigration, StartMigration, CompleteMigration. AWS has no idempotency token here: "already under migration", "not
//! under migration" and "not in the right state" may all be the echo of our own earlier try, so they are values that the
//! caller looks into, and not errors. Sources: the pages of each call in AWS's API reference, named below.

use super::ElastiCache;
use crate::aws::step_error;
use aws_sdk_elasticache::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_elasticache::operation::RequestId;
use aws_sdk_elasticache::operation::complete_migration::CompleteMigrationError;
use aws_sdk_elasticache::operation::start_migration::StartMigrationError;
use aws_sdk_elasticache::operation::test_migration::TestMigrationError;
use aws_sdk_elasticache::types::CustomerNodeEndpoint;
use domain::{Endpoint, ReplicationGroupId, StepError};
use std::error::Error;

/// What AWS said to a request. A refusal that is here is one of the errors that
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_StartMigration.html> and
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CompleteMigration.html> list.
#[derive(Clone, Debug)]
pub enum Answer {
    /// It took the request.
    Accepted {
        /// AWS's id of the request, for a support case.
        request_id: Option<String>,
    },
    /// For a test or a start: the group is under migration (`ReplicationGroupAlreadyUnderMigrationFault`). For a
    /// completion: it is not (`ReplicationGroupNotUnderMigrationFault`).
    OtherState,
    /// The group is not in a state for this: something is under way on it (`InvalidReplicationGroupState`). AWS's words.
    Busy(String),
}

impl ElastiCache {
    /// Asks AWS to test the setup; no data is moved. Asynchronous: the answer is an event, whose text is not documented.
    /// Sources: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_TestMigration.html>,
    /// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Migration-Test.html>.
    ///
    /// # Errors
    /// Where AWS does not answer or refuses.
    pub async fn test_migration(
        &self,
        id: &ReplicationGroupId,
        source: &Endpoint,
    ) -> Result<Answer, StepError> {
        let request = self
            .client
            .test_migration()
            .replication_group_id(id.as_str())
            .customer_node_endpoint_list(node(source));
        answer(
            "elasticache:TestMigration",
            request.send().await,
            TestMigrationError::is_replication_group_already_under_migration_fault,
            TestMigrationError::is_invalid_replication_group_state_fault,
        )
    }

    /// Starts the migration: the target empties itself and follows the source.
    /// Sources: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_StartMigration.html>,
    /// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Migration-Initiate.html>; that a full sync empties a
    /// replica: `src/replication.c`.
    ///
    /// # Errors
    /// Where AWS does not answer or refuses.
    pub async fn start_migration(
        &self,
        id: &ReplicationGroupId,
        source: &Endpoint,
    ) -> Result<Answer, StepError> {
        let request = self
            .client
            .start_migration()
            .replication_group_id(id.as_str())
            .customer_node_endpoint_list(node(source));
        answer(
            "elasticache:StartMigration",
            request.send().await,
            StartMigrationError::is_replication_group_already_under_migration_fault,
            StartMigrationError::is_invalid_replication_group_state_fault,
        )
    }

    /// Completes the migration; AWS refuses by an event where the data is not in sync.
    /// Sources: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CompleteMigration.html>,
    /// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Migration-Complete.html>.
    ///
    /// # Errors
    /// Where AWS does not answer or refuses.
    pub async fn complete_migration(&self, id: &ReplicationGroupId) -> Result<Answer, StepError> {
        self.complete(id, None).await
    }

    /// Gives the migration up (`Force`): the target stops following, in sync or not, and keeps what it has. The only use
    /// of `Force` in this product.
    /// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CompleteMigration.html>.
    ///
    /// # Errors
    /// Where AWS does not answer or refuses.
    pub async fn abort_migration(&self, id: &ReplicationGroupId) -> Result<Answer, StepError> {
        self.complete(id, Some(true)).await
    }

    async fn complete(&self, id: &ReplicationGroupId, force: Option<bool>) -> Result<Answer, StepError> {
        let request = self
            .client
            .complete_migration()
            .replication_group_id(id.as_str())
            .set_force(force);
        answer(
            "elasticache:CompleteMigration",
            request.send().await,
            CompleteMigrationError::is_replication_group_not_under_migration_fault,
            CompleteMigrationError::is_invalid_replication_group_state_fault,
        )
    }
}

/// What AWS said. The model gives each call an error type of its own, with the same two questions.
fn answer<O, E, R>(
    call: &str,
    answer: Result<O, SdkError<E, R>>,
    in_other_state: fn(&E) -> bool,
    busy: fn(&E) -> bool,
) -> Result<Answer, StepError>
where
    O: RequestId,
    E: ProvideErrorMetadata + Error + 'static,
    R: std::fmt::Debug + 'static,
{
    match answer {
        Ok(answer) => Ok(Answer::Accepted {
            request_id: answer.request_id().map(str::to_owned),
        }),
        Err(error) => match error.as_service_error() {
            Some(fault) if in_other_state(fault) => Ok(Answer::OtherState),
            Some(fault) if busy(fault) => Ok(Answer::Busy(fault.to_string())),
            _ => Err(step_error(call, &error)),
        },
    }
}

/// AWS takes exactly one endpoint, cluster mode or not.
/// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Migration-Initiate.html>.
fn node(source: &Endpoint) -> CustomerNodeEndpoint {
    CustomerNodeEndpoint::builder()
        .address(&source.address)
        .port(i32::from(source.port))
        .build()
}
