//! Many migrations by one execution: canaries first, one at a time from each host, and a line that stops.

use anyhow::{Context, Result};
use local_cloud::{ExecutionStatus, ExecutionView, Fault, FaultRule};
use scenarios::{Fleet, target};
use serde_json::{Value, json};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(300);

/// The migration into a pair's target.
fn of(migrations: &[ExecutionView], pair: usize) -> Option<&ExecutionView> {
    let id = target(pair);
    migrations
        .iter()
        .find(|migration| migration.input["replicationGroupId"] == id.as_str())
}

/// The one message about the fleet itself, as programs get it.
fn digest(stage: &Fleet) -> Result<Value> {
    let all = stage.cloud.messages();
    let digests: Vec<_> = all
        .iter()
        .filter(|message| {
            message
                .attribute("eventType")
                .is_some_and(|event| event.starts_with("migration.fleet"))
        })
        .collect();
    match digests.as_slice() {
        [digest] => Ok(serde_json::from_str(digest.body("sqs"))?),
        others => anyhow::bail!("{} messages about the fleet", others.len()),
    }
}

/// How a fleet summed up: its output, or the cause of its failure.
fn summary(fleet: &ExecutionView) -> Result<Value> {
    match &fleet.output {
        Some(output) => Ok(output.clone()),
        None => Ok(serde_json::from_str(fleet.cause.as_deref().context("a cause")?)?),
    }
}

#[tokio::test]
async fn the_canary_goes_first_one_host_has_one_migration_at_a_time_and_each_has_its_own_result() -> Result<()>
{
    // Pairs 1 and 3 share a host.
    let stage = Fleet::begin(&[1, 2, 3, 2, 4]).await?;
    let input =
        json!({"canaries": 1, "concurrency": 4, "defaults": Fleet::defaults(), "migrations": stage.list()});
    let fleet = stage.run(input, PATIENCE).await?;
    assert_eq!(
        fleet.status,
        ExecutionStatus::Succeeded,
        "{:?} {:?}",
        fleet.error,
        fleet.cause
    );
    let sum = summary(&fleet)?;
    assert_eq!(
        (&sum["outcome"], &sum["succeeded"], &sum["total"]),
        (&json!("done"), &json!(5), &json!(5))
    );

    let digest = digest(&stage)?;
    assert_eq!(
        (&digest["event"], &digest["severity"], &digest["executionArn"]),
        (&json!("migration.fleetDone"), &json!("info"), &json!(fleet.arn))
    );
    assert_eq!(digest["fleet"]["summary"], sum);

    let migrations = stage.migrations().await?;
    assert_eq!(migrations.len(), 5);
    for pair in 0..5 {
        let migration = of(&migrations, pair).context("started")?;
        assert_eq!(
            migration.status,
            ExecutionStatus::Succeeded,
            "{pair}: {:?}",
            migration.cause
        );
        assert_eq!(stage.arrived(pair).await?, Some(pair));
    }
    let canary = of(&migrations, 0)
        .and_then(|canary| canary.stopped)
        .context("ended")?;
    for later in 1..5 {
        let later = of(&migrations, later).context("started")?;
        assert!(later.started >= canary, "one started before the canary had ended");
    }
    let (first, second) = (
        of(&migrations, 1).context("started")?,
        of(&migrations, 3).context("started")?,
    );
    assert!(
        Some(second.started) >= first.stopped,
        "two at a time from one host"
    );
    Ok(())
}

