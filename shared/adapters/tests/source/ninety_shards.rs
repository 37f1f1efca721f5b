//! A cluster of the largest size that ElastiCache takes, 90 shards with a replica each. Its nodes are played by this
//! test: each listens on an address of this host of its own, on the same port, and answers what an engine answered.

use super::{assert_found, finding, preflight};
use anyhow::Result;
use domain::preflight::{Outcome, PreflightReport};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const SHARDS: u32 = 90;

/// What a real Valkey 8.0.1 in cluster mode says of itself.
const INFO: &str = include_str!("../../../../tests/fixtures/engines/valkey-8.0.1/info.cluster.txt");

/// The function's memory, less what the runtime itself needs.
const MEMORY_KIB: u64 = 200 * 1024;

/// The most that Step Functions passes from state to state.
const ANSWER_LIMIT: usize = 256 * 1024;

fn address(shard: u32, replica: u32) -> String {
    match (shard, replica) {
        // The plan's own source.
        (0, 0) => "127.0.0.1".to_owned(),
        _ => format!("127.1.{shard}.{}", replica + 1),
    }
}

/// CLUSTER NODES as the node at `myself` prints it.
fn nodes(port: u16, myself: &str) -> String {
    let mut lines = String::new();
    for shard in 0..SHARDS {
        let (first, last) = (shard * 16_384 / SHARDS, (shard + 1) * 16_384 / SHARDS - 1);
        for replica in 0..2 {
            let at = address(shard, replica);
            let me = if at == myself { "myself," } else { "" };
            let (role, primary, slots) = match replica {
                0 => ("master", "-".to_owned(), format!(" {first}-{last}")),
                _ => ("slave", format!("{shard:040x}"), String::new()),
            };
            let id = shard + 1_000 * replica;
            lines.push_str(&format!(
                "{id:040x} {at}:{port}@{} {me}{role} {primary} 0 0 {shard} connected{slots}\n",
                port - 1_000
            ));
        }
    }
    lines
}

fn bulk(text: &str) -> String {
    format!("${}\r\n{text}\r\n", text.len())
}

/// What a node answers to one question.
fn answer(question: &str, nodes: &str) -> String {
    let words: Vec<&str> = question
        .split("\r\n")
        .filter(|line| !line.starts_with(['*', '$']))
        .collect();
    match words.as_slice() {
        ["INFO", ..] => bulk(INFO),
        ["CLUSTER", "INFO", ..] => bulk("cluster_state:ok\r\ncluster_slots_assigned:16384\r\n"),
        ["CLUSTER", "NODES", ..] => bulk(nodes),
        ["CONFIG", "GET", "client-output-buffer-limit", ..] => {
            format!(
                "*2\r\n{}{}",
                bulk("client-output-buffer-limit"),
                bulk("slave 268435456 67108864 60")
            )
        }
        ["CONFIG", "GET", ..] | ["MODULE", ..] | ["FUNCTION", ..] => "*0\r\n".to_owned(),
        ["ACL", "WHOAMI", ..] => bulk("default"),
        ["ACL", "GETUSER", ..] => {
            let flags = format!("*2\r\n{}{}", bulk("on"), bulk("nopass"));
            format!(
                "*4\r\n{}{flags}{}{}",
                bulk("flags"),
                bulk("commands"),
                bulk("+@all")
            )
        }
        ["COMMAND", "INFO", names @ ..] => {
            let names: Vec<&&str> = names.iter().filter(|name| !name.is_empty()).collect();
            let entries: String = names.iter().map(|name| format!("*1\r\n{}", bulk(name))).collect();
            format!("*{}\r\n{entries}", names.len())
        }
        _ => "-ERR unknown command\r\n".to_owned(),
    }
}

async fn serve(mut client: TcpStream, nodes: Arc<String>) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = client.read(&mut buffer).await {
        // Questions come one at a time, each in one packet.
        let question = String::from_utf8_lossy(&buffer[..count]).into_owned();
        let _ = client.write_all(answer(&question, &nodes).as_bytes()).await;
    }
}

/// Starts the nodes. Those that do not `speak` take connections and say nothing.
async fn start(speaks: impl Fn(u32) -> bool) -> Result<u16> {
    let entry = TcpListener::bind((address(0, 0), 0)).await?;
    let port = entry.local_addr()?.port();
    let mut listeners = vec![(0, address(0, 0), entry)];
    for shard in 0..SHARDS {
        for replica in 0..2 {
            let at = address(shard, replica);
            if (shard, replica) != (0, 0) {
                let listener = TcpListener::bind((at.clone(), port)).await?;
                listeners.push((shard, at, listener));
            }
        }
    }
    for (shard, at, listener) in listeners {
        let (nodes, speaks) = (Arc::new(nodes(port, &at)), speaks(shard));
        tokio::spawn(async move {
            let mut held = vec![];
            while let Ok((client, _)) = listener.accept().await {
                if speaks {
                    tokio::spawn(serve(client, Arc::clone(&nodes)));
                } else {
                    held.push(client);
                }
            }
        });
    }
    Ok(port)
}

fn is_small(report: &PreflightReport) -> Result<()> {
    let size = serde_json::to_vec(report)?.len();
    assert!(size * 8 < ANSWER_LIMIT, "the answer is {size} bytes");
    // The peak of this whole process, the 180 nodes that it plays included.
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap_or_default();
    let peak: u64 = peak.trim().trim_end_matches(" kB").trim().parse()?;
    assert!(peak < MEMORY_KIB, "the peak was {peak} KiB");
    Ok(())
}

#[tokio::test]
async fn all_nodes_are_asked_and_the_answer_is_small() -> Result<()> {
    let port = start(|_| true).await?;
    let report = preflight(port).await?;
    for id in ["S2", "S3", "S8", "S9", "S13", "P1", "P3"] {
        assert_found(&report, id, Outcome::Pass);
    }
    assert!(finding(&report, "S13")?.evidence.contains("90 shards"));
    // All of them are this host's own addresses; five are shown.
    assert_found(&report, "S14", Outcome::Warn);
    assert!(
        finding(&report, "S14")?.evidence.contains("175 more"),
        "{:?}",
        finding(&report, "S14")?
    );
    is_small(&report)
}

#[tokio::test]
async fn a_cluster_of_which_all_but_one_shard_are_silent_is_found_out_within_the_limit() -> Result<()> {
    let port = start(|shard| shard == 0).await?;
    let report = preflight(port).await?;
    assert_found(&report, "S14", Outcome::Fail);
    assert_found(&report, "S9", Outcome::Unknown);
    assert!(
        finding(&report, "S9")?.evidence.contains("86 more nodes alike"),
        "{:?}",
        finding(&report, "S9")?
    );
    is_small(&report)
}
