//! T12: the target is a replication group and not a serverless cache.

use super::super::{Check, Facts, Verdict};
use super::PREPARE;
use crate::Observed;

pub(super) const CHECK: Check = Check {
    id: "T12",
    cause: "target_is_serverless",
    title: "The target is made of nodes, not serverless",
    why: "A serverless cache has a migration of its own (PrepareMigration), with other calls, events and rules.",
    reference: PREPARE,
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let id = &facts.plan.replication_group_id;
    match (&facts.target.group, &facts.target.serverless_namesake) {
        (Observed::Known(Some(_)), _) => Verdict::pass(format!("{id} is a replication group")),
        (Observed::Known(None), Observed::Known(true)) => Verdict::fail(
            format!("{id} is a serverless cache"),
            "give the id of a replication group, or use AWS's migration to ElastiCache Serverless: \
             https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/migration-to-serverless.html",
        ),
        (Observed::Known(None), Observed::Known(false)) => {
            Verdict::unknown(format!("nothing is called {id}: see T0"), "")
        }
        (Observed::Known(None), Observed::Unknown(why)) => Verdict::unknown(
            format!(
                "there is no replication group {id}, and serverless caches could not be looked at: {why}"
            ),
            "",
        ),
        (Observed::Unknown(why), _) => {
            Verdict::unknown(format!("the replication group could not be described: {why}"), "")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::clean;
    use super::*;

    #[test]
    fn a_serverless_cache_of_that_name_is_told_apart_from_nothing_at_all() {
        let mut facts = clean();
        facts.target.group = Observed::Known(None);
        facts.target.serverless_namesake = Observed::Known(true);
        assert_eq!(rule(&facts).outcome, Outcome::Fail);
        facts.target.serverless_namesake = Observed::Known(false);
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
        facts.target.serverless_namesake = Observed::Unknown("denied".to_owned());
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
    }
}
