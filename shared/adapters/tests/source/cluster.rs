//! A source that is a cluster of real engines. On one host two nodes cannot share a port, so S8 always fails here; the
//! other rules are looked at one by one.

use super::{assert_found, finding, preflight, redis_6_2};
use anyhow::Result;
use domain::preflight::Outcome;
use elasticache_stand_in::{EngineOptions, EngineProcess};
use std::path::{Path, PathBuf};

async fn node(binary: PathBuf, config: &[&str]) -> Result<EngineProcess> {
    let options = EngineOptions {
        binary,
        cluster: true,
        config: config.iter().map(|line| (*line).to_owned()).collect(),
        ..EngineOptions::default()
    };
    Ok(EngineProcess::start(options).await?)
}

/// Gives a node these slots. ADDSLOTSRANGE is of 7.0; this is of every version.
async fn own(node: &EngineProcess, slots: std::ops::RangeInclusive<u32>) -> Result<()> {
    let slots: Vec<String> = slots.map(|slot| slot.to_string()).collect();
    let mut words = vec!["CLUSTER", "ADDSLOTS"];
    words.extend(slots.iter().map(String::as_str));
    node.command(&words).await?;
    Ok(())
}

/// Two nodes that own half of the slots each and know each other.
async fn pair(binary: &Path) -> Result<(EngineProcess, EngineProcess)> {
    let config = ["cluster-node-timeout 2000"];
    let (first, second) = tokio::try_join!(
        node(binary.to_path_buf(), &config),
        node(binary.to_path_buf(), &config)
    )?;
    own(&first, 0..=8_191).await?;
    own(&second, 8_192..=16_383).await?;
    second.command(&["CLUSTER", "SET-CONFIG-EPOCH", "2"]).await?;
    first
        .command(&["CLUSTER", "MEET", "127.0.0.1", &second.port().to_string()])
        .await?;
    for node in [&first, &second] {
        until_ok(node).await?;
    }
    Ok((first, second))
}

async fn until_ok(node: &EngineProcess) -> Result<()> {
    let seen = async {
        loop {
            let info = node.command(&["CLUSTER", "INFO"]).await;
            let nodes = node.command(&["CLUSTER", "NODES"]).await;
            let knows = nodes.is_ok_and(|nodes| nodes.lines().count() == 2 && !nodes.contains("handshake"));
            if knows && info.is_ok_and(|info| info.contains("cluster_state:ok")) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    Ok(tokio::time::timeout(super::NEVER, seen).await?)
}

#[tokio::test]
async fn one_node_with_all_slots_is_a_whole_cluster() -> Result<()> {
    for binary in [PathBuf::from("redis-server"), redis_6_2(), "valkey-server".into()] {
        let node = node(binary, &[]).await?;
        let report = preflight(node.port()).await?;
        assert_found(&report, "S13", Outcome::Fail);
        own(&node, 0..=16_383).await?;
        until_state_ok(&node).await?;
        let report = preflight(node.port()).await?;
        for id in ["S8", "S13", "S11"] {
            assert_found(&report, id, Outcome::Pass);
        }
        assert_found(&report, "S14", Outcome::Warn);
    }
    Ok(())
}

async fn until_state_ok(node: &EngineProcess) -> Result<()> {
    let seen = async {
        while !node
            .command(&["CLUSTER", "INFO"])
            .await
            .is_ok_and(|info| info.contains("cluster_state:ok"))
        {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    Ok(tokio::time::timeout(super::NEVER, seen).await?)
}

#[tokio::test]
async fn every_node_is_asked_where_it_announces_itself() -> Result<()> {
    for binary in [PathBuf::from("redis-server"), redis_6_2(), "valkey-server".into()] {
        let (first, second) = pair(&binary).await?;
        let report = preflight(first.port()).await?;
        assert_found(&report, "S13", Outcome::Pass);
        assert_found(&report, "S14", Outcome::Warn);
        assert_found(&report, "S8", Outcome::Fail);
        assert!(
            finding(&report, "S8")?
                .evidence
                .contains(&second.port().to_string())
        );

        // What the other node says of itself counts as much.
        second
            .command(&["CONFIG", "SET", "min-replicas-to-write", "1"])
            .await?;
        let id = first.command(&["CLUSTER", "MYID"]).await?;
        second
            .command(&["CLUSTER", "SETSLOT", "9000", "MIGRATING", &id])
            .await?;
        let report = preflight(first.port()).await?;
        assert_found(&report, "S16", Outcome::Warn);
        assert_found(&report, "S13", Outcome::Fail);
        assert!(
            finding(&report, "S13")?.evidence.contains("[9000->-"),
            "{:?}",
            finding(&report, "S13")?
        );

        second.kill();
        let report = preflight(first.port()).await?;
        assert_found(&report, "S14", Outcome::Fail);
        // Of a node that is gone nothing is known, and that is not a pass.
        assert_found(&report, "S9", Outcome::Unknown);
    }
    Ok(())
}

#[tokio::test]
async fn a_cluster_that_hides_its_nodes_is_read_from_its_slots_and_is_not_passed_for_at_rest() -> Result<()> {
    let node = node("redis-server".into(), &[]).await?;
    own(&node, 0..=16_383).await?;
    until_state_ok(&node).await?;
    node.command(&["ACL", "SETUSER", "default", "-cluster|nodes"])
        .await?;
    let report = preflight(node.port()).await?;
    assert_found(&report, "S8", Outcome::Pass);
    assert_found(&report, "S13", Outcome::Unknown);
    assert_found(&report, "S3", Outcome::Fail);
    Ok(())
}
