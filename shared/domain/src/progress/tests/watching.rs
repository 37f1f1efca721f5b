//! What a look remembers for the next, figure by figure, each at the number where it changes.

use super::super::watch::{Watch, memory_limit, since};
use super::*;
use crate::{LagBytes, Seconds};

/// A source that sends its data to the target, with more fields.
fn sending(fields: &str) -> String {
    let listed = "slave0:ip=127.0.0.1,port=7161,state=send_bulk,offset=0,lag=0";
    but(&source("aa", 100), &format!("{listed} {fields}"))
}

/// A target that receives them, with more fields.
fn receiving(fields: &str) -> String {
    but(
        "role:slave\r\nrun_id:target\r\nmaster_link_status:down\r\nmaster_sync_in_progress:1",
        fields,
    )
}

/// A target that waits for its first link, with more fields.
fn waiting(fields: &str) -> String {
    but(
        "role:slave\r\nrun_id:target\r\nmaster_link_status:down\r\nmaster_sync_in_progress:0",
        fields,
    )
}

impl Watched {
    /// What is remembered after a look, a minute after the last.
    fn remembers(&mut self, sample: ShardSample) -> Watch {
        self.look(60, vec![sample]).shards[0].watch.clone()
    }

    fn remembers_pair(&mut self, source: &str, target: &str) -> Watch {
        self.remembers(pair(source, target))
    }
}

/// Whether the second pair counts as a movement after the first, which was seen twice.
fn moves(before: &ShardSample, after: &ShardSample) -> bool {
    let mut watched = Watched::started();
    let first = watched.remembers(before.clone());
    assert_eq!(watched.remembers(before.clone()).moved_at, first.moved_at);
    let then = watched.remembers(after.clone()).moved_at;
    assert!(then == first.moved_at || then == watched.now.as_second());
    then != first.moved_at
}

#[test]
fn each_figure_of_a_sync_that_changes_is_a_movement() {
    let still = pair(&sending(""), &receiving(""));
    assert!(!moves(&still, &still));
    for figure in [
        "master_sync_read_bytes",
        "master_sync_left_bytes",
        "loading_loaded_bytes",
        "slave_repl_offset",
    ] {
        let more = receiving(&format!("{figure}:7"));
        assert!(moves(&still, &pair(&sending(""), &more)), "{figure}");
    }
    for figure in ["current_save_keys_processed", "current_cow_size"] {
        let more = sending(&format!("{figure}:7"));
        assert!(moves(&still, &pair(&more, &receiving(""))), "{figure}");
    }
    assert!(!moves(
        &still,
        &pair(&sending("used_memory:7"), &receiving("used_memory:7"))
    ));
    assert!(
        !moves(&still, &pair(&sending(""), &waiting(""))),
        "the source still sends"
    );
    assert!(
        moves(&still, &pair(&sending(""), &receiving("loading:1"))),
        "another phase"
    );
    // While it follows, the stream that is applied moves; before it does, nothing that an engine counts says anything.
    assert!(moves(&following(9_000_000, 100), &following(9_000_000, 200)));
    let idle = |fields: &str| pair(&source("aa", 100), &waiting(fields));
    assert!(!moves(&idle(""), &idle("slave_repl_offset:7")));
}

