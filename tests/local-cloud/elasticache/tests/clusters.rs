//! Migrations into groups with cluster mode enabled, over real clusters.

mod support;

use anyhow::{Context, Result};
use elasticache_stand_in::{
    EngineCluster, EngineOptions, GroupSnapshot, Misfit, NodeRole, Point, Reasons, StandIn,
};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use support::{
    SOON, ask, call, clustered, complete_migration, info, redis as redis_group, source, source_cluster,
    stand_in, start_migration, until, valkey,
};

const RESHARDED: [&str; 3] = [
    "<Slots>0-5999,11999-11999</Slots>",
    "<Slots>6000-11998</Slots>",
    "<Slots>12000-16383</Slots>",
];

/// The ports of a group's primaries, in the order of its shards.
fn primaries(group: &GroupSnapshot) -> Vec<u16> {
    group
        .nodes
        .iter()
        .filter(|node| node.role == NodeRole::Primary)
        .map(|node| node.port)
        .collect()
}

fn ports(source: &EngineCluster) -> Vec<u16> {
    source.primaries().iter().map(|engine| engine.port()).collect()
}

/// A cluster client of somebody else's, which follows CLUSTER SLOTS and MOVED.
async fn client(port: u16) -> Result<ClusterConnection> {
    let client = ClusterClient::new(vec![format!("redis://127.0.0.1:{port}")])?;
    Ok(client.get_async_connection().await?)
}

async fn set(client: &mut ClusterConnection, key: &str, value: &str) -> Result<()> {
    Ok(redis::cmd("SET").arg(key).arg(value).exec_async(client).await?)
}

/// One key in every slot.
async fn fill(source: &EngineCluster) -> Result<()> {
    for primary in source.primaries() {
        let mut pipe = redis::pipe();
        for (owner, tag) in source.slots() {
            if owner.port() == primary.port() {
                pipe.set(format!("key:{{{tag}}}"), &tag).ignore();
            }
        }
        let client = redis::Client::open(("127.0.0.1", primary.port()))?;
        pipe.exec_async(&mut client.get_multiplexed_async_connection().await?)
            .await?;
    }
    Ok(())
}

