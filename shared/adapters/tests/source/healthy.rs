//! Engines that are as they come: what is found is what their defaults are.

use super::{engine, finding, outcomes, preflight, redis_6_2};
use adapters::engine::Connection;
use anyhow::Result;
use domain::engine::AclUser;
use std::path::PathBuf;

/// Started as it is, on this host: protected-mode is on, the address is this host's own, and eviction is off, where a
/// new group of ElastiCache has volatile-lru.
const AS_IT_COMES: &str = "S1 Pass\nS3 Pass\nS2 Pass\nS4 Warn\nS5 Pass\nS6 Pass\nS7 Pass\nS8 Pass\nS13 Pass\n\
    S14 Warn\nS9 Pass\nS10 Pass\nS11 Pass\nS12 Warn\nS15 Pass\nS16 Pass\nS17 Pass\nP1 Pass\nP2 Pass\nP3 Pass\nP4 Pass\nP5 Pass";

async fn is_as_it_comes(binary: PathBuf, version: &str) -> Result<()> {
    let engine = engine(binary, &[]).await?;
    let report = preflight(engine.port()).await?;
    assert_eq!(outcomes(&report), AS_IT_COMES, "{:#?}", report.findings);
    assert!(
        finding(&report, "S1")?.evidence.contains(version),
        "{:?}",
        finding(&report, "S1")?
    );
    let prediction = report.prediction.expect("a prediction");
    assert_eq!(prediction.node.port, engine.port());
    assert_eq!(report.source_root, None);
    Ok(())
}

#[tokio::test]
async fn redis_7_0_is_as_it_comes() -> Result<()> {
    is_as_it_comes("redis-server".into(), "Redis 7.0").await
}

#[tokio::test]
async fn redis_6_2_is_as_it_comes() -> Result<()> {
    is_as_it_comes(redis_6_2(), "Redis 6.2").await
}

#[tokio::test]
async fn valkey_8_0_is_as_it_comes() -> Result<()> {
    is_as_it_comes("valkey-server".into(), "Valkey 8.0").await
}

#[tokio::test]
async fn an_engine_that_is_prepared_passes_all_but_its_address() -> Result<()> {
    let engine = engine(
        "redis-server",
        &["protected-mode no", "maxmemory-policy volatile-lru"],
    )
    .await?;
    let prepared = AS_IT_COMES
        .replace("S4 Warn", "S4 Pass")
        .replace("S12 Warn", "S12 Pass");
    assert_eq!(outcomes(&preflight(engine.port()).await?), prepared);
    Ok(())
}

#[tokio::test]
async fn looking_changes_nothing_and_looking_twice_finds_the_same() -> Result<()> {
    let engine = engine("redis-server", &[]).await?;
    engine.command(&["SET", "key", "value"]).await?;
    let before = engine.command(&["CONFIG", "GET", "*"]).await?;
    let first = preflight(engine.port()).await?;
    let second = preflight(engine.port()).await?;
    assert_eq!(outcomes(&first), outcomes(&second));
    assert_eq!(engine.command(&["CONFIG", "GET", "*"]).await?, before);
    assert_eq!(engine.command(&["DBSIZE"]).await?, "1");
    Ok(())
}

#[tokio::test]
async fn answers_read_alike_in_resp2_and_resp3() -> Result<()> {
    for binary in [PathBuf::from("redis-server"), redis_6_2(), "valkey-server".into()] {
        let engine = engine(binary, &[]).await?;
        let endpoint = domain::Endpoint::new("127.0.0.1", engine.port())?;
        let deadline = tokio::time::Instant::now() + super::WITHIN;
        let mut older = Connection::open(&endpoint, deadline).await?;
        let mut newer = Connection::open(&endpoint, deadline).await?;
        newer.ask(&["HELLO", "3"]).await?;
        let question = ["CONFIG", "GET", "client-output-buffer-limit"];
        let (flat, map) = (older.ask(&question).await?, newer.ask(&question).await?);
        assert_ne!(flat, map, "the two are encoded differently");
        assert_eq!(flat.fields(), map.fields());
        let question = ["ACL", "GETUSER", "default"];
        let user = |reply| AclUser::parse("default", &reply);
        assert_eq!(
            user(older.ask(&question).await?),
            user(newer.ask(&question).await?)
        );
        assert_eq!(
            older.info().await?.text("run_id"),
            newer.info().await?.text("run_id")
        );
    }
    Ok(())
}
