//! A replication group as DescribeReplicationGroups and DescribeCacheClusters show it. Sources:
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReplicationGroup.html>,
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CacheCluster.html>; what cluster mode does not tell:
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_NodeGroup.html>,
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_NodeGroupMember.html>.

use crate::engine::EngineVersion;
use crate::{Endpoint, ReplicationGroupId, ShardId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// `ReplicationGroup.Status`. AWS's list omits `migrating`, and more may come: what is not known is kept and counts as
/// busy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum GroupStatus {
    /// Nothing is under way.
    Available,
    /// A change is under way; a migration begins and ends with it.
    Modifying,
    /// It follows the source.
    Migrating,
    /// Any other word of AWS's.
    Other(String),
}

impl From<String> for GroupStatus {
    fn from(text: String) -> Self {
        match text.as_str() {
            "available" => GroupStatus::Available,
            "modifying" => GroupStatus::Modifying,
            "migrating" => GroupStatus::Migrating,
            _ => GroupStatus::Other(text),
        }
    }
}

impl From<GroupStatus> for String {
    fn from(status: GroupStatus) -> String {
        status.to_string()
    }
}

impl GroupStatus {
    /// What a group that AWS no longer knows is called: the word that AWS's own waiters use, though no answer holds it.
    #[must_use]
    pub fn deleted() -> GroupStatus {
        GroupStatus::Other("deleted".to_owned())
    }

    /// Whether the group is gone or on its way out. Nothing brings it back.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        matches!(self, GroupStatus::Other(word) if word == "deleted" || word == "deleting")
    }
}

impl fmt::Display for GroupStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            GroupStatus::Available => "available",
            GroupStatus::Modifying => "modifying",
            GroupStatus::Migrating => "migrating",
            GroupStatus::Other(text) => text,
        })
    }
}

/// The group, as far as a migration needs to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicationGroup {
    /// Its id.
    pub id: ReplicationGroupId,
    /// What it is doing.
    pub status: GroupStatus,
    /// `redis` or `valkey`, as AWS spells it; absent in answers of old API versions.
    pub engine: Option<String>,
    /// Its node groups.
    pub shards: Vec<Shard>,
    /// Cluster mode's one address for clients.
    pub configuration_endpoint: Option<Endpoint>,
    /// `ClusterEnabled`.
    pub cluster_enabled: bool,
    /// `MultiAZ` is `enabled`.
    pub multi_az: bool,
    /// `AutomaticFailover` is `enabled`.
    pub automatic_failover: bool,
    /// `TransitEncryptionEnabled`.
    pub transit_encryption: bool,
    /// `AuthTokenEnabled`.
    pub auth_token: bool,
    /// `TransitEncryptionMode`: `preferred` or `required`.
    pub transit_encryption_mode: Option<String>,
    /// `AtRestEncryptionEnabled`.
    pub at_rest_encryption: bool,
    /// `UserGroupIds`: role-based access control.
    pub user_groups: Vec<String>,
    /// The id of the global datastore that the group is part of.
    pub global_datastore: Option<String>,
    /// `DataTiering` is `enabled`.
    pub data_tiering: bool,
    /// `CacheNodeType`, such as `cache.r7g.large`.
    pub node_type: Option<String>,
    /// `ClusterMode`: `enabled`, `disabled` or `compatible`.
    pub cluster_mode: Option<String>,
    /// `EffectiveDurability`, or `Durability` where AWS gives only that: `disabled`, `async` or `sync`.
    pub durability: Option<String>,
    /// `NetworkType`: `ipv4`, `ipv6` or `dual_stack`.
    pub network_type: Option<String>,
    /// Whether a member stands on an Outpost.
    pub on_outpost: bool,
    /// `SnapshotWindow`, such as `05:00-09:00`, in UTC.
    pub snapshot_window: Option<String>,
    /// For how many days AWS keeps the daily snapshot; 0 takes none.
    pub snapshot_retention: u32,
    /// What `PendingModifiedValues` holds, one change an entry, such as `TransitEncryptionEnabled=false`.
    pub pending: Vec<String>,
    /// The ids of its cache clusters: one node each.
    pub member_clusters: Vec<String>,
    /// A resharding that is under way. A migration in cluster mode begins with one where the target's slots differ from
    /// the source's: <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Migration-Initiate.html>.
    pub resharding: Option<Resharding>,
}

/// `PendingModifiedValues.Resharding`.
/// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReplicationGroupPendingModifiedValues.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resharding {
    /// The share of slots that was moved, in whole percent; none where AWS tells none.
    pub percent: Option<u8>,
}

