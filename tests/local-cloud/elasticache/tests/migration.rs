//! Migrations that come about, over real engines.

mod support;

use std::time::Duration;

use anyhow::Result;
use elasticache_stand_in::{
    Fault, GroupSpec, LinkCut, NodeRole, NotInSync, Outcome, Point, SuccessEvents, Times,
};
use support::{
    SOON, ask, ask_at, call, complete_migration, info, redis, source, stand_in, start_migration, until,
    valkey, with_source,
};

#[tokio::test]
async fn redis_7_0_moves_into_valkey_8_0_with_a_replica() -> Result<()> {
    let stand_in = stand_in().await?;
    let group = stand_in.create_replication_group(valkey("rg")).await?;
    assert_eq!(group.status, "available");
    let [primary, replica] = &group.nodes[..] else {
        anyhow::bail!("{group:?}")
    };
    assert_eq!(
        (primary.role, replica.role),
        (NodeRole::Primary, NodeRole::Replica)
    );
    assert_eq!(ask(primary.port, &["SET", "old", "data"]).await?, "OK");

    let source = source("redis-server", &[]).await?;
    source.command(&["SET", "key", "value"]).await?;
    let (status, answer) = start_migration(&stand_in, "rg", &source).await?;
    assert_eq!(status, 200, "{answer}");
    assert!(answer.contains("<Status>modifying</Status>"), "{answer}");

    let group = stand_in.wait_for_status("rg", "migrating", SOON).await?;
    assert_eq!(group.source, Some((source.address(), source.port())));
    assert_eq!(ask(primary.port, &["GET", "key"]).await?, "value");
    assert_eq!(
        ask(primary.port, &["GET", "old"]).await?,
        "nil",
        "the full sync destroys what was there"
    );
    let refused = ask(primary.port, &["SET", "x", "y"]).await?;
    assert!(refused.starts_with("READONLY"), "{refused}");

    source.command(&["SET", "later", "too"]).await?;
    until("the replica of the target has it too", async || {
        Ok(ask(replica.port, &["GET", "later"]).await? == "too")
    })
    .await?;

    let source_id = info(source.port(), "master_replid").await?;
    let (status, answer) = complete_migration(&stand_in, "rg", false).await?;
    assert_eq!(status, 200, "{answer}");
    assert!(answer.contains("<Status>modifying</Status>"), "{answer}");
    stand_in.wait_for_status("rg", "available", SOON).await?;

    assert_eq!(info(primary.port, "role").await?, "master");
    assert_eq!(
        info(primary.port, "master_replid2").await?,
        source_id,
        "promoted in place"
    );
    assert_ne!(info(primary.port, "second_repl_offset").await?, "-1");
    assert_eq!(ask(primary.port, &["SET", "after", "promotion"]).await?, "OK");
    until("the replica follows", async || {
        Ok(ask(replica.port, &["GET", "after"]).await? == "promotion")
    })
    .await?;

    let texts: Vec<_> = stand_in
        .events("rg")
        .into_iter()
        .map(|event| event.message)
        .collect();
    let started = format!(
        "Starting migration operation for target cluster rg with source cluster endpoint 127.0.0.1 and port {}",
        source.port()
    );
    assert_eq!(texts, [started.as_str(), "Complete Migration successful for rg"]);
    Ok(())
}

#[tokio::test]
async fn redis_7_0_moves_into_redis_7_0_whose_nodes_are_told_apart_by_address() -> Result<()> {
    let stand_in = stand_in().await?;
    let bind_addresses = vec!["127.0.0.2".parse()?, "127.0.0.3".parse()?];
    let group = stand_in
        .create_replication_group(GroupSpec {
            bind_addresses,
            ..redis("rg")
        })
        .await?;
    let [primary, replica] = &group.nodes[..] else {
        anyhow::bail!("{group:?}")
    };
    assert_eq!(
        (primary.address.as_str(), replica.address.as_str()),
        ("127.0.0.2", "127.0.0.3")
    );
    let source = source("redis-server", &["protected-mode no"]).await?;
    source.command(&["SET", "key", "value"]).await?;
    start_migration(&stand_in, "rg", &source).await?;
    stand_in.wait_for_status("rg", "migrating", SOON).await?;
    let seen = info(source.port(), "slave0").await?;
    assert!(
        seen.starts_with(&format!("ip=127.0.0.2,port={},", primary.port)),
        "{seen}"
    );
    complete_migration(&stand_in, "rg", false).await?;
    stand_in.wait_for_status("rg", "available", SOON).await?;
    assert_eq!(ask_at("127.0.0.2", primary.port, &["GET", "key"]).await?, "value");
    Ok(())
}

