//! S8: every node of the source's cluster listens on the same port.

use super::super::{Check, ClusterFacts, Facts, Verdict};
use super::PREPARE;
use crate::Observed;
use std::collections::BTreeMap;

pub(super) const CHECK: Check = Check {
    id: "S8",
    cause: "source_ports_differ",
    title: "All nodes of the source listen on the same port",
    why: "StartMigration takes one port, which ElastiCache uses for every shard.",
    reference: PREPARE,
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    super::judge_cluster(facts, |cluster| judge(facts, cluster))
}

fn judge(facts: &Facts, cluster: &ClusterFacts) -> Verdict {
    let map = match &cluster.map {
        Observed::Known(map) => map,
        Observed::Unknown(why) => {
            return Verdict::unknown(format!("the cluster's nodes could not be read: {why}"), "");
        }
    };
    if map.nodes.is_empty() {
        return Verdict::unknown("the cluster named no node", "");
    }
    let mut ports: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    // A node without an address (port 0) is judged by S13: it is not there.
    for node in map.nodes.iter().filter(|node| node.port != 0) {
        ports.entry(node.port).or_default().push(&node.address);
    }
    let wanted = facts.plan.source.port;
    let others: Vec<String> = ports
        .iter()
        .filter(|(port, _)| **port != wanted)
        .map(|(port, nodes)| format!("{port} ({} nodes, such as {})", nodes.len(), nodes[0]))
        .collect();
    if others.is_empty() {
        Verdict::pass(format!("all {} nodes listen on {wanted}", map.nodes.len()))
    } else {
        Verdict::fail(
            format!(
                "the plan's port is {wanted}, other nodes listen on {}",
                others.join(", ")
            ),
            format!(
                "let every node listen on {wanted}: 7.0 and later redis-cli -h <node> -p <its port> CONFIG SET port \
                 {wanted}; before, port in redis.conf and a restart, node by node"
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::{clean, with_cluster};
    use super::*;
    use crate::engine::ClusterMap;

    #[test]
    fn one_port_for_all_passes_and_another_port_anywhere_fails() {
        assert_eq!(rule(&clean()).outcome, Outcome::Pass);
        assert_eq!(rule(&with_cluster(|_| {})).outcome, Outcome::Pass);
        let verdict = rule(&with_cluster(|cluster| {
            cluster.map = Observed::Known(ClusterMap::from_nodes(
                "a 10.0.0.1:6379@16379 myself,master - 0 0 1 connected 0-16383\n\
                 b 10.0.0.2:6380@16380 slave a 0 0 1 connected\n",
            ));
        }));
        assert_eq!(verdict.outcome, Outcome::Fail);
        assert!(
            verdict.evidence.contains("6380 (1 nodes, such as 10.0.0.2)"),
            "{}",
            verdict.evidence
        );
    }

    #[test]
    fn a_map_that_could_not_be_read_is_unknown() {
        let facts = with_cluster(|cluster| cluster.map = Observed::Unknown("NOPERM".to_owned()));
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
        let mut facts = clean();
        facts.source.cluster = Observed::Unknown("timed out".to_owned());
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
    }
}
