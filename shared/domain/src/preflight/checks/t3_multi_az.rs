//! T3: the target is Multi-AZ with automatic failover.

use super::super::{Check, Facts, Verdict};
use super::PREPARE;

pub(super) const CHECK: Check = Check {
    id: "T3",
    cause: "target_not_multi_az",
    title: "The target has Multi-AZ and automatic failover",
    why: "AWS asks for Multi-AZ; StartMigration refuses a group without it.",
    reference: PREPARE,
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let group = match facts.target.group() {
        Ok(group) => group,
        Err(verdict) => return verdict,
    };
    if group.multi_az && group.automatic_failover {
        return Verdict::pass(format!("{} has both", group.id));
    }
    let missing = if group.multi_az {
        "automatic failover"
    } else {
        "Multi-AZ"
    };
    let id = &group.id;
    let switch_on = format!(
        "aws elasticache modify-replication-group --replication-group-id {id} --multi-az-enabled \
         --automatic-failover-enabled --apply-immediately"
    );
    // Neither can be switched on for a shard that has its primary alone.
    let alone = group.shards.iter().any(|shard| shard.nodes.len() == 1);
    let remedy = if alone {
        format!(
            "aws elasticache increase-replica-count --replication-group-id {id} --new-replica-count 1 --apply-immediately; \
             then {switch_on}"
        )
    } else {
        switch_on
    };
    Verdict::fail(format!("{id} has no {missing}"), remedy)
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::with_group;
    use super::*;

    #[test]
    fn either_one_missing_stops_the_start() {
        assert_eq!(
            rule(&with_group(|group| group.multi_az = false)).outcome,
            Outcome::Fail
        );
        assert_eq!(
            rule(&with_group(|group| group.automatic_failover = false)).outcome,
            Outcome::Fail
        );
    }

    #[test]
    fn a_shard_without_a_replica_gets_one_first() {
        let alone = rule(&with_group(|group| group.multi_az = false));
        assert!(
            alone.remedy.starts_with("aws elasticache increase-replica-count"),
            "{}",
            alone.remedy
        );
        let pair = rule(&with_group(|group| {
            group.multi_az = false;
            let node = group.shards[0].nodes[0].clone();
            group.shards[0].nodes.push(node);
        }));
        assert!(
            pair.remedy
                .starts_with("aws elasticache modify-replication-group"),
            "{}",
            pair.remedy
        );
    }
}
