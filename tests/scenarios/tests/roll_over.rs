//! A long migration goes on in another execution before the history of the first is full: with the same id, and as if
//! nothing had happened.

use anyhow::{Context, Result};
use local_cloud::ExecutionStatus;
use scenarios::{Ending, Pair, Story, TARGET};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// An execution of this migration makes ten looks, one a second.
fn short_executions(story: &Story) -> Value {
    let mut input = story.input();
    input["polling"] = json!({"minSeconds": 1, "maxSeconds": 1, "looksPerExecution": 10});
    input
}

fn name(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or_default()
}

/// The end of a migration, however many executions it took from this one on.
async fn end_of_migration(story: &Story, mut execution: String) -> Result<Ending> {
    loop {
        let ending = story.end_of(&execution).await?;
        let output = ending.execution.output.clone().unwrap_or_default();
        if output["status"] != "rolledOver" {
            return Ok(ending);
        }
        execution = story.successor_of(&execution).await?;
    }
}

#[tokio::test]
async fn a_migration_goes_on_in_another_execution_and_is_approved_there() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let first = story.start(short_executions(&story)).await?;
    let verdict = story.verdict_of(&first).await?;
    let second = story.successor_of(&first).await?;
    assert_eq!(name(&second), format!("{}-2", name(&first)));

    // It looks on without a preflight or a start of its own, at the same verdict.
    let seen = story
        .observation(&second, "a look of the successor", |seen| seen["generation"] == 2)
        .await?;
    assert_eq!(seen["stage"]["name"], "approval");
    assert_eq!(seen["verdict"]["digest"], verdict.as_str());
    let third = story.successor_of(&second).await?;

    // Who approves names the group and the verdict, and knows of no execution.
    let taken = story.approve(&verdict).await?;
    assert_eq!(taken["delivered"], true, "{taken}");
    let by = taken["executionArn"].as_str().context("who took it")?;
    assert_ne!(by, first);
    let ending = end_of_migration(&story, third).await?;
    assert_eq!(ending.execution.status, ExecutionStatus::Succeeded);
    let output = ending.execution.output.clone().context("an output")?;
    assert_eq!(
        (&output["status"], &output["migration"]["id"]),
        (&json!("done"), &json!(name(&first)))
    );

    // People were told once of everything, under the migration's id, and the topic was given back.
    assert_eq!(
        story.told_since_syncing(),
        ["migration.ready", "migration.cutover", "migration.done"]
    );
    let ids: BTreeSet<&str> = story
        .messages()
        .iter()
        .filter_map(|message| message.attribute("messageId").map(str::to_owned))
        .map(|id| {
            if id.starts_with(name(&first)) {
                "ours"
            } else {
                "another's"
            }
        })
        .collect();
    assert_eq!(ids, BTreeSet::from(["ours"]));
    // One report holds all of its executions.
    let objects = story.cloud.objects().await?;
    let key = format!("migrations/{}/report.json", name(&first));
    let report = objects
        .iter()
        .find(|object| object.key == key)
        .context("a report")?;
    let report: domain::report::Report = serde_json::from_str(&report.text)?;
    assert!(report.gaps.is_empty(), "{:?}", report.gaps);
    assert_eq!(
        report.cost.executions,
        report.migration.as_ref().context("a migration")?.generation
    );
    assert!(
        report.cost.executions >= 3 && report.series.looks > 20,
        "{:?}",
        report.cost
    );
    let steps: Vec<&str> = report.steps.iter().map(|step| step.id.as_str()).collect();
    assert!(
        steps.contains(&"preflight") && steps.contains(&"proof"),
        "{steps:?}"
    );

    let states = ending.states();
    assert!(states.contains(&"RestoreTopic"), "{states:?}");
    assert!(
        !states.contains(&"Preflight") && !states.contains(&"Start"),
        "{states:?}"
    );
    story.assert_fenced_until_lifted(&ending.execution.arn).await
}

