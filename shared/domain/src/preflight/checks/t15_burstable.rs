//! T15: burstable nodes work, and may run out of what makes them work.

use super::super::{Check, Facts, Verdict};
use super::PREPARE;

pub(super) const CHECK: Check = Check {
    id: "T15",
    cause: "target_burstable",
    title: "The target's nodes are not burstable",
    why: "T nodes are not excluded, and people have migrated to them; but a full sync may use up their CPU and network \
          credits and then crawl.",
    reference: PREPARE,
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let group = match facts.target.group() {
        Ok(group) => group,
        Err(verdict) => return verdict,
    };
    let Some(node_type) = &group.node_type else {
        return Verdict::unknown(
            format!("DescribeReplicationGroups gave no node type for {}", group.id),
            "",
        );
    };
    let family = node_type
        .strip_prefix("cache.")
        .and_then(|rest| rest.split('.').next());
    match family {
        Some(family) if family.starts_with('t') => Verdict::warn(
            format!("{} has nodes of {node_type}, which is burstable", group.id),
            format!(
                "for more than a small source: aws elasticache modify-replication-group --replication-group-id {} \
                 --cache-node-type cache.m7g.large --apply-immediately",
                group.id
            ),
        ),
        Some(_) => Verdict::pass(format!("{} has nodes of {node_type}", group.id)),
        None => Verdict::unknown(format!("{node_type:?} is not a node type that is known here"), ""),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::with_group;
    use super::*;

    #[test]
    fn burstable_nodes_are_a_warning() {
        let of = |node_type: Option<&str>| {
            rule(&with_group(|group| {
                group.node_type = node_type.map(str::to_owned)
            }))
            .outcome
        };
        for burstable in ["cache.t2.micro", "cache.t3.medium", "cache.t4g.small"] {
            assert_eq!(of(Some(burstable)), Outcome::Warn, "{burstable}");
        }
        assert_eq!(of(Some("cache.m7g.large")), Outcome::Pass);
        assert_eq!(of(Some("odd")), Outcome::Unknown);
        assert_eq!(of(None), Outcome::Unknown);
    }
}
