//! A shard pair as it is compared. Which source shard belongs to which target shard is `crate::target`'s to say.

use crate::{Endpoint, ShardId};
use serde::{Deserialize, Serialize};

/// A target shard and the source shard whose keys it must hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShardPair {
    /// The target's shard.
    pub shard: ShardId,
    /// Where the source's keys are read.
    pub source: Endpoint,
    /// Where the target's primary answers.
    pub target: Endpoint,
    /// How many differences this pair's result may name, so that the results of all pairs together stay small.
    pub show: usize,
    /// How many bytes of keys to be looked at again its progress may carry, so that the progress of all pairs together stays small.
    #[serde(default = "ShardPair::carry_of_one")]
    pub carry: usize,
    /// Whether the source's times of last use tell what was touched since the approval. Of no account before that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ages_kept: bool,
}

impl ShardPair {
    /// The most differences that one pair's result names, and all pairs' together unless there are more pairs than that.
    const MOST_SHOWN: usize = 20;
    const SHOWN_TOGETHER: usize = 40;
    const CARRIED_TOGETHER: usize = 30 * 1024;

    /// How many differences each of so many pairs may name.
    #[must_use]
    pub fn show_of(pairs: usize) -> usize {
        (Self::SHOWN_TOGETHER / pairs.max(1)).clamp(1, Self::MOST_SHOWN)
    }

    /// How many bytes each of so many pairs may carry. What does not fit was not judged, and is not forgotten.
    #[must_use]
    pub fn carry_of(pairs: usize) -> usize {
        (Self::CARRIED_TOGETHER / pairs.clamp(1, super::Round::AT_ONCE))
            .min(super::PairProgress::MOST_CARRIED_BYTES)
    }

    fn carry_of_one() -> usize {
        Self::carry_of(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_hundred_shards_name_one_difference_each() {
        assert_eq!((ShardPair::show_of(1), ShardPair::show_of(500)), (20, 1));
    }
}
