//! The nodes: what they refuse, that a cluster is one, and that nothing is left of them.

mod support;

use anyhow::{Context, Result};
use elasticache_stand_in::{EngineProcess, GroupSpec};
use support::{
    SOON, ask, call, clustered, complete_migration, info, redis, source, stand_in, start_migration, until,
    valkey,
};

#[tokio::test]
async fn ordinary_clients_find_the_nodes_as_restricted_as_elasticache_s() -> Result<()> {
    let stand_in = stand_in().await?;
    for spec in [valkey("valkey"), redis("redis")] {
        let group = stand_in.create_replication_group(spec).await?;
        for node in &group.nodes {
            for command in [
                "CONFIG GET *",
                "DEBUG SLEEP 0",
                "SAVE",
                "BGSAVE",
                "BGREWRITEAOF",
                "SLAVEOF NO ONE",
                "REPLICAOF NO ONE",
                "MIGRATE h 1 k 0 1",
                "SHUTDOWN",
            ] {
                let words: Vec<_> = command.split(' ').collect();
                let said = ask(node.port, &words).await?;
                assert!(said.contains("unknown command"), "{command}: {said}");
            }
            for command in [
                "PSYNC ? -1",
                "SYNC",
                "ACL SETUSER x",
                "ACL SAVE",
                "CLUSTER RESET",
                "CLUSTER MEET h 1",
            ] {
                let words: Vec<_> = command.split(' ').collect();
                let said = ask(node.port, &words).await?;
                assert!(
                    said.starts_with("NOPERM") || said.contains("cluster support disabled"),
                    "{command}: {said}"
                );
            }
            for command in [
                "INFO",
                "ROLE",
                "DBSIZE",
                "CLIENT LIST",
                "SCAN 0",
                "COMMAND COUNT",
                "ACL WHOAMI",
            ] {
                let words: Vec<_> = command.split(' ').collect();
                let said = ask(node.port, &words).await?;
                let refused = said.contains("unknown command") || said.starts_with("NOPERM");
                assert!(!refused, "{command}: {said}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_cluster_is_a_real_one() -> Result<()> {
    let stand_in = stand_in().await?;
    let group = stand_in.create_replication_group(clustered(valkey("rg"))).await?;
    assert_eq!(group.nodes.len(), 6);
    assert_eq!(group.nodes[3].cluster_id, "rg-0002-002");
    for node in &group.nodes {
        let said = ask(node.port, &["CLUSTER", "INFO"]).await?;
        assert!(
            said.contains("cluster_state:ok") && said.contains("cluster_slots_assigned:16384"),
            "{said}"
        );
        assert_eq!(
            info(node.port, "role").await? == "master",
            node.cluster_id.ends_with("-001")
        );
        let said = ask(node.port, &["CLUSTER", "RESET"]).await?;
        assert!(said.starts_with("NOPERM"), "{said}");
    }
    let (_, answer) = call(
        &stand_in,
        "DescribeReplicationGroups",
        &[("ReplicationGroupId", "rg")],
    )
    .await?;
    for piece in [
        "<ConfigurationEndpoint>",
        "<Slots>0-5460</Slots>",
        "<Slots>10922-16383</Slots>",
    ] {
        assert!(answer.contains(piece), "{answer}");
    }
    assert!(!answer.contains("CurrentRole"), "{answer}");
    Ok(())
}

#[tokio::test]
async fn a_node_may_die_and_come_back_during_a_migration() -> Result<()> {
    let stand_in = stand_in().await?;
    let group = stand_in.create_replication_group(valkey("rg")).await?;
    let source = source("redis-server", &[]).await?;
    source.command(&["SET", "key", "value"]).await?;
    start_migration(&stand_in, "rg", &source).await?;
    stand_in.wait_for_status("rg", "migrating", SOON).await?;
    stand_in.kill_node("rg-001")?;
    assert_eq!(stand_in.group("rg").map(|group| group.nodes[0].pid), Some(None));
    let (_, answer) = complete_migration(&stand_in, "rg", false).await?;
    assert!(answer.contains("<Status>migrating</Status>"), "{answer}");
    stand_in.restart_node("rg-001").await?;
    let port = group.nodes[0].port;
    until("it replicates again", async || {
        Ok(ask(port, &["GET", "key"]).await? == "value")
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn nothing_is_left_behind() -> Result<()> {
    let stand_in = stand_in().await?;
    let group = stand_in.create_replication_group(valkey("rg")).await?;
    let other = stand_in
        .create_replication_group(GroupSpec {
            replicas_per_shard: 0,
            ..valkey("other")
        })
        .await?;
    stand_in.delete_replication_group("other").await?;
    let gone =
        |pid: Option<u32>| pid.is_some_and(|pid| !std::path::Path::new(&format!("/proc/{pid}")).exists());
    assert!(gone(other.nodes[0].pid));
    drop(stand_in);
    for node in &group.nodes {
        assert!(gone(node.pid));
        until("its folder is gone", async || Ok(!node.log_path.exists())).await?;
    }
    Ok(())
}

/// Does nothing but for the test below, which runs it in a process of its own.
#[tokio::test]
async fn holds_an_engine_until_it_is_killed() -> Result<()> {
    if std::env::var_os("HOLD_AN_ENGINE").is_some() {
        let engine = source("redis-server", &[]).await?;
        println!("pid {:?}", engine.pid());
        std::future::pending::<()>().await;
    }
    Ok(())
}

#[tokio::test]
async fn an_engine_dies_with_the_process_that_started_it_however_that_dies() -> Result<()> {
    // A killed process cannot remove its engine's folder: it makes it where this test removes it.
    let folder = tempfile::tempdir()?;
    let mut holder = std::process::Command::new(std::env::current_exe()?)
        .args(["--exact", "holds_an_engine_until_it_is_killed", "--nocapture"])
        .env("HOLD_AN_ENGINE", "1")
        .env("TMPDIR", folder.path())
        .stdout(std::process::Stdio::piped())
        .spawn()?;
    let said = std::io::BufReader::new(holder.stdout.take().context("no output")?);
    let line =
        std::io::BufRead::lines(said).find(|line| line.as_ref().is_ok_and(|line| line.contains("pid Some")));
    let pid: u32 = line
        .transpose()?
        .unwrap_or_default()
        .chars()
        .filter(char::is_ascii_digit)
        .collect::<String>()
        .parse()?;
    assert!(is_alive(pid));
    holder.kill()?;
    holder.wait()?;
    until("the engine is gone", async || Ok(!is_alive(pid))).await
}

#[tokio::test]
async fn an_engine_keeps_its_port_through_death_and_frost() -> Result<()> {
    let engine: EngineProcess = source("redis-server", &[]).await?;
    let port = engine.port();
    engine.kill();
    assert!(!engine.is_running() && !engine.has_crashed() && engine.pid().is_none());
    engine.restart().await?;
    engine.freeze()?;
    let frozen = tokio::time::timeout(std::time::Duration::from_millis(200), ask(port, &["PING"])).await;
    assert!(frozen.is_err(), "{frozen:?}");
    engine.thaw()?;
    assert_eq!(ask(port, &["PING"]).await?, "PONG");
    assert_eq!(engine.command(&["DBSIZE"]).await?, "0");
    Ok(())
}

fn is_alive(pid: u32) -> bool {
    // A zombie, whose parent has not yet looked, is as dead as can be.
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}