#[tokio::test]
async fn who_comes_at_the_wrong_time_is_told_so() -> Result<()> {
    let stand_in = stand_in().await?;
    stand_in.create_replication_group(valkey("rg")).await?;
    let source = source("redis-server", &[]).await?;
    stand_in.faults().hold(Point::Attaching);

    let (status, answer) = complete_migration(&stand_in, "rg", false).await?;
    assert_eq!(
        (status, answer.contains("ReplicationGroupNotUnderMigrationFault")),
        (400, true),
        "{answer}"
    );
    start_migration(&stand_in, "rg", &source).await?;
    for action in ["StartMigration", "TestMigration"] {
        let (status, answer) = with_source(&stand_in, action, "rg", "127.0.0.1", 1).await?;
        assert_eq!(
            (status, answer.contains("AlreadyUnderMigrationFault")),
            (400, true),
            "{answer}"
        );
    }
    let (_, answer) = complete_migration(&stand_in, "rg", false).await?;
    assert!(
        answer.contains("<Code>InvalidReplicationGroupState</Code>"),
        "{answer}"
    );
    let (_, answer) = call(
        &stand_in,
        "ModifyReplicationGroup",
        &[("ReplicationGroupId", "rg")],
    )
    .await?;
    assert!(
        answer.contains("<Code>InvalidReplicationGroupState</Code>"),
        "{answer}"
    );

    stand_in.faults().release(Point::Attaching);
    stand_in.wait_for_status("rg", "migrating", SOON).await?;
    let refused = stand_in
        .calls()
        .into_iter()
        .filter(|call| call.outcome != Outcome::Ok)
        .count();
    assert_eq!(refused, 5);
    Ok(())
}

#[tokio::test]
async fn a_forced_completion_takes_what_is_there_even_before_the_link_is_up() -> Result<()> {
    let stand_in = stand_in().await?;
    let group = stand_in.create_replication_group(valkey("rg")).await?;
    let source = source("redis-server", &[]).await?;
    stand_in.faults().hold(Point::Attaching);
    start_migration(&stand_in, "rg", &source).await?;
    let (status, _) = complete_migration(&stand_in, "rg", true).await?;
    assert_eq!(status, 200);
    stand_in.wait_for_status("rg", "available", SOON).await?;
    stand_in.faults().clear();
    assert_eq!(ask(group.nodes[0].port, &["SET", "x", "y"]).await?, "OK");
    assert_eq!(info(source.port(), "connected_slaves").await?, "0");
    Ok(())
}

#[tokio::test]
async fn a_target_that_is_not_in_sync_is_not_completed_and_goes_on() -> Result<()> {
    let stand_in = stand_in().await?;
    let group = stand_in.create_replication_group(valkey("rg")).await?;
    let source = source("redis-server", &["repl-ping-replica-period 3600"]).await?;
    start_migration(&stand_in, "rg", &source).await?;
    stand_in.wait_for_status("rg", "migrating", SOON).await?;

    source.kill();
    until("the link is down", async || {
        Ok(info(group.nodes[0].port, "master_link_status").await? == "down")
    })
    .await?;
    let (status, answer) = complete_migration(&stand_in, "rg", false).await?;
    assert_eq!(
        (status, answer.contains("<Status>migrating</Status>")),
        (200, true),
        "{answer}"
    );
    stand_in
        .wait_for_event("rg", "because data is not in sync", SOON)
        .await?;
    stand_in.change_settings(|settings| settings.not_in_sync = NotInSync::Error);
    let (_, answer) = complete_migration(&stand_in, "rg", false).await?;
    assert!(
        answer.contains("<Code>InvalidReplicationGroupState</Code>"),
        "{answer}"
    );

    source.restart().await?;
    stand_in.change_settings(|settings| settings.in_sync_wait = SOON);
    complete_migration(&stand_in, "rg", false).await?;
    stand_in.wait_for_status("rg", "available", SOON).await?;
    Ok(())
}

