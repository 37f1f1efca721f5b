//! People hear once of each change, however often it is looked at.

use super::{Watched, cut, following, unseen};
use crate::ShardId;
use crate::progress::{ConcernKind, Next, ShardSample, StageName, Tell};
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
