//! The target: an ElastiCache replication group as the describe calls show it, and the events it leaves.

mod event;
mod group;
mod pairs;

pub use event::{Event, EventKind};
pub use group::{CacheCluster, GroupStatus, Node, ReplicationGroup, Resharding, Shard};
pub use pairs::{NodeSeen, SlotRanges, primary_of, sources};
