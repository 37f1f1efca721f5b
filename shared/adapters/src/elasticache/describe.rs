//! The describe calls. What a field means: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReplicationGroup.html>,
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CacheCluster.html>.

use super::{ElastiCache, pending};
use crate::aws::step_error;
use aws_sdk_elasticache::types::{self, AutomaticFailoverStatus, DataTieringStatus, MultiAzStatus};
use domain::engine::EngineVersion;
use domain::target::{CacheCluster, GroupStatus, Node, Notification, ReplicationGroup, Resharding, Shard};
use domain::{Endpoint, ReplicationGroupId, ShardId, StepError};
use std::collections::BTreeMap;

/// Up to so many members are asked for one by one, a call each. An assumption: more cost more calls than the whole list.
const ONE_BY_ONE: usize = 4;

/// The most cache clusters that AWS gives in one answer.
/// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeCacheClusters.html>.
const PAGE: i32 = 100;

const DESCRIBE_CLUSTERS: &str = "elasticache:DescribeCacheClusters";

impl ElastiCache {
    /// The group; none where there is no such group.
    /// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeReplicationGroups.html>.
    ///
    /// # Errors
    /// Where AWS does not answer or refuses.
    pub async fn group(&self, id: &ReplicationGroupId) -> Result<Option<ReplicationGroup>, StepError> {
        const CALL: &str = "elasticache:DescribeReplicationGroups";
        match self
            .client
            .describe_replication_groups()
            .replication_group_id(id.as_str())
            .send()
            .await
        {
            Ok(answer) => match answer.replication_groups().first() {
                Some(group) => Ok(Some(group_of(id, group))),
                None => Ok(None),
            },
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|e| e.is_replication_group_not_found_fault()) =>
            {
                Ok(None)
            }
            Err(error) => Err(step_error(CALL, &error)),
        }
    }

    /// The cache clusters of a group: only they tell the engine's version. AWS lists clusters by their own id or all of
    /// them: few are asked for one by one, more are picked out of the whole list, a hundred a call.
    /// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeCacheClusters.html>.
    ///
    /// # Errors
    /// Where AWS does not answer or refuses.
    pub async fn cache_clusters(&self, group: &ReplicationGroup) -> Result<Vec<CacheCluster>, StepError> {
        if group.member_clusters.len() <= ONE_BY_ONE {
            self.clusters_by_id(&group.member_clusters).await
        } else {
            self.clusters_of_group(group).await
        }
    }

    async fn clusters_by_id(&self, ids: &[String]) -> Result<Vec<CacheCluster>, StepError> {
        let mut clusters = vec![];
        for id in ids {
            let answer = self
                .client
                .describe_cache_clusters()
                .cache_cluster_id(id)
                .show_cache_node_info(true)
                .send()
                .await
                .map_err(|error| step_error(DESCRIBE_CLUSTERS, &error))?;
            clusters.extend(answer.cache_clusters().iter().map(cluster_of));
        }
        Ok(clusters)
    }

    async fn clusters_of_group(&self, group: &ReplicationGroup) -> Result<Vec<CacheCluster>, StepError> {
        let mut pages = self
            .client
            .describe_cache_clusters()
            .show_cache_node_info(true)
            .max_records(PAGE)
            .into_paginator()
            .items()
            .send();
        let mut clusters = vec![];
        while let Some(cluster) = pages.next().await {
            let cluster = cluster.map_err(|error| step_error(DESCRIBE_CLUSTERS, &error))?;
            if cluster.replication_group_id() == Some(group.id.as_str()) {
                clusters.push(cluster_of(&cluster));
            }
            if clusters.len() == group.member_clusters.len() {
                break;
            }
        }
        Ok(clusters)
    }
}

impl ElastiCache {
    /// Where each of the group's nodes answers, by cache cluster id. In cluster mode only DescribeCacheClusters tells,
    /// for a whole page of clusters at once or for one.
    /// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_NodeGroupMember.html>.
    ///
    /// # Errors
    /// Where AWS does not answer or refuses.
    pub async fn node_endpoints(
        &self,
        group: &ReplicationGroup,
    ) -> Result<BTreeMap<String, Endpoint>, StepError> {
        let endpoints = group.node_endpoints(&[]);
        if !group.cluster_enabled || group.member_clusters.iter().all(|id| endpoints.contains_key(id)) {
            return Ok(endpoints);
        }
        Ok(group.node_endpoints(&self.cache_clusters(group).await?))
    }
}

/// A resharding that is under way. `f64 as u8` takes what is outside 0 to 255 to the nearer end; what is above 100 is no
/// percentage.
/// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReplicationGroupPendingModifiedValues.html>.
fn resharding_of(group: &types::ReplicationGroup) -> Option<Resharding> {
    let resharding = group.pending_modified_values()?.resharding()?;
    Some(Resharding {
        percent: resharding
            .slot_migration()
            .and_then(|migration| migration.progress_percentage())
            .map(|percent| percent as u8)
            .filter(|percent| *percent <= 100),
    })
}

