//! T8: nothing else is under way on the target; before the cutover: the migration is.

use super::super::narrower::UNDER_ANOTHER_MIGRATION;
use super::super::{Check, Facts, Moment, Verdict};
use super::PREPARE;
use crate::ReplicationGroupId;
use crate::target::GroupStatus;

pub(super) const CHECK: Check = Check {
    id: "T8",
    cause: "target_not_available",
    title: "The target replication group is available, or migrating where it should be",
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
    if facts.moment == Moment::BeforeCutover {
        return before_cutover(id, &group.status);
    }
    match &group.status {
        GroupStatus::Available => Verdict::pass(format!("{id} is available")),
        GroupStatus::Migrating => Verdict::fail(
            format!("{id} is migrating already"),
            format!(
                "find out who started it (the group's events name its source). To give it up: aws elasticache \
                 complete-migration --replication-group-id {id} --force"
            ),
        )
        .narrowed(&UNDER_ANOTHER_MIGRATION),
        GroupStatus::Modifying | GroupStatus::Other(_) => Verdict::fail(
            format!("{id} is {}", group.status),
            format!(
                "wait until it is available: aws elasticache wait replication-group-available \
                 --replication-group-id {id}"
            ),
        ),
    }
}

fn before_cutover(id: &ReplicationGroupId, status: &GroupStatus) -> Verdict {
    match status {
        GroupStatus::Migrating => Verdict::pass(format!("{id} is migrating")),
        GroupStatus::Available => Verdict::fail(
            format!("{id} is available and no longer under migration"),
            format!(
                "its events tell why: aws elasticache describe-events --source-type replication-group --source-identifier \
                 {id} --duration 1440"
            ),
        ),
        GroupStatus::Modifying | GroupStatus::Other(_) => Verdict::fail(
            format!("{id} is {status}, not migrating"),
            "CompleteMigration would be refused: wait until the group is migrating again, then approve again",
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

    #[test]
    fn before_the_cutover_the_group_must_be_migrating() {
        for (status, outcome) in [
            (GroupStatus::Migrating, Outcome::Pass),
            (GroupStatus::Available, Outcome::Fail),
            (GroupStatus::Modifying, Outcome::Fail),
            (GroupStatus::Other("snapshotting".to_owned()), Outcome::Fail),
        ] {
            let mut facts = with_group(|group| group.status = status.clone());
            facts.moment = Moment::BeforeCutover;
            assert_eq!(rule(&facts).outcome, outcome, "{status}");
        }
    }
}
