//! T4: the target is not part of a global datastore.

use super::super::{Check, Facts, Verdict};
use super::PREPARE;

pub(super) const CHECK: Check = Check {
    id: "T4",
    cause: "target_in_global_datastore",
    title: "The target is not part of a global datastore",
    why: "AWS does not migrate into a group that is a member of a global datastore.",
    reference: PREPARE,
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let group = match facts.target.group() {
        Ok(group) => group,
        Err(verdict) => return verdict,
    };
    let Some(datastore) = &group.global_datastore else {
        return Verdict::pass(format!("{} is part of none", group.id));
    };
    Verdict::fail(
        format!("{} is part of the global datastore {datastore}", group.id),
        format!(
            "take it out for the migration: aws elasticache disassociate-global-replication-group \
             --global-replication-group-id {datastore} --replication-group-id {} --replication-group-region <its Region>; \
             a primary member leaves only with the datastore",
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
    fn a_member_of_a_global_datastore_stops_the_start() {
        let verdict = rule(&with_group(|group| {
            group.global_datastore = Some("ldgnf-orders".to_owned())
        }));
        assert_eq!(verdict.outcome, Outcome::Fail);
        assert!(
            verdict
                .remedy
                .contains("--global-replication-group-id ldgnf-orders"),
            "{}",
            verdict.remedy
        );
        assert_eq!(rule(&with_group(|_| {})).outcome, Outcome::Pass);
    }
}
