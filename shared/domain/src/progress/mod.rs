//! Where a migration stands: one observation from the last one and what was just seen. Pure; time is an argument.

mod decide;
mod observation;
mod observe;
mod phase;
mod rehearsal;
mod sample;

pub use observation::{
    Next, Observation, Progress, ProgressSource, Rehearsal, RehearsalOutcome, ShardObservation, Stage,
    StageName,
};
pub use observe::{Seen, observe};
pub use phase::Phase;
pub use sample::ShardSample;