impl ReplicationGroup {
    /// Where each of the group's nodes answers, by cache cluster id, as far as the group itself and these descriptions of
    /// its clusters tell. In cluster mode the group tells of none.
    #[must_use]
    pub fn node_endpoints(&self, clusters: &[CacheCluster]) -> BTreeMap<String, Endpoint> {
        let told = self.shards.iter().flat_map(|shard| &shard.nodes);
        let told = told.filter_map(|node| Some((node.cache_cluster_id.clone(), node.endpoint.clone()?)));
        let described = clusters
            .iter()
            .filter_map(|cluster| Some((cluster.id.clone(), cluster.endpoint.clone()?)));
        told.chain(described).collect()
    }
}

/// A node group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shard {
    /// `0001` and on.
    pub id: ShardId,
    /// Where its primary answers. Cluster mode gives none here: its nodes are found through the cache clusters.
    pub primary: Option<Endpoint>,
    /// Where its replicas answer.
    pub reader: Option<Endpoint>,
    /// The slots it owns, in cluster mode, as AWS writes them.
    pub slots: Option<String>,
    /// Its nodes.
    pub nodes: Vec<Node>,
}

/// A node of a shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The cache cluster that the node is.
    pub cache_cluster_id: String,
    /// `primary` or `replica`; cluster mode does not tell.
    pub role: Option<String>,
    /// Where this node answers; cluster mode does not tell here.
    pub endpoint: Option<Endpoint>,
}

/// A cache cluster: one node, with what only DescribeCacheClusters tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheCluster {
    /// Its id.
    pub id: String,
    /// Engine and version; none where AWS gives an engine that is not known.
    pub version: Option<EngineVersion>,
    /// Engine and version as AWS wrote them, for a person to read.
    pub version_text: String,
    /// The name of its parameter group.
    pub parameter_group: Option<String>,
    /// Where its node answers. In cluster mode only this tells.
    pub endpoint: Option<Endpoint>,
    /// `CacheClusterStatus`, such as `available`.
    pub status: Option<String>,
    /// `CacheNodeType`.
    pub node_type: Option<String>,
    /// `PreferredMaintenanceWindow`, such as `sun:05:00-sun:09:00`, in UTC.
    pub maintenance_window: Option<String>,
    /// Where its events are published to.
    pub notification: Option<Notification>,
    /// `CacheSubnetGroupName`.
    pub subnet_group: Option<String>,
    /// The ids of its security groups.
    pub security_groups: Vec<String>,
    /// What its `PendingModifiedValues` hold, one change an entry.
    pub pending: Vec<String>,
}

impl CacheCluster {
    /// A cache cluster of which only the engine is known.
    #[must_use]
    pub fn of(id: &str, engine: &str, version: &str) -> CacheCluster {
        CacheCluster {
            id: id.to_owned(),
            version: EngineVersion::from_elasticache(engine, version),
            version_text: format!("{engine} {version}"),
            parameter_group: None,
            endpoint: None,
            status: None,
            node_type: None,
            maintenance_window: None,
            notification: None,
            subnet_group: None,
            security_groups: vec![],
            pending: vec![],
        }
    }
}

/// `NotificationConfiguration`.
/// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ECEvents.SNS.html>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// The topic's ARN.
    pub topic_arn: String,
    /// `active`, or `inactive` where AWS could not publish.
    pub status: String,
}

impl Notification {
    /// To a topic, or to none for the time being.
    #[must_use]
    pub fn to(topic_arn: &str, active: bool) -> Notification {
        Notification {
            topic_arn: topic_arn.to_owned(),
            status: if active { "active" } else { "inactive" }.to_owned(),
        }
    }

    /// Whether AWS publishes.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == "active"
    }
}

/// A subnet group: where the nodes may stand.
/// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeCacheSubnetGroups.html>.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubnetGroup {
    /// Its name.
    pub name: String,
    /// Its VPC.
    pub vpc_id: Option<String>,
    /// The ids of its subnets.
    pub subnets: Vec<String>,
}

/// A parameter group's values, by name: those that it gives.
/// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeCacheParameters.html>.
pub type Parameters = BTreeMap<String, String>;

/// A service update that is not applied yet.
/// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeUpdateActions.html>.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateAction {
    /// `ServiceUpdateName`.
    pub name: String,
    /// `critical`, `important`, `medium` or `low`.
    pub severity: Option<String>,
    /// `UpdateActionStatus`, such as `not-applied` or `scheduled`.
    pub status: String,
    /// After this AWS may apply it by itself, in a maintenance window.
    /// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Self-Service-Updates.html>.
    pub apply_by: Option<Timestamp>,
}
