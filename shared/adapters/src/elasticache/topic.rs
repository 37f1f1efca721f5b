//! The notification topic of a group: read from its cache clusters, changed on the group. The topic's ARN is always given:
//! without one AWS's page warns that the setting is made for all groups in the Region.
//! Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ECEvents.SNS.html>.

use super::ElastiCache;
use super::describe::notification_of;
use crate::aws::step_error;
use domain::target::{Notification, ReplicationGroup};
use domain::{ReplicationGroupId, StepError};

impl ElastiCache {
    /// The topic that a group publishes to; none where its clusters show none.
    ///
    /// # Errors
    /// Where AWS does not answer or refuses.
    pub async fn topic(&self, group: &ReplicationGroup) -> Result<Option<Notification>, StepError> {
        // Members of a group have the group's topic, so the first that is there tells it.
        let Some(id) = group.member_clusters.first() else {
            return Ok(None);
        };
        let answer = self
            .client
            .describe_cache_clusters()
            .cache_cluster_id(id)
            .send()
            .await
            .map_err(|error| step_error("elasticache:DescribeCacheClusters", &error))?;
        let shown = answer
            .cache_clusters()
            .first()
            .and_then(|cluster| cluster.notification_configuration());
        Ok(shown.and_then(notification_of))
    }

    /// Sets the topic of a group; the group is `modifying` for a while.
    /// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyReplicationGroup.html>.
    ///
    /// # Errors
    /// [`StepError::Transient`] where something is under way on the group; else where AWS does not answer or refuses.
    pub async fn set_topic(&self, id: &ReplicationGroupId, topic: &Notification) -> Result<(), StepError> {
        const CALL: &str = "elasticache:ModifyReplicationGroup";
        let status = if topic.is_active() { "active" } else { "inactive" };
        let request = self
            .client
            .modify_replication_group()
            .replication_group_id(id.as_str())
            .notification_topic_arn(&topic.topic_arn)
            .notification_topic_status(status)
            .apply_immediately(true);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(fault) if fault.is_invalid_replication_group_state_fault() => {
                    Err(StepError::Transient(format!("{CALL}: {fault}")))
                }
                _ => Err(step_error(CALL, &error)),
            },
        }
    }
}
