//! A source cluster as one of its nodes describes it. CLUSTER NODES says most, in a line a node that grew over the
//! versions; CLUSTER SHARDS (7.0) and CLUSTER SLOTS say less and stand in where CLUSTER NODES cannot be read.

use super::Reply;
use crate::Observed;

/// How many slots a cluster has: `CLUSTER_SLOTS` in the engines' `src/cluster.h`.
/// Source: <https://valkey.io/topics/cluster-spec/>.
pub const SLOTS: u32 = 16_384;

/// What a node says of its cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterMap {
    /// The nodes, in the order in which they were given.
    pub nodes: Vec<ClusterNode>,
    /// Slots on their way from one node to another, as the node that was asked prints them; only CLUSTER NODES tells,
    /// and only of the node itself.
    pub migrating: Observed<Vec<String>>,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterNode {
    /// Its id.
    pub id: String,
    /// The address it announces; empty for the node itself until it has met another.
    pub address: String,
    /// The port it announces for clients.
    pub port: u16,
    /// Whether this is the node that was asked.
    pub myself: bool,
    /// Whether it is a primary.
    pub primary: bool,
    /// Whether the node that was asked takes it for failing (`fail?`, `fail`), has no address of it or no link to it.
    pub failing: bool,
    /// The ranges of slots it owns, both ends included.
    pub slots: Vec<(u32, u32)>,
}

impl ClusterNode {
    /// How many slots it owns.
    #[must_use]
    pub fn slot_count(&self) -> u32 {
        self.slots.iter().fold(0, |sum, (first, last)| {
            sum.saturating_add(last.saturating_sub(*first).saturating_add(1))
        })
    }
}

impl ClusterMap {
    /// Reads CLUSTER NODES. A line that is not of its form is left out.
    /// Source: <https://valkey.io/commands/cluster-nodes/>.
    #[must_use]
    pub fn from_nodes(text: &str) -> ClusterMap {
        let mut migrating = vec![];
        let nodes = text
            .lines()
            .filter_map(|line| node_line(line, &mut migrating))
            .collect();
        ClusterMap {
            nodes,
            migrating: Observed::Known(migrating),
        }
    }

    /// Reads CLUSTER SHARDS. Its slots are texts in Redis 7.2.0 and numbers in 7.4.0 and Valkey (`src/cluster.c`, and its
    /// answers seen).
    #[must_use]
    pub fn from_shards(reply: &Reply) -> ClusterMap {
        let mut nodes = vec![];
        for shard in reply.items() {
            let shard = shard.fields();
            let slots = shard
                .get("slots")
                .map(|slots| ranges(slots.items()))
                .unwrap_or_default();
            let members = shard.get("nodes").map(|nodes| nodes.items()).unwrap_or_default();
            nodes.extend(members.iter().filter_map(|member| shard_member(member, &slots)));
        }
        ClusterMap {
            nodes,
            migrating: Observed::Unknown("CLUSTER SHARDS does not tell which slots migrate".to_owned()),
        }
    }

    /// Reads CLUSTER SLOTS: for each range its first and last slot, the primary, the replicas. Before 4.0 a node had no
    /// id; from 7.0 on it has a list of metadata. Source: `src/cluster.c`.
    #[must_use]
    pub fn from_slots(reply: &Reply) -> ClusterMap {
        let mut nodes: Vec<ClusterNode> = vec![];
        for entry in reply.items() {
            let entry = entry.items();
            let Some(range) = ranges(entry.get(..2).unwrap_or_default()).first().copied() else {
                continue;
            };
            for (at, member) in entry.iter().skip(2).enumerate() {
                let Some(node) = slots_member(member, at == 0) else {
                    continue;
                };
                let position = nodes
                    .iter()
                    .position(|it| (&it.address, it.port) == (&node.address, node.port));
                let position = position.unwrap_or_else(|| {
                    nodes.push(node);
                    nodes.len() - 1
                });
                if at == 0 {
                    nodes[position].slots.push(range);
                }
            }
        }
        ClusterMap {
            nodes,
            migrating: Observed::Unknown("CLUSTER SLOTS does not tell which slots migrate".to_owned()),
        }
    }

