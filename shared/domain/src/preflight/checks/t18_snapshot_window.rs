//! T18: no snapshot is taken while the migration is likely to run.

use super::super::{Check, Facts, Verdict};
use super::SOON;
use crate::Seconds;
use crate::target::DailyWindow;

pub(super) const CHECK: Check = Check {
    id: "T18",
    cause: "snapshot_window_near",
    title: "No snapshot of the target falls into the next hours",
    why: "While a snapshot is taken the group is `snapshotting`, and StartMigration refuses it.",
    reference: "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/backups-automatic.html",
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let group = match facts.target.group() {
        Ok(group) => group,
        Err(verdict) => return verdict,
    };
    let id = &group.id;
    if group.snapshot_retention == 0 {
        return Verdict::pass(format!("{id} takes none"));
    }
    let Some(text) = group.snapshot_window.as_deref() else {
        return Verdict::unknown(format!("{id} takes snapshots and gives no window for them"), "");
    };
    let window: DailyWindow = match text.parse() {
        Ok(window) => window,
        Err(why) => return Verdict::unknown(format!("the snapshot window of {id}: {why}"), ""),
    };
    let opens = window.opens_in(facts.now);
    if opens > SOON {
        return Verdict::pass(format!("the next window, {text} UTC, opens in {opens}"));
    }
    let when = if opens == Seconds(0) {
        "is open now".to_owned()
    } else {
        format!("opens in {opens}")
    };
    Verdict::warn(
        format!("the window {text} UTC {when}"),
        format!(
            "no snapshots until the migration is done: aws elasticache modify-replication-group --replication-group-id {id} \
             --snapshot-retention-limit 0 --apply-immediately (then back to {})",
            group.snapshot_retention
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::with_group;
    use super::*;

    fn seen_at(now: &str, window: Option<&str>, retention: u32) -> Outcome {
        let mut facts = with_group(|group| {
            group.snapshot_window = window.map(str::to_owned);
            group.snapshot_retention = retention;
        });
        facts.now = now.parse().expect("a timestamp");
        rule(&facts).outcome
    }

    #[test]
    fn a_snapshot_in_the_next_hours_is_a_warning_and_none_at_all_is_fine() {
        let noon = "2026-11-22T12:00:00Z";
        assert_eq!(seen_at(noon, Some("11:30-12:30"), 7), Outcome::Warn);
        assert_eq!(seen_at(noon, Some("17:00-18:00"), 7), Outcome::Warn);
        assert_eq!(seen_at(noon, Some("05:00-06:00"), 7), Outcome::Pass);
        assert_eq!(seen_at(noon, Some("11:30-12:30"), 0), Outcome::Pass);
        assert_eq!(seen_at(noon, None, 7), Outcome::Unknown);
        assert_eq!(seen_at(noon, Some("at night"), 7), Outcome::Unknown);
    }
}
