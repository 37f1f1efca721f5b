//! Where a migration stands: one observation from the last one and what was just seen. Pure; time is an argument.
//!
//! A look goes through these in order: [`ShardSample`] (what both sides said), `judge` (the phase), `figure` (the
//! percentage), `watch` (what the next look remembers), `eta`, `stop` (what will never end), `decide` (what is next),
//! `tell` (what people are told of it), `polling` (when to look again). docs/phases.md draws the phases.

mod ages;
mod decide;
mod eta;
mod figure;
mod judge;
mod metrics;
mod observation;
mod observe;
mod phase;
mod polling;
mod rehearsal;
mod roll_over;
mod sample;
pub(crate) mod stop;
mod tell;
mod verification;
mod watch;

pub use eta::{EtaRange, Pace};
pub use figure::{Progress, ProgressSource};
pub use metrics::metrics;
pub use observation::{Next, Observation, Rehearsal, RehearsalOutcome, ShardObservation, Stage, StageName};
pub use observe::{Seen, observe};
pub use phase::Phase;
pub use roll_over::successor;
pub use roll_over::{EVENTS_ALLOWED, EVENTS_OF_A_LOOK};
pub use sample::ShardSample;
pub use stop::Stop;
pub use tell::{Concern, ConcernKind, Tell, Told};
pub(crate) use verification::verified;
pub use watch::Watch;

#[cfg(test)]
mod tests;
