//! S13: the source's cluster is whole and at rest.

use super::super::{Check, ClusterFacts, Facts, Verdict};
use super::PREPARE;
use crate::Observed;
use crate::engine::SLOTS;

pub(super) const CHECK: Check = Check {
    id: "S13",
    cause: "source_cluster_not_whole",
    title: "The source's cluster is ok, owns all slots, and moves none",
    why: "Each target shard follows the source's owner of the same slots: a slot without an owner is not copied, and a \
          slot that moves meanwhile ends at a shard that does not expect it.",
    reference: PREPARE,
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    super::judge_cluster(facts, |cluster| {
        judge(facts, cluster).unwrap_or_else(|verdict| verdict)
    })
}

fn judge(facts: &Facts, cluster: &ClusterFacts) -> Result<Verdict, Verdict> {
    let source = &facts.plan.source;
    let cli = format!("redis-cli --cluster check {source}");
    let map = match &cluster.map {
        Observed::Known(map) => map,
        Observed::Unknown(why) => {
            return Err(Verdict::unknown(
                format!("CLUSTER NODES could not be read: {why}"),
                cli,
            ));
        }
    };
    let state = match &cluster.info {
        Observed::Known(info) => info.text("cluster_state").unwrap_or("not given"),
        Observed::Unknown(why) => {
            return Err(Verdict::unknown(
                format!("CLUSTER INFO could not be read: {why}"),
                cli,
            ));
        }
    };
    let owned = map.slot_count();
    let mut wrong = vec![];
    if state != "ok" {
        wrong.push(format!("cluster_state is {state}"));
    }
    if owned != SLOTS {
        wrong.push(format!("{owned} of {SLOTS} slots have an owner"));
    }
    let failing: Vec<&str> = map
        .nodes
        .iter()
        .filter(|node| node.failing)
        .map(|node| node.id.as_str())
        .collect();
    if !failing.is_empty() {
        let shown: Vec<&str> = failing.iter().copied().take(3).collect();
        wrong.push(format!(
            "{} nodes do not answer to {source}, such as {}",
            failing.len(),
            shown.join(", ")
        ));
    }
    let mut moving = vec![];
    let mut untold = vec![];
    // A node tells of its own slots only, so each owner was asked.
    let owners = cluster.members.iter().filter(|member| member.owns_slots);
    let owners = owners.map(|member| (&member.endpoint, &member.migrating));
    for (node, told) in std::iter::once((source, &map.migrating)).chain(owners) {
        match told {
            Observed::Known(slots) => moving.extend(slots.iter().map(|slot| format!("{slot} at {node}"))),
            Observed::Unknown(why) => untold.push(format!("{node}: {why}")),
        }
    }
    if let Some(first) = moving.first() {
        wrong.push(format!("{} slots are moving, such as {first}", moving.len()));
    }
    if wrong.is_empty()
        && let Some(first) = untold.first()
    {
        let evidence = format!(
            "{} nodes did not say whether slots are moving, such as {first}",
            untold.len()
        );
        return Err(Verdict::unknown(evidence, cli));
    }
    Ok(if wrong.is_empty() {
        let shards = map.shards().count();
        Verdict::pass(format!(
            "cluster_state is ok, {shards} shards own all {SLOTS} slots, none is moving"
        ))
    } else {
        Verdict::fail(
            wrong.join("; "),
            format!(
                "finish or undo what is under way: redis-cli --cluster fix {source}; forget nodes that are gone: \
                     redis-cli -h <each node> CLUSTER FORGET <id>"
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::{clean, with_cluster};
    use super::*;
    use crate::engine::{ClusterMap, Info};

    fn judged(state: &str, nodes: &str) -> Verdict {
        rule(&with_cluster(|cluster| {
            cluster.info = Observed::Known(Info::parse(&format!("cluster_state:{state}")));
            cluster.map = Observed::Known(ClusterMap::from_nodes(nodes));
        }))
    }

    #[test]
    fn a_cluster_that_is_not_whole_or_not_at_rest_stops_the_start() {
        const WHOLE: &str = "a 10.0.0.1:6379@16379 myself,master - 0 0 1 connected 0-16383";
        assert_eq!(judged("ok", WHOLE).outcome, Outcome::Pass);
        assert_eq!(judged("fail", WHOLE).outcome, Outcome::Fail);
        assert_eq!(
            judged("ok", &WHOLE.replace("16383", "999")).outcome,
            Outcome::Fail
        );
        assert_eq!(judged("ok", &format!("{WHOLE} [93->-b]")).outcome, Outcome::Fail);
        let moving_elsewhere = rule(&with_cluster(|cluster| {
            cluster.members[1].migrating = Observed::Known(vec!["[11000->-a]".to_owned()]);
        }));
        assert_eq!(moving_elsewhere.outcome, Outcome::Fail);
        assert!(
            moving_elsewhere
                .evidence
                .contains("[11000->-a] at 10.0.0.243:6379")
        );
        let failing = format!("{WHOLE}\nb 10.0.0.2:6379@16379 slave,fail a 0 0 1 connected");
        assert_eq!(judged("ok", &failing).outcome, Outcome::Fail);
    }

    #[test]
    fn a_source_that_is_no_cluster_passes_and_one_that_does_not_say_is_unknown() {
        assert_eq!(rule(&clean()).outcome, Outcome::Pass);
        let facts = with_cluster(|cluster| cluster.info = Observed::Unknown("timed out".to_owned()));
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
        let facts = with_cluster(|cluster| {
            if let Observed::Known(map) = &mut cluster.map {
                map.migrating = Observed::Unknown("CLUSTER SLOTS does not tell".to_owned());
            }
        });
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
    }
}
