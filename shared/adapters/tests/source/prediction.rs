//! The prediction against an engine that is really written to.

use super::one_rule_broken::until;
use super::{assert_found, engine, finding, paste, preflight, redis_6_2};
use anyhow::Result;
use domain::engine::OutputBufferLimit;
use domain::preflight::{Outcome, RateBasis};
use elasticache_stand_in::EngineProcess;
use std::path::PathBuf;

/// Writes as fast as one client can, for as long as the other future takes.
async fn while_written_to<T>(engine: &EngineProcess, other: impl Future<Output = T>) -> T {
    let value = "x".repeat(200_000);
    let write = async {
        loop {
            let _ = engine.command(&["SET", "key", &value]).await;
        }
    };
    tokio::select! {
        () = write => unreachable!("the writer does not end"),
        result = other => result,
    }
}

#[tokio::test]
async fn a_loop_is_foretold_and_the_setting_that_is_advised_prevents_it() -> Result<()> {
    for binary in [PathBuf::from("redis-server"), redis_6_2(), "valkey-server".into()] {
        let config = [
            "client-output-buffer-limit replica 100kb 100kb 1",
            "repl-diskless-sync-delay 0",
        ];
        let source = engine(binary, &config).await?;
        // A replica that was there once leaves a backlog, and with it an offset that counts.
        let replica = engine("valkey-server", &[]).await?;
        replica
            .command(&["REPLICAOF", "127.0.0.1", &source.port().to_string()])
            .await?;
        until(&replica, "replication", "master_link_status:up").await?;
        drop(replica);

        let report = while_written_to(&source, preflight(source.port())).await?;
        let prediction = report.prediction.clone().expect("a prediction");
        assert_eq!(prediction.write_rate.basis, RateBasis::ReplicationStream);
        assert!(prediction.write_rate.bytes_per_second > 0);
        assert_found(&report, "P1", Outcome::Fail);
        assert!(finding(&report, "P1")?.evidence.contains("resync loop"));

        paste(&source, &finding(&report, "P1")?.remedy).await?;
        // Two bursts are never alike, so the new limit is held against the burst that it was advised for.
        let limit = source
            .command(&["CONFIG", "GET", "client-output-buffer-limit"])
            .await?;
        let limit = OutputBufferLimit::parse(&limit).expect("a limit");
        let peak = 2 * prediction.write_rate.bytes_per_second;
        assert!(
            !limit.is_exceeded_by(peak, prediction.full_sync),
            "{limit:?} {prediction:?}"
        );
        assert_found(&preflight(source.port()).await?, "P1", Outcome::Pass);
    }
    Ok(())
}

#[tokio::test]
async fn a_backlog_that_is_too_small_is_told_and_the_size_that_is_advised_is_enough() -> Result<()> {
    let source = engine(
        "redis-server",
        &[
            "appendonly yes",
            "auto-aof-rewrite-percentage 0",
            "repl-backlog-size 16kb",
        ],
    )
    .await?;
    let report = while_written_to(&source, preflight(source.port())).await?;
    assert_eq!(
        report.prediction.clone().expect("a prediction").write_rate.basis,
        RateBasis::AppendOnlyFile
    );
    assert_found(&report, "P2", Outcome::Warn);
    paste(&source, &finding(&report, "P2")?.remedy).await?;
    // Idle now: what was advised for a busy minute is more than enough.
    assert_found(&preflight(source.port()).await?, "P2", Outcome::Pass);
    Ok(())
}

#[tokio::test]
async fn without_a_stream_all_that_clients_send_is_the_bound_and_only_warns() -> Result<()> {
    let source = engine(
        "redis-server",
        &["client-output-buffer-limit replica 100kb 100kb 1"],
    )
    .await?;
    let report = while_written_to(&source, preflight(source.port())).await?;
    assert_eq!(
        report.prediction.clone().expect("a prediction").write_rate.basis,
        RateBasis::NetworkInput
    );
    assert_found(&report, "P1", Outcome::Warn);
    Ok(())
}