#[test]
fn time_is_a_movement_only_where_nothing_tells_how_far_it_is() {
    let fork = "rdb_bgsave_in_progress:1";
    let moved = |source: &str, target: &str| {
        let mut watched = Watched::started();
        let first = watched.remembers_pair(source, target).moved_at;
        watched.remembers_pair(source, target).moved_at != first
    };
    assert!(moved(&sending(fork), &receiving("")));
    assert!(!moved(
        &sending(&format!("{fork} current_save_keys_total:9")),
        &receiving("")
    ));
    assert!(!moved(&sending("rdb_bgsave_in_progress:0"), &receiving("")));
    assert!(
        !moved(&but(&source("aa", 100), fork), &waiting("")),
        "no sync is under way"
    );

    let resharding = |first: Option<u8>, then: Option<u8>| {
        let mut watched = Watched::started();
        watched.resharding = Some(Resharding { percent: first });
        let before = watched.remembers(alone()).moved_at;
        watched.resharding = Some(Resharding { percent: then });
        watched.remembers(alone()).moved_at != before
    };
    assert!(resharding(None, None));
    assert!(resharding(Some(7), Some(8)));
    assert!(!resharding(Some(7), Some(7)));

    // Slots that move beside a sync are of no account to it.
    let mut watched = Watched::started();
    watched.resharding = Some(Resharding { percent: Some(7) });
    let before = watched.remembers_pair(&sending(""), &receiving("")).moved_at;
    watched.resharding = Some(Resharding { percent: Some(8) });
    assert_eq!(
        watched.remembers_pair(&sending(""), &receiving("")).moved_at,
        before
    );
}

#[test]
fn what_nobody_saw_neither_moved_nor_stood_still() {
    let mut watched = Watched::started();
    let still = pair(&sending(""), &receiving(""));
    let first = watched.remembers(still.clone());
    let unseen = watched.remembers(ShardSample {
        target: unseen(),
        ..still.clone()
    });
    assert_eq!((unseen.moved_at, unseen.mark), (first.moved_at, first.mark));
    assert_eq!(watched.remembers(still).moved_at, first.moved_at);
}

#[test]
fn full_syncs_and_overruns_are_counted_while_the_target_does_not_follow() {
    let mut watched = Watched::started();
    let counts = |full: u64, overruns: u64| {
        sending(&format!(
            "sync_full:{full} client_output_buffer_limit_disconnections:{overruns}"
        ))
    };
    let mut rises = |source: &str, target: &str| {
        let watch = watched.remembers_pair(source, target);
        (watch.resyncs, watch.overrun_rises)
    };
    assert_eq!(rises(&counts(7, 5), &receiving("")), (0, 0), "what was before");
    assert_eq!(rises(&counts(8, 5), &receiving("")), (1, 0));
    assert_eq!(rises(&counts(10, 6), &receiving("")), (3, 1));
    // Another process counts from its own beginning.
    assert_eq!(rises(&counts(1, 0), &receiving("")), (3, 1));
    assert_eq!(rises(&counts(2, 1), &receiving("")), (4, 2));
    assert_eq!(rises(&sending(""), &receiving("")), (4, 2));
    assert_eq!(rises(&counts(9, 9), &receiving("")), (4, 2));
    // While it follows, other replicas' syncs are theirs; in sync it begins afresh.
    let up = &target(100);
    let ahead = |full: u64| format!("{}master_repl_offset:900000000\r\n", counts(full, 9));
    assert_eq!(rises(&ahead(20), up), (4, 2));
    assert_eq!(rises(&counts(21, 9), up), (0, 0));
    assert_eq!(rises(&counts(22, 10), &receiving("")), (1, 1));
}

#[test]
fn the_lags_highest_and_lowest_are_those_since_it_began_to_catch_up() {
    let mut watched = Watched::started();
    let base = 1_000_000_000;
    let mut lags = |lag: u64| {
        let watch = watched.remembers(following(base, base - lag));
        let lowest = watch
            .lowest
            .map(|(LagBytes(lowest), at, looks)| (lowest, (watched.now.as_second() - at) / 60, looks));
        (watch.peak_lag.map(|LagBytes(peak)| peak), lowest)
    };
    assert_eq!(lags(50_000_000), (Some(50_000_000), Some((50_000_000, 0, 0))));
    assert_eq!(lags(60_000_000), (Some(60_000_000), Some((50_000_000, 1, 1))));
    assert_eq!(lags(50_000_000), (Some(60_000_000), Some((50_000_000, 2, 2))));
    assert_eq!(lags(40_000_000), (Some(60_000_000), Some((40_000_000, 0, 0))));
    assert_eq!(lags(0), (None, None));
    assert_eq!(lags(30_000_000), (Some(30_000_000), Some((30_000_000, 0, 0))));
    let watch = watched.remembers(hidden());
    assert_eq!(
        watch.peak_lag,
        Some(LagBytes(30_000_000)),
        "unseen, not forgotten"
    );
    assert_eq!(watched.remembers(cut(100)).peak_lag, None);
}

