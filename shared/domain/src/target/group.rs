//! A replication group as DescribeReplicationGroups and DescribeCacheClusters show it.

use crate::engine::EngineVersion;
use crate::{Endpoint, ReplicationGroupId, ShardId};
use serde::{Deserialize, Serialize};
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
    /// The ids of its cache clusters: one node each.
    pub member_clusters: Vec<String>,
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
}
