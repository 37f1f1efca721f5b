//! Migrations that do not come about.

mod support;

use std::time::Duration;

use anyhow::Result;
use elasticache_stand_in::{GroupSpec, LinkLoss, MigratingWhen, Reasons, StandIn};
use support::{
    SOON, ask, ask_at, info, redis, source, stand_in, start_migration, until, valkey, with_source,
};

/// Starts a migration that must fail, and returns the event's text.
async fn failure(stand_in: &StandIn, group: &str, address: &str, port: u16) -> Result<String> {
    let (status, answer) = with_source(stand_in, "StartMigration", group, address, port).await?;
    anyhow::ensure!(status == 200, "{answer}");
    let event = stand_in
        .wait_for_event(group, "Migration operation failed", SOON)
        .await?;
    let snapshot = stand_in.wait_for_status(group, "available", SOON).await?;
    assert_eq!(
        info(snapshot.nodes[0].port, "role").await?,
        "master",
        "promoted back"
    );
    Ok(event.message)
}

#[tokio::test]
async fn a_source_that_is_not_there() -> Result<()> {
    let stand_in = stand_in().await?;
    let group = stand_in.create_replication_group(valkey("rg")).await?;
    ask(group.nodes[0].port, &["SET", "kept", "yes"]).await?;
    let text = failure(&stand_in, "rg", "127.0.0.1", 1).await?;
    assert_eq!(text, "Migration operation failed for replication group rg.");
    assert_eq!(
        ask(group.nodes[0].port, &["GET", "kept"]).await?,
        "yes",
        "nothing was transferred"
    );
    stand_in.change_settings(|settings| settings.reasons = Reasons::Plausible);
    with_source(&stand_in, "StartMigration", "rg", "127.0.0.1", 1).await?;
    stand_in
        .wait_for_event("rg", "because of source endpoint is not reachable", SOON)
        .await?;
    Ok(())
}

#[tokio::test]
async fn a_source_with_a_password_or_renamed_commands() -> Result<()> {
    let stand_in = stand_in().await?;
    stand_in.change_settings(|settings| settings.reasons = Reasons::Plausible);
    let locked = source("redis-server", &["requirepass secret"]).await?;
    let renamed = source(
        "redis-server",
        &["rename-command PSYNC \"\"", "rename-command SYNC \"\""],
    )
    .await?;
    for (spec, source, reason) in [
        (valkey("valkey-1"), &locked, "source requires authentication"),
        (redis("redis-1"), &locked, "source requires authentication"),
        (
            valkey("valkey-2"),
            &renamed,
            "source refused replication commands",
        ),
        (redis("redis-2"), &renamed, "source refused replication commands"),
    ] {
        let id = spec.id.clone();
        stand_in.create_replication_group(spec).await?;
        let text = failure(&stand_in, &id, &source.address(), source.port()).await?;
        assert!(text.ends_with(&format!("{id} because of {reason}")), "{text}");
    }
    Ok(())
}

#[tokio::test]
async fn data_of_a_newer_engine_is_refused_with_the_reason_that_aws_gives_and_the_old_data_is_gone()
-> Result<()> {
    let stand_in = stand_in().await?;
    let group = stand_in.create_replication_group(redis("rg")).await?;
    ask(group.nodes[0].port, &["SET", "old", "data"]).await?;
    let source = source("valkey-server", &[]).await?;
    source.command(&["SET", "key", "value"]).await?;
    let text = failure(&stand_in, "rg", &source.address(), source.port()).await?;
    assert_eq!(
        text,
        "Migration operation failed for replication group rg because of invalid RDB received"
    );
    assert_eq!(ask(group.nodes[0].port, &["DBSIZE"]).await?, "0");
    Ok(())
}

#[tokio::test]
async fn a_failure_after_the_status_said_migrating() -> Result<()> {
    let stand_in = stand_in().await?;
    stand_in.change_settings(|settings| settings.migrating_when = MigratingWhen::TransferStarted);
    stand_in.create_replication_group(redis("rg")).await?;
    let source = source("valkey-server", &[]).await?;
    failure(&stand_in, "rg", &source.address(), source.port()).await?;
    Ok(())
}

