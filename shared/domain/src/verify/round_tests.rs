//! Stories of rounds.

use super::*;
use crate::verify::{Counts, DifferenceKind, KeyName, Pending, Verdict};
use crate::{Endpoint, ShardId};
use serde_json::json;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("a time")
}

fn plan(verify: &serde_json::Value) -> Plan {
    Plan::from_input(&json!({
        "replicationGroupId": "orders", "source": {"address": "10.0.0.1"}, "verify": verify
    }))
    .expect("valid")
}

fn pairs(count: usize) -> Vec<ShardPair> {
    let endpoint = Endpoint::new(
        "clustercfg.orders-cache-of-the-whole-company-0123.abcdef.use1.cache.amazonaws.com",
        6379,
    )
    .expect("an address");
    (1..=count)
        .map(|number| ShardPair {
            shard: ShardId(format!("{number:04}")),
            source: endpoint.clone(),
            target: endpoint.clone(),
            show: ShardPair::show_of(count),
            carry: ShardPair::carry_of(count),
            ages_kept: true,
        })
        .collect()
}

fn through(item: &Item, rule: &VerifyRule, counts: Counts) -> Answer {
    let mut progress = PairProgress::new(&item.pair, rule, at(0));
    progress.counts = counts;
    progress.position.phase = crate::verify::Phase::Done;
    Answer {
        pair: item.pair.clone(),
        progress: None,
        result: Some(progress.into()),
        unread: None,
    }
}

fn keys(count: u64) -> Counts {
    Counts {
        source_keys: count,
        ..Counts::default()
    }
}

fn unread(item: &Item) -> Answer {
    Answer {
        pair: item.pair.clone(),
        progress: item.progress.clone(),
        result: None,
        unread: Some("the source 10.0.0.1:6379: no answer within 3 s".to_owned()),
    }
}

#[test]
fn ninety_pairs_go_through_twenty_at_a_time_and_none_is_forgotten() {
    let plan = plan(&json!({}));
    let mut round = Round::first(&plan, "basis".to_owned(), pairs(90), at(0));
    let mut sizes = vec![];
    while !round.is_done() {
        sizes.push(round.compare.len());
        let answers = round
            .compare
            .iter()
            .rev()
            .map(|item| through(item, &round.rule, keys(10)))
            .collect();
        round = round.next(&plan, answers, at(60));
    }
    assert_eq!(sizes, [20, 20, 20, 20, 10]);
    let standing = round.standing();
    assert_eq!(
        (standing.pairs, standing.through, standing.source_keys),
        (90, 90, 900)
    );
    assert_eq!(standing.result.expect("a result").verdict, Verdict::Same);
}

#[test]
fn the_order_in_which_answers_come_does_not_change_the_digest() {
    let plan = plan(&json!({}));
    let digest = |reversed: bool| {
        let round = Round::first(&plan, "basis".to_owned(), pairs(3), at(0));
        let mut answers: Vec<Answer> = round
            .compare
            .iter()
            .map(|item| through(item, &round.rule, keys(1)))
            .collect();
        if reversed {
            answers.reverse();
        }
        let standing = round.next(&plan, answers, at(1)).standing();
        standing.result.expect("a result").digest
    };
    assert_eq!(digest(false), digest(true));
}

#[test]
fn a_pair_that_cannot_be_read_keeps_its_progress_and_is_counted_until_it_can() {
    let plan = plan(&json!({}));
    let mut round = Round::first(&plan, "basis".to_owned(), pairs(1), at(0));
    let mut begun = PairProgress::new(&round.compare[0].pair, &round.rule, at(0));
    begun.counts = keys(7);
    round.compare[0].progress = Some(Box::new(begun.clone()));
    for time in 1..=3 {
        let answers = if time == 2 {
            vec![]
        } else {
            vec![unread(&round.compare[0])]
        };
        round = round.next(&plan, answers, at(time));
        assert_eq!(round.unread, u32::try_from(time).expect("small"));
        assert_eq!(round.compare[0].progress.as_deref(), Some(&begun));
    }
    assert!(
        round.standing().words().contains("no answer within"),
        "{}",
        round.standing().words()
    );
    let answers = vec![through(&round.compare[0], &round.rule, keys(9))];
    let round = round.next(&plan, answers, at(4));
    assert_eq!((round.unread, round.is_done()), (0, true));
}

#[test]
fn a_slice_grows_with_what_was_spent_and_never_outlasts_the_plans_longest_wait() {
    let mut waits_long = plan(&json!({}));
    let slice = |plan: &Plan, taken: i64| {
        let round = Round::first(plan, "basis".to_owned(), pairs(1), at(0));
        let answers = vec![unread(&round.compare[0])];
        round.next(plan, answers, at(taken)).slice.0
    };
    assert_eq!(
        [60, 900, 3_600, 90_000].map(|taken| slice(&waits_long, taken)),
        [20, 30, 120, 300]
    );
    waits_long.polling.max_seconds = Seconds(3_600);
    assert_eq!(slice(&waits_long, 90_000), 600);
    waits_long.polling.max_seconds = Seconds(2);
    assert_eq!(slice(&waits_long, 90_000), 2);
}