    /// The primaries that own slots: the source's shards.
    pub fn shards(&self) -> impl Iterator<Item = &ClusterNode> {
        self.nodes
            .iter()
            .filter(|node| node.primary && !node.slots.is_empty())
    }

    /// How many slots have an owner.
    #[must_use]
    pub fn slot_count(&self) -> u32 {
        self.shards()
            .fold(0, |sum, node| sum.saturating_add(node.slot_count()))
    }
}

/// `<id> <address> <flags> <primary> <ping> <pong> <epoch> <link> <slots>…`.
fn node_line(line: &str, migrating: &mut Vec<String>) -> Option<ClusterNode> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (address, port) = announced(words.get(1)?)?;
    let flags: Vec<&str> = words.get(2)?.split(',').collect();
    let has = |flag: &str| flags.contains(&flag);
    let mut slots = vec![];
    for word in words.iter().skip(8) {
        if word.starts_with('[') {
            migrating.push((*word).to_owned());
        } else if let Some(range) = slot_range(word) {
            slots.push(range);
        }
    }
    Some(ClusterNode {
        id: (*words.first()?).to_owned(),
        address,
        port,
        myself: has("myself"),
        primary: has("master"),
        failing: has("fail")
            || has("fail?")
            || has("noaddr")
            || has("handshake")
            || words.get(7).is_some_and(|link| *link == "disconnected"),
        slots,
    })
}

/// `ip:port` (3.0), `ip:port@bus` (4.0), `ip:port@bus,hostname` (7.0). An IPv6 address holds colons, so the port stands
/// behind the last one. Source: <https://valkey.io/commands/cluster-nodes/>.
fn announced(word: &str) -> Option<(String, u16)> {
    let word = word.split(',').next()?;
    let word = word.split('@').next()?;
    let (address, port) = word.rsplit_once(':')?;
    let address = address.trim_start_matches('[').trim_end_matches(']');
    Some((address.to_owned(), port.parse().ok()?))
}

fn slot_range(word: &str) -> Option<(u32, u32)> {
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last && last < SLOTS).then_some((first, last))
}

/// Pairs of first and last slot, as texts or as numbers.
fn ranges(slots: &[Reply]) -> Vec<(u32, u32)> {
    let pair = |pair: &[Reply]| {
        let (first, last) = (pair[0].number()?, pair[1].number()?);
        (first <= last && last < SLOTS).then_some((first, last))
    };
    slots.chunks_exact(2).filter_map(pair).collect()
}

/// A node of CLUSTER SHARDS. It may have a TLS port alone; then it is no node for a plain client, and its port reads 0.
fn shard_member(member: &Reply, slots: &[(u32, u32)]) -> Option<ClusterNode> {
    let fields = member.fields();
    let text = |name: &str| fields.get(name).and_then(|value| value.text());
    let primary = text("role").is_some_and(|role| role == "master" || role == "primary");
    Some(ClusterNode {
        id: text("id")?,
        address: text("ip").unwrap_or_default(),
        port: fields.get("port").and_then(|port| port.number()).unwrap_or(0),
        myself: false,
        primary,
        failing: text("health").is_some_and(|health| health == "fail"),
        slots: if primary { slots.to_vec() } else { vec![] },
    })
}

fn slots_member(member: &Reply, primary: bool) -> Option<ClusterNode> {
    let parts = member.items();
    Some(ClusterNode {
        id: parts.get(2).and_then(Reply::text).unwrap_or_default(),
        address: parts.first()?.text().unwrap_or_default(),
        port: parts.get(1)?.number()?,
        myself: false,
        primary,
        failing: false,
        slots: vec![],
    })
}

#[cfg(test)]
mod tests {
    use super::super::reply::tests::{any_reply, recorded};
    use super::*;
    use proptest::prelude::*;

    /// The recorded node owns slots 0-999 and 2000-2001, listens on 7162 and has met nobody.
    fn is_the_recorded_node(map: &ClusterMap) {
        assert_eq!(map.nodes.len(), 1, "{map:?}");
        assert_eq!((map.nodes[0].address.as_str(), map.nodes[0].port), ("", 7162));
        assert_eq!(map.nodes[0].slots, [(0, 999), (2000, 2001)]);
        assert_eq!(map.slot_count(), 1002);
    }

