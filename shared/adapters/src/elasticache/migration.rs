//! TestMigration, StartMigration, CompleteMigration. AWS has no idempotency token here: "already under migration" and
//! "not under migration" are answers that the caller has to look into, so they are values and not errors.

use super::ElastiCache;
use crate::aws::step_error;
use aws_sdk_elasticache::operation::RequestId;
use aws_sdk_elasticache::types::CustomerNodeEndpoint;
use domain::{Endpoint, ReplicationGroupId, StepError};

/// AWS took the request.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// AWS's id of the request.
    pub request_id: Option<String>,
}

/// AWS took the request, or says that the group is in the other state already.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// Taken.
    None(Accepted),
    /// For a start: the group is under migration. For a completion: it is not.
    OtherState,
}

impl ElastiCache {
    /// Asks AWS to test the setup. Asynchronous: the answer is an event.
    ///
    /// # Errors
    /// Where AWS does not answer or refuses.
    pub async fn test_migration(
        &self,
        id: &ReplicationGroupId,
        source: &Endpoint,
    ) -> Result<Refusal, StepError> {
        let sent = self
            .client
            .test_migration()
            .replication_group_id(id.as_str())
            .customer_node_endpoint_list(node(source))
            .send()
            .await;
        match sent {
            Ok(answer) => Ok(Refusal::None(Accepted {
                request_id: answer.request_id().map(str::to_owned),
            })),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|e| e.is_replication_group_already_under_migration_fault()) =>
            {
                Ok(Refusal::OtherState)
            }
            Err(error) => Err(step_error("elasticache:TestMigration", &error)),
        }
    }

    /// Starts the migration: the target empties itself and follows the source.
    ///
    /// # Errors
    /// Where AWS does not answer or refuses.
    pub async fn start_migration(
        &self,
        id: &ReplicationGroupId,
        source: &Endpoint,
    ) -> Result<Refusal, StepError> {
        let sent = self
            .client
            .start_migration()
            .replication_group_id(id.as_str())
            .customer_node_endpoint_list(node(source))
            .send()
            .await;
        match sent {
            Ok(answer) => Ok(Refusal::None(Accepted {
                request_id: answer.request_id().map(str::to_owned),
            })),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|e| e.is_replication_group_already_under_migration_fault()) =>
            {
                Ok(Refusal::OtherState)
            }
            Err(error) => Err(step_error("elasticache:StartMigration", &error)),
        }
    }

    /// Completes the migration; AWS refuses by an event where the data is not in sync.
    ///
    /// # Errors
    /// Where AWS does not answer or refuses.
    pub async fn complete_migration(&self, id: &ReplicationGroupId) -> Result<Refusal, StepError> {
        self.complete(id, None).await
    }

    /// Gives the migration up (`Force`): the target stops following, in sync or not, and keeps what it has. The only use
    /// of `Force` in this product.
    ///
    /// # Errors
    /// Where AWS does not answer or refuses.
    pub async fn abort_migration(&self, id: &ReplicationGroupId) -> Result<Refusal, StepError> {
        self.complete(id, Some(true)).await
    }

    async fn complete(&self, id: &ReplicationGroupId, force: Option<bool>) -> Result<Refusal, StepError> {
        let sent = self
            .client
            .complete_migration()
            .replication_group_id(id.as_str())
            .set_force(force)
            .send()
            .await;
        match sent {
            Ok(answer) => Ok(Refusal::None(Accepted {
                request_id: answer.request_id().map(str::to_owned),
            })),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|e| e.is_replication_group_not_under_migration_fault()) =>
            {
                Ok(Refusal::OtherState)
            }
            Err(error) => Err(step_error("elasticache:CompleteMigration", &error)),
        }
    }
}

/// AWS takes exactly one endpoint, cluster mode or not.
fn node(source: &Endpoint) -> CustomerNodeEndpoint {
    CustomerNodeEndpoint::builder()
        .address(&source.address)
        .port(i32::from(source.port))
        .build()
}
