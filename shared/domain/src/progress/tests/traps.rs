//! The eleven ways in which INFO fools a naive reader, each shown by what real engines said wherever they show it.

use super::super::ProgressSource;
use super::*;
use crate::LagBytes;

const SOURCE_ONLINE: &str = recorded!("valkey-8.0.1/info.source.online.txt");
const TARGET_LOADING: &str =
    recorded!("valkey-8.0.1/info.target_valkey-8.0.1.link-down.sync-1.loading-1.txt");
const TARGET_RECEIVING: &str =
    recorded!("valkey-8.0.1/info.target_valkey-8.0.1.link-down.sync-1.loading-0.txt");
const TARGET_IN_SYNC: &str = recorded!("valkey-8.0.1/info.target_valkey-8.0.1.insync.txt");

/// Naive: the source lists the replica as `online`, so it is ready.
#[test]
fn trap_01_online_is_said_of_a_target_that_still_loads() {
    // Redis 6.2 said `state=online,offset=0,lag=0` while its target was loading (recorded at that moment).
    let source = recorded!("redis-6.2.0/info.source.send_bulk.txt");
    assert!(source.contains("state=online,offset=0,lag=0"));
    let target = recorded!("redis-6.2.0/info.target_valkey-8.0.1.link-down.sync-1.loading-1.txt");
    let mut watched = Watched::started();
    assert_eq!(watched.sees(source, target).phase, Phase::Loading);
    // Not even a link that is up helps while it loads, beside the data it serves or instead of them.
    for loading in ["loading:1", "async_loading:1"] {
        let target = but(TARGET_IN_SYNC, loading);
        assert_eq!(
            watched.sees(SOURCE_ONLINE, &target).phase,
            Phase::Loading,
            "{loading}"
        );
    }
    // And before it loads: sent, not yet read.
    let target = recorded!("redis-6.2.0/info.target_valkey-8.0.1.link-down.sync-1.loading-0.txt");
    assert_eq!(watched.sees(source, target).phase, Phase::Loading);
}

/// Naive: `lag=0`, so it is level.
#[test]
fn trap_02_the_sources_lag_of_zero_means_nothing_while_it_forks() {
    for (source, target, phase) in [
        (
            recorded!("redis-2.8.21/info.source.wait_bgsave.txt"),
            recorded!("redis-2.8.21/info.target_valkey-8.0.1.link-down.sync-1.loading-0.txt"),
            Phase::WaitingForFork,
        ),
        (
            recorded!("redis-6.2.0/info.source.wait_bgsave.txt"),
            recorded!("redis-6.2.0/info.target_valkey-8.0.1.link-down.sync-1.loading-0.txt"),
            Phase::WaitingForFork,
        ),
        // Without a disk the source says so to the end, and bytes arrive.
        (
            recorded!("valkey-8.0.1/info.source.wait_bgsave.txt"),
            TARGET_RECEIVING,
            Phase::Transferring,
        ),
    ] {
        assert!(source.contains("state=wait_bgsave,offset=0,lag=0"));
        let mut watched = Watched::started();
        let shard = watched.sees(source, target);
        assert_eq!((shard.phase, shard.lag, shard.lag_seconds), (phase, None, None));
    }
}

/// Naive: received ÷ total, or `master_sync_perc`.
#[test]
fn trap_03_a_target_tells_no_percentage_of_a_diskless_transfer() {
    let source = but(
        SOURCE_ONLINE,
        "slave0:ip=127.0.0.1,port=7161,state=send_bulk,offset=0,lag=0",
    );
    // Total 0, left -163841, percent 0.00.
    assert!(TARGET_RECEIVING.contains("master_sync_left_bytes:-163841"));
    let mut watched = Watched::started();
    let shard = watched.sees(&source, TARGET_RECEIVING);
    assert_eq!((shard.phase, shard.progress), (Phase::Transferring, None));
    assert_eq!(shard.received.map(|bytes| bytes.0), Some(163_841));
    // Total -1, percent -0.00: the header has not come.
    let before_the_header = recorded!("redis-6.2.0/info.target_valkey-8.0.1.link-down.sync-1.loading-0.txt");
    assert!(before_the_header.contains("master_sync_perc:-0.00"));
    assert_eq!(watched.sees(&source, before_the_header).progress, None);
    // From disk the total is true.
    let from_disk = but(
        before_the_header,
        "master_sync_total_bytes:14777992 master_sync_read_bytes:7388996",
    );
    let progress = watched.sees(&source, &from_disk).progress.expect("a figure");
    assert_eq!(
        (progress.percent, progress.by),
        (50.0, ProgressSource::TargetBytes)
    );
}

