//! People hear once of each change, however often it is looked at.

use super::{Watched, but, cut, following, source, target, unseen, with_source, with_target};
use crate::ShardId;
use crate::progress::{Concern, ConcernKind, Next, ShardSample, StageName, Tell};
use crate::signal::Signal;
use serde_json::json;

/// In sync and announced.
fn ready(more: &serde_json::Value) -> Watched {
    let mut watched = Watched::with(more);
    watched.ready(1_000);
    assert_eq!(watched.stage.name, StageName::Approval);
    watched
}

#[test]
fn a_lost_link_is_told_once_and_its_return_once() {
    let mut watched = ready(&json!({}));
    let mut told = vec![];
    for sample in [cut(1_000), cut(1_000), cut(1_000), cut(1_000)] {
        told.push(watched.look(5, vec![sample]).tell);
    }
    for _ in 0..4 {
        told.push(watched.look(5, vec![following(1_000, 1_000)]).tell);
        if watched.last.as_ref().is_some_and(|last| last.next == Next::Ready) {
            break;
        }
    }
    assert_eq!(
        told[..4],
        [None, Some(Tell::Trouble), None, None],
        "told at the second look"
    );
    assert_eq!(
        told[4..].iter().flatten().collect::<Vec<_>>(),
        [&Tell::Recovered],
        "{told:?}"
    );
}

#[test]
fn what_mends_itself_before_the_next_look_is_not_told() {
    let mut watched = ready(&json!({}));
    for _ in 0..5 {
        let mut silent = following(1_000, 1_000);
        silent.source = unseen();
        assert_eq!(watched.look(5, vec![silent]).tell, None);
        assert_eq!(watched.look(5, vec![following(1_000, 1_000)]).tell, None);
    }
}

#[test]
fn a_second_kind_of_trouble_is_told_with_the_first() {
    let mut watched = ready(&json!({}));
    let behind = || following(900_000_000, 1_000);
    watched.look(5, vec![behind()]);
    let observation = watched.look(5, vec![behind()]);
    assert_eq!(observation.tell, Some(Tell::Trouble));
    assert_eq!(observation.told.concerns[0].kind, ConcernKind::LagGrows);
    assert!(
        observation.told.concerns[0].text.contains("the lag is 858.3 MiB"),
        "{:?}",
        observation.told
    );
    watched.look(5, vec![cut(1_000)]);
    let observation = watched.look(5, vec![cut(1_000)]);
    assert_eq!(observation.tell, Some(Tell::Trouble), "{:?}", observation.told);
    assert!(
        observation
            .told
            .concerns
            .iter()
            .any(|concern| concern.kind == ConcernKind::LinkLost && concern.told)
    );
}

#[test]
fn ninety_broken_shards_make_a_short_sentence() {
    let mut watched = ready(&json!({}));
    let ninety = |sample: fn() -> ShardSample| -> Vec<ShardSample> {
        (0..90)
            .map(|number| ShardSample {
                shard: ShardId(format!("{number:04}")),
                ..sample()
            })
            .collect()
    };
    watched.look(5, ninety(|| following(1_000, 1_000)));
    watched.look(5, ninety(|| cut(1_000)));
    let observation = watched.look(5, ninety(|| cut(1_000)));
    let text = &observation.told.concerns[0].text;
    assert!(text.ends_with("and 88 shards more") && text.len() < 400, "{text}");
}

#[test]
fn a_reminder_comes_at_its_interval_and_not_while_it_is_put_off() {
    let mut watched = ready(&json!({"notifications": {"reminderSeconds": 600}}));
    let mut reminded = 0;
    for _ in 0..39 {
        let observation = watched.look(60, vec![following(1_000, 1_000)]);
        assert_eq!(observation.next, Next::Wait, "{}", observation.why);
        reminded += usize::from(observation.tell == Some(Tell::Reminder));
    }
    assert_eq!(reminded, 3, "39 minutes hold three times ten");

    let until = watched.now + jiff::SignedDuration::from_secs(1_800);
    watched.signal = Some(Signal::Postpone {
        until,
        by: "somebody".to_owned(),
        at: watched.now,
    });
    watched.look(5, vec![following(1_000, 1_000)]);
    watched.signal = None;
    for _ in 0..29 {
        assert_eq!(watched.look(60, vec![following(1_000, 1_000)]).tell, None);
    }
    let over = watched.look(60, vec![following(1_000, 1_000)]);
    assert_eq!(over.next, Next::Ready, "once it ends people are asked again");
}

