//! T6: the target has as many shards as the source has masters with slots.

use super::super::{Check, Facts, Verdict};
use super::PREPARE;
use super::layout::{self, SourceLayout};
use crate::Observed;

pub(super) const CHECK: Check = Check {
    id: "T6",
    cause: "shard_count_differs",
    title: "The target has as many shards as the source has masters with slots",
    why: "Each of the target's primaries follows one master of the source: the counts must be the same.",
    reference: PREPARE,
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let group = match facts.target.group() {
        Ok(group) => group,
        Err(verdict) => return verdict,
    };
    let id = &group.id;
    let shards = group.shards.len();
    let masters = match layout::of_source(facts) {
        Ok(SourceLayout::Single) => 1,
        Ok(SourceLayout::Cluster(_)) if !group.cluster_enabled => {
            return Verdict::fail(
                format!("the source is a cluster and {id} has cluster mode off"),
                "make a target group with cluster mode on, and as many shards as the source has masters with slots",
            );
        }
        Ok(SourceLayout::Cluster(Observed::Known(masters))) => {
            masters.iter().filter(|slots| !slots.is_empty()).count()
        }
        Ok(SourceLayout::Cluster(Observed::Unknown(why))) => {
            return Verdict::unknown(format!("the source's slots could not be read: {why}"), "");
        }
        Err(verdict) => return verdict,
    };
    let evidence = format!("{id} has {shards} shards, the source has {masters} masters to copy");
    if shards != masters {
        let remedy = if group.cluster_enabled {
            format!(
                "aws elasticache modify-replication-group-shard-configuration --replication-group-id {id} --node-group-count \
                 {masters} --apply-immediately (fewer shards than now: name those to remove with --node-groups-to-remove)"
            )
        } else {
            "a group with cluster mode off has one shard; the source must be one master".to_owned()
        };
        return Verdict::fail(evidence, remedy);
    }
    Verdict::pass(evidence)
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::{as_cluster, with_group};
    use super::*;

    #[test]
    fn the_counts_must_be_the_same() {
        assert_eq!(
            rule(&as_cluster(&["0-8191", "8192-16383"], &["0-8191", "8192-16383"])).outcome,
            Outcome::Pass
        );
        let verdict = rule(&as_cluster(&["0-8191", "8192-16383"], &["0-16383"]));
        assert_eq!(verdict.outcome, Outcome::Fail);
        assert!(
            verdict.remedy.contains("--node-group-count 2"),
            "{}",
            verdict.remedy
        );
        // A single source and a target of two shards.
        let two = with_group(|group| group.shards.push(group.shards[0].clone()));
        assert_eq!(rule(&two).outcome, Outcome::Fail);
    }

    #[test]
    fn a_master_without_slots_does_not_count() {
        assert_eq!(
            rule(&as_cluster(&["0-16383", ""], &["0-16383"])).outcome,
            Outcome::Pass
        );
    }

    #[test]
    fn a_cluster_does_not_fit_into_a_group_with_cluster_mode_off_and_slots_not_read_are_unknown() {
        let mut facts = as_cluster(&["0-16383"], &["0-16383"]);
        facts.source.cluster = Observed::Unknown("CLUSTER SLOTS was refused".to_owned());
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
        if let Observed::Known(Some(group)) = &mut facts.target.group {
            group.cluster_enabled = false;
        }
        assert_eq!(rule(&facts).outcome, Outcome::Fail);
    }
}