/// The keys of the source that were compared so far, after each round of an execution.
fn compared(ending: &Ending) -> Vec<u64> {
    ending
        .answers_of("SumUp")
        .iter()
        .filter_map(|sum| sum["standing"]["sourceKeys"].as_u64())
        .collect()
}

#[tokio::test]
async fn a_comparison_longer_than_an_execution_goes_on_where_it_was_and_is_made_once() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let keys = story.source.key_count().await?;
    let mut input = short_executions(&story);
    input["verify"] = json!({"maxKeysPerSecond": (keys / 5).max(1), "last": "off"});
    let mut execution = story.start(input).await?;
    let (mut so_far, mut rounds, mut compared_in) = (0, 0, 0);
    let verdict = loop {
        // Either it rolls over, or it is done comparing and waits for a word.
        let over = story.until("a roll-over or a verdict", async || {
            let history = story.cloud.history(&execution).await?;
            let entered = |name| history.iter().any(|event| event.state.as_deref() == Some(name));
            Ok(entered("RolledOver") || entered("TellReady"))
        });
        over.await?;
        let ending = Ending::of(&story.cloud, story.cloud.execution(&execution).await?).await?;
        let of_this = compared(&ending);
        // No execution but the one that began it pairs the shards, and none finds less compared than the one before.
        let began = ending.states().contains(&"PairShards");
        assert_eq!(began, !of_this.is_empty() && rounds == 0, "{:?}", ending.states());
        for keys in &of_this {
            assert!(*keys >= so_far, "{keys} after {so_far}");
            so_far = *keys;
        }
        rounds += of_this.len();
        compared_in += usize::from(!of_this.is_empty());
        if ending.states().contains(&"TellReady") {
            break story.verdict_of(&execution).await?;
        }
        execution = story.successor_of(&execution).await?;
    };
    assert!(compared_in > 1, "{rounds} rounds in {compared_in} executions");
    assert!(so_far >= keys, "{so_far} of {keys}");
    story.approve(&verdict).await?;
    let ending = end_of_migration(&story, execution).await?;
    ending.assert_succeeded();
    let output = ending.execution.output.clone().context("an output")?;
    assert_eq!(output["verification"]["verdict"], "same", "{output:#}");
    assert_eq!(
        story.told_since_syncing(),
        ["migration.ready", "migration.cutover", "migration.done"]
    );
    Ok(())
}

#[tokio::test]
async fn a_successor_is_started_once_and_by_its_migration_alone() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    // Somebody starts an execution as if it continued one: it is refused before anything is called.
    let forged = json!({"replicationGroupId": TARGET, "continues": {"executionArn": "arn"}});
    let ending = story.run(forged).await?;
    assert_eq!(ending.execution.error.as_deref(), Some("Migration.InvalidInput"));

    let first = story.start(short_executions(&story)).await?;
    let second = story.successor_of(&first).await?;
    let again = story
        .cloud
        .start_execution(Some(name(&second)), short_executions(&story))
        .await;
    assert!(again.is_err(), "a second successor was started");

    // Given up in the successor: the source is as it was, and the topic too.
    let order = json!({"replicationGroupId": TARGET, "action": "abort", "by": "a story"});
    story.order(order).await??;
    let ending = end_of_migration(&story, second).await?;
    assert_eq!(ending.execution.error.as_deref(), Some("Migration.Aborted"));
    assert!(ending.states().contains(&"RestoreTopic"));
    story.assert_source_is_as_it_was().await
}

#[tokio::test]
async fn a_successor_that_nobody_knows_to_exist_is_found_out_at_the_next_try() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    // The name is taken, as it is when Step Functions started the successor and its answer was lost for good.
    let first = story
        .cloud
        .start_execution(Some("orders-cache-today"), short_executions(&story))
        .await?;
    let taken = json!({"replicationGroupId": TARGET, "continues": {"executionArn": first.as_str()}});
    story
        .cloud
        .start_execution(Some("orders-cache-today-2"), taken)
        .await?;
    let second = story.successor_of(&first).await?;
    assert_eq!(name(&second), "orders-cache-today-2");
    Ok(())
}
