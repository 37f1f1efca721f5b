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
//! - Groups with cluster mode enabled are real clusters, but for the time of a migration: see below.
//! - Nothing replaces a failed node by itself: [`StandIn::kill_node`] and [`StandIn::restart_node`] are the test's.
//! - ElastiCache says `ERR unknown command` for every restricted command; here the nodes say NOPERM for SYNC, PSYNC
//!   and restricted subcommands, because their own replication needs those.
//!
//! # Migrations with cluster mode enabled
//! ElastiCache's engines replicate from a source while they are in cluster mode. Public engines refuse REPLICAOF there,
//! so a group leaves cluster mode for the time of a migration and comes back into it at the end, however that comes.
//! From StartMigration on, in this order:
//! - The source is asked for its shards, through the one endpoint that was given (CLUSTER INFO, CLUSTER NODES). It must
//!   be a cluster in order, without slots on the move, and have as many shards as the group, or [`Misfit`] says how it
//!   is refused.
//! - Slots that are elsewhere than in the source are moved, with their keys, in [`Settings::resharding_time`]; the API
//!   shows the progress and the slots. The group's shards take the source's in the order of their first slots.
//! - The nodes are started anew without cluster mode: same address, same port, same data. Each primary replicates from
//!   the source's primary with the same slots, and its replicas from it. If one cannot, the whole start fails.
//! - CompleteMigration, or a failure, starts them anew in cluster mode with the data that they then have.
//!
//! What a client can see of this and would not see on ElastiCache:
//! - From just before the primaries attach until the end (the status is `modifying`, `migrating`, `modifying`), CLUSTER
//!   commands are answered with an error, INFO says `cluster_enabled:0`, and no key is redirected with MOVED. A migration
//!   is watched node by node through INFO, and nobody is to use the target yet, so what matters of it is real.
//! - Connections are lost and processes change (`run_id`, `uptime_in_seconds`, counters from 0) twice: before the
//!   attaching and at the promotion. A client of ElastiCache must bear both anyway, at a failover.
//! - A promotion takes the 2 s that an engine waits before it believes in its cluster after a start. ElastiCache's take
//!   minutes. INFO shows the same `master_replid2` and `second_repl_offset` as after a promotion in place, from the
//!   first answer on and until the next failover. The link is cut when the node's data is saved: shard after shard, within
//!   milliseconds for small data. What the source takes after that is lost, and not counted in the offset.
//! - Once a link never came up, the second id and offset are unset; REPLICAOF NO ONE would show the node's own former id.
//! - Data that was being loaded when a forced completion came is gone, as it is in the engines.
//! - Whether AWS moves slots back after a failed start is unknown. Here they stay.
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
pub use engines::{EngineCluster, EngineError, EngineOptions, EngineProcess};
pub use faults::{Fault, Faults, Point, Times};
pub use settings::{
    EventOrder, LinkCut, LinkLoss, MigratingWhen, Misfit, NotInSync, Notification, OldStartTime, Reasons,
    Settings, SuccessEvents, TestEvents, TestStatus, WhileModifying,
};
pub use snapshot::{GroupSnapshot, NodeRole, NodeSnapshot};
pub use stand_in::{Announcement, StandIn, StandInError};
pub use state::{
    Engine, Event, GroupSpec, NotificationTopic, PendingModifications, SourceType, SubnetGroup, UpdateAction,
};
pub use wire::ApiError;