#[tokio::test]
async fn a_canary_that_fails_stops_all_others() -> Result<()> {
    let stage = Fleet::begin(&[1, 2, 3]).await?;
    let mut list = stage.list();
    list[0]["replicationGroupId"] = json!("not-there");
    let input = json!({"stopAfterFailures": 10, "defaults": Fleet::defaults(), "migrations": list});
    let fleet = stage.run(input, PATIENCE).await?;
    assert_eq!(fleet.error.as_deref(), Some("Fleet.stopped"));
    let sum = summary(&fleet)?;
    assert_eq!(
        (&sum["failed"], &sum["notStarted"]),
        (&json!(1), &json!(2)),
        "{sum}"
    );
    assert_eq!(stage.migrations().await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn the_line_stops_after_so_many_failures_and_what_succeeded_stays() -> Result<()> {
    let stage = Fleet::begin(&[1, 2, 3, 4]).await?;
    let mut list = stage.list();
    list[1]["replicationGroupId"] = json!("not-there");
    list[2]["replicationGroupId"] = json!("not-there-either");
    let input = json!({
        "canaries": 1, "concurrency": 1, "stopAfterFailures": 2, "defaults": Fleet::defaults(), "migrations": list
    });
    let fleet = stage.run(input, PATIENCE).await?;
    let sum = summary(&fleet)?;
    assert_eq!(sum["outcome"], "stopped", "{sum}");
    assert_eq!(
        (&sum["succeeded"], &sum["failed"], &sum["notStarted"]),
        (&json!(1), &json!(2), &json!(1))
    );
    let named = sum["failures"].as_array().context("failures")?;
    assert!(named.iter().all(|failure| failure["error"].is_string()), "{sum}");
    let digest = digest(&stage)?;
    assert_eq!(digest["event"], "migration.fleetFailed");
    assert_eq!(digest["fleet"]["summary"], sum);
    let why = digest["why"].to_string();
    assert!(
        why.contains("not-there-") && why.contains("not-there-either-"),
        "{why}"
    );
    assert_eq!(
        (stage.arrived(0).await?, stage.arrived(3).await?),
        (Some(0), None)
    );
    Ok(())
}

#[tokio::test]
async fn a_list_with_mistakes_starts_nothing_and_names_them_all() -> Result<()> {
    let stage = Fleet::begin(&[]).await?;
    let list = json!([{"replicationGroupId": "a", "source": {"address": "redis://h"}}, {"source": {"address": "h"}}]);
    for input in [
        json!({"migrations": list}),
        json!({"from": {"key": "fleets/mine.json"}}),
    ] {
        stage
            .cloud
            .put_object("fleets/mine.json", &list.to_string())
            .await?;
        let fleet = stage.run(input, PATIENCE).await?;
        assert_eq!(
            fleet.error.as_deref(),
            Some("Migration.InvalidInput"),
            "{:?}",
            fleet.cause
        );
        let cause = fleet.cause.unwrap_or_default();
        for part in [
            "migrations[0].source.address",
            "migrations[1].replicationGroupId: is missing",
        ] {
            assert!(cause.contains(part), "{part} in {cause}");
        }
    }
    for (key, why) in [
        ("fleets/none.json", "is not there"),
        ("fleets/text.json", "is no JSON"),
    ] {
        stage.cloud.put_object("fleets/text.json", "a,b").await?;
        let fleet = stage.run(json!({"from": {"key": key}}), PATIENCE).await?;
        assert!(
            fleet.cause.as_deref().is_some_and(|cause| cause.contains(why)),
            "{:?}",
            fleet.cause
        );
    }
    assert!(stage.migrations().await?.is_empty());
    // One message for each of the four fleets, with its mistakes.
    let told: Vec<String> = stage
        .cloud
        .messages()
        .iter()
        .map(|message| message.body("email").to_owned())
        .collect();
    assert_eq!(told.len(), 4);
    assert!(
        told[0].contains("migrations[1].replicationGroupId: is missing") && !told[0].contains("errorType"),
        "{}",
        told[0]
    );
    Ok(())
}

#[tokio::test]
async fn a_topic_that_fails_does_not_change_how_a_fleet_ends() -> Result<()> {
    let stage = Fleet::begin(&[1]).await?;
    stage
        .cloud
        .inject(FaultRule::new("notify", Fault::CrashBeforeHandler).times(99));
    let input = json!({"defaults": Fleet::defaults(), "migrations": stage.list()});
    let fleet = stage.run(input, PATIENCE).await?;
    assert_eq!(fleet.status, ExecutionStatus::Succeeded, "{:?}", fleet.cause);
    assert!(stage.cloud.messages().is_empty());
    Ok(())
}

/// A whole fleet, its list in an object. Eight of them in every run; `FLEET_SIZE=100` for as many.
#[tokio::test]
async fn a_fleet_of_many_ends_with_all_of_them_on_their_targets() -> Result<()> {
    let size = std::env::var("FLEET_SIZE")
        .ok()
        .and_then(|size| size.parse().ok())
        .unwrap_or(8);
    let hosts: Vec<u8> = (1..=size).collect();
    let stage = Fleet::begin(&hosts).await?;
    stage
        .cloud
        .put_object("fleets/many.json", &json!(stage.list()).to_string())
        .await?;
    let input = json!({"concurrency": 8, "defaults": Fleet::defaults(), "from": {"key": "fleets/many.json"}});
    let fleet = stage.run(input, PATIENCE * u32::from(size / 8).max(1)).await?;
    assert_eq!(
        fleet.status,
        ExecutionStatus::Succeeded,
        "{:?} {:?}",
        fleet.error,
        fleet.cause
    );
    assert_eq!(summary(&fleet)?["succeeded"], size);
    for pair in 0..usize::from(size) {
        assert_eq!(stage.arrived(pair).await?, Some(pair));
    }
    let (began, ended) = (fleet.started, fleet.stopped.context("ended")?);
    eprintln!(
        "{size} migrations in {:.0} s",
        began.duration_until(ended).as_secs_f64()
    );
    Ok(())
}
