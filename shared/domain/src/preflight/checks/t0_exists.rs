//! T0: there is such a group at all.

use super::super::{Check, Facts, Verdict};
use crate::Observed;

pub(super) const CHECK: Check = Check {
    id: "T0",
    cause: "target_not_found",
    title: "The target replication group exists",
    why: "Every call answers ReplicationGroupNotFoundFault where it does not.",
    reference: "https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_StartMigration.html",
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let id = &facts.plan.replication_group_id;
    match &facts.target.group {
        Observed::Known(Some(_)) => Verdict::pass(format!("{id} was described")),
        Observed::Known(None) => Verdict::fail(
            format!("there is no replication group {id} in this account and Region"),
            "correct replicationGroupId; the groups that exist: aws elasticache describe-replication-groups --query \
             'ReplicationGroups[].ReplicationGroupId'",
        ),
        Observed::Unknown(why) => Verdict::unknown(
            format!("DescribeReplicationGroups for {id} was not answered: {why}"),
            "allow elasticache:DescribeReplicationGroups to the function's role, and give its subnets a way to the \
             ElastiCache API (a NAT gateway or an interface endpoint)",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::clean;
    use super::*;

    #[test]
    fn a_group_that_is_missing_fails_and_one_that_was_not_described_is_unknown() {
        let mut facts = clean();
        facts.target.group = Observed::Known(None);
        assert_eq!(rule(&facts).outcome, Outcome::Fail);
        facts.target.group = Observed::Unknown("timed out".to_owned());
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
    }
}
