//! T17: no maintenance window opens while the migration is likely to run.

use super::super::{Check, Facts, Verdict};
use super::SOON;
use crate::Seconds;
use crate::target::WeeklyWindow;

pub(super) const CHECK: Check = Check {
    id: "T17",
    cause: "maintenance_window_near",
    title: "No maintenance window of the target opens in the next hours",
    why: "AWS may replace a node in its window; a node that is being replaced makes CompleteMigration fail.",
    reference: "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/maintenance-window.html",
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let members = match facts.target.members() {
        Ok(members) => members,
        Err(verdict) => return verdict,
    };
    let mut nearest: Option<(Seconds, &str, &str)> = None;
    for member in members {
        let Some(text) = member.maintenance_window.as_deref() else {
            return Verdict::unknown(format!("{} gives no maintenance window", member.id), "");
        };
        let window: WeeklyWindow = match text.parse() {
            Ok(window) => window,
            Err(why) => {
                return Verdict::unknown(format!("the maintenance window of {}: {why}", member.id), "");
            }
        };
        let opens = window.opens_in(facts.now);
        if nearest.is_none_or(|(soonest, ..)| opens < soonest) {
            nearest = Some((opens, text, &member.id));
        }
    }
    let Some((opens, text, member)) = nearest else {
        return Verdict::unknown("the group has no node to ask", "");
    };
    if opens > SOON {
        return Verdict::pass(format!("the next one, {text} UTC, opens in {opens}"));
    }
    let when = if opens == Seconds(0) {
        "is open now".to_owned()
    } else {
        format!("opens in {opens}")
    };
    Verdict::warn(
        format!("the window of {member}, {text} UTC, {when}"),
        format!(
            "move it out of the way: aws elasticache modify-replication-group --replication-group-id {} \
             --preferred-maintenance-window <another day and time in UTC, such as {text}>",
            facts.plan.replication_group_id
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::clean;
    use super::*;
    use crate::Observed;

    /// The clean example's window is `sun:05:00-sun:09:00`; 2026-11-22 was a Sunday.
    fn seen_at(now: &str) -> Outcome {
        let mut facts = clean();
        facts.now = now.parse().expect("a timestamp");
        rule(&facts).outcome
    }

    #[test]
    fn a_window_that_is_open_or_opens_soon_is_a_warning() {
        assert_eq!(seen_at("2026-11-22T06:00:00Z"), Outcome::Warn);
        assert_eq!(seen_at("2026-11-22T00:00:00Z"), Outcome::Warn);
        assert_eq!(seen_at("2026-11-20T00:00:00Z"), Outcome::Pass);
        assert_eq!(seen_at("2026-11-22T09:00:00Z"), Outcome::Pass);
    }

    #[test]
    fn a_window_that_cannot_be_read_is_unknown() {
        for window in [None, Some("whenever".to_owned())] {
            let mut facts = clean();
            if let Observed::Known(members) = &mut facts.target.clusters {
                members[0].maintenance_window = window;
            }
            assert_eq!(rule(&facts).outcome, Outcome::Unknown);
        }
    }
}