#[test]
fn no_reminder_where_none_is_wished() {
    let mut watched = ready(&json!({"notifications": {"reminderSeconds": 0}}));
    for _ in 0..20 {
        assert_eq!(watched.look(3_600, vec![following(1_000, 1_000)]).tell, None);
    }
}

/// What is wrong by the last look.
fn concerns(watched: &Watched) -> &[Concern] {
    &watched.last.as_ref().expect("a look").told.concerns
}

/// What people are told at each of these looks, so many seconds apart.
fn told(watched: &mut Watched, after: i64, samples: &[ShardSample]) -> Vec<Option<Tell>> {
    samples
        .iter()
        .map(|sample| watched.look(after, vec![sample.clone()]).tell)
        .collect()
}

#[test]
fn a_lag_that_does_not_sink_is_told_at_half_of_the_time_at_which_it_is_stopped() {
    let behind = |look: u64| following(900_000_000 + look, 1_000);
    let first_told = |after: i64| {
        let mut watched = Watched::with(&json!({"limits": {"drainSeconds": 1_800}}));
        (0..200).find(|look| watched.look(after, vec![behind(*look)]).tell == Some(Tell::Trouble))
    };
    // 900 s after the first look, and told at the look after that.
    assert_eq!(first_told(60), Some(16));
    assert_eq!(first_told(50), Some(19));
    // Ten looks at least.
    assert_eq!(first_told(100), Some(11));
    let mut sinks = Watched::started();
    for look in 0..60 {
        let sample = following(900_000_000, 1_000 + look);
        assert_eq!(sinks.look(60, vec![sample]).tell, None);
    }
}

#[test]
fn a_lag_is_told_with_its_size_where_that_is_known() {
    let mut watched = ready(&json!({}));
    watched.look(5, vec![with_source(following(1_000, 1_000), &source("bb", 7))]);
    let grows = concerns(&watched)
        .iter()
        .find(|concern| concern.kind == ConcernKind::LagGrows)
        .expect("it has left the history");
    assert!(
        grows.text.contains("the lag is of unknown size"),
        "{}",
        grows.text
    );
}

#[test]
fn each_risk_to_writes_is_told_and_called_by_what_it_is() {
    let full = "maxmemory:1000000 used_memory:990000 mem_clients_slaves:90000";
    let full = with_source(
        following(900_000_000, 1_000),
        &but(&source("aa", 900_000_000), full),
    );
    let writable = "role:master\r\nrun_id:target\r\nmaster_replid:cc\r\n";
    let promoted = with_target(following(1_000, 1_000), writable);
    let failed_over = with_source(cut(1_000), &source("bb", 7));
    for (sample, words) in [
        (full, "memory is at its limit"),
        (promoted, "takes writes itself"),
        (failed_over, "another history or role"),
    ] {
        let mut watched = ready(&json!({}));
        assert_eq!(
            told(&mut watched, 1, &[sample.clone(), sample]),
            [None, Some(Tell::Trouble)]
        );
        let concerns = concerns(&watched);
        let risk = concerns
            .iter()
            .find(|concern| concern.kind == ConcernKind::WriteRisk);
        assert!(
            risk.is_some_and(|risk| risk.text.contains(words) && risk.told),
            "{words}: {concerns:?}"
        );
    }
    // A link that is only lost is no risk to any write.
    let mut watched = ready(&json!({}));
    told(&mut watched, 1, &[cut(1_000), cut(1_000)]);
    let concerns = concerns(&watched);
    assert!(
        concerns
            .iter()
            .all(|concern| concern.kind == ConcernKind::LinkLost),
        "{concerns:?}"
    );
}

#[test]
fn a_full_sync_that_begins_again_is_told_while_a_word_is_awaited_and_not_during_a_start() {
    let again = but(
        &target(1_000),
        "master_link_status:down master_sync_in_progress:1",
    );
    let again = with_target(cut(1_000), &again);
    let looks = [again.clone(), again];
    let mut watched = ready(&json!({}));
    assert_eq!(told(&mut watched, 5, &looks), [None, Some(Tell::Trouble)]);
    let text = &concerns(&watched)[0].text;
    assert!(text.contains("the full sync began again"), "{text}");
    let mut starting = Watched::started();
    assert_eq!(told(&mut starting, 5, &looks), [None, None]);
    assert!(concerns(&starting).is_empty());
}

