//! How an alarm comes before a pause runs out that nobody renews, also where whoever should renew it is dead: each pause
//! counts itself, ahead of time, into the seconds before its end, and each renewal takes that back. CloudWatch takes
//! figures for up to two hours ahead, and adds up what is said of the same moment:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html>.
//!
//! Only pauses count that were set once AWS was about to be asked: the first one ends with the budget, and is meant to.

use super::Fence;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Where the metric stands in CloudWatch, beside those of the looks.
const NAMESPACE: &str = "ElastiCacheMigrator";
/// The one dimension: the function that says so. A stack's alarm must not count another stack's fences.
const DIMENSION: &str = "Function";
/// The metric: how many pauses are in the last third of their time, and not renewed.
const METRIC: &str = "FencesEnding";
/// CloudWatch's shortest period of an alarm, in seconds.
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>.
const PERIOD: i64 = 10;

/// The log lines, in the embedded metric format, with which a fence that was `before` becomes `after`; none where it is
/// over: released, or made to last.
#[must_use]
pub fn ending_metrics(function: &str, now: Timestamp, before: &Fence, after: Option<&Fence>) -> Vec<Value> {
    let mut counts: BTreeMap<i64, i64> = BTreeMap::new();
    for period in before.last_third() {
        *counts.entry(period).or_default() -= 1;
    }
    for period in after.map(Fence::last_third).unwrap_or_default() {
        *counts.entry(period).or_default() += 1;
    }
    // What is past was true when it was said.
    counts.retain(|period, count| *count != 0 && *period >= period_of(now));
    counts
        .into_iter()
        .map(|(period, count)| line(function, now, period, count))
        .collect()
}

impl Fence {
    /// The periods in which its pause is about to end; none where it has none, or only the one that ends with the budget.
    fn last_third(&self) -> Vec<i64> {
        let ends = self
            .primaries
            .iter()
            .filter_map(|primary| primary.mark.as_ref()?.paused_until)
            .filter(|until| *until != self.deadline)
            .min();
        let Some(ends) = ends else {
            return vec![];
        };
        let third = self.renew_every().max(SignedDuration::from_secs(PERIOD));
        let begins = ends.checked_sub(third).unwrap_or(ends);
        (period_of(begins)..=period_of(ends)).collect()
    }
}

fn period_of(moment: Timestamp) -> i64 {
    moment.as_second().div_euclid(PERIOD)
}

fn line(function: &str, now: Timestamp, period: i64, count: i64) -> Value {
    json!({
        "timestamp": now,
        "level": "INFO",
        "message": "when the fence ends",
        "_aws": {
            "Timestamp": period * PERIOD * 1_000,
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": [[DIMENSION]],
                "Metrics": [{"Name": METRIC, "Unit": "Count", "StorageResolution": 1}],
            }],
        },
        DIMENSION: function,
        METRIC: count,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seconds;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + second).expect("a time")
    }

    /// A fence of one primary whose pause lasts until then.
    fn fence(pause: u64, until: i64) -> Fence {
        let mut fence: Fence = serde_json::from_value(json!({
            "replicationGroupId": "orders", "kind": "pause", "armedAt": at(0), "deadline": at(30),
            "pauseSeconds": pause, "primaries": [{
                "shard": "0001", "source": {"address": "10.0.0.1", "port": 6379}, "version": "Redis 7.0.15",
                "means": {"pause": "writes", "refusesFromTheStart": false, "setting": "min-replicas-to-write",
                          "refusalStopsScripts": true},
                "settings": [], "mark": {"at": at(0), "offset": 1, "pausedUntil": at(until)}
            }]
        }))
        .expect("a fence");
        fence.pause_seconds = Seconds(pause);
        fence
    }

    /// What an alarm sees in the period of a second, of all that was said.
    fn seen(lines: &[Value], second: i64) -> i64 {
        let period = period_of(at(second)) * PERIOD * 1_000;
        lines
            .iter()
            .filter(|line| line["_aws"]["Timestamp"] == json!(period))
            .filter_map(|line| line[METRIC].as_i64())
            .sum()
    }

    #[test]
    fn the_pause_that_ends_with_the_budget_is_not_counted() {
        let first = fence(60, 30);
        assert!(ending_metrics("f", at(1), &first, Some(&first)).is_empty());
        let renewed = fence(60, 65);
        let lines = ending_metrics("f", at(5), &first, Some(&renewed));
        assert_eq!(seen(&lines, 30), 0);
        assert_eq!(seen(&lines, 50), 1);
    }

    #[test]
    fn nothing_is_said_of_what_is_past_or_of_what_does_not_change() {
        let renewed = fence(60, 65);
        assert!(ending_metrics("f", at(5), &renewed, Some(&renewed)).is_empty());
        assert!(ending_metrics("f", at(1_000), &renewed, None).is_empty());
    }

    proptest! {
        #[test]
        fn a_pause_that_is_renewed_is_never_counted_and_one_that_is_not_is_in_time(
            pause in 6_i64..=600, renewals in 1_i64..8, released in any::<bool>(),
        ) {
            let long = u64::try_from(pause).expect("positive");
            let mut lines = vec![];
            let mut now = 1;
            let mut before = fence(long, 30);
            for _ in 0..renewals {
                let after = fence(long, now + pause + i64::from(now + pause == 30));
                lines.extend(ending_metrics("f", at(now), &before, Some(&after)));
                before = after;
                now += pause / 3;
            }
            let last_renewal = now - pause / 3;
            // Shorter pauses than three periods are always near their end, as far as an alarm can tell.
            if pause >= 3 * PERIOD + 6 {
                for second in 0..last_renewal {
                    prop_assert_eq!(seen(&lines, second), 0, "second {} of {}", second, last_renewal);
                }
            }
            if released {
                lines.extend(ending_metrics("f", at(last_renewal), &before, None));
            }
            let end = last_renewal + pause;
            for second in (end - pause / 3).max(last_renewal)..end {
                prop_assert_eq!(seen(&lines, second), i64::from(!released), "second {} before {}", second, end);
            }
            prop_assert_eq!(seen(&lines, end + 2 * PERIOD), 0);
        }
    }
}
