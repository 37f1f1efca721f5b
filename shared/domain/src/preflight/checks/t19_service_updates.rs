//! T19: AWS applies no service update to the target while the migration is likely to run.

use super::super::{Check, Facts, Verdict};
use super::SOON;
use crate::target::UpdateAction;
use crate::{Observed, Seconds};

pub(super) const CHECK: Check = Check {
    id: "T19",
    cause: "service_update_near",
    title: "No service update of the target is under way or due",
    why: "A service update replaces the nodes one by one; during a migration that ends the sync or the completion.",
    reference: "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Self-Service-Updates.html",
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let updates = match &facts.target.updates {
        Observed::Known(updates) => updates,
        Observed::Unknown(why) => {
            return Verdict::unknown(format!("DescribeUpdateActions was not answered: {why}"), "");
        }
    };
    let id = &facts.plan.replication_group_id;
    if let Some(running) = updates.iter().find(|update| is_running(update)) {
        return Verdict::fail(
            format!("{} is {}", running.name, running.status),
            format!(
                "wait until it is done, or stop it: aws elasticache batch-stop-update-action --service-update-name {} \
                 --replication-group-ids {id}",
                running.name
            ),
        );
    }
    // Past its date AWS may apply an update in any maintenance window.
    let due = updates.iter().find(|update| {
        update.status == "scheduled"
            || update
                .apply_by
                .is_some_and(|by| Seconds::between(facts.now, by) <= SOON)
    });
    if let Some(update) = due {
        let by = update
            .apply_by
            .map_or("no date given".to_owned(), |by| format!("to be applied by {by}"));
        return Verdict::warn(
            format!("{} is {} ({by})", update.name, update.status),
            format!(
                "apply it before the migration: aws elasticache batch-apply-update-action --service-update-name {} \
                 --replication-group-ids {id}",
                update.name
            ),
        );
    }
    Verdict::pass(match updates.len() {
        0 => format!("{id} has none open"),
        open => format!("{open} open, none of them under way or due in the next {SOON}"),
    })
}

fn is_running(update: &UpdateAction) -> bool {
    matches!(
        update.status.as_str(),
        "in-progress" | "stopping" | "waiting-to-start" | "scheduling"
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::clean;
    use super::*;

    fn with_update(status: &str, apply_by: Option<&str>) -> Facts {
        let mut facts = clean();
        facts.now = "2026-11-24T00:00:00Z".parse().expect("a timestamp");
        facts.target.updates = Observed::Known(vec![UpdateAction {
            name: "elasticache-20261101".to_owned(),
            severity: Some("important".to_owned()),
            status: status.to_owned(),
            apply_by: apply_by.map(|by| by.parse().expect("a timestamp")),
        }]);
        facts
    }

    #[test]
    fn an_update_under_way_stops_the_start_and_one_that_is_due_is_a_warning() {
        assert_eq!(rule(&with_update("in-progress", None)).outcome, Outcome::Fail);
        assert_eq!(rule(&with_update("scheduled", None)).outcome, Outcome::Warn);
        assert_eq!(
            rule(&with_update("not-applied", Some("2020-01-01T00:00:00Z"))).outcome,
            Outcome::Warn
        );
        assert_eq!(
            rule(&with_update("not-applied", Some("2090-01-01T00:00:00Z"))).outcome,
            Outcome::Pass
        );
        assert_eq!(rule(&clean()).outcome, Outcome::Pass);
    }

    #[test]
    fn a_call_that_was_denied_is_unknown() {
        let mut facts = clean();
        facts.target.updates = Observed::Unknown("denied".to_owned());
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
    }
}