#[test]
fn trouble_that_is_gone_for_one_look_is_not_over_and_is_not_told_twice() {
    let mut watched = ready(&json!({}));
    let whole = || following(900_000_000, 1_000);
    // Broken, and then behind: two kinds, of which one goes and comes again.
    let looks = [cut(1_000), cut(1_000), whole(), cut(1_000), cut(1_000)];
    assert_eq!(
        told(&mut watched, 5, &looks),
        [None, Some(Tell::Trouble), None, None, None]
    );
    let concern = concerns(&watched)[0].clone();
    assert_eq!(
        (concern.kind, concern.looks, concern.gone),
        (ConcernKind::LinkLost, 2, 0)
    );
    watched.look(5, vec![whole()]);
    let concern = concerns(&watched)[0].clone();
    assert_eq!(
        (concern.kind, concern.looks, concern.gone),
        (ConcernKind::LinkLost, 0, 1)
    );
    watched.look(5, vec![whole()]);
    let last = watched.last.as_ref().expect("a look");
    assert!(
        last.told
            .concerns
            .iter()
            .all(|concern| concern.kind != ConcernKind::LinkLost)
    );
    assert_eq!(
        last.tell,
        Some(Tell::Trouble),
        "now it is behind for the second look"
    );
}

#[test]
fn a_sentence_names_two_shards_and_counts_the_others() {
    let broken = |shards: u64| {
        let mut watched = ready(&json!({}));
        let samples = (1..=shards).map(|number| ShardSample {
            shard: ShardId(format!("{number:04}")),
            ..cut(1_000)
        });
        let mut samples: Vec<ShardSample> = samples.collect();
        // Those that are whole are not among them.
        samples.push(ShardSample {
            shard: ShardId("0009".to_owned()),
            ..following(1_000, 1_000)
        });
        let up = samples.iter().map(|sample| ShardSample {
            shard: sample.shard.clone(),
            ..following(1_000, 1_000)
        });
        watched.look(5, up.collect());
        watched.look(5, samples).told.concerns[0].text.clone()
    };
    let down = crate::progress::Phase::Lost.describe();
    assert_eq!(broken(1), format!("shard 0001: {down}"));
    assert_eq!(broken(2), format!("shard 0001: {down}; shard 0002: {down}"));
    assert_eq!(
        broken(3),
        format!("shard 0001: {down}; shard 0002: {down}; and 1 shards more")
    );
}

#[test]
fn trouble_is_told_while_a_link_or_a_word_is_awaited_and_at_no_other_stage() {
    for stage in [
        StageName::Rehearsal,
        StageName::Verification,
        StageName::Promotion,
    ] {
        let mut watched = Watched::started();
        watched.look(5, vec![following(1_000, 1_000)]);
        watched.stage.name = stage;
        assert_eq!(
            told(&mut watched, 5, &[cut(1_000), cut(1_000), cut(1_000)]),
            [None; 3],
            "{stage:?}"
        );
        let last = watched.last.as_ref().expect("a look");
        assert!(
            last.next == Next::Wait && last.told.concerns.is_empty(),
            "{last:?}"
        );
    }
    let mut watched = Watched::started();
    watched.look(5, vec![following(1_000, 1_000)]);
    let quiet = serde_json::to_value(watched.last.as_ref().expect("a look")).expect("JSON");
    assert_eq!(quiet.get("told"), None, "what is nothing is not written");
    assert_eq!(quiet["shards"][0]["watch"].get("resyncs"), None);
    assert_eq!(
        told(&mut watched, 5, &[cut(1_000), cut(1_000)]),
        [None, Some(Tell::Trouble)]
    );
}

#[test]
fn a_side_that_does_not_answer_is_told_with_the_reason_of_the_last_look() {
    let silent = |why: &str| {
        let mut sample = following(1_000, 1_000);
        sample.source = crate::Observed::Unknown(why.to_owned());
        sample
    };
    let mut watched = ready(&json!({}));
    let looks = [silent("no route"), silent("refused")];
    assert_eq!(told(&mut watched, 5, &looks), [None, Some(Tell::Trouble)]);
    let concerns = concerns(&watched);
    assert_eq!(concerns[0].text, "shard 0001: source: refused");
    assert_eq!(concerns[0].kind, ConcernKind::LinkLost);
}
