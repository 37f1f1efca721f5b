//! The target: an ElastiCache replication group as the describe calls show it, and the events it leaves.

mod event;
mod group;
mod topic;

pub use event::{Event, EventKind};
pub use group::{CacheCluster, GroupStatus, Node, ReplicationGroup, Shard};
pub use topic::{NotificationTopic, TopicAction, TopicPlan};
