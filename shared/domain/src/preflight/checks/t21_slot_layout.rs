//! T21: the target's shards own the same slots as the source's masters.

use super::super::{Check, Facts, Verdict};
use super::layout::{self, SourceLayout};
use crate::Observed;
use crate::target::{SlotLayout, compare_layouts};

pub(super) const CHECK: Check = Check {
    id: "T21",
    cause: "slots_differ",
    title: "The target's shards own the same slots as the source's masters",
    why: "Where they differ, ElastiCache reshards the target before it copies: the start takes longer, and the group is \
          `modifying` for that time.",
    reference: "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Migration-Initiate.html",
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let group = match facts.target.group() {
        Ok(group) => group,
        Err(verdict) => return verdict,
    };
    let masters = match layout::of_source(facts) {
        Ok(SourceLayout::Cluster(Observed::Known(masters))) => masters,
        Ok(SourceLayout::Cluster(Observed::Unknown(why))) => {
            return Verdict::unknown(format!("the source's slots could not be read: {why}"), "");
        }
        Ok(SourceLayout::Single) if group.cluster_enabled => {
            return Verdict::warn(
                format!("{} has cluster mode on and the source is no cluster", group.id),
                "AWS's page does not speak of this pair: rehearse before you start, or use a target with cluster mode off",
            );
        }
        Ok(SourceLayout::Single) => return Verdict::pass("neither side has slots"),
        Err(verdict) => return verdict,
    };
    let shards = match layout::of_target(group) {
        Ok(shards) => shards,
        Err(verdict) => return verdict,
    };
    match compare_layouts(&masters, &shards) {
        SlotLayout::Same => Verdict::pass(format!("{} shards own what {0} masters own", shards.len())),
        SlotLayout::Resharded { masters_without_twin } => Verdict::warn(
            format!(
                "{masters_without_twin} of {} masters have no shard with just their slots: {} will be resharded first",
                shards.len(),
                group.id
            ),
            "allow for the time that resharding takes, or make the target with the source's slots (NodeGroupConfiguration \
             with Slots in create-replication-group)",
        ),
        SlotLayout::CountsDiffer { masters, shards } => Verdict::fail(
            format!("{masters} masters with slots and {shards} shards: see T6"),
            "",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::{as_cluster, clean, with_group};
    use super::*;

    #[test]
    fn slots_that_lie_elsewhere_are_a_warning() {
        let halves = ["0-8191", "8192-16383"];
        assert_eq!(
            rule(&as_cluster(&halves, &["8192-16383", "0-8191"])).outcome,
            Outcome::Pass
        );
        let verdict = rule(&as_cluster(&halves, &["0-100", "101-16383"]));
        assert_eq!(verdict.outcome, Outcome::Warn);
        assert!(
            verdict.evidence.contains("will be resharded first"),
            "{}",
            verdict.evidence
        );
        assert_eq!(rule(&as_cluster(&halves, &["0-16383"])).outcome, Outcome::Fail);
    }

    #[test]
    fn a_pair_without_slots_passes_and_a_mixed_pair_is_a_warning() {
        assert_eq!(rule(&clean()).outcome, Outcome::Pass);
        assert_eq!(
            rule(&with_group(|group| group.cluster_enabled = true)).outcome,
            Outcome::Warn
        );
    }

    #[test]
    fn slots_that_could_not_be_read_are_unknown() {
        assert_eq!(
            rule(&as_cluster(&["0-16383"], &["all of them"])).outcome,
            Outcome::Unknown
        );
        let mut facts = as_cluster(&["0-16383"], &["0-16383"]);
        facts.source.cluster = Observed::Unknown("refused".to_owned());
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
    }
}
