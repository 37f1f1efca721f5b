//! Which source shard belongs to which target shard: the one that owns the same slots.

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

/// A primary of a cluster, with the slots it owns: first and last of each range, as CLUSTER SLOTS gives them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotOwner {
    /// Where it answers.
    pub primary: Endpoint,
    /// Its ranges.
    pub ranges: Vec<(u16, u16)>,
}

/// Pairs the owners of equal slots. Shards are numbered as ElastiCache does, `0001` and on, in the order of their slots.
///
/// # Errors
/// In words for people, where a slot set of one side is owned by nobody on the other.
pub fn pair_by_slots(source: &[SlotOwner], target: &[SlotOwner]) -> Result<Vec<ShardPair>, String> {
    let mut targets: Vec<(Vec<(u16, u16)>, &Endpoint)> = target
        .iter()
        .map(|owner| (joined(&owner.ranges), &owner.primary))
        .collect();
    targets.sort();
    if source.len() != targets.len() {
        return Err(format!(
            "the source has {} shards with slots and the target {}: they cannot be compared shard by shard",
            source.len(),
            targets.len()
        ));
    }
    let (show, carry) = (
        ShardPair::show_of(targets.len()),
        ShardPair::carry_of(targets.len()),
    );
    let mut pairs = vec![];
    for (number, (ranges, endpoint)) in targets.iter().enumerate() {
        let Some(owner) = source.iter().find(|owner| joined(&owner.ranges) == *ranges) else {
            return Err(format!(
                "no source shard owns exactly the slots of the target's {endpoint}: wait until the target's resharding is \
                 over"
            ));
        };
        pairs.push(ShardPair {
            shard: ShardId(format!("{:04}", number + 1)),
            source: owner.primary.clone(),
            target: (*endpoint).clone(),
            show,
            carry,
        });
    }
    Ok(pairs)
}

/// The same slots in one way of writing: sorted, neighbours joined.
fn joined(ranges: &[(u16, u16)]) -> Vec<(u16, u16)> {
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable();
    let mut joined: Vec<(u16, u16)> = vec![];
    for (first, last) in sorted {
        match joined.last_mut() {
            Some(previous) if u32::from(first) <= u32::from(previous.1) + 1 => {
                previous.1 = previous.1.max(last);
            }
            _ => joined.push((first, last)),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(address: &str, ranges: &[(u16, u16)]) -> SlotOwner {
        SlotOwner {
            primary: Endpoint::new(address, 6379).expect("an address"),
            ranges: ranges.to_vec(),
        }
    }

    #[test]
    fn shards_are_paired_by_their_slots_whatever_the_order() {
        let source = [
            owner("10.0.0.2", &[(8192, 16383)]),
            owner("10.0.0.1", &[(100, 8191), (0, 99)]),
        ];
        let target = [
            owner("10.1.0.1", &[(0, 8191)]),
            owner("10.1.0.2", &[(8192, 16383)]),
        ];
        let pairs = pair_by_slots(&source, &target).expect("paired");
        let shown: Vec<String> = pairs
            .iter()
            .map(|pair| format!("{} {} {}", pair.shard, pair.source.address, pair.target.address))
            .collect();
        assert_eq!(shown, ["0001 10.0.0.1 10.1.0.1", "0002 10.0.0.2 10.1.0.2"]);
        assert_eq!(pairs[0].show, 20);
    }

    #[test]
    fn slots_that_nobody_owns_on_the_other_side_are_told() {
        let one = [owner("10.0.0.1", &[(0, 16383)])];
        let two = [owner("10.1.0.1", &[(0, 99)]), owner("10.1.0.2", &[(100, 16383)])];
        assert!(
            pair_by_slots(&one, &two)
                .expect_err("differs")
                .contains("1 shards")
        );
        let other = [owner("10.1.0.1", &[(0, 99)])];
        assert!(
            pair_by_slots(&one, &other)
                .expect_err("differs")
                .contains("10.1.0.1")
        );
    }

    #[test]
    fn five_hundred_shards_name_one_difference_each() {
        assert_eq!((ShardPair::show_of(1), ShardPair::show_of(500)), (20, 1));
    }
}