#[test]
fn another_target_is_another_process_than_the_one_that_followed() {
    let run = |run: &str| {
        let mut sample = following(9_000_000, 100);
        if let Observed::Known(target) = &mut sample.target {
            *target = target.clone().merge(Info::parse(&format!("run_id:{run}")));
        }
        sample
    };
    let mut watched = Watched::started();
    let watch = watched.remembers(run("0123456789"));
    assert_eq!(watch.target_run.as_deref(), Some("01234567"));
    assert!(!watch.target_replaced);
    assert_eq!(
        watched.remembers(run("")).target_run.as_deref(),
        Some("01234567"),
        "none is not another"
    );
    let away = |run: &str| pair(&sending(""), &waiting(&format!("run_id:{run}")));
    assert!(!watched.remembers(away("01234567-too")).target_replaced);
    assert!(watched.remembers(away("other")).target_replaced);
    // Until it follows with a lag that can be told.
    assert!(watched.remembers(away("other")).target_replaced);
    assert!(!watched.remembers(run("other")).target_replaced);

    let mut never = Watched::started();
    never.remembers(away("one"));
    assert!(
        !never.remembers(away("two")).target_replaced,
        "it had not followed"
    );
}

#[test]
fn a_source_failed_over_where_its_history_or_its_role_is_another_than_the_one_followed() {
    let failed_over = |before: &str, then: &str| {
        let mut watched = Watched::started();
        watched.remembers(with_source(following(100, 100), before));
        // The target's link is down, so that nothing is mended.
        watched.remembers(with_source(cut(100), then)).source_failed_over
    };
    let (primary, replica) = (source("aa", 100), chained("up"));
    assert!(!failed_over(&primary, &primary));
    assert!(failed_over(&primary, &source("bb", 100)));
    assert!(failed_over(&primary, &replica));
    assert!(!failed_over(&replica, &replica));
    assert!(!failed_over(&replica, &primary));
}

#[test]
fn a_pair_is_broken_from_the_first_look_that_shows_it_until_one_that_shows_it_whole() {
    let mut watched = Watched::started();
    assert_eq!(
        watched.remembers(pair(&sending(""), &waiting(""))).down_since,
        None
    );
    assert_eq!(watched.remembers(following(100, 100)).down_since, None);
    let since = watched.remembers(cut(100)).down_since;
    assert_eq!(since, Some(watched.now.as_second()));
    assert_eq!(watched.remembers(cut(100)).down_since, since);
    assert_eq!(
        watched.remembers(hidden()).down_since,
        since,
        "nobody saw it mended"
    );
    assert_eq!(
        watched.remembers(pair(&sending(""), &receiving(""))).down_since,
        None
    );

    // Behind the same lag, whether its size is known decides.
    let mut watched = Watched::started();
    watched.remembers(following(100, 100));
    assert_eq!(watched.remembers(following(900_000_000, 100)).down_since, None);
    let other = with_source(following(100, 100), &source("bb", 100));
    assert!(watched.remembers(other).down_since.is_some());

    // A chained source that has lost its own primary is seen as broken at once.
    let lost = with_source(following(100, 100), &chained("down"));
    let first = Watched::started().remembers(lost);
    assert!(first.down_since.is_some());

    // And so is one whose target takes writes.
    let mut watched = Watched::started();
    watched.remembers(following(100, 100));
    let promoted = pair(
        &sending(""),
        "role:master\r\nrun_id:target\r\nmaster_replid:cc\r\n",
    );
    assert!(watched.remembers(promoted).down_since.is_some());
}