/// How many keys each slot has, over all shards.
async fn keys_per_slot(ports: &[u16]) -> Result<Vec<u64>> {
    let mut sums = vec![0; 16384];
    for port in ports {
        let mut pipe = redis::pipe();
        for slot in 0..sums.len() {
            pipe.cmd("CLUSTER").arg("COUNTKEYSINSLOT").arg(slot);
        }
        let client = redis::Client::open(("127.0.0.1", *port))?;
        let counts: Vec<u64> = pipe
            .query_async(&mut client.get_multiplexed_async_connection().await?)
            .await?;
        sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    Ok(sums)
}

async fn describe(stand_in: &StandIn) -> Result<String> {
    let wanted = [("ReplicationGroupId", "rg")];
    Ok(call(stand_in, "DescribeReplicationGroups", &wanted).await?.1)
}

/// A group that is a cluster again: whole, with roles as before, and the source rid of it.
async fn assert_whole(group: &GroupSnapshot) -> Result<()> {
    for node in &group.nodes {
        let said = ask(node.port, &["CLUSTER", "INFO"]).await?;
        assert!(said.contains("cluster_state:ok"), "{}: {said}", node.cluster_id);
        let role = if node.role == NodeRole::Primary {
            "master"
        } else {
            "slave"
        };
        assert_eq!(info(node.port, "role").await?, role, "{}", node.cluster_id);
    }
    Ok(())
}

async fn assert_left_alone(source: &EngineCluster) -> Result<()> {
    for engine in source.primaries() {
        until("the source has no replica", async || {
            Ok(info(engine.port(), "connected_slaves").await? == "0")
        })
        .await?;
        let said = engine.command(&["CLUSTER", "NODES"]).await?;
        assert_eq!(said.lines().count(), 3, "the source's cluster is its own: {said}");
    }
    Ok(())
}

#[tokio::test]
async fn a_redis_7_0_cluster_moves_into_a_valkey_8_0_cluster_and_its_clients_go_on() -> Result<()> {
    let stand_in = stand_in().await?;
    let group = stand_in.create_replication_group(clustered(valkey("rg"))).await?;
    set(&mut client(group.nodes[0].port).await?, "old", "data").await?;
    let source = source_cluster(&[]).await?;
    fill(&source).await?;

    stand_in.faults().hold(Point::Resharding);
    let (_, answer) = start_migration(&stand_in, "rg", &source.primaries()[1]).await?;
    assert!(answer.contains("<Status>modifying</Status>"), "{answer}");
    let percentage = "<Resharding><SlotMigration><ProgressPercentage>10.0</ProgressPercentage>";
    until("a tenth of the slots has moved", async || {
        Ok(describe(&stand_in).await?.contains(percentage))
    })
    .await?;
    stand_in.faults().release(Point::Resharding);

    let group = stand_in.wait_for_status("rg", "migrating", SOON).await?;
    let answer = describe(&stand_in).await?;
    assert!(!answer.contains("<Resharding>"), "{answer}");
    for piece in RESHARDED.iter().chain(&["<ConfigurationEndpoint>"]) {
        assert!(answer.contains(piece), "{piece} in {answer}");
    }
    assert!(!answer.contains("<PrimaryEndpoint>"), "{answer}");
    // Shards are in the order of their slots, the source's engines are not.
    let owners = [1, 2, 0].map(|engine| &source.primaries()[engine]);
    for (port, owner) in primaries(&group).into_iter().zip(owners) {
        assert_eq!(info(port, "master_port").await?, owner.port().to_string());
        let refused = ask(port, &["SET", "x", "y"]).await?;
        assert!(refused.starts_with("READONLY"), "{refused}");
    }

    let mut writer = client(owners[0].port()).await?;
    for number in 0..300 {
        set(&mut writer, &format!("later:{number}"), "x").await?;
    }
    let mut expected = Vec::new();
    for owner in owners {
        let offset: i64 = info(owner.port(), "master_repl_offset").await?.parse()?;
        let id = info(owner.port(), "master_replid").await?;
        expected.push((id, (offset + 1).to_string()));
    }
    stand_in.change_settings(|settings| settings.in_sync_wait = SOON);
    complete_migration(&stand_in, "rg", false).await?;
    let group = stand_in.wait_for_status("rg", "available", SOON).await?;
    for (port, expected) in primaries(&group).into_iter().zip(expected) {
        let second = (
            info(port, "master_replid2").await?,
            info(port, "second_repl_offset").await?,
        );
        assert_eq!(second, expected, "as after a promotion in place, to the byte");
    }

    assert_whole(&group).await?;
    assert_left_alone(&source).await?;
    let (theirs, ours) = (ports(&source), primaries(&group));
    let per_slot = keys_per_slot(&theirs).await?;
    assert!(per_slot.iter().all(|keys| *keys > 0), "every slot has a key");
    assert_eq!(keys_per_slot(&ours).await?, per_slot);

    let mut client = client(*ours.last().context("no shard")?).await?;
    for (_, tag) in source.slots().step_by(97) {
        let key = format!("key:{{{tag}}}");
        let value: String = redis::cmd("GET").arg(&key).query_async(&mut client).await?;
        assert_eq!(value, tag);
        set(&mut client, &key, "new").await?;
    }
    let old: Option<String> = redis::cmd("GET").arg("old").query_async(&mut client).await?;
    assert_eq!(old, None, "the full sync destroys what was there");
    Ok(())
}

#[tokio::test]
async fn where_the_slots_are_the_same_nothing_is_resharded_and_an_order_may_come_early() -> Result<()> {
    let stand_in = stand_in().await?;
    stand_in
        .create_replication_group(clustered(redis_group("rg")))
        .await?;
    let options = EngineOptions {
        config: vec!["repl-diskless-sync-delay 0".to_owned()],
        ..EngineOptions::default()
    };
    let source = EngineCluster::start(options, 3).await?;
    fill(&source).await?;
    stand_in.faults().hold(Point::Resharding);
    stand_in.faults().hold(Point::Attaching);
    start_migration(&stand_in, "rg", &source.primaries()[0]).await?;
    until("the nodes have left cluster mode", async || {
        let ports = stand_in
            .group("rg")
            .map(|group| primaries(&group))
            .unwrap_or_default();
        Ok(info(ports[2], "cluster_enabled")
            .await
            .is_ok_and(|enabled| enabled == "0"))
    })
    .await?;
    complete_migration(&stand_in, "rg", true).await?;
    let group = stand_in.wait_for_status("rg", "available", SOON).await?;
    assert_whole(&group).await?;
    assert_eq!(keys_per_slot(&primaries(&group)).await?, vec![0; 16384]);

    stand_in.faults().clear();
    start_migration(&stand_in, "rg", &source.primaries()[0]).await?;
    stand_in.wait_for_status("rg", "migrating", SOON).await?;
    stand_in.kill_node("rg-0002-001")?;
    complete_migration(&stand_in, "rg", false).await?;
    stand_in
        .wait_for_event("rg", "because data is not in sync", SOON)
        .await?;
    stand_in.restart_node("rg-0002-001").await?;
    stand_in.kill_node("rg-0003-002")?;
    stand_in.change_settings(|settings| settings.in_sync_wait = SOON);
    complete_migration(&stand_in, "rg", false).await?;
    let group = stand_in.wait_for_status("rg", "available", SOON).await?;
    stand_in.restart_node("rg-0003-002").await?;
    until("the replica that was dead has come back", async || {
        Ok(info(group.nodes[5].port, "master_link_status").await? == "up")
    })
    .await?;
    assert_whole(&group).await?;
    assert_eq!(keys_per_slot(&primaries(&group)).await?, vec![1; 16384]);
    Ok(())
}

#[tokio::test]
async fn a_forced_completion_in_the_middle_of_resharding_leaves_a_whole_cluster() -> Result<()> {
    let stand_in = stand_in().await?;
    stand_in.create_replication_group(clustered(valkey("rg"))).await?;
    let source = source_cluster(&[]).await?;
    stand_in.faults().hold(Point::Resharding);
    start_migration(&stand_in, "rg", &source.primaries()[0]).await?;
    until("a tenth of the slots has moved", async || {
        Ok(describe(&stand_in).await?.contains(">10.0<"))
    })
    .await?;
    complete_migration(&stand_in, "rg", true).await?;
    let group = stand_in.wait_for_status("rg", "available", SOON).await?;
    assert!(!describe(&stand_in).await?.contains("<Resharding>"));
    assert_whole(&group).await?;
    assert_left_alone(&source).await
}

#[tokio::test]
async fn one_shard_that_cannot_attach_fails_the_whole_start() -> Result<()> {
    let stand_in = stand_in().await?;
    stand_in.change_settings(|settings| settings.reasons = Reasons::Plausible);
    stand_in.create_replication_group(clustered(valkey("rg"))).await?;
    let source = source_cluster(&[]).await?;
    fill(&source).await?;
    source.primaries()[2]
        .command(&["CONFIG", "SET", "requirepass", "secret"])
        .await?;
    start_migration(&stand_in, "rg", &source.primaries()[0]).await?;
    stand_in
        .wait_for_event("rg", "because of source requires authentication", SOON)
        .await?;
    let group = stand_in.wait_for_status("rg", "available", SOON).await?;
    assert_whole(&group).await?;
    // Two of three shards have had their full sync: their former data is gone, and nobody takes that back.
    let per_slot = keys_per_slot(&primaries(&group)).await?;
    let filled = per_slot.iter().filter(|keys| **keys > 0).count();
    assert_eq!(filled, 16384 - (11_998 - 6_000 + 1));
    Ok(())
}

#[tokio::test]
async fn a_start_that_fails_before_any_transfer_leaves_the_data_where_the_slots_are_now() -> Result<()> {
    let stand_in = stand_in().await?;
    stand_in.change_settings(|settings| settings.reasons = Reasons::Plausible);
    let group = stand_in.create_replication_group(clustered(valkey("rg"))).await?;
    let mut owner = client(group.nodes[0].port).await?;
    for number in 0..500 {
        set(&mut owner, &number.to_string(), &number.to_string()).await?;
    }
    let source = source_cluster(&["rename-command PSYNC \"\"", "rename-command SYNC \"\""]).await?;
    start_migration(&stand_in, "rg", &source.primaries()[0]).await?;
    stand_in
        .wait_for_event("rg", "because of source refused replication commands", SOON)
        .await?;
    let group = stand_in.wait_for_status("rg", "available", SOON).await?;
    assert_whole(&group).await?;
    let answer = describe(&stand_in).await?;
    assert!(answer.contains(RESHARDED[0]), "{answer}");
    let mut owner = client(group.nodes[0].port).await?;
    for number in 0..500 {
        let value: Option<u32> = redis::cmd("GET").arg(number).query_async(&mut owner).await?;
        assert_eq!(value, Some(number));
    }
    Ok(())
}

#[tokio::test]
async fn a_source_that_does_not_fit_fails_the_start_or_the_call() -> Result<()> {
    let stand_in = stand_in().await?;
    stand_in.change_settings(|settings| settings.reasons = Reasons::Plausible);
    let group = stand_in.create_replication_group(clustered(valkey("rg"))).await?;
    let alone = source("redis-server", &[]).await?;
    let options = EngineOptions::default();
    let pair = EngineCluster::start(options, 2).await?;
    let open = source_cluster(&[]).await?;
    let id = open.primaries()[2].command(&["CLUSTER", "MYID"]).await?;
    open.primaries()[0]
        .command(&["CLUSTER", "SETSLOT", "16000", "MIGRATING", &id])
        .await?;
    for (source, reason) in [
        (&alone, "source is not a cluster"),
        (
            &pair.primaries()[0],
            "source and target have different numbers of shards",
        ),
        (&open.primaries()[0], "source cluster is not in ok state"),
    ] {
        stand_in.change_settings(|settings| settings.misfit = Misfit::Error);
        let (status, answer) = start_migration(&stand_in, "rg", source).await?;
        assert_eq!(
            (
                status,
                answer.contains("<Code>InvalidParameterCombination</Code>")
            ),
            (400, true),
            "{answer}"
        );
        assert!(answer.contains(reason), "{answer}");
        stand_in.change_settings(|settings| settings.misfit = Misfit::FailedStart);
        let (status, answer) = start_migration(&stand_in, "rg", source).await?;
        assert_eq!(status, 200, "{answer}");
        stand_in.wait_for_event("rg", reason, SOON).await?;
        let now = stand_in.wait_for_status("rg", "available", SOON).await?;
        assert_eq!(now.nodes, group.nodes, "the processes were left alone");
    }
    Ok(())
}
