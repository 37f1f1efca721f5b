//! A stand-in for ElastiCache: the control plane's API for node-based online migration, over real engine processes.
//!
//! **This is not ElastiCache.** It is for tests only, and it is written from AWS's published API model, documentation
//! pages and users' accounts, without any of the code that it helps to test. It is strict where AWS is known to be
//! strict, does what AWS is known to do, and where nobody outside AWS knows, it does the likely thing by default and
//! the other likely things by a setting ([`Settings`] names each).
//!
//! # What is real
//! The nodes: every node is a `valkey-server` or `redis-server` process, replicas included, and StartMigration makes
//! the primary replicate from the source that was named. All that clients see on the nodes (READONLY, INFO,
//! replication ids, a full sync that fails) is the engine's doing. Commands that ElastiCache restricts are refused.
//!
//! # What is not
//! - Node sizes, zones, subnets, TLS and AUTH are only shown. TLS and AUTH exclude a migration, so no node needs them.
//! - Groups with cluster mode enabled are real clusters, but cannot be the target of StartMigration: an engine in
//!   cluster mode refuses REPLICAOF, and the way that ElastiCache's own engines have is not in the public ones. The
//!   call answers `NotImplementedByStandIn` (501), a code that AWS does not have.
//! - Nothing replaces a failed node by itself: [`StandIn::kill_node`] and [`StandIn::restart_node`] are the test's.
//! - ElastiCache says `ERR unknown command` for every restricted command; here the nodes say NOPERM for SYNC, PSYNC
//!   and restricted subcommands, because their own replication needs those.
//!
//! # Layout
//! `wire` is the Query protocol and `state` the groups as state machines, both pure; `engines` owns the processes;
//! `server` listens, answers and drives the engines; `faults` is a script of what shall go wrong.

mod calls;
mod engines;
mod faults;
mod guarded;
mod server;
mod settings;
mod snapshot;
mod stand_in;
mod state;
mod wire;

pub use calls::{Call, Outcome};
pub use engines::{EngineError, EngineOptions, EngineProcess};
pub use faults::{Fault, Faults, Point, Times};
pub use settings::{
    EventOrder, LinkCut, LinkLoss, MigratingWhen, NotInSync, Notification, OldStartTime, Reasons, Settings,
    SuccessEvents, TestEvents, TestStatus, WhileModifying,
};
pub use snapshot::{GroupSnapshot, NodeRole, NodeSnapshot};
pub use stand_in::{Announcement, StandIn, StandInError};
pub use state::{
    Engine, Event, GroupSpec, NotificationTopic, PendingModifications, SourceType, SubnetGroup, UpdateAction,
};
pub use wire::ApiError;