/// Naive: nothing is known of a diskless transfer.
#[test]
fn trap_04_the_sources_key_counter_works_without_a_disk() {
    let source = but(
        recorded!("redis-6.2.0/info.source.wait_bgsave.txt"),
        "current_save_keys_processed:150000",
    );
    assert!(source.contains("current_save_keys_total:600002"));
    let mut watched = Watched::started();
    let progress = watched
        .sees(&source, TARGET_RECEIVING)
        .progress
        .expect("a figure");
    assert_eq!(
        (progress.percent, progress.by),
        (25.0, ProgressSource::SourceKeys)
    );
    // Before 6.2 there is no counter, and no figure is made up.
    let old = recorded!("redis-4.0.0/info.source.wait_bgsave.txt");
    assert!(!old.contains("current_save_keys"));
    let shard = watched.sees(old, TARGET_RECEIVING);
    assert_eq!((shard.phase, shard.progress), (Phase::Transferring, None));
}

/// Naive: `master_sync_perc:100.00`, so it is done.
#[test]
fn trap_05_loading_has_a_percentage_of_its_own() {
    let target = recorded!("redis-6.2.0/info.target_valkey-8.0.1.link-down.sync-1.loading-1.txt");
    assert!(target.contains("master_sync_perc:100.00"));
    let mut watched = Watched::started();
    let shard = watched.sees(recorded!("redis-6.2.0/info.source.send_bulk.txt"), target);
    let progress = shard.progress.expect("a figure");
    assert_eq!(
        (shard.phase, progress.percent, progress.by),
        (Phase::Loading, 14.2, ProgressSource::TargetLoading)
    );
    assert_eq!(
        watched.sees(SOURCE_ONLINE, TARGET_LOADING).phase,
        Phase::Loading,
        "diskless too"
    );
}

/// Naive: it is transferring, so it gets on.
#[test]
fn trap_06_a_transfer_that_begins_again_and_again_is_a_loop() {
    let mut watched = Watched::started();
    let source = |full_syncs: u32| {
        but(
            recorded!("redis-2.8.21/info.source.wait_bgsave.txt"),
            &format!("sync_full:{full_syncs}"),
        )
    };
    for full_syncs in 1..=4 {
        watched.sees(&source(full_syncs), TARGET_RECEIVING);
        let observation = watched.last.as_ref().expect("a look");
        assert_eq!(observation.stop, None, "after {full_syncs}");
    }
    watched.sees(&source(5), TARGET_RECEIVING);
    let observation = watched.last.as_ref().expect("a look");
    assert_eq!(observation.stop.as_ref().expect("a stop").id, "full_sync_loop");
    assert_eq!(observation.next, super::super::Next::Diagnose);
}

/// Naive: source offset minus target offset is the lag.
#[test]
fn trap_07_a_targets_offset_is_noise_until_its_link_is_up() {
    // The recorded target says `slave_repl_offset:1` while it loads, beside a source at 54.
    assert!(TARGET_LOADING.contains("slave_repl_offset:1"));
    let mut watched = Watched::started();
    for (target, phase) in [
        (TARGET_LOADING, Phase::Loading),
        (TARGET_RECEIVING, Phase::Loading),
        (
            recorded!("valkey-8.0.1/info.target_valkey-8.0.1.link-down.sync-0.loading-0.txt"),
            Phase::Connecting,
        ),
    ] {
        let shard = watched.sees(SOURCE_ONLINE, target);
        assert_eq!((shard.phase, shard.lag), (phase, None));
    }
    let shard = watched.sees(SOURCE_ONLINE, TARGET_IN_SYNC);
    assert_eq!((shard.phase, shard.lag), (Phase::InSync, Some(LagBytes(0))));
}

