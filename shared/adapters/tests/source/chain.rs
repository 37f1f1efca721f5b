//! A source that is itself a replica.

use super::one_rule_broken::until;
use super::{assert_found, engine, finding, preflight};
use anyhow::Result;
use domain::preflight::Outcome;

#[tokio::test]
async fn the_primary_at_the_top_of_two_replicas_is_found_and_remembered() -> Result<()> {
    let fast = ["repl-diskless-sync-delay 0", "repl-timeout 5"];
    let (top, middle, bottom) = tokio::try_join!(
        engine("redis-server", &fast),
        engine("redis-server", &fast),
        engine("valkey-server", &fast)
    )?;
    middle
        .command(&["REPLICAOF", "127.0.0.1", &top.port().to_string()])
        .await?;
    until(&middle, "replication", "master_link_status:up").await?;
    bottom
        .command(&["REPLICAOF", "127.0.0.1", &middle.port().to_string()])
        .await?;
    until(&bottom, "replication", "master_link_status:up").await?;

    let report = preflight(bottom.port()).await?;
    assert_found(&report, "S11", Outcome::Warn);
    let root = report.source_root.clone().expect("the root is remembered");
    assert_eq!(root.endpoint.port, top.port());
    assert_eq!(
        root.via.iter().map(|it| it.port).collect::<Vec<_>>(),
        [middle.port()]
    );
    let back: domain::preflight::PreflightReport = serde_json::from_value(serde_json::to_value(&report)?)?;
    assert_eq!(back.source_root, Some(root));

    // The middle loses its primary: the bottom's own link stays up, which is the trap.
    top.kill();
    until(&middle, "replication", "master_link_status:down").await?;
    let report = preflight(bottom.port()).await?;
    assert_found(&report, "S11", Outcome::Fail);
    assert_eq!(report.source_root, None);

    // The middle goes too: now the source's own link is down.
    middle.kill();
    until(&bottom, "replication", "master_link_status:down").await?;
    let report = preflight(bottom.port()).await?;
    assert_found(&report, "S11", Outcome::Fail);
    assert!(finding(&report, "S11")?.evidence.contains("NOMASTERLINK"));
    Ok(())
}

#[tokio::test]
async fn a_primary_is_its_own_top() -> Result<()> {
    let engine = engine("valkey-server", &[]).await?;
    let report = preflight(engine.port()).await?;
    assert_found(&report, "S11", Outcome::Pass);
    assert_eq!(report.source_root, None);
    Ok(())
}

#[tokio::test]
async fn a_replica_that_refuses_while_its_link_is_down_is_found_out() -> Result<()> {
    let engine = engine("redis-server", &[]).await?;
    engine
        .command(&["CONFIG", "SET", "replica-serve-stale-data", "no"])
        .await?;
    engine.command(&["REPLICAOF", "127.0.0.1", "1"]).await?;
    // MASTERDOWN to most questions from now on, and an answer to INFO.
    let report = preflight(engine.port()).await?;
    assert_found(&report, "S11", Outcome::Fail);
    assert_found(&report, "S10", Outcome::Unknown);
    Ok(())
}
