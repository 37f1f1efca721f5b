//! State `Verify`: pair the shards, compare each pair (a Map, each item looping until it is done), and sum up.

use super::Migration;
use crate::plan::Plan;
use crate::verify::{PairProgress, PairResult, ShardPair, VerifyRule};
use serde::{Deserialize, Serialize};

/// What the function is asked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", tag = "step")]
pub enum Input {
    /// Which source shard belongs to which target shard. Answers with [`Pairs`].
    Pair {
        /// What the user asked for.
        plan: Box<Plan>,
    },
    /// Compare one pair for as long as this invocation lasts. Answers with [`Compared`].
    Compare {
        /// Who asks; a sample's random start follows from it.
        migration: Migration,
        /// The pair.
        pair: ShardPair,
        /// How thoroughly.
        #[serde(default)]
        rule: VerifyRule,
        /// What the last invocation answered; none in the first.
        #[serde(default)]
        progress: Option<Box<PairProgress>>,
    },
    /// What all pairs came to. Answers with a [`crate::verify::Verification`].
    Sum {
        /// What the pairs' last invocations answered as `result`.
        results: Vec<PairResult>,
    },
}

/// `Pair`'s answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pairs {
    /// One item of the Map each.
    pub pairs: Vec<ShardPair>,
}

/// `Compare`'s answer: either `progress`, to be handed back, or the `result`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// Whether the pair is compared to its end.
    pub done: bool,
    /// Where to go on; null once done.
    pub progress: Option<Box<PairProgress>>,
    /// What came of it; null until done.
    pub result: Option<PairResult>,
}

impl From<PairProgress> for Compared {
    fn from(progress: PairProgress) -> Compared {
        if progress.is_done() {
            Compared {
                done: true,
                progress: None,
                result: Some(progress.into()),
            }
        } else {
            Compared {
                done: false,
                progress: Some(Box::new(progress)),
                result: None,
            }
        }
    }
}
