//! How a look is told to people: when the next one comes, how long it will take, what CloudWatch gets.

use super::super::{Next, ProgressSource, metrics};
use super::*;
use serde_json::json;

const RECEIVING: &str = recorded!("redis-6.2.0/info.target_valkey-8.0.1.link-down.sync-1.loading-0.txt");

fn saving(keys: u64) -> ShardSample {
    let source = but(
        recorded!("redis-6.2.0/info.source.wait_bgsave.txt"),
        &format!("current_save_keys_processed:{keys} current_save_keys_total:100000"),
    );
    pair(&source, RECEIVING)
}

#[test]
fn looks_grow_rare_in_the_bulk_and_frequent_near_its_end() {
    let mut watched = Watched::started();
    let mut waits = vec![];
    let (mut keys, mut wait) = (0, 5);
    while keys < 100_000 {
        let observation = watched.look(wait, vec![saving(keys)]);
        wait = i64::try_from(observation.wait_seconds.0).expect("small");
        waits.push(wait);
        // An hour for the whole of it.
        keys += u64::try_from(wait).expect("positive") * 100_000 / 3600;
    }
    assert_eq!(&waits[..5], &[5, 10, 20, 40, 80]);
    assert!(waits.contains(&300), "minutes in the bulk: {waits:?}");
    assert!(waits.last() < Some(&30), "seconds near the end: {waits:?}");
    assert!(waits.len() < 40, "{waits:?}");
    assert!(waits.iter().all(|wait| (5..=300).contains(wait)), "{waits:?}");
    // A change is looked at soon.
    assert_eq!(watched.look(5, vec![following(100, 100)]).wait_seconds.0, 5);
}

#[test]
fn an_eta_comes_as_a_middle_and_a_range() {
    let mut watched = Watched::started();
    assert_eq!(watched.look(5, vec![saving(1000)]).eta, None);
    assert_eq!(watched.look(10, vec![saving(2000)]).eta, None, "two looks");
    let observation = watched.look(10, vec![saving(4000)]);
    let json = serde_json::to_value(observation).expect("JSON");
    assert_eq!(
        (&json["eta"], &json["etaRange"]),
        (&json!(640), &json!({"low": 480, "high": 960}))
    );
    assert_eq!(json["progress"], json!({"percent": 4.0, "by": "sourceKeys"}));
    // A look that sees nothing forgets nothing.
    let mut blind = saving(0);
    blind.target = unseen();
    assert_eq!(watched.look(10, vec![blind]).eta, None);
    assert!(watched.look(10, vec![saving(6000)]).eta.is_some());
}

#[test]
fn catching_up_is_measured_by_the_offsets() {
    let mut watched = Watched::started();
    watched.look(5, vec![following(100_000_000, 20_000_000)]);
    let progress = watched
        .look(5, vec![following(100_000_000, 60_000_000)])
        .progress
        .expect("a figure");
    assert_eq!((progress.percent, progress.by), (50.0, ProgressSource::Offsets));
}

#[test]
fn slots_are_moved_before_the_first_link_and_never_after() {
    let mut watched = Watched::started();
    watched.resharding = Some(Resharding { percent: Some(40) });
    let observation = watched.look(5, vec![alone()]);
    let progress = observation.progress.expect("a figure");
    assert_eq!(
        (observation.phase, progress.percent, progress.by),
        (Phase::Resharding, 40.0, ProgressSource::SlotMigration)
    );
    watched.resharding = None;
    assert_eq!(watched.look(5, vec![alone()]).phase, Phase::Connecting);
    watched.look(5, vec![following(100, 100)]);
    watched.resharding = Some(Resharding { percent: None });
    assert_eq!(watched.look(5, vec![alone()]).phase, Phase::Promoted);
}

