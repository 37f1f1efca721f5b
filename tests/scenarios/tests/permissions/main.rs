//! Least privilege, proven both ways: over the main paths of a migration, a cluster, a fleet and the page, and
//! over what a stack may have by choice, no call is made
//! that the template's policies would not allow, and nothing is allowed that no call used.

mod excuses;

use anyhow::{Context, Result};
use domain::plan::Plan;
use elasticache_stand_in::{Fault, Times};
use excuses::{EXCUSES, UNNAMED};
use local_cloud::ExecutionStatus;
use scenarios::{Fleet, Ledger, Pair, Slack, Story, TARGET, get, post, with_page};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn the_main_paths_use_exactly_what_the_policies_allow() -> Result<()> {
    let seen = of_one_migration()
        .await?
        .and(of_a_cluster().await?)
        .and(of_a_fleet().await?)
        .and(of_the_page().await?)
        .and(of_what_a_stack_may_have().await?);
    let faults = seen.faults(EXCUSES, UNNAMED);
    assert!(faults.is_empty(), "{faults:#?}");
    Ok(())
}

/// A group with cluster mode: refused at the preflight, and carried through.
async fn of_a_cluster() -> Result<Ledger> {
    let story = Story::begin(Pair::three_shards()).await?;
    let mut elsewhere = story.input();
    elsewhere["source"]["port"] = json!(1);
    let refused = story.run(elsewhere).await?;
    assert_eq!(refused.cause().as_deref(), Some("source_port_refused"));
    let execution = story.approved(story.input()).await?;
    story.end_of(&execution).await?.assert_succeeded();
    Ledger::of(&story.cloud)
}

/// A fleet whose list is in an object, with a migration that fails.
async fn of_a_fleet() -> Result<Ledger> {
    let stage = Fleet::begin(&[1, 2]).await?;
    let mut list = stage.list();
    list[1]["replicationGroupId"] = json!("not-there");
    stage
        .cloud
        .put_object("fleets/two.json", &json!(list).to_string())
        .await?;
    let input = json!({"defaults": Fleet::defaults(), "from": {"key": "fleets/two.json"}});
    let fleet = stage.run(input, Duration::from_secs(120)).await?;
    assert_eq!(fleet.status, ExecutionStatus::Failed, "{:?}", fleet.output);
    assert_eq!(stage.arrived(0).await?, Some(0));
    Ledger::of(&stage.cloud)
}

/// A stack with the page: looked at, its key rotated, and a migration given up by its form.
async fn of_the_page() -> Result<Ledger> {
    let story = Story::begin_in(Pair::default(), with_page()).await?;
    story
        .rotate_link_key("aaaaaaaa-0000-4000-8000-000000000001")
        .await?;
    let execution = story.start(story.input()).await?;
    story.verdict_of(&execution).await?;
    let fleet = story.link_made(json!({"for": "fleet"})).await?;
    assert_eq!(get(&fleet).await?.status, 200);
    let id = execution.rsplit(':').next().unwrap_or_default();
    let link = story.link_made(json!({"for": id, "right": "act"})).await?;
    let form = get(&link.replace('?', "/decision?")).await?;
    let field = |name: &str| {
        let (_, behind) = form.text.split_once(&format!("name=\"{name}\" value=\""))?;
        Some(behind.split('"').next().unwrap_or_default().to_owned())
    };
    let (path, _) = link.split_once('?').context("a link")?;
    let carried = ["link", "ticket", "verdict"].map(|name| (name, field(name).unwrap_or_default()));
    let mut fields = vec![("action", "abort"), ("by", "a-story"), ("confirm", TARGET)];
    fields.extend(carried.iter().map(|(name, value)| (*name, value.as_str())));
    let taken = post(&format!("{path}/decision"), &fields).await?;
    assert!(taken.status < 400, "{}", taken.text);
    let ending = story.end_of(&execution).await?;
    assert_eq!(ending.execution.error.as_deref(), Some("Migration.Aborted"));
    Ledger::of(&story.cloud)
}

/// A stack with a Slack webhook, with engines' logs that may be read, and with a key of its own for the reports.
async fn of_what_a_stack_may_have() -> Result<Ledger> {
    let secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:slack-webhook";
    let key = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555";
    let parameters = [
        ("SlackWebhookSecretArn", secret),
        ("EngineLogGroups", "/redis/*"),
        ("ReportsKeyArn", key),
    ];
    let story = Story::begin_with(Pair::default(), &parameters).await?;
    let slack = Slack::open("sesame").await?;
    story.keep_secret("slack-webhook", slack.url()).await?;
    story.cloud.deliver_logs("/redis/orders", &[]).await?;
    let mut input = story.input();
    input["source"]["port"] = json!(1);
    input["diagnosis"] = json!({"logGroups": {"source": "/redis/orders"}});
    let refused = story.run(input).await?;
    refused.assert_failed("Migration.Precondition", "Preflight", "source_port_refused");
    assert!(!slack.taken().is_empty());
    Ledger::of(&story.cloud)
}

