//! A report is small however many shards there are and however long it took.

use super::super::series::Collector;
use super::super::{Chronicle, Entry, Happening};
use super::{History, answered, at, look, start};
use crate::progress::Observation;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A look at ninety shards.
fn ninety(seconds: i64, lag: u64) -> Value {
    let mut seen = look(at(seconds), "approval", "inSync", Some(lag), Some(9_999_999_999));
    let shard = seen["shards"][0].clone();
    let shards: Vec<Value> = (0..90)
        .map(|n| {
            let mut shard = shard.clone();
            shard["shard"] = json!(format!("{n:04}"));
            shard["lag"] = json!(lag + n);
            shard["progress"] = json!({"percent": 99.9, "by": "offsets"});
            shard
        })
        .collect();
    seen["shards"] = json!(shards);
    seen
}

#[test]
fn thirty_days_of_ninety_shards_make_a_report_below_200_kib_that_keeps_the_worst_lag() {
    const EVERY: i64 = 300;
    const WORST: i64 = 4_321;
    let looks = 30 * 24 * 3_600 / EVERY;
    let mut collector = Collector::default();
    let mut seen: Observation = serde_json::from_value(ninety(0, 100)).expect("a look");
    for n in 0..looks {
        seen.at = at(n * EVERY);
        let lag = crate::LagBytes(if n == WORST { 987_654_321 } else { 100 });
        seen.lag = Some(lag);
        seen.shards[7].lag = Some(lag);
        collector.add(&seen);
    }
    let series = collector.series();
    assert_eq!(i64::from(series.looks), looks);
    let worst = series
        .points
        .iter()
        .max_by_key(|point| point.lag)
        .expect("a point");
    assert_eq!(worst.at, at(WORST * EVERY));
    let shard = &series.shards[7];
    assert!(
        shard.lag.contains(&Some(crate::LagBytes(987_654_321))),
        "{:?}",
        shard.lag
    );
    assert!(series.shard_times.len() >= 15, "{}", series.shard_times.len());

    // The rest of a report at its largest: a time line that is full.
    let mut history = History::begin();
    for n in 0..1_000 {
        history.now = at(n * 60);
        let by = format!("somebody {n} {}", "x".repeat(300));
        history.await_signal(
            1,
            Some(&json!({"kind": "postpone", "until": at(n), "by": by, "at": at(n)})),
        );
    }
    history.task("Observe", &ninety(100_000, 5));
    let mut report = history.report();
    assert_eq!((report.moments.len(), report.moments_left_out > 700), (200, true));
    report.series = series;
    let bytes = serde_json::to_string(&report).expect("JSON").len();
    assert!(bytes < 200 * 1024, "{bytes} bytes");
}

#[test]
fn reading_keeps_no_event_of_a_chain_that_is_over() {
    let mut chronicle = Chronicle::new();
    chronicle.begin_execution();
    let mut id = 0;
    let mut event = |chronicle: &mut Chronicle, what| {
        id += 1;
        chronicle.read(&Entry {
            id,
            previous: id - 1,
            at: start(),
            what,
        });
    };
    for _ in 0..1_000 {
        event(
            &mut chronicle,
            Happening::Entered {
                state: "Observe".to_owned(),
            },
        );
        event(&mut chronicle, Happening::Scheduled { lambda: true });
        event(&mut chronicle, answered(&json!({})));
        event(&mut chronicle, Happening::Other);
    }
    assert!(chronicle.open_chains() <= 1, "{}", chronicle.open_chains());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// The same looks give the same points in whatever order they come, and never more than the bound.
    #[test]
    fn points_do_not_depend_on_the_order_of_looks(
        mut looks in proptest::collection::vec((0_i64..3_000_000, 0_u64..1_000), 1..600),
        seed in any::<u64>(),
    ) {
        looks.sort_unstable();
        looks.dedup_by_key(|(at, _)| *at);
        let collect = |looks: &[(i64, u64)]| {
            let mut collector = Collector::default();
            let seen = look(start(), "sync", "catchingUp", None, None);
            let mut seen: Observation = serde_json::from_value(seen).expect("a look");
            for (seconds, lag) in looks {
                (seen.at, seen.lag) = (at(*seconds), Some(crate::LagBytes(*lag)));
                collector.add(&seen);
            }
            collector.series()
        };
        let in_order = collect(&looks);
        let mut shuffled = looks.clone();
        shuffled.sort_by_key(|(at, _)| at.cast_unsigned().wrapping_mul(seed | 1));
        let series = collect(&shuffled);
        prop_assert_eq!(&series.points, &in_order.points);
        prop_assert!(series.points.len() <= 240 && !series.points.is_empty());
        let worst = looks.iter().map(|(_, lag)| *lag).max();
        prop_assert_eq!(series.points.iter().filter_map(|point| point.lag).max().map(|lag| lag.0), worst);
    }
}
