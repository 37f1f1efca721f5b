//! Which source shard belongs to which target shard, and which of a target shard's nodes is its primary. Slots tell the
//! first; ElastiCache numbers its shards as it likes, and so does the source. In cluster mode AWS does not tell the
//! second, so the nodes do.

use super::{ReplicationGroup, Shard};
use crate::engine::{ClusterMap, ClusterNode, Info, Replication, Role, SLOTS};
use crate::{Endpoint, Observed};

/// Slots as ranges, both ends included, in order, none touching the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotRanges(Vec<(u32, u32)>);

impl SlotRanges {
    /// The same slots, however they were cut into ranges.
    #[must_use]
    pub fn of(ranges: &[(u32, u32)]) -> SlotRanges {
        let mut ranges = ranges.to_vec();
        ranges.sort_unstable();
        let mut whole: Vec<(u32, u32)> = vec![];
        for (first, last) in ranges {
            match whole.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
                _ => whole.push((first, last)),
            }
        }
        SlotRanges(whole)
    }

    /// Reads `NodeGroup.Slots`, such as `0-5460` or `0-99,200-300`; none where it is not of that form.
    #[must_use]
    pub fn parse(text: &str) -> Option<SlotRanges> {
        let words = text.split([',', ' ']).filter(|word| !word.is_empty());
        let ranges = words
            .map(|word| {
                let (first, last) = word.split_once('-').unwrap_or((word, word));
                let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
                (first <= last && last < SLOTS).then_some((first, last))
            })
            .collect::<Option<Vec<(u32, u32)>>>()?;
        (!ranges.is_empty()).then(|| SlotRanges::of(&ranges))
    }

    /// The ranges, in order.
    pub fn iter(&self) -> impl Iterator<Item = &(u32, u32)> {
        self.0.iter()
    }
}

/// The source of each of the group's shards, in their order: `asked` itself outside cluster mode, else the primary that
/// owns exactly the shard's slots.
#[must_use]
pub fn sources(
    group: &ReplicationGroup,
    asked: &Endpoint,
    map: &Observed<ClusterMap>,
) -> Vec<Observed<Endpoint>> {
    group
        .shards
        .iter()
        .map(|shard| match (group.cluster_enabled, map) {
            (false, _) => Observed::Known(asked.clone()),
            (true, Observed::Known(map)) => {
                Observed::from(owner(shard, map).and_then(|node| listens(node, asked)))
            }
            (true, Observed::Unknown(why)) => {
                Observed::Unknown(format!("the source's cluster map is not known: {why}"))
            }
        })
        .collect()
}

/// The primary of a source cluster that owns exactly a shard's slots.
///
/// # Errors
/// Why none can be told to.
pub fn owner<'a>(shard: &Shard, map: &'a ClusterMap) -> Result<&'a ClusterNode, String> {
    let slots = shard
        .slots
        .as_deref()
        .ok_or("AWS does not tell this shard's slots")?;
    let wanted = SlotRanges::parse(slots).ok_or_else(|| format!("AWS tells the slots as {slots:?}"))?;
    map.shards()
        .find(|node| SlotRanges::of(&node.slots) == wanted)
        .ok_or_else(|| format!("no primary of the source owns exactly the slots {slots}"))
}

/// Where a node of a source cluster listens; a node that has met no other announces no address of its own.
///
/// # Errors
/// Why what it announces is no address.
pub fn listens(node: &ClusterNode, asked: &Endpoint) -> Result<Endpoint, String> {
    if node.address.is_empty() {
        return Ok(Endpoint {
            address: asked.address.clone(),
            port: node.port,
        });
    }
    Endpoint::new(&node.address, node.port).map_err(|why| format!("{} {why}", node.address))
}

/// A node of a target shard and what it said.
#[derive(Clone, Debug)]
pub struct NodeSeen {
    /// Where it was asked.
    pub endpoint: Endpoint,
    /// Its IP address, where the name was resolved.
    pub address: Option<String>,
    /// What it said.
    pub info: Observed<Info>,
}

