//! The engines' logs as evidence: what a log says goes before what INFO lets guess, and a log that cannot be read stops no
//! diagnosis.

use anyhow::{Context, Result};
use elasticache_stand_in::{LinkLoss, Point};
use scenarios::{Ending, Pair, Story};
use serde_json::{Value, json};
use std::time::Duration;

const SOURCES: &str = "/redis/orders";
const TARGETS: &str = "/elasticache/orders/engine-log";

fn with_logs(story: &Story) -> Value {
    let mut input = story.input();
    input["diagnosis"] = json!({"logGroups": {"source": SOURCES, "target": TARGETS}});
    input
}

fn seen(ending: &Ending) -> Result<Vec<String>> {
    let diagnosis = ending.diagnosis().context("a diagnosis")?;
    Ok(serde_json::from_value(diagnosis["seen"].clone())?)
}

#[tokio::test]
async fn what_the_sources_log_says_of_a_save_that_failed_is_the_evidence() -> Result<()> {
    let pair = Pair {
        source_config: vec!["repl-diskless-sync no".to_owned()],
        ..Pair::default()
    };
    let story = Story::begin_with(pair, &[("EngineLogGroups", "/*")]).await?;
    story
        .elasticache()
        .change_settings(|settings| settings.link_loss = LinkLoss::FailAfter(Duration::from_secs(2)));
    story.elasticache().faults().hold(Point::Attaching);
    let execution = story.start(with_logs(&story)).await?;
    story
        .until("StartMigration", async || {
            Ok(story
                .elasticache()
                .calls()
                .iter()
                .any(|call| call.action == "StartMigration"))
        })
        .await?;
    // A folder stands where the RDB belongs: the engine saves in vain, and says so in its own words.
    let engine = story.source.engine();
    std::fs::create_dir(engine.dir().join("dump.rdb"))?;
    story.elasticache().faults().release(Point::Attaching);
    let log = engine.log();
    story
        .until("the engine's complaint", async || {
            Ok(std::fs::read_to_string(&log)?.contains("Background saving error"))
        })
        .await?;
    let lines: Vec<String> = std::fs::read_to_string(&log)?
        .lines()
        .map(str::to_owned)
        .collect();
    story.cloud.deliver_logs(SOURCES, &lines).await?;
    let of_elasticache = json!({
        "CacheClusterId": "orders-cache-001", "CacheNodeId": "0001", "LogLevel": "NOTICE", "Role": "S",
        "Time": "24-11-2026 23:00:00 UTC", "Message": "Replica is waiting for next BGSAVE before synchronizing"
    });
    story
        .cloud
        .deliver_logs(TARGETS, &[of_elasticache.to_string()])
        .await?;
    let ending = story.end_of(&execution).await?;
    ending.assert_failed("Migration.Stopped", "Observe", "fork_failed");
    let best = &ending.diagnosis().context("a diagnosis")?["causes"][0];
    assert_eq!(best["confidence"], "certain", "{best}");
    assert!(
        best["evidence"]
            .as_str()
            .unwrap_or_default()
            .starts_with("the source's log: "),
        "{best}"
    );
    let seen = seen(&ending)?;
    assert!(
        seen.iter().any(|line| line.starts_with("source log: ")),
        "{seen:?}"
    );
    // What tells nothing was not asked for: neither the target's line nor the source's greeting.
    assert!(
        seen.iter()
            .all(|line| !line.contains("waiting for next BGSAVE") && !line.contains("Ready to accept")),
        "{seen:?}"
    );
    let asked: Vec<_> = story
        .cloud
        .calls()
        .into_iter()
        .filter(|call| call.service == "logs")
        .map(|call| (call.caller, call.status))
        .collect();
    assert_eq!(asked, vec![("state-machine.local-migrate".to_owned(), 200); 2]);
    Ok(())
}

#[tokio::test]
async fn a_log_that_must_not_be_read_is_said_and_the_diagnosis_stands() -> Result<()> {
    // The stack was deployed without the parameter that opens log groups.
    let story = Story::begin(Pair::default()).await?;
    let mut input = with_logs(&story);
    input["source"]["port"] = json!(1);
    let mut ending = story.run(input).await?;
    let denied: Vec<String> = ending.denied.drain(..).map(|call| call.operation).collect();
    assert_eq!(denied, ["FilterLogEvents", "FilterLogEvents"]);
    ending.assert_failed("Migration.Precondition", "Preflight", "source_port_refused");
    let seen = seen(&ending)?;
    for group in [SOURCES, TARGETS] {
        let gap = seen.iter().find(|line| line.contains(group)).context("the gap")?;
        assert!(gap.contains("not read (CloudWatchLogs."), "{gap}");
    }
    assert_eq!(story.told(), ["migration.started", "migration.failed"]);
    Ok(())
}