/// Naive: `slave0` is the target.
#[test]
fn trap_08_the_first_replica_in_the_list_may_be_somebody_elses() {
    let receiving = recorded!("redis-6.2.0/info.target_valkey-8.0.1.link-down.sync-1.loading-0.txt");
    let source = |lines: &str| but(recorded!("redis-6.2.0/info.source.online.txt"), lines);
    let mut watched = Watched::started();
    let two = source(
        "slave0:ip=10.9.9.9,port=6379,state=online,offset=54,lag=1 \
         slave1:ip=127.0.0.1,port=7161,state=wait_bgsave,offset=0,lag=0",
    );
    assert_eq!(watched.sees(&two, receiving).phase, Phase::WaitingForFork);
    // Two replicas on one address: the port tells.
    let one_host = source(
        "slave0:ip=127.0.0.1,port=7999,state=wait_bgsave,offset=0,lag=0 \
         slave1:ip=127.0.0.1,port=7161,state=send_bulk,offset=0,lag=0",
    );
    assert_eq!(watched.sees(&one_host, receiving).phase, Phase::Transferring);
    // Behind a load balancer the address is another: the one that is not online yet.
    let balanced = source(
        "slave0:ip=10.9.9.9,port=6379,state=online,offset=54,lag=1 \
         slave1:ip=10.8.8.8,port=1024,state=wait_bgsave,offset=0,lag=0",
    );
    assert_eq!(watched.sees(&balanced, receiving).phase, Phase::WaitingForFork);
    // Only somebody else's: it is online, and that says nothing of a target that has not come.
    let not_ours = source("slave0:ip=10.9.9.9,port=6379,state=online,offset=54,lag=1");
    let waiting = recorded!("valkey-8.0.1/info.target_valkey-8.0.1.link-down.sync-0.loading-0.txt");
    assert_eq!(watched.sees(&not_ours, waiting).phase, Phase::Connecting);
    // Valkey 8 lists a dual-channel replica twice; the RDB channel is not the stream.
    let dual = source(
        "slave0:ip=127.0.0.1,port=7161,state=wait_bgsave,offset=0,lag=0,type=rdb-channel \
         slave1:ip=127.0.0.1,port=7161,state=bg_transfer,offset=0,lag=0,type=main-channel",
    );
    assert_eq!(watched.sees(&dual, receiving).phase, Phase::Transferring);
}

/// Naive: the link is up and source and target are level.
#[test]
fn trap_09_a_chained_source_without_its_root_keeps_the_targets_link_up() {
    let chained = |link: &str| {
        but(
            SOURCE_ONLINE,
            &format!(
                "role:slave master_host:10.0.0.9 master_port:6379 slave_repl_offset:54 master_link_status:{link}"
            ),
        )
    };
    let mut watched = Watched::started();
    assert_eq!(watched.sees(&chained("up"), TARGET_IN_SYNC).phase, Phase::InSync);
    assert_eq!(watched.sees(&chained("down"), TARGET_IN_SYNC).phase, Phase::Lost);
    // Level with the replica is not level with the root: that is whose offset counts.
    let mut sample = pair(&chained("up"), TARGET_IN_SYNC);
    sample.root = Some(Observed::Known(Info::parse(&but(
        SOURCE_ONLINE,
        "master_repl_offset:9000054",
    ))));
    let shard = &watched.look(5, vec![sample.clone()]).shards[0];
    assert_eq!(
        (shard.phase, shard.lag),
        (Phase::CatchingUp, Some(LagBytes(9_000_000)))
    );
    // A root in another history is not the root any more.
    sample.root = Some(Observed::Known(Info::parse(
        "role:master\r\nmaster_replid:bb\r\nmaster_repl_offset:54\r\n",
    )));
    assert_eq!(watched.look(5, vec![sample.clone()]).shards[0].phase, Phase::Lost);
    // A root that cannot be reached leaves the replica's own word, and is said to be unseen.
    sample.root = Some(unseen());
    let shard = &watched.look(5, vec![sample]).shards[0];
    assert_eq!(shard.phase, Phase::InSync);
    assert!(shard.unseen.as_ref().expect("a reason").contains("own primary"));
}