fn group_of(id: &ReplicationGroupId, group: &types::ReplicationGroup) -> ReplicationGroup {
    ReplicationGroup {
        id: id.clone(),
        status: GroupStatus::from(group.status().unwrap_or("not told").to_owned()),
        engine: group.engine().map(str::to_owned),
        shards: group.node_groups().iter().map(shard_of).collect(),
        configuration_endpoint: group.configuration_endpoint().and_then(endpoint_of),
        cluster_enabled: group.cluster_enabled().unwrap_or(false),
        multi_az: group.multi_az() == Some(&MultiAzStatus::Enabled),
        automatic_failover: group.automatic_failover() == Some(&AutomaticFailoverStatus::Enabled),
        transit_encryption: group.transit_encryption_enabled().unwrap_or(false),
        auth_token: group.auth_token_enabled().unwrap_or(false),
        transit_encryption_mode: group
            .transit_encryption_mode()
            .map(|mode| mode.as_str().to_owned()),
        at_rest_encryption: group.at_rest_encryption_enabled().unwrap_or(false),
        user_groups: group.user_group_ids().to_vec(),
        global_datastore: group
            .global_replication_group_info()
            .and_then(|info| info.global_replication_group_id())
            .map(str::to_owned),
        data_tiering: group.data_tiering() == Some(&DataTieringStatus::Enabled),
        node_type: group.cache_node_type().map(str::to_owned),
        cluster_mode: group.cluster_mode().map(|mode| mode.as_str().to_owned()),
        durability: group
            .effective_durability()
            .map(|durability| durability.as_str())
            .or_else(|| group.durability().map(|durability| durability.as_str()))
            .map(str::to_owned),
        network_type: group.network_type().map(|network| network.as_str().to_owned()),
        on_outpost: group
            .member_clusters_outpost_arns()
            .iter()
            .any(|arn| !arn.is_empty()),
        snapshot_window: group.snapshot_window().map(str::to_owned),
        snapshot_retention: group
            .snapshot_retention_limit()
            .and_then(|days| u32::try_from(days).ok())
            .unwrap_or(0),
        pending: group
            .pending_modified_values()
            .map(pending::of_group)
            .unwrap_or_default(),
        member_clusters: group.member_clusters().to_vec(),
        resharding: resharding_of(group),
    }
}

fn shard_of(shard: &types::NodeGroup) -> Shard {
    Shard {
        id: ShardId(shard.node_group_id().unwrap_or("?").to_owned()),
        primary: shard.primary_endpoint().and_then(endpoint_of),
        reader: shard.reader_endpoint().and_then(endpoint_of),
        slots: shard.slots().map(str::to_owned),
        nodes: shard
            .node_group_members()
            .iter()
            .map(|node| Node {
                cache_cluster_id: node.cache_cluster_id().unwrap_or("?").to_owned(),
                role: node.current_role().map(str::to_owned),
                endpoint: node.read_endpoint().and_then(endpoint_of),
            })
            .collect(),
    }
}

fn cluster_of(cluster: &types::CacheCluster) -> CacheCluster {
    let (engine, version) = (
        cluster.engine().unwrap_or("?"),
        cluster.engine_version().unwrap_or("?"),
    );
    CacheCluster {
        id: cluster.cache_cluster_id().unwrap_or("?").to_owned(),
        version: EngineVersion::from_elasticache(engine, version),
        version_text: format!("{engine} {version}"),
        parameter_group: cluster
            .cache_parameter_group()
            .and_then(|group| group.cache_parameter_group_name())
            .map(str::to_owned),
        endpoint: cluster
            .cache_nodes()
            .first()
            .and_then(|node| node.endpoint())
            .and_then(endpoint_of),
        status: cluster.cache_cluster_status().map(str::to_owned),
        node_type: cluster.cache_node_type().map(str::to_owned),
        maintenance_window: cluster.preferred_maintenance_window().map(str::to_owned),
        notification: cluster.notification_configuration().and_then(notification_of),
        subnet_group: cluster.cache_subnet_group_name().map(str::to_owned),
        security_groups: cluster
            .security_groups()
            .iter()
            .filter_map(|group| group.security_group_id())
            .map(str::to_owned)
            .collect(),
        pending: cluster
            .pending_modified_values()
            .map(pending::of_cluster)
            .unwrap_or_default(),
    }
}

fn endpoint_of(endpoint: &types::Endpoint) -> Option<Endpoint> {
    let port = u16::try_from(endpoint.port()?).ok()?;
    Endpoint::new(endpoint.address()?, port).ok()
}

/// Where events go; none where AWS names no topic.
pub(super) fn notification_of(topic: &types::NotificationConfiguration) -> Option<Notification> {
    Some(Notification {
        topic_arn: topic.topic_arn()?.to_owned(),
        status: topic.topic_status().unwrap_or("not told").to_owned(),
    })
}