#[tokio::test]
async fn more_databases_than_the_target_has_kill_its_engine_and_it_is_replaced() -> Result<()> {
    let stand_in = stand_in().await?;
    let group = stand_in
        .create_replication_group(GroupSpec {
            databases: 4,
            ..valkey("rg")
        })
        .await?;
    let source = source("redis-server", &[]).await?;
    ask(source.port(), &["SWAPDB", "0", "9"]).await?;
    let client = redis::Client::open(format!("redis://127.0.0.1:{}/9", source.port()))?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    redis::cmd("SET")
        .arg("key")
        .arg("value")
        .exec_async(&mut connection)
        .await?;
    failure(&stand_in, "rg", &source.address(), source.port()).await?;
    assert_ne!(
        stand_in.group("rg").and_then(|now| now.nodes[0].pid),
        group.nodes[0].pid
    );
    Ok(())
}

#[tokio::test]
async fn a_lost_link_keeps_migrating_unless_the_settings_say_otherwise() -> Result<()> {
    let stand_in = stand_in().await?;
    let group = stand_in.create_replication_group(valkey("rg")).await?;
    let source = source("redis-server", &[]).await?;
    start_migration(&stand_in, "rg", &source).await?;
    stand_in.wait_for_status("rg", "migrating", SOON).await?;
    source.kill();
    until("the link is down", async || {
        Ok(info(group.nodes[0].port, "master_link_status").await? == "down")
    })
    .await?;
    assert_eq!(
        stand_in.group("rg").map(|group| group.status).as_deref(),
        Some("migrating")
    );
    stand_in.change_settings(|settings| settings.link_loss = LinkLoss::FailAfter(Duration::from_millis(100)));
    stand_in
        .wait_for_event("rg", "Migration operation failed", SOON)
        .await?;
    stand_in.wait_for_status("rg", "available", SOON).await?;
    Ok(())
}

#[tokio::test]
async fn tests_of_a_migration_say_what_they_found() -> Result<()> {
    let stand_in = stand_in().await?;
    stand_in.change_settings(|settings| settings.reasons = Reasons::Plausible);
    stand_in.create_replication_group(valkey("rg")).await?;
    let good = source("redis-server", &[]).await?;
    let locked = source("redis-server", &["requirepass secret"]).await?;
    let (status, answer) =
        with_source(&stand_in, "TestMigration", "rg", &good.address(), good.port()).await?;
    assert_eq!(
        (status, answer.contains("<Status>modifying</Status>")),
        (200, true),
        "{answer}"
    );
    stand_in
        .wait_for_event(
            "rg",
            "Test migration operation succeeded for replication group rg",
            SOON,
        )
        .await?;
    stand_in.wait_for_status("rg", "available", SOON).await?;
    for (port, reason) in [
        (1, "source endpoint is not reachable"),
        (locked.port(), "source requires authentication"),
    ] {
        with_source(&stand_in, "TestMigration", "rg", "127.0.0.1", port).await?;
        let text = format!("Test migration operation failed for replication group rg because of {reason}");
        stand_in.wait_for_event("rg", &text, SOON).await?;
        stand_in.wait_for_status("rg", "available", SOON).await?;
    }
    assert_eq!(
        info(good.port(), "connected_slaves").await?,
        "0",
        "a test moves nothing"
    );
    Ok(())
}

#[tokio::test]
async fn a_source_that_accepts_connections_and_says_nothing() -> Result<()> {
    let stand_in = stand_in().await?;
    stand_in.change_settings(|settings| settings.reasons = Reasons::Plausible);
    stand_in.create_replication_group(valkey("rg")).await?;
    let source = source("redis-server", &[]).await?;
    source.freeze()?;
    let text = failure(&stand_in, "rg", &source.address(), source.port()).await?;
    assert!(
        text.ends_with("because of source endpoint is not reachable"),
        "{text}"
    );
    Ok(())
}

#[tokio::test]
async fn a_source_in_protected_mode() -> Result<()> {
    let stand_in = stand_in().await?;
    stand_in.change_settings(|settings| settings.reasons = Reasons::Plausible);
    // Protected mode lets 127.0.0.1 in and nobody else: the target has to come from another address.
    let bind_addresses = vec!["127.0.0.2".parse()?];
    let source = source("redis-server", &["protected-mode yes"]).await?;
    for spec in [valkey("valkey"), redis("redis")] {
        let id = spec.id.clone();
        let bind_addresses = bind_addresses.clone();
        let group = stand_in
            .create_replication_group(GroupSpec {
                bind_addresses,
                ..spec
            })
            .await?;
        start_migration(&stand_in, &id, &source).await?;
        stand_in
            .wait_for_event(&id, "because of source is in protected mode", SOON)
            .await?;
        stand_in.wait_for_status(&id, "available", SOON).await?;
        assert_eq!(
            ask_at("127.0.0.2", group.nodes[0].port, &["SET", "x", "y"]).await?,
            "OK"
        );
    }
    Ok(())
}
