//! When a cutover may be made, what was approved, and what shows that it lost nothing.

mod gate;
mod proof;
mod verdict;

pub use gate::may_complete;
pub use proof::{Proof, ShardProof};
pub use verdict::CutoverVerdict;