#[test]
fn cloudwatch_gets_what_is_known_and_nothing_for_what_is_not() {
    let mut watched = Watched::started();
    let group = watched.plan.replication_group_id.clone();
    let line = metrics(&group, watched.look(5, vec![following(100, 86)]));
    insta::assert_json_snapshot!(line, @r#"
    {
      "timestamp": "2027-01-15T08:00:05Z",
      "level": "INFO",
      "message": "observed",
      "_aws": {
        "Timestamp": 1800000005000,
        "CloudWatchMetrics": [
          {
            "Namespace": "ElastiCacheMigrator",
            "Dimensions": [
              [
                "ReplicationGroup"
              ]
            ],
            "Metrics": [
              {
                "Name": "LagBytes",
                "Unit": "Bytes"
              },
              {
                "Name": "LagSeconds",
                "Unit": "Seconds"
              },
              {
                "Name": "Phase",
                "Unit": "None"
              },
              {
                "Name": "ShardPairs",
                "Unit": "Count"
              },
              {
                "Name": "ShardPairsInSync",
                "Unit": "Count"
              }
            ]
          }
        ]
      },
      "ReplicationGroup": "orders",
      "PhaseName": "inSync",
      "LagBytes": 14,
      "LagSeconds": 0.0,
      "Phase": 9,
      "ShardPairs": 1,
      "ShardPairsInSync": 1
    }
    "#);
    let mut blind = following(100, 100);
    blind.source = unseen();
    let line = metrics(&group, watched.look(5, vec![blind]));
    assert_eq!((line.get("LagBytes"), line.get("LagSeconds")), (None, None));
    assert_eq!(
        (&line["ShardPairs"], &line["ShardPairsInSync"]),
        (&json!(1), &json!(0))
    );
    assert!(!line["_aws"].to_string().contains("Lag"), "{line}");
}

/// Looks at a migration that is far behind, so many times.
fn waits(watched: &mut Watched, looks: u32) -> Observation {
    for _ in 0..looks {
        watched.look(5, vec![following(9_000_000_000, 1)]);
    }
    watched.last.clone().expect("a look")
}

#[test]
fn a_wait_becomes_a_roll_over_once_the_execution_has_looked_often_enough_and_counts_afresh_in_the_next() {
    let mut watched = Watched::with(&serde_json::json!({"polling": {"looksPerExecution": 10}}));
    let ninth = waits(&mut watched, 9);
    assert_eq!((ninth.next, ninth.looks), (Next::Wait, 9));
    let tenth = waits(&mut watched, 1);
    assert_eq!(
        (tenth.next, tenth.successor.as_deref()),
        (Next::RollOver, Some("m-1-2"))
    );
    // Where the successor could not be started, this execution goes on and orders the same again.
    let eleventh = waits(&mut watched, 1);
    assert_eq!(
        (eleventh.next, eleventh.successor.as_deref()),
        (Next::RollOver, Some("m-1-2"))
    );
    watched.generation = 2;
    let first = waits(&mut watched, 1);
    assert_eq!((first.next, first.looks, first.generation), (Next::Wait, 1, 2));
    assert_eq!(waits(&mut watched, 9).successor.as_deref(), Some("m-1-3"));
}

#[test]
fn a_person_s_word_is_never_between_two_executions() {
    let mut watched = Watched::with(&serde_json::json!({"polling": {"looksPerExecution": 10}}));
    waits(&mut watched, 12);
    watched.signal = Some(crate::signal::Signal::Abort {
        by: "somebody".to_owned(),
    });
    assert_eq!(waits(&mut watched, 1).next, Next::Abort);
}

#[test]
fn what_this_execution_would_do_by_itself_is_left_to_a_successor_that_may_exist() {
    let mut watched = Watched::with(&serde_json::json!({"polling": {"looksPerExecution": 10}}));
    waits(&mut watched, 10);
    for _ in 0..5 {
        watched.look(5, vec![following(9_000_000_000, 9_000_000_000)]);
    }
    let last = watched.last.expect("a look");
    assert_eq!(
        (last.in_sync_samples, last.next),
        (5, Next::RollOver),
        "not ready twice"
    );
}

#[test]
fn a_comparison_goes_on_in_the_next_execution_before_its_rounds_fill_this_ones_history() {
    let mut watched = Watched::with(&serde_json::json!({"polling": {"looksPerExecution": 20}}));
    watched.comparing = true;
    watched.stage.name = super::StageName::Verification;
    let look = |watched: &mut Watched| {
        let seen = watched.look(5, vec![following(1_000, 1_000)]).clone();
        (seen.next, seen.looks)
    };
    // A round is as long in the history as three looks: six and two are twenty.
    let way: Vec<Next> = (0..7).map(|_| look(&mut watched).0).collect();
    assert_eq!(way, [Next::Compare; 7]);
    assert_eq!(look(&mut watched), (Next::RollOver, 8));
    // Where it cannot be handed on it does not stand still, and tries again.
    assert_eq!(look(&mut watched).0, Next::Compare);
    assert_eq!(look(&mut watched).0, Next::RollOver);
    watched.generation = 2;
    assert_eq!(look(&mut watched), (Next::Compare, 1));
    assert_eq!(watched.last.as_ref().expect("a look").rounds, 0);
}

#[test]
fn nothing_rolls_over_once_a_completion_was_asked_for() {
    let mut watched = Watched::with(&serde_json::json!({"polling": {"looksPerExecution": 10}}));
    watched.stage.name = super::StageName::Promotion;
    assert_eq!(waits(&mut watched, 15).next, Next::Wait);
}

/// How long each of so many looks waits, the next look coming when the wait is over.
fn waits_of(watched: &mut Watched, looks: u32, sample: impl Fn(i64) -> ShardSample) -> Vec<u64> {
    let begin = watched.now.as_second();
    let mut after = 5;
    let mut waits = vec![];
    for _ in 0..looks {
        let at = watched.now.as_second() + after - begin;
        let wait = watched.look(after, vec![sample(at)]).wait_seconds.0;
        after = wait.cast_signed();
        waits.push(wait);
    }
    waits
}

#[test]
fn what_comes_soon_is_looked_at_often_and_what_repeats_itself_seldom() {
    let mut connecting = Watched::started();
    assert_eq!(waits_of(&mut connecting, 3, |_| alone()), [5, 5, 5]);
    let mut resharding = Watched::started();
    resharding.resharding = Some(Resharding { percent: None });
    assert_eq!(waits_of(&mut resharding, 3, |_| alone()), [5, 10, 20]);
    let mut receiving = Watched::started();
    assert_eq!(waits_of(&mut receiving, 3, |_| saving(1)), [5, 10, 20]);
    // Another stage begins afresh.
    receiving.stage.name = StageName::Approval;
    assert_eq!(waits_of(&mut receiving, 3, |_| saving(1)), [5, 10, 20]);
    // So does another phase.
    let loading = || {
        pair(
            "role:master\r\nmaster_replid:aa\r\n",
            "role:slave\r\nmaster_link_status:down\r\nmaster_sync_in_progress:1\r\nloading:1\r\n",
        )
    };
    assert_eq!(waits_of(&mut receiving, 2, |_| loading()), [5, 10]);
}

#[test]
fn a_target_that_catches_up_is_looked_at_by_how_long_that_will_take() {
    // 500,000 bytes a second of 100 MB: some three minutes, known from the third look on.
    let steadily = |seconds: i64| following(100_000_000, 500_000 * seconds.cast_unsigned());
    let waits = waits_of(&mut Watched::started(), 5, steadily);
    assert_eq!(waits[..4], [5, 5, 10, 20]);
    assert!(
        (21..40).contains(&waits[4]),
        "a quarter of what is left: {waits:?}"
    );
    // Nothing of it is known where the lag does not sink.
    let stuck = |_| following(100_000_000, 100);
    assert_eq!(waits_of(&mut Watched::started(), 5, stuck), [5; 5]);
}

#[test]
fn a_source_whose_memory_fills_is_looked_at_as_often_as_may_be() {
    let waits = |used: u64| {
        let fields = format!("maxmemory:1000000 used_memory:{used} mem_clients_slaves:90000");
        let source = but(&source("aa", 100), &fields);
        waits_of(&mut Watched::started(), 2, |_| pair(&source, RECEIVING))
    };
    assert_eq!(waits(960_000), [5, 5]);
    assert_eq!(waits(100_000), [5, 10], "there is room");
}

#[test]
fn while_a_person_thinks_a_look_comes_every_few_minutes_unless_somebody_completes_it() {
    let mut watched = Watched::started();
    watched.ready(100);
    let level = |_| following(100, 100);
    assert_eq!(waits_of(&mut watched, 2, level), [300, 300]);
    watched.status = GroupStatus::Modifying;
    assert_eq!(waits_of(&mut watched, 2, level), [5, 5]);
}

#[test]
fn what_arrives_is_added_up_over_the_shards() {
    let receives = |shard: u8, fields: &str| ShardSample {
        shard: ShardId(format!("{shard:04}")),
        ..pair(
            "role:master\r\n",
            &but("role:slave\r\nmaster_link_status:down", fields),
        )
    };
    let received = |samples: Vec<ShardSample>| {
        let mut watched = Watched::started();
        watched.look(5, samples).received.map(|bytes| bytes.0)
    };
    let (some, more) = ("master_sync_read_bytes:100", "master_sync_read_bytes:50");
    assert_eq!(
        received(vec![receives(1, some), receives(2, more), receives(3, "")]),
        Some(150)
    );
    assert_eq!(received(vec![receives(1, "")]), None);
}

#[test]
fn why_a_side_was_not_seen_is_told_in_few_characters() {
    let why = |reason: &str| {
        let mut sample = following(100, 100);
        sample.source = Observed::Unknown(reason.to_owned());
        Watched::started().look(5, vec![sample]).shards[0].unseen.clone()
    };
    assert_eq!(why(&"é".repeat(60)), Some(format!("source: {}", "é".repeat(60))));
    assert_eq!(why(&"é".repeat(61)), Some(format!("source: {}…", "é".repeat(60))));
    assert_eq!(
        Watched::started().look(5, vec![following(100, 100)]).shards[0].unseen,
        None
    );
}

#[test]
fn a_call_of_somebodys_own_is_remembered() {
    let mut watched = Watched::started();
    assert_eq!(watched.look(5, vec![alone()]).somebodys_call, None);
    watched.signal = Some(crate::signal::Signal::Call {
        call: "CompleteMigration".to_owned(),
        by: "ada".to_owned(),
    });
    watched.look(5, vec![alone()]);
    watched.signal = None;
    let remembered = watched.look(5, vec![alone()]).somebodys_call.clone();
    assert_eq!(remembered.as_deref(), Some("CompleteMigration by ada"));
}
