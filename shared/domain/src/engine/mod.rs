//! What engines say of themselves: INFO, versions and error replies, from Redis 2.8 to Valkey 9.

mod fault;
mod info;
mod replication;
mod version;

pub use fault::EngineFault;
pub use info::{Database, Info, ReplicaLine};
pub use replication::{Link, Replication, Role};
pub use version::{Brand, EngineVersion, RdbVersion};
