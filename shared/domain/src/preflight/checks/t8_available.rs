//! T8: nothing else is under way on the target.

use super::super::{Check, Facts, Verdict};
use super::PREPARE;
use crate::target::GroupStatus;

pub(super) const CHECK: Check = Check {
    id: "T8",
    cause: "target_not_available",
    title: "The target replication group is available",
    why: "StartMigration answers InvalidReplicationGroupState while anything else is under way on the group.",
    reference: PREPARE,
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let group = match facts.target.group() {
        Ok(group) => group,
        Err(verdict) => return verdict,
    };
    let id = &group.id;
    match &group.status {
        GroupStatus::Available => Verdict::pass(format!("{id} is available")),
        GroupStatus::Migrating => Verdict::fail(
            format!("{id} is migrating already"),
            format!(
                "find out who started it (the group's events name its source). To give it up: aws elasticache \
                 complete-migration --replication-group-id {id} --force"
            ),
        ),
        GroupStatus::Modifying | GroupStatus::Other(_) => Verdict::fail(
            format!("{id} is {}", group.status),
            format!(
                "wait until it is available: aws elasticache wait replication-group-available \
                 --replication-group-id {id}"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::with_group;
    use super::*;

    #[test]
    fn a_group_that_is_busy_does_not_pass_whatever_aws_calls_it() {
        for status in [
            GroupStatus::Migrating,
            GroupStatus::Modifying,
            GroupStatus::Other("snapshotting".to_owned()),
        ] {
            assert_eq!(
                rule(&with_group(|group| group.status = status)).outcome,
                Outcome::Fail
            );
        }
    }
}
