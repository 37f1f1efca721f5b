//! The engine processes: one owner per process, the nodes of a replication group, and what the engines tell.

mod attach;
mod cluster;
mod control;
mod error;
mod link_log;
mod node;
mod nodes;
mod port;
mod probe;
mod process;
mod spawner;

pub(crate) use attach::{Attach, AttachRules, Progress};
pub(crate) use control::Role;
pub use error::EngineError;
pub(crate) use nodes::GroupNodes;
pub(crate) use probe::{probe_source, source_offset};
pub use process::{EngineOptions, EngineProcess};
