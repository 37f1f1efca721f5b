//! What a migration is, what was observed of it, and what follows from that.
//!
//! Everything that decides lives here, as functions from values to values. Nothing here talks to AWS, to an engine, to a
//! clock or to the environment: `clippy.toml` forbids the methods that would, and time is an argument.
//!
//! The folders speak the state machine's words, and data flows one way through them:
//! plan -> preflight (findings) -> progress (observations) -> cutover (verdict, proof) -> diagnosis, notice, report.
#![warn(
    clippy::disallowed_methods,
    reason = "domain is pure: adapters do IO and pass in what they saw, time included"
)]
#![warn(
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    reason = "what may go wrong is a part of what an item promises"
)]

pub mod contract;
pub mod cutover;
pub mod diagnosis;
pub mod engine;
mod error;
pub mod fleet;
mod id;
pub mod notice;
mod observed;
pub mod page;
pub mod plan;
pub mod preflight;
pub mod progress;
pub mod report;
pub mod signal;
pub mod target;
mod units;
pub mod verify;

pub use error::{ErrorClass, StepError};
pub use id::{Endpoint, InvalidId, ReplicationGroupId, ShardId};
pub use observed::Observed;
pub use units::{Bytes, LagBytes, ReplicationOffset, Seconds};
