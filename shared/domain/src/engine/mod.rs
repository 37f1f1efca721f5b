//! What engines say of themselves: INFO, versions and error replies, from Redis 2.8 to Valkey 9.

mod acl;
mod buffer_limit;
mod cluster;
mod commands;
mod config;
mod extensions;
mod fault;
mod info;
mod replication;
mod reply;
mod version;

pub use acl::AclUser;
pub use buffer_limit::OutputBufferLimit;
pub use cluster::{ClusterMap, ClusterNode, SLOTS};
pub use commands::{
    CommandInfo, CommandSeen, CommandTable, DANGEROUS_WRITES, FENCE_COMMANDS, NEEDED_COMMANDS,
    WRITE_COMMANDS, command_names,
};
#[cfg(test)]
pub(crate) use config::tests::config;
pub use config::{CONFIG_OPTIONS, ConfigAnswers};
pub use extensions::{libraries, modules};
pub use fault::EngineFault;
pub use info::{Database, Info, ReplicaLine};
pub use replication::{Link, Replication, Role};
pub use reply::Reply;
pub use version::{Brand, EngineVersion, RdbFormat, RdbVersion};
