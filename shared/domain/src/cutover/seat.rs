//! A source primary's seat in its cluster: which node it is and which slots it owns. Which target shard follows which
//! primary was read once; a failover, a moved slot or a new shard after that would let writes pass beside the fence, so
//! every fenced primary is asked for the whole table again, in the transaction that raises its fence.

use super::Fence;
use crate::engine::{ClusterMap, ClusterNode};
use crate::target::SlotRanges;
use crate::{Observed, ShardId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Where a primary sits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// The node's id in the cluster: addresses look different from different nodes, the id does not.
    pub node: String,
    /// Its slots: how many, and a digest of which. The ranges themselves may be thousands.
    pub slots: String,
}

impl Seat {
    /// The seat of a node.
    #[must_use]
    pub fn of(node: &ClusterNode) -> Seat {
        let mut digest = Sha256::new();
        for (first, last) in SlotRanges::of(&node.slots).iter() {
            digest.update(first.to_be_bytes());
            digest.update(last.to_be_bytes());
        }
        let mut slots = format!("{}:", node.slot_count());
        for byte in digest.finalize().iter().take(8) {
            // Writing to a text cannot fail.
            let _ = write!(slots, "{byte:02x}");
        }
        Seat {
            node: node.id.clone(),
            slots,
        }
    }

    /// How many slots, for people.
    fn count(&self) -> &str {
        self.slots.split(':').next().unwrap_or_default()
    }
}

impl Fence {
    /// Who sits where, by target shard; empty outside cluster mode.
    #[must_use]
    pub fn seats(&self) -> Vec<(ShardId, Seat)> {
        let seat = |primary: &super::FencedPrimary| Some((primary.shard.clone(), primary.seat.clone()?));
        self.primaries.iter().filter_map(seat).collect()
    }
}

/// Whether a node's own word of the cluster is still that of the pairing.
///
/// # Errors
/// What is different, in words.
pub fn still_seated(seats: &[(ShardId, Seat)], map: &ClusterMap) -> Result<(), String> {
    match &map.migrating {
        Observed::Known(slots) if slots.is_empty() => {}
        Observed::Known(slots) => {
            return Err(format!(
                "slots are on their way to another node: {}",
                shown(slots)
            ));
        }
        Observed::Unknown(why) => return Err(why.clone()),
    }
    for node in map.shards() {
        let now = Seat::of(node);
        match seats.iter().find(|(_, seat)| seat.node == now.node) {
            None => {
                return Err(format!(
                    "node {} owns {} slots and is fenced by nobody: the source has failed over, or it has a new shard",
                    now.node,
                    now.count()
                ));
            }
            Some((shard, seat)) if seat.slots != now.slots => {
                return Err(format!(
                    "the slots of node {}, which shard {shard} follows, are others than before ({} then, {} now)",
                    seat.node,
                    seat.count(),
                    now.count()
                ));
            }
            Some(_) => {}
        }
    }
    let gone = seats
        .iter()
        .find(|(_, seat)| !map.shards().any(|node| node.id == seat.node));
    match gone {
        None => Ok(()),
        Some((shard, seat)) => Err(format!(
            "node {}, which shard {shard} follows, owns no slots any more",
            seat.node
        )),
    }
}

/// The first of what may be many.
fn shown(slots: &[String]) -> String {
    const SHOWN: usize = 3;
    let first = slots
        .iter()
        .take(SHOWN)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(" ");
    match slots.len().saturating_sub(SHOWN) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE: &str = "a 10.0.0.1:7000@17000 myself,master - 0 0 1 connected 0-5460\n\
                         b 10.0.0.2:7000@17000 master - 0 0 2 connected 5461-10922\n\
                         c 10.0.0.3:7000@17000 master - 0 0 3 connected 10923-16383\n\
                         d 10.0.0.4:7000@17000 slave c 0 0 3 connected\n";

    fn seats() -> Vec<(ShardId, Seat)> {
        let map = ClusterMap::from_nodes(THREE);
        let seats = map.shards().enumerate();
        seats
            .map(|(at, node)| (ShardId(format!("000{}", at + 1)), Seat::of(node)))
            .collect()
    }

    fn told(nodes: &str) -> Result<(), String> {
        still_seated(&seats(), &ClusterMap::from_nodes(nodes))
    }

    #[test]
    fn the_same_table_from_another_node_is_the_same() {
        assert_eq!(told(THREE), Ok(()));
        // Another node says it: other addresses, another order, the slots in pieces.
        let other = "c 127.0.0.1:7000 master - 0 0 3 connected 10923-16000 16001-16383\n\
                     a host:7000 master - 0 0 1 connected 0-5460\n\
                     b :7000 myself,master - 0 0 2 connected 5461-10922\n";
        assert_eq!(told(other), Ok(()));
    }

    #[test]
    fn a_failover_a_moved_slot_a_new_shard_and_one_that_is_gone_are_told_in_words() {
        let table = [
            (
                THREE
                    .replace(
                        "d 10.0.0.4:7000@17000 slave c 0 0 3 connected",
                        "d 10.0.0.4:7000@17000 master - 0 0 4 connected 10923-16383",
                    )
                    .replace(
                        "c 10.0.0.3:7000@17000 master - 0 0 3 connected 10923-16383",
                        "c 10.0.0.3:7000@17000 master,fail - 0 0 3 connected",
                    ),
                "node d owns 5461 slots and is fenced by nobody",
            ),
            (
                THREE
                    .replace("0-5460", "0-5459")
                    .replace("5461-10922", "5460-10922"),
                "which shard 0001 follows, are others than before (5461 then, 5460 now)",
            ),
            (
                THREE.replace("10923-16383", "10923-16000").replace(
                    "d 10.0.0.4:7000@17000 slave c 0 0 3 connected",
                    "d 10.0.0.4:7000@17000 master - 0 0 4 connected 16001-16383",
                ),
                "which shard 0003 follows, are others",
            ),
            (
                THREE.replace(" 10923-16383", ""),
                "node c, which shard 0003 follows, owns no slots any more",
            ),
            (
                THREE.replace("0-5460", "0-5460 [93->-b]"),
                "slots are on their way to another node: [93->-b]",
            ),
        ];
        for (nodes, words) in table {
            let said = told(&nodes).expect_err(words);
            assert!(said.contains(words), "{said}");
        }
    }

    #[test]
    fn who_does_not_tell_which_slots_migrate_is_not_believed() {
        let map = ClusterMap {
            migrating: Observed::Unknown("not told".to_owned()),
            ..ClusterMap::from_nodes(THREE)
        };
        assert!(still_seated(&seats(), &map).is_err());
    }
}
