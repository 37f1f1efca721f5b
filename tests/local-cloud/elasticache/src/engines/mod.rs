//! The engine processes: one owner per process, the nodes of a replication group, and what the engines tell.

mod attach;
mod cluster;
mod cluster_nodes;
mod control;
mod engine_cluster;
mod error;
mod link_log;
mod mode;
mod node;
mod nodes;
mod port;
mod probe;
mod process;
mod source_cluster;
mod spawner;

pub(crate) use attach::{Attach, AttachRules, Progress};
pub(crate) use control::Role;
pub use engine_cluster::EngineCluster;
pub use error::EngineError;
pub(crate) use mode::Mode;
pub(crate) use nodes::GroupNodes;
pub(crate) use probe::{probe_source, source_offset};
pub use process::{EngineOptions, EngineProcess};
pub(crate) use source_cluster::{SourceCluster, source_cluster};
