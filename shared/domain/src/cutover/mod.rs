//! When a cutover may be made, what was approved, what stops the writers meanwhile, what shows that it lost nothing, and
//! what becomes of all that when it ends in any other way.

mod approval;
mod cleanup;
mod drain;
mod ending;
mod fence;
mod gate;
mod leaving;
mod proof;
mod rollback;
mod seat;
#[cfg(test)]
mod testing;
mod verdict;

pub use approval::Approval;
pub(crate) use approval::{Epoch, Word, end, judge, longest_wait, used};
pub use cleanup::{StatusChange, StatusChangeDetail, Trace, Visit};
pub use drain::{missing, only_pings};
pub use ending::ending_metrics;
pub use fence::{Command, Fence, FencedPrimary, Mark, Means, Pause, Setting};
pub use gate::may_complete;
pub use leaving::{LastLook, Leaving};
pub use proof::{Promoted, Proof, ShardProof};
pub use rollback::rollback_cases;
pub use seat::{Seat, still_seated};
pub use verdict::{CutoverVerdict, Verified};
