//! Verification: is what the target holds what the source holds, while both still take part in a live migration?
//!
//! Pure: what to compare and how, when a difference counts, what a sample proves, how fast to go, and what is kept between
//! two invocations. Reading the engines is `adapters::verify`.
//!
//! A look at a live pair proves nothing by itself: the target lags, keys expire, writers write. So whatever differs at
//! first sight is only *pending*, and becomes a [`Difference`] when it is still there after rechecks each of which waited
//! until the target had applied everything that the source had when it was read.

mod basis;
mod bound;
mod difference;
mod look;
mod pace;
mod pairs;
mod progress;
mod recheck;
mod result;
mod round;
mod rule;
mod statement;
mod tally;
#[cfg(test)]
pub(crate) mod testing;
mod touched;
mod ttl;

pub(crate) use basis::basis_of;
pub use bound::upper_bound;
pub use difference::{Difference, DifferenceKind, KeyName};
pub use look::{HllMask, Look, Value, ValueType, differ};
pub use pace::Pace;
pub use pairs::ShardPair;
pub use progress::{Counts, PairProgress, Phase, Position, SampleSpan, Stopped};
pub use recheck::{Judged, Outcome, Pending, judge};
pub use result::{PairResult, Verdict, Verification};
pub use round::{Answer, Item, Round, Standing};
pub use rule::{Direction, Mode, VerifyRule};
pub use tally::Tally;
pub use touched::{Touched, Use, why_untold};
pub use ttl::Ttl;
