//! An observation stands in the execution's history at every look, and goes in and out of several states: it stays small.

use super::*;

/// All that Step Functions allows a state is 256 KiB; an observation has a quarter of it at the very most.
const ALLOWED: usize = 64 * 1024;

fn ninety(sample: impl Fn(u64) -> ShardSample) -> Vec<ShardSample> {
    (1..=90)
        .map(|shard| ShardSample {
            shard: ShardId(format!("{shard:04}")),
            ..sample(shard)
        })
        .collect()
}

fn size(watched: &Watched) -> usize {
    serde_json::to_string(watched.last.as_ref().expect("a look"))
        .expect("JSON")
        .len()
}

#[test]
fn ninety_shard_pairs_stay_well_below_64_kib_in_every_phase() {
    let mut sizes = vec![];
    for (source, target) in [
        (
            recorded!("redis-7.4.0/info.source.wait_bgsave.txt"),
            recorded!("redis-7.4.0/info.target_redis-7.4.0.link-down.sync-1.loading-0.txt"),
        ),
        (
            recorded!("redis-7.4.0/info.source.online.txt"),
            recorded!("redis-7.4.0/info.target_redis-7.4.0.link-down.sync-1.loading-1.txt"),
        ),
        (
            recorded!("redis-7.4.0/info.source.online.txt"),
            recorded!("redis-7.4.0/info.target_redis-7.4.0.insync.txt"),
        ),
    ] {
        let mut watched = Watched::started();
        for _ in 0..20 {
            watched.look(60, ninety(|_| pair(source, target)));
        }
        sizes.push(size(&watched));
    }
    println!("90 shard pairs, recorded engines: {sizes:?} bytes of JSON");
    assert!(sizes.iter().all(|size| *size < ALLOWED / 2), "{sizes:?}");
}

#[test]
fn even_the_worst_look_fits() {
    let mut watched = Watched::started();
    watched.events = (0..50)
        .map(|n| Event {
            at: watched.now,
            text: format!("event {n}: {}", "x".repeat(200)),
        })
        .collect();
    // Everything that can be remembered is: long numbers, another engine on both sides, full syncs, memory at its limit.
    let worst = |look: u64, shard: u64| {
        let big = u64::MAX / 2 + look * 1_000_000_000_000 + shard;
        let mut sample = following(big, big - 900_000_000_000);
        sample.source = Observed::Known(Info::parse(&format!(
            "role:{}\r\nmaster_link_status:up\r\nrun_id:{}\r\nmaster_replid:{}\r\nmaster_repl_offset:{big}\r\n\
             sync_full:{big}\r\nclient_output_buffer_limit_disconnections:{big}\r\nmaxmemory:{big}\r\nused_memory:{big}\r\n",
            if look > 1 { "slave" } else { "master" },
            "r".repeat(40),
            if look > 1 { "b".repeat(40) } else { "a".repeat(40) },
        )));
        sample.target = Observed::Known(Info::parse(&format!(
            "role:slave\r\nmaster_link_status:up\r\nrun_id:{look}{}\r\nmaster_replid:{}\r\nslave_repl_offset:{}\r\n\
             master_sync_read_bytes:{big}\r\n",
            "t".repeat(40),
            if look > 2 { "b".repeat(40) } else { "a".repeat(40) },
            big - 900_000_000_000 + look,
        )));
        if look > 1 {
            sample.root = Some(Observed::Unknown("no connection: ".repeat(200)));
        }
        sample
    };
    for look in 0..6 {
        watched.look(60, ninety(|shard| worst(look, shard)));
    }
    // And at last nobody answers, at length.
    watched.look(
        60,
        ninety(|shard| ShardSample {
            source: Observed::Unknown("no connection: ".repeat(200)),
            target: Observed::Unknown("no connection: ".repeat(200)),
            ..worst(9, shard)
        }),
    );
    let worst = size(&watched);
    println!("90 shard pairs, everything remembered and unseen: {worst} bytes of JSON");
    assert!(worst < ALLOWED, "{worst}");
}
