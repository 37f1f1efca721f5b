//! Starts that will never end, and what stops them. Each has a twin that looks alike and is left alone.

use super::super::stop::RULES;
use super::super::{Next, Stop};
use super::*;
use serde_json::json;

const FORKING: &str = recorded!("redis-7.4.0/info.source.wait_bgsave.txt");
const RECEIVING: &str = recorded!("redis-7.4.0/info.target_redis-7.4.0.link-down.sync-1.loading-0.txt");

impl Watched {
    fn stop(&self) -> Option<&Stop> {
        self.last.as_ref().and_then(|last| last.stop.as_ref())
    }

    fn stopped_by(&self) -> Option<&str> {
        self.stop().map(|stop| stop.id.as_str())
    }

    /// Looks once a minute, so many times.
    fn minutes(&mut self, minutes: u64, sample: impl Fn(u64) -> ShardSample) {
        for minute in 0..minutes {
            self.look(60, vec![sample(minute)]);
        }
    }
}

/// A target that followed and is a primary now.
fn primary_again(run: &str) -> ShardSample {
    pair(
        "role:master\r\nrun_id:source\r\nmaster_replid:aa\r\nmaster_repl_offset:100\r\n",
        &format!("role:master\r\nrun_id:{run}\r\nmaster_replid:cc\r\nmaster_repl_offset:0\r\n"),
    )
}

#[test]
fn the_docs_name_every_stop_and_no_other() {
    let page = include_str!("../../../../../docs/phases.md");
    let table = page.split("## What stops a start").nth(1).expect("the section");
    let named: Vec<&str> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    assert_eq!(named, RULES.iter().map(|rule| rule.id).collect::<Vec<_>>());
}

#[test]
fn a_loop_by_a_full_output_buffer_is_told_from_another_loop() {
    let mut watched = Watched::started();
    for round in 0..5 {
        let source = but(
            FORKING,
            &format!(
                "sync_full:{} client_output_buffer_limit_disconnections:{round}",
                round + 1
            ),
        );
        assert_eq!(watched.stopped_by(), None, "before round {round}");
        watched.sees(&source, RECEIVING);
    }
    let stop = watched.stop().expect("a stop");
    assert_eq!(stop.id, "output_buffer_loop");
    assert!(stop.text.contains("4 full syncs"), "{}", stop.text);
    assert_eq!(watched.last.as_ref().expect("a look").next, Next::Diagnose);
}

#[test]
fn full_syncs_of_other_replicas_while_ours_follows_are_no_loop() {
    let mut watched = Watched::started();
    for round in 0..9 {
        let mut sample = following(10_000_000, 1000);
        sample.source = Observed::Known(Info::parse(&format!(
            "role:master\r\nmaster_replid:aa\r\nmaster_repl_offset:{}\r\nsync_full:{round}\r\n",
            10_000_000 - round * 100_000,
        )));
        watched.look(5, vec![sample]);
    }
    assert_eq!(watched.stopped_by(), None);
}

#[test]
fn not_a_byte_for_half_an_hour_is_a_stall_and_a_byte_in_between_is_not() {
    let mut stalled = Watched::started();
    stalled.minutes(30, |_| pair(FORKING, RECEIVING));
    assert_eq!(stalled.stopped_by(), None, "29 minutes");
    stalled.minutes(1, |_| pair(FORKING, RECEIVING));
    assert_eq!(stalled.stopped_by(), Some("no_progress"));

    let mut slow = Watched::started();
    slow.minutes(120, |minute| {
        let target = but(RECEIVING, &format!("master_sync_read_bytes:{}", minute / 20));
        pair(FORKING, &target)
    });
    assert_eq!(slow.stopped_by(), None);
}

#[test]
fn a_fork_that_tells_nothing_of_itself_is_not_called_a_stall_while_it_runs() {
    let blind = recorded!("redis-4.0.0/info.source.wait_bgsave.txt");
    assert!(blind.contains("rdb_bgsave_in_progress:1"));
    let mut watched = Watched::started();
    watched.minutes(120, |_| pair(blind, RECEIVING));
    assert_eq!(watched.stopped_by(), None);
    watched.minutes(40, |_| pair(&but(blind, "rdb_bgsave_in_progress:0"), RECEIVING));
    assert_eq!(
        watched.stopped_by(),
        Some("no_progress"),
        "and it is once the fork is gone"
    );
}