/// Everything a story can do: refused at the preflight, given up, woken by an event, and carried through
/// although an answer is lost.
async fn of_one_migration() -> Result<Ledger> {
    let story = &Story::begin(Pair::default()).await?;
    let mut elsewhere = story.input();
    elsewhere["source"]["port"] = json!(1);
    let refused = story.run(elsewhere).await?;
    assert_eq!(refused.cause().as_deref(), Some("source_port_refused"));

    let mut of_nobody = story.input();
    of_nobody["replicationGroupId"] = json!("orders-cash");
    let refused = story.run(of_nobody).await?;
    assert_eq!(refused.cause().as_deref(), Some("target_not_found"));

    let mut long = story.input();
    long["polling"] = json!({"minSeconds": 1, "maxSeconds": 1, "looksPerExecution": 10});
    let given_up = story.start(long).await?;
    let given_up = story.successor_of(&given_up).await?;
    // Asked by itself, so that its role is held to its calls in whichever state it is invoked.
    let plan = Plan::from_input(&story.input()).context("a plan")?;
    let pairs = json!({"step": "pair", "plan": plan});
    story.cloud.invoke("VerifyFunction", pairs).await??;
    story
        .publish(
            "ElastiCacheTopic",
            r#"{"ElastiCache:FailoverComplete": "orders-cache-002"}"#,
        )
        .await?;
    story
        .order(json!({"replicationGroupId": TARGET, "action": "abort", "by": "a story"}))
        .await??;
    story.end_of(&given_up).await?;
    story
        .elasticache()
        .wait_for_status(TARGET, "available", Duration::from_secs(30))
        .await?;

    // Stopped from the console: what it left is looked after, and people are told.
    let stopped = story.start(of_many_tries(story)).await?;
    story.verdict_of(&stopped).await?;
    story.cloud.stop_execution(&stopped, "Story", "over").await?;
    story
        .until("people to be told", async || {
            Ok(story.told().last().is_some_and(|last| last == "migration.ended"))
        })
        .await?;
    // The function that looks after the topic has had its look: a later one would find the group free and change it, which
    // the next start would meet.
    story
        .until("the topic to be looked after", async || {
            let lines = story.cloud.function_logs("StartFunction");
            Ok(lines
                .iter()
                .any(|line| line.text.contains("still follows the source and takes no change")))
        })
        .await?;
    let group = story.elasticache_client().complete_migration();
    group.replication_group_id(TARGET).force(true).send().await?;
    story
        .elasticache()
        .wait_for_status(TARGET, "available", Duration::from_secs(30))
        .await?;

    // The answer to the start is lost, so that the retry has to find out whose migration it meets.
    story
        .elasticache()
        .faults()
        .inject("StartMigration", Times::Next(1), Fault::DropAfter);
    let execution = story.start(of_many_tries(story)).await?;
    let verdict = story.verdict_of(&execution).await?;
    story.approve(&verdict).await?;
    let ending = story.end_of(&execution).await?;
    assert!(ending.states().contains(&"Done"), "{:?}", ending.execution);
    story.assert_fenced_until_lifted(&execution).await?;
    Ledger::of(&story.cloud)
}

/// The input for a target that an earlier try has filled.
fn of_many_tries(story: &Story) -> serde_json::Value {
    let mut input = story.input();
    input["overwriteTarget"] = json!(true);
    input
}

#[tokio::test]
async fn where_a_tag_is_required_a_group_without_it_is_not_touched() -> Result<()> {
    let story = Story::begin_with(Pair::default(), &[("RequireTag", "true")]).await?;
    let ending = story.run(story.input()).await?;
    ending.assert_failed("Migration.AccessDenied", "Rehearse", "access_denied");
    story.assert_nothing_was_changed();

    let tag = aws_sdk_elasticache::types::Tag::builder()
        .key("migration-allowed")
        .value("true")
        .build();
    let group = format!("arn:aws:elasticache:us-east-1:123456789012:replicationgroup:{TARGET}");
    story
        .elasticache_client()
        .add_tags_to_resource()
        .resource_name(group)
        .tags(tag)
        .send()
        .await?;
    let execution = story.start(story.input()).await?;
    story.verdict_of(&execution).await?;
    story.cloud.stop_execution(&execution, "Story", "over").await?;
    Ok(())
}

#[tokio::test]
async fn a_group_outside_the_pattern_is_not_touched() -> Result<()> {
    let story = Story::begin_with(Pair::default(), &[("ReplicationGroupPattern", "staging-*")]).await?;
    let ending = story.run(story.input()).await?;
    ending.assert_failed("Migration.AccessDenied", "Rehearse", "access_denied");
    story.assert_nothing_was_changed();
    Ok(())
}