/// Naive: offsets differ, so there are writes; or: at 1.4 bytes a second, 14 bytes are ten seconds.
#[test]
fn trap_10_a_ping_moves_the_offset_of_a_source_that_nobody_writes_to() {
    let mut watched = Watched::started();
    let mut offset = 54;
    for look in 0..6 {
        offset += 14;
        // The PING has left the source and has not been read by the target; the next look finds it ahead instead.
        let target = if look % 2 == 0 { offset - 14 } else { offset + 14 };
        let source = but(SOURCE_ONLINE, &format!("master_repl_offset:{offset}"));
        let target = but(TARGET_IN_SYNC, &format!("slave_repl_offset:{target}"));
        let observation = watched.look(10, vec![pair(&source, &target)]);
        let shard = &observation.shards[0];
        assert_eq!(
            (shard.phase, shard.lag_seconds),
            (Phase::InSync, Some(0.0)),
            "look {look}: {shard:?}"
        );
    }
    assert_eq!(
        watched.last.as_ref().expect("a look").next,
        super::super::Next::Wait
    );
    assert_eq!(
        watched.stage.name,
        StageName::Approval,
        "ready came at the fifth look"
    );
}

/// Naive: both sides hold as many keys, so they are equal; or: they do not, so they are not.
#[test]
fn trap_11_the_number_of_keys_says_nothing_of_the_sync() {
    let more = but(TARGET_IN_SYNC, "db0:keys=999999,expires=5,avg_ttl=0");
    let mut watched = Watched::started();
    assert_eq!(watched.sees(SOURCE_ONLINE, &more).phase, Phase::InSync);
    // As many keys, and 90 MB of stream that has not been applied.
    let ahead = but(SOURCE_ONLINE, "master_repl_offset:90000054");
    assert_eq!(watched.sees(&ahead, TARGET_IN_SYNC).phase, Phase::Diverging);
}

/// No trap: what every recorded version says on its way through a sync is read as it was.
#[test]
fn every_recorded_version_is_followed_from_fork_to_promotion() {
    macro_rules! way {
        ($source:literal, $target:literal) => {
            (
                $source,
                [
                    recorded!($source, "/info.source.wait_bgsave.txt"),
                    recorded!($source, "/info.source.online.txt"),
                ],
                [
                    recorded!(
                        $source,
                        "/info.target_",
                        $target,
                        ".link-down.sync-1.loading-0.txt"
                    ),
                    recorded!(
                        $source,
                        "/info.target_",
                        $target,
                        ".link-down.sync-1.loading-1.txt"
                    ),
                    recorded!($source, "/info.target_", $target, ".insync.txt"),
                    recorded!($source, "/info.target_", $target, ".promoted.txt"),
                ],
            )
        };
    }
    for (version, [forking, online], [receiving, loading, in_sync, promoted]) in [
        way!("redis-2.8.21", "valkey-8.0.1"),
        way!("redis-4.0.0", "valkey-8.0.1"),
        way!("redis-5.0.0", "valkey-8.0.1"),
        way!("redis-6.2.0", "valkey-8.0.1"),
        way!("redis-7.4.0", "redis-7.4.0"),
        way!("valkey-8.0.1", "valkey-8.0.1"),
    ] {
        let mut watched = Watched::started();
        let phases = [
            watched.sees(forking, receiving).phase,
            watched.sees(online, loading).phase,
            watched.sees(online, in_sync).phase,
            watched.sees(online, promoted).phase,
        ];
        let arrives = receiving.contains("master_sync_read_bytes:163841");
        let first = if arrives {
            Phase::Transferring
        } else {
            Phase::WaitingForFork
        };
        assert_eq!(
            phases,
            [first, Phase::Loading, Phase::InSync, Phase::Promoted],
            "{version}"
        );
        let shard = &watched.last.as_ref().expect("a look").shards[0];
        assert_eq!(shard.source_id.as_ref().map(String::len), Some(40), "{version}");
    }
}
