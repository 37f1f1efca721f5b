//! How a group stands, as the handle tells it.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// A group as it is at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupSnapshot {
    /// The id.
    pub id: String,
    /// The `Status` that the API shows.
    pub status: String,
    /// Address and port of the source, while a migration is under way.
    pub source: Option<(String, u16)>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// All nodes, each shard's primary first.
    pub nodes: Vec<NodeSnapshot>,
}

/// A node as it is at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSnapshot {
    /// The CacheClusterId.
    pub cluster_id: String,
    /// The NodeGroupId: `0001`, `0002`…
    pub shard: String,
    /// The role in its group; a migration does not change it.
    pub role: NodeRole,
    /// The address, without the port.
    pub address: String,
    /// The port.
    pub port: u16,
    /// The process, while it runs.
    pub pid: Option<u32>,
    /// The engine's log.
    pub log_path: PathBuf,
}

/// The role of a node in its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeRole {
    /// Takes the shard's writes, but for the time of a migration.
    Primary,
    /// Follows the primary.
    Replica,
}