#[test]
fn a_lag_that_never_sinks_is_stopped_and_one_that_sinks_slowly_is_not() {
    let behind =
        |lag: u64, minute: u64| following(100_000_000 + minute * 1000, 100_000_000 + minute * 1000 - lag);
    let mut outrun = Watched::started();
    outrun.minutes(40, |minute| behind(50_000_000 + minute * 10_000, minute));
    let stop = outrun.stop().expect("a stop");
    assert_eq!(stop.id, "writes_outrun_drain");
    assert!(stop.text.contains("47.7 MiB"), "{}", stop.text);

    // Two looks an hour apart are no trend, however long it was.
    let mut seldom = Watched::started();
    for look in 0..3 {
        seldom.look(3600, vec![behind(50_000_000 + look, look)]);
    }
    assert_eq!(seldom.stopped_by(), None);

    let mut draining = Watched::started();
    draining.minutes(300, |minute| behind(50_000_000 - minute * 10_000, minute));
    assert_eq!(draining.stopped_by(), None);
}

#[test]
fn a_burst_of_writes_does_not_end_a_wait_for_approval() {
    let mut waiting = Watched::with(&json!({"sync": {"samples": 1}}));
    waiting.look(5, vec![following(1000, 1000)]);
    assert_eq!(waiting.stage.name, StageName::Approval);
    waiting.minutes(60, |minute| {
        following(500_000_000 + minute * 1_000_000, 1000 + minute)
    });
    let last = waiting.last.as_ref().expect("a look");
    assert_eq!(
        (last.phase, last.next, &last.stop),
        (Phase::Diverging, Next::Wait, &None)
    );
}

#[test]
fn a_source_whose_memory_fills_with_what_the_target_has_not_taken_is_spared() {
    let source = |used: u64, buffers: u64| {
        but(
            FORKING,
            &format!("maxmemory:1000000 used_memory:{used} mem_clients_slaves:{buffers}"),
        )
    };
    let mut filling = Watched::started();
    filling.sees(&source(930_000, 90_000), RECEIVING);
    filling.sees(&source(960_000, 120_000), RECEIVING);
    assert_eq!(filling.stopped_by(), None, "one look may be a peak");
    filling.sees(&source(980_000, 140_000), RECEIVING);
    assert_eq!(filling.stopped_by(), Some("source_memory_climbing"));

    // Looks in a row that come within a moment are one peak.
    let mut peak = Watched::started();
    for after in [5, 2, 2] {
        peak.look(after, vec![pair(&source(960_000, 120_000), RECEIVING)]);
        assert_eq!(peak.stopped_by(), None);
    }
    peak.look(1, vec![pair(&source(960_000, 120_000), RECEIVING)]);
    assert_eq!(peak.stopped_by(), Some("source_memory_climbing"));

    // A cache that evicts is always full, and that is not the migration's doing.
    let mut full = Watched::started();
    for _ in 0..5 {
        full.sees(&source(999_000, 2_000), RECEIVING);
    }
    assert_eq!(full.stopped_by(), None);

    // Before 5.0 the buffers are not counted: what came on top since the first look is taken for them.
    let old = |used: u64| {
        but(
            recorded!("redis-4.0.0/info.source.wait_bgsave.txt"),
            &format!("maxmemory:1000000 used_memory:{used}"),
        )
    };
    let mut filling = Watched::started();
    for used in [800_000, 900_000, 960_000, 970_000] {
        filling.sees(&old(used), RECEIVING);
    }
    assert_eq!(filling.stopped_by(), Some("source_memory_climbing"));
}

#[test]
fn a_target_that_was_replaced_is_stopped_unless_the_new_one_follows_in_time() {
    let mut replaced = Watched::started();
    replaced.look(5, vec![following(100, 100)]);
    replaced.minutes(6, |_| primary_again("another"));
    assert_eq!(replaced.stopped_by(), Some("target_replaced"));

    let mut recovered = Watched::started();
    recovered.look(5, vec![following(100, 100)]);
    recovered.minutes(4, |_| primary_again("another"));
    recovered.minutes(3, |minute| following(100 + minute, 100 + minute));
    assert_eq!(recovered.stopped_by(), None);
    assert_eq!(recovered.last.as_ref().expect("a look").phase, Phase::InSync);
    // What mended is over: a link that is lost later has another reason.
    let lost = with_target(
        following(100, 100),
        "role:slave\r\nrun_id:target\r\nmaster_link_status:down\r\n",
    );
    recovered.minutes(10, |_| lost.clone());
    assert_eq!(recovered.stopped_by(), None);
}

#[test]
fn an_event_of_a_failover_explains_a_target_that_does_not_follow() {
    let mut watched = Watched::started();
    watched.look(5, vec![following(100, 100)]);
    watched.events = vec![Event {
        at: watched.now,
        text: "Failover to replica node orders-002 completed".to_owned(),
    }];
    watched.minutes(3, |_| following(100, 100));
    assert_eq!(watched.stopped_by(), None, "it follows");
    watched.minutes(6, |_| primary_again("target"));
    let stop = watched.stop().expect("a stop");
    assert_eq!(stop.id, "target_replaced");
    assert!(stop.text.contains("orders-002"), "{}", stop.text);
}