    #[test]
    fn nodes_slots_and_shards_of_each_recorded_version_say_the_same() {
        for (nodes, slots) in [
            (
                include_str!("../../../../tests/fixtures/engines/redis-4.0.0/cluster_nodes.txt"),
                include_str!("../../../../tests/fixtures/engines/redis-4.0.0/cluster_slots.json"),
            ),
            (
                include_str!("../../../../tests/fixtures/engines/redis-5.0.0/cluster_nodes.txt"),
                include_str!("../../../../tests/fixtures/engines/redis-5.0.0/cluster_slots.json"),
            ),
            (
                include_str!("../../../../tests/fixtures/engines/redis-6.2.0/cluster_nodes.txt"),
                include_str!("../../../../tests/fixtures/engines/redis-6.2.0/cluster_slots.json"),
            ),
            (
                include_str!("../../../../tests/fixtures/engines/redis-7.4.0/cluster_nodes.txt"),
                include_str!("../../../../tests/fixtures/engines/redis-7.4.0/cluster_slots.json"),
            ),
            (
                include_str!("../../../../tests/fixtures/engines/valkey-8.0.1/cluster_nodes.txt"),
                include_str!("../../../../tests/fixtures/engines/valkey-8.0.1/cluster_slots.json"),
            ),
        ] {
            is_the_recorded_node(&ClusterMap::from_nodes(nodes));
            is_the_recorded_node(&ClusterMap::from_slots(&recorded(slots)));
        }
        for shards in [
            include_str!("../../../../tests/fixtures/engines/redis-7.4.0/cluster_shards.json"),
            include_str!("../../../../tests/fixtures/engines/valkey-8.0.1/cluster_shards.json"),
        ] {
            is_the_recorded_node(&ClusterMap::from_shards(&recorded(shards)));
        }
    }

    #[test]
    fn slots_as_texts_are_read_too() {
        let json = serde_json::json!([[
            "slots",
            ["0", "999"],
            "nodes",
            [["id", "a", "port", "7000", "role", "master"]]
        ]]);
        let map = ClusterMap::from_shards(&super::super::reply::tests::from_json(&json));
        assert_eq!(map.nodes[0].slots, [(0, 999)]);
        assert_eq!(map.nodes[0].port, 7000);
    }

    #[test]
    fn addresses_of_every_version_migrating_slots_and_failing_nodes_are_read() {
        let map = ClusterMap::from_nodes(
            "a 10.0.0.1:7000 myself,master - 0 0 1 connected 0-99 101 [93->-b] [77-<-c]\n\
             b 10.0.0.2:7000@17000 slave a 0 0 1 connected\n\
             c fe80::2:7001@17001,node.internal,shard-id=x master,fail? - 0 0 2 connected 200-16383\n\
             nonsense\n\
             d :0@0 master,noaddr - 0 0 3 disconnected\n",
        );
        assert_eq!(map.nodes.len(), 4);
        assert_eq!(
            map.migrating,
            Observed::Known(vec!["[93->-b]".to_owned(), "[77-<-c]".to_owned()])
        );
        assert_eq!(
            map.shards().map(|node| node.id.as_str()).collect::<Vec<_>>(),
            ["a", "c"]
        );
        assert_eq!(
            (map.nodes[2].address.as_str(), map.nodes[2].port),
            ("fe80::2", 7001)
        );
        assert!(map.nodes[2].failing && map.nodes[3].failing && !map.nodes[0].failing);
        assert_eq!(map.nodes[0].slot_count(), 101);
    }

    proptest! {
        #[test]
        fn any_text_and_any_answer_are_read_without_a_panic(
            text in any::<String>(),
            line in "[a-f0-9]{1,4} [0-9a-f.:@,]{0,20} (myself,)?(master|slave)[a-z,?]{0,6} - 0 0 0 [a-z]{1,9}( [0-9\\[\\]<>-]{1,12}){0,4}",
            reply in any_reply()
        ) {
            for map in [
                ClusterMap::from_nodes(&text),
                ClusterMap::from_nodes(&line),
                ClusterMap::from_shards(&reply),
                ClusterMap::from_slots(&reply),
            ] {
                let _ = map.slot_count();
            }
        }
    }
}