#[tokio::test]
async fn promotion_can_be_refused_fail_or_take_its_time() -> Result<()> {
    let stand_in = stand_in().await?;
    let group = stand_in.create_replication_group(valkey("rg")).await?;
    let source = source("redis-server", &[]).await?;
    start_migration(&stand_in, "rg", &source).await?;
    stand_in.wait_for_status("rg", "migrating", SOON).await?;

    let reason = "a node is being replaced".to_owned();
    let refuse = Fault::RefuseCompletion {
        reason: reason.clone(),
    };
    stand_in
        .faults()
        .inject("CompleteMigration", Times::Next(1), refuse);
    let (status, answer) = complete_migration(&stand_in, "rg", false).await?;
    assert_eq!(
        (status, answer.contains("<Status>migrating</Status>")),
        (200, true)
    );

    stand_in.faults().inject(
        "CompleteMigration",
        Times::Next(1),
        Fault::FailPromotion { reason },
    );
    let (_, answer) = complete_migration(&stand_in, "rg", false).await?;
    assert!(answer.contains("<Status>modifying</Status>"));
    stand_in.wait_for_status("rg", "migrating", SOON).await?;
    let refusals = stand_in
        .events("rg")
        .iter()
        .filter(|event| event.message.contains("being replaced"))
        .count();
    assert_eq!(refusals, 2);

    stand_in.change_settings(|settings| {
        settings.link_cut = LinkCut::First;
        settings.success_events = SuccessEvents::Both;
    });
    stand_in.faults().hold(Point::Promoting);
    complete_migration(&stand_in, "rg", false).await?;
    let primary = group.nodes[0].port;
    until("the link is cut", async || {
        Ok(info(primary, "role").await? == "master")
    })
    .await?;
    assert_eq!(
        stand_in.wait_for_status("rg", "modifying", SOON).await?.status,
        "modifying"
    );
    stand_in.faults().release(Point::Promoting);
    stand_in.wait_for_status("rg", "available", SOON).await?;
    stand_in
        .wait_for_event("rg", "Complete Migration successful for rg", SOON)
        .await?;
    stand_in
        .wait_for_event(
            "rg",
            "Migration operation succeeded for replication group rg.",
            SOON,
        )
        .await?;
    Ok(())
}

#[tokio::test]
async fn a_source_that_gathers_replicas_for_seconds_is_no_failure() -> Result<()> {
    let stand_in = stand_in().await?;
    stand_in.create_replication_group(valkey("rg")).await?;
    // 3 s at the source, after which nothing but a handshake has happened; the start times out after 2 s.
    let source = source("redis-server", &["repl-diskless-sync-delay 3"]).await?;
    start_migration(&stand_in, "rg", &source).await?;
    stand_in
        .wait_for_status("rg", "migrating", Duration::from_secs(60))
        .await?;
    Ok(())
}

#[tokio::test]
async fn a_transfer_and_a_loading_that_take_longer_than_the_timeout_are_no_failure() -> Result<()> {
    let stand_in = stand_in().await?;
    stand_in.change_settings(|settings| settings.start_timeout = Duration::from_millis(100));
    let config = vec![
        "key-load-delay 500".to_owned(),
        "loading-process-events-interval-bytes 1024".to_owned(),
    ];
    stand_in
        .create_replication_group(GroupSpec {
            config,
            replicas_per_shard: 0,
            ..valkey("rg")
        })
        .await?;
    let source = source("redis-server", &["rdb-key-save-delay 500"]).await?;
    source
        .command(&[
            "EVAL",
            "for i = 1, 2000 do redis.call('SET', i, string.rep('x', 100)) end",
            "0",
        ])
        .await?;
    let began = std::time::Instant::now();
    start_migration(&stand_in, "rg", &source).await?;
    stand_in.wait_for_status("rg", "migrating", SOON).await?;
    assert!(
        began.elapsed() > Duration::from_secs(1),
        "{:?}: the engines were to be slow",
        began.elapsed()
    );
    Ok(())
}