#[test]
fn a_source_that_failed_over_out_of_sight_is_seen_when_it_comes_back() {
    let mut watched = Watched::started();
    watched.look(5, vec![following(100, 100)]);
    watched.look(5, vec![hidden()]);
    let other = with_source(following(100, 100), &source("bb", 7));
    watched.minutes(7, |_| other.clone());
    assert_eq!(watched.stopped_by(), Some("source_failed_over"));
}

#[test]
fn a_long_resharding_does_not_use_up_the_time_to_make_the_link() {
    let mut watched = Watched::started();
    for percent in 0..100 {
        watched.resharding = Some(Resharding {
            percent: Some(percent),
        });
        assert_eq!(watched.look(60, vec![alone()]).next, Next::Wait, "{percent} %");
    }
    watched.resharding = None;
    watched.minutes(30, |_| alone());
    assert_eq!(watched.last.as_ref().expect("a look").next, Next::Wait);
    watched.minutes(1, |_| alone());
    let last = watched.last.as_ref().expect("a look");
    assert_eq!((last.next, &last.stop), (Next::Diagnose, &None));
    assert!(last.why.contains("did not begin to follow"), "{}", last.why);

    let mut stuck = Watched::started();
    stuck.resharding = Some(Resharding { percent: Some(7) });
    stuck.minutes(31, |_| alone());
    assert_eq!(stuck.stopped_by(), Some("no_progress"));
}

#[test]
fn an_approval_for_a_target_that_was_replaced_between_two_looks_is_void() {
    let mut watched = Watched::with(&json!({"sync": {"samples": 1}}));
    let before = watched
        .look(5, vec![following(100, 100)])
        .verdict
        .clone()
        .expect("a verdict");
    let mut another = following(100, 100);
    if let Observed::Known(target) = &mut another.target {
        *target = target.clone().merge(Info::parse("run_id:another"));
    }
    let after = watched.look(5, vec![another]).verdict.clone().expect("a verdict");
    assert_ne!(before.digest, after.digest);
}

#[test]
fn a_target_that_takes_writes_though_nobody_completed_is_named() {
    let mut watched = Watched::started();
    watched.look(5, vec![following(100, 100)]);
    watched.minutes(6, |_| primary_again("target"));
    assert_eq!(watched.stopped_by(), Some("target_stopped_following"));
}

#[test]
fn a_source_that_failed_over_and_was_not_followed_is_named() {
    // Another history at the same address.
    let other = with_source(following(100, 100), &source("bb", 7));
    let mut watched = Watched::started();
    watched.look(5, vec![following(100, 100)]);
    let seen = watched.look(60, vec![other.clone()]);
    assert_eq!((seen.phase, seen.lag), (Phase::Diverging, None));
    watched.minutes(6, |_| other.clone());
    assert_eq!(watched.stopped_by(), Some("source_failed_over"));

    // The source became a replica whose own link is down.
    let demoted = with_source(following(100, 100), &chained("down"));
    let mut watched = Watched::started();
    watched.look(5, vec![following(100, 100)]);
    watched.minutes(7, |_| demoted.clone());
    assert_eq!(watched.stopped_by(), Some("source_failed_over"));
}

#[test]
fn a_chained_source_that_lost_its_root_is_named() {
    let linked = |link: &str| with_source(following(100, 100), &chained(link));
    let mut watched = Watched::started();
    watched.look(5, vec![linked("up")]);
    watched.minutes(5, |_| linked("down"));
    assert_eq!(watched.stopped_by(), None, "in time");
    watched.minutes(2, |_| linked("down"));
    assert_eq!(watched.stopped_by(), Some("chain_lost_its_root"));
}

#[test]
fn a_stop_is_a_cause_with_something_to_do() {
    let mut watched = Watched::started();
    watched.look(5, vec![following(100, 100)]);
    watched.minutes(6, |_| primary_again("another"));
    let diagnosis = crate::diagnosis::diagnose(&crate::diagnosis::Evidence {
        now: watched.now,
        failed_state: "Observe".to_owned(),
        error: None,
        plan: Some(watched.plan.clone()),
        preflight: None,
        observation: watched.last.clone(),
        events: Observed::Known(vec![]),
        status: Observed::Known(Some(GroupStatus::Migrating)),
        sources: vec![],
        target: vec![],
        signal: None,
        logs: vec![],
        verification: None,
        gaps: vec![],
        network: None,
    });
    let best = &diagnosis.causes[0];
    assert_eq!(best.id, "target_replaced");
    assert!(best.evidence.contains("shard 0001"), "{}", best.evidence);
    assert!(best.fix.contains("maintenance window"), "{}", best.fix);
}
