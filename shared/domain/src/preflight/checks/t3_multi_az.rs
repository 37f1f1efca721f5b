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
    Verdict::fail(
        format!("{} has no {missing}", group.id),
        format!(
            "aws elasticache modify-replication-group --replication-group-id {} --multi-az-enabled \
             --automatic-failover-enabled --apply-immediately (each shard needs a replica)",
            group.id
        ),
    )
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
}