#[test]
fn memory_is_at_its_limit_where_it_is_full_and_a_twentieth_is_held_for_replicas() {
    let looks = |fields: &str| {
        Watched::started()
            .remembers_pair(&sending(fields), &receiving(""))
            .memory_looks
    };
    let at = |used: u64, buffers: u64| {
        looks(&format!(
            "maxmemory:1000000 used_memory:{used} mem_clients_slaves:{buffers}"
        ))
    };
    assert_eq!(at(950_000, 50_000), 1);
    assert_eq!(at(949_999, 50_000), 0);
    assert_eq!(at(950_000, 49_999), 0);
    // The larger of two counts.
    for (slaves, total) in [(50_000, 10), (10, 50_000)] {
        let fields = format!(
            "maxmemory:1000000 used_memory:950000 mem_clients_slaves:{slaves} mem_total_replication_buffers:{total}"
        );
        assert_eq!(looks(&fields), 1, "{fields}");
    }
    // The machine's memory, where the engine has no limit; and no limit at all.
    assert_eq!(
        looks("maxmemory:0 total_system_memory:1000000 used_memory:950000 mem_clients_slaves:50000"),
        1
    );
    assert_eq!(
        looks("maxmemory:0 used_memory:950000 mem_clients_slaves:50000"),
        0
    );
    assert_eq!(looks("maxmemory:1000000 mem_clients_slaves:50000"), 0);
    let limit = |fields: &str| memory_limit(&Info::parse(&but("", fields)));
    assert_eq!(limit("maxmemory:5 total_system_memory:9"), Some(5));
    assert_eq!(limit("maxmemory:0 total_system_memory:9"), Some(9));
    assert_eq!(limit("maxmemory:0"), None);
}

#[test]
fn looks_at_the_memory_limit_are_counted_in_a_row_and_from_their_first_moment() {
    let mut watched = Watched::started();
    let full = "maxmemory:1000000 used_memory:990000 mem_clients_slaves:90000";
    let roomy = "maxmemory:1000000 used_memory:500000 mem_clients_slaves:90000";
    let first = watched.remembers_pair(&sending(full), &receiving(""));
    let since = Some(watched.now.as_second());
    assert_eq!((first.memory_looks, first.memory_since), (1, since));
    let second = watched.remembers_pair(&sending(full), &receiving(""));
    assert_eq!((second.memory_looks, second.memory_since), (2, since));
    let watch = watched.remembers_pair(&sending(roomy), &receiving(""));
    assert_eq!((watch.memory_looks, watch.memory_since), (0, None));
    watched.remembers_pair(&sending(full), &receiving(""));
    // In sync there is nothing left to hold.
    let level = &target(100);
    let watch = watched.remembers_pair(&sending(full), level);
    assert_eq!((watch.memory_looks, watch.memory_since), (0, None));
}

#[test]
fn an_engine_that_counts_no_buffers_is_held_against_its_own_first_look() {
    let mut watched = Watched::started();
    let mut used = |used: u64| {
        let fields = format!("maxmemory:1000000 used_memory:{used}");
        let watch = watched.remembers_pair(&sending(&fields), &receiving(""));
        (watch.memory_before, watch.memory_looks)
    };
    assert_eq!(used(910_000), (Some(910_000), 0));
    assert_eq!(used(959_999), (Some(910_000), 0));
    assert_eq!(used(960_000), (Some(910_000), 1));
    let counted =
        Watched::started().remembers_pair(&sending("used_memory:5 mem_clients_slaves:1"), &receiving(""));
    assert_eq!(counted.memory_before, None);
}

#[test]
fn a_clock_that_went_back_makes_no_time() {
    let at = Timestamp::from_second(1_000).expect("a time");
    assert_eq!(since(990, at), Seconds(10));
    assert_eq!(since(1_010, at), Seconds(0));
}