/// Which of a shard's nodes is its primary: the one that follows somebody outside the shard (it is migrating), else the
/// one that follows nobody. Of several the one with the most replicas, because the others are cut off from the shard.
#[must_use]
pub fn primary_of(nodes: &[NodeSeen]) -> Option<usize> {
    let is_member = |host: &str, port: u16| {
        nodes.iter().any(|node| {
            node.endpoint.port == port
                && (node.endpoint.address == host || node.address.as_deref() == Some(host))
        })
    };
    let rank = |node: &NodeSeen| {
        let info = node.info.known()?;
        let replicas = info.count("connected_slaves").unwrap_or(0);
        match Replication::from_info(info)?.role {
            Role::Replica(link) if is_member(&link.host, link.port) => None,
            Role::Replica(_) => Some((1, replicas)),
            Role::Primary => Some((0, replicas)),
        }
    };
    nodes
        .iter()
        .enumerate()
        .filter_map(|(at, node)| Some((rank(node)?, std::cmp::Reverse(at))))
        .max()
        .map(|(_, std::cmp::Reverse(at))| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::testing;
    use proptest::prelude::*;

    const NODES: [&str; 5] = [
        include_str!("../../../../tests/fixtures/engines/redis-4.0.0/cluster_nodes.txt"),
        include_str!("../../../../tests/fixtures/engines/redis-5.0.0/cluster_nodes.txt"),
        include_str!("../../../../tests/fixtures/engines/redis-6.2.0/cluster_nodes.txt"),
        include_str!("../../../../tests/fixtures/engines/redis-7.4.0/cluster_nodes.txt"),
        include_str!("../../../../tests/fixtures/engines/valkey-8.0.1/cluster_nodes.txt"),
    ];

    fn asked() -> Endpoint {
        Endpoint::new("10.0.0.241", 6379).expect("an address")
    }

    /// A group in cluster mode whose shards own these slots.
    fn group(slots: &[&str]) -> ReplicationGroup {
        let facts = testing::with_group(|group| {
            group.cluster_enabled = true;
            group.shards = slots
                .iter()
                .map(|slots| Shard {
                    slots: Some((*slots).to_owned()),
                    ..group.shards[0].clone()
                })
                .collect();
        });
        match facts.target.group {
            Observed::Known(Some(group)) => group,
            other => panic!("the clean example has a group: {other:?}"),
        }
    }

    fn found(slots: &[&str], nodes: &str) -> Vec<Result<String, String>> {
        sources(
            &group(slots),
            &asked(),
            &Observed::Known(ClusterMap::from_nodes(nodes)),
        )
        .into_iter()
        .map(|source| match source {
            Observed::Known(endpoint) => Ok(endpoint.to_string()),
            Observed::Unknown(why) => Err(why),
        })
        .collect()
    }

    #[test]
    fn each_recorded_node_is_found_by_its_slots_however_aws_cuts_them() {
        for nodes in NODES {
            for slots in ["0-999,2000-2001", "2000-2001,0-999", "0-500,501-999,2000,2001"] {
                // It announces no address, so it is where it was asked, on the port it announces.
                assert_eq!(
                    found(&[slots], nodes),
                    [Ok("10.0.0.241:7162".to_owned())],
                    "{slots}"
                );
            }
            let nearly = found(&["0-998,2000-2001"], nodes);
            assert!(
                nearly[0].as_ref().is_err_and(|why| why.contains("owns exactly")),
                "{nearly:?}"
            );
        }
    }

    #[test]
    fn shards_are_paired_by_slots_and_not_by_their_order() {
        let nodes = "\
            a 10.0.0.3:6379@16379,host-3 master - 0 0 3 connected 10923-16383\n\
            b 10.0.0.1:6379@16379,host-1 myself,master - 0 0 1 connected 0-5460 [93-<-a]\n\
            c 10.0.0.4:6379@16379 slave b 0 0 1 connected\n\
            d 10.0.0.2:6379@16379 master - 0 0 2 connected 5461-10922\n";
        assert_eq!(
            found(&["0-5460", "5461-10922", "10923-16383"], nodes),
            [
                Ok("10.0.0.1:6379".to_owned()),
                Ok("10.0.0.2:6379".to_owned()),
                Ok("10.0.0.3:6379".to_owned())
            ]
        );
    }

    #[test]
    fn what_is_not_known_is_no_pair_and_says_why() {
        let unknown = Observed::Unknown("no answer in time: 3 s".to_owned());
        let pairs = sources(&group(&["0-16383"]), &asked(), &unknown);
        assert!(
            pairs[0]
                .why_unknown()
                .is_some_and(|why| why.contains("no answer in time"))
        );
        assert!(found(&["all of them"], NODES[0])[0].is_err());
        let alone = testing::clean();
        let Observed::Known(Some(alone)) = alone.target.group else {
            panic!("the clean example has a group")
        };
        assert_eq!(sources(&alone, &asked(), &unknown), [Observed::Known(asked())]);
    }

    fn node(address: &str, info: &str) -> NodeSeen {
        NodeSeen {
            endpoint: Endpoint::new(&format!("{}.cache", address.replace('.', "-")), 6379).expect("a name"),
            address: Some(address.to_owned()),
            info: Observed::Known(Info::parse(info)),
        }
    }

    #[test]
    fn the_primary_of_a_shard_is_the_node_that_follows_nobody_in_it() {
        let replica = |of: &str| format!("role:slave\r\nmaster_host:{of}\r\nmaster_port:6379\r\n");
        let nodes = [
            node("10.0.1.1", &replica("10.0.1.2")),
            node("10.0.1.2", "role:master\r\nconnected_slaves:1\r\n"),
        ];
        assert_eq!(primary_of(&nodes), Some(1), "before the migration");
        let nodes = [
            node("10.0.1.1", &replica("10-0-1-2.cache")),
            node("10.0.1.2", &replica("10.0.0.241")),
        ];
        assert_eq!(primary_of(&nodes), Some(1), "while it follows the source");
        let cut_off = [
            node("10.0.1.1", "role:master\r\nconnected_slaves:0\r\n"),
            node("10.0.1.2", "role:master\r\nconnected_slaves:1\r\n"),
            node("10.0.1.3", &replica("10.0.1.2")),
        ];
        assert_eq!(
            primary_of(&cut_off),
            Some(1),
            "after a failover, with the old primary still up"
        );
        let silent = NodeSeen {
            info: Observed::Unknown("no connection".to_owned()),
            ..node("10.0.1.1", "")
        };
        assert_eq!(
            primary_of(&[silent, node("10.0.1.2", &replica("10.0.1.1"))]),
            None
        );
    }

    proptest! {
        #[test]
        fn slots_are_the_same_however_they_are_cut(cuts in prop::collection::btree_set(1u32..16_384, 0..12)) {
            let mut firsts: Vec<u32> = std::iter::once(0).chain(cuts.iter().copied()).collect();
            let lasts: Vec<u32> = cuts.iter().map(|cut| cut - 1).chain([SLOTS - 1]).collect();
            let mut ranges: Vec<(u32, u32)> = firsts.drain(..).zip(lasts).collect();
            ranges.reverse();
            prop_assert_eq!(SlotRanges::of(&ranges), SlotRanges(vec![(0, SLOTS - 1)]));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in any::<String>()) {
            let _ = SlotRanges::parse(&text);
            let _ = found(&[&text], &text);
        }
    }
}