#[test]
fn the_last_comparison_has_one_round_and_says_what_it_did_not_come_to() {
    let plan = plan(&json!({"last": "full", "lastSeconds": 5}));
    let round = Round::last(&plan, "basis".to_owned(), Some(at(-60)), pairs(2), at(0));
    assert_eq!(
        (round.slice, round.rule.mode, round.rule.direction),
        (Seconds(5), Mode::Full, Direction::SourceOnly)
    );
    assert_eq!(round.rule.touched_since, Some(at(-60)), "since the approval");
    let answers = vec![
        through(&round.compare[0], &round.rule, keys(10)),
        unread(&round.compare[1]),
    ];
    let round = round.next(&plan, answers, at(6));
    let result = round.standing().result.expect("a result after one round");
    assert_eq!(result.verdict, Verdict::Unsure);
    assert_eq!(
        result.statement,
        "0 of 10 differ; the rest was not compared: the source 10.0.0.1:6379: no answer within 3 s"
    );
}

#[test]
fn the_last_comparison_of_many_shards_gives_each_its_time() {
    let plan = plan(&json!({"last": "full", "lastSeconds": 5}));
    let mut round = Round::last(&plan, "basis".to_owned(), Some(at(-60)), pairs(45), at(0));
    let mut sizes = vec![];
    while !round.is_done() {
        sizes.push((round.compare.len(), round.slice.0));
        // One of each round does not come to its end.
        let answers = round.compare[1..]
            .iter()
            .map(|item| through(item, &round.rule, keys(10)))
            .chain([Answer {
                pair: round.compare[0].pair.clone(),
                progress: Some(Box::new(PairProgress::new(
                    &round.compare[0].pair,
                    &round.rule,
                    at(0),
                ))),
                result: None,
                unread: None,
            }])
            .collect();
        round = round.next(&plan, answers, at(60));
    }
    assert_eq!(sizes, [(20, 5), (20, 5), (5, 5)]);
    let standing = round.standing();
    assert_eq!((standing.through, standing.source_keys), (45, 420));
    assert_eq!(standing.result.expect("a result").verdict, Verdict::Unsure);
    assert_eq!(round.tally.unfinished, 3);
}

#[test]
fn a_last_comparison_that_ran_out_of_time_is_unsure_and_says_what_it_had_looked_through() {
    let plan = plan(&json!({}));
    let round = Round::last(&plan, "basis".to_owned(), Some(at(-60)), pairs(1), at(0));
    let item = &round.compare[0];
    let mut progress = PairProgress::new(&item.pair, &round.rule, at(0));
    progress.look_for_touched(at(-60), 5_000, None);
    progress.counts = keys(40);
    let touched = progress.touched.as_mut().expect("begun");
    (touched.looked_through, touched.touched) = (3_000, 40);
    let answer = Answer {
        pair: item.pair.clone(),
        progress: Some(Box::new(progress)),
        result: None,
        unread: None,
    };
    let result = round.next(&plan, vec![answer], at(20)).standing().result;
    let result = result.expect("a result after one round");
    assert_eq!(result.verdict, Verdict::Unsure);
    assert!(
        result.statement.contains("40 compared; 0 differ")
            && result.statement.contains("looked through 3,000 of 5,000 keys"),
        "{}",
        result.statement
    );
}

/// The worst round of so many pairs: what they answer, and what is carried to the next, in bytes of JSON.
fn worst(count: usize) -> (usize, usize) {
    let plan = plan(&json!({}));
    let mut round = Round::first(&plan, "0123456789abcdef".to_owned(), pairs(count), at(0));
    let rule = round.rule.clone();
    let worst = |item: &Item| {
        let mut progress = PairProgress::new(&item.pair, &rule, at(0));
        progress.counts = Counts {
            source_keys: u64::MAX / 1_000,
            target_keys: u64::MAX / 1_000,
            bytes: u64::MAX / 1_000,
            ..Counts::default()
        };
        progress.counts.differences.insert(DifferenceKind::Value, 999);
        progress.position.cursor = Some(u64::MAX.to_string());
        progress.position.run_id = "f".repeat(40);
        progress.digest = "0123456789abcdef".to_owned();
        for _ in 0..item.pair.show {
            progress.first.push(crate::verify::Difference {
                db: 15,
                key: KeyName::of(&[0xff; 4_000]),
                kind: DifferenceKind::Value,
                age: Seconds(100),
                rechecks: 3,
            });
        }
        progress.pending = vec![Pending::new(15, vec![0xff; 20], at(0)); 200];
        progress.carried(at(60))
    };
    let answers: Vec<Answer> = round
        .compare
        .iter()
        .map(|item| Answer {
            pair: item.pair.clone(),
            progress: Some(Box::new(worst(item))),
            result: None,
            unread: None,
        })
        .collect();
    let answered = serde_json::to_string(&answers).expect("JSON").len();
    round = round.next(&plan, answers, at(60));
    (answered, serde_json::to_string(&round).expect("JSON").len())
}

/// What Step Functions allows a state's input, and an execution's.
const ALLOWED: usize = 256 * 1024;

#[test]
fn five_hundred_pairs_at_their_worst_fit_into_a_state() {
    let (answered, carried) = worst(500);
    // What the function `verify` is handed to sum up is both together, with the plan.
    let handed = answered + carried + serde_json::to_string(&plan(&json!({}))).expect("JSON").len();
    println!("500 pairs: {answered} bytes answered, {carried} bytes carried, {handed} together");
    assert!(handed < ALLOWED, "{handed} bytes");
}

#[test]
fn ninety_pairs_at_their_worst_can_be_handed_to_another_execution() {
    /// A look at ninety shards at its worst (`progress::tests::size`), and as much again for all else that is handed on.
    const BESIDE: usize = 2 * 64 * 1024;
    let (_, carried) = worst(90);
    println!("90 pairs: {carried} bytes carried");
    assert!(carried + BESIDE < ALLOWED, "{carried} bytes");
}
