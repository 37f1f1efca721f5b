//! The target: an ElastiCache replication group as the describe calls show it, and the events it leaves.

mod event;
mod group;
mod memory;
mod pairs;
mod slots;
mod topic;
mod window;

pub use event::{Event, EventKind};
pub use group::{
    CacheCluster, GroupStatus, Node, Notification, Parameters, ReplicationGroup, Resharding, Shard,
    SubnetGroup, UpdateAction,
};
pub use memory::max_memory;
pub use pairs::{NodeSeen, SlotRanges, listens, owner, primary_of, sources};
pub use slots::{InvalidSlots, SlotLayout, SlotRange, Slots, compare_layouts};
pub use topic::{TopicAction, TopicPlan};
pub use window::{DailyWindow, WeeklyWindow};
