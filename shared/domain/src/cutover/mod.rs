//! When a cutover may be made, what was approved, and what shows that it lost nothing.

mod proof;
mod verdict;

pub use proof::{Proof, ShardProof};
pub use verdict::CutoverVerdict;
