//! T10: no password and no users on the target.

use super::super::{Check, Facts, Verdict};
use super::PREPARE;

pub(super) const CHECK: Check = Check {
    id: "T10",
    cause: "target_requires_auth",
    title: "The target has neither an AUTH token nor user groups",
    why: "Both need encryption in transit, which a target of a migration must not have; the replication link carries no \
          credentials.",
    reference: PREPARE,
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let group = match facts.target.group() {
        Ok(group) => group,
        Err(verdict) => return verdict,
    };
    let id = &group.id;
    if group.auth_token {
        return Verdict::fail(
            format!("{id} has an AUTH token"),
            format!(
                "aws elasticache modify-replication-group --replication-group-id {id} --auth-token-update-strategy DELETE \
                 --apply-immediately, and set it again when the migration is done"
            ),
        );
    }
    if !group.user_groups.is_empty() {
        let groups = group.user_groups.join(" ");
        return Verdict::fail(
            format!("{id} has the user groups {groups}"),
            format!(
                "aws elasticache modify-replication-group --replication-group-id {id} --user-group-ids-to-remove {groups} \
                 --apply-immediately, and add them again when the migration is done"
            ),
        );
    }
    Verdict::pass(format!("{id} has neither"))
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::with_group;
    use super::*;

    #[test]
    fn a_token_or_a_user_group_stops_the_start() {
        assert_eq!(
            rule(&with_group(|group| group.auth_token = true)).outcome,
            Outcome::Fail
        );
        let verdict = rule(&with_group(|group| group.user_groups = vec!["ops".to_owned()]));
        assert_eq!(verdict.outcome, Outcome::Fail);
        assert!(
            verdict.remedy.contains("--user-group-ids-to-remove ops"),
            "{}",
            verdict.remedy
        );
        assert_eq!(rule(&with_group(|_| {})).outcome, Outcome::Pass);
    }
}
