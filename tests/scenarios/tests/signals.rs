//! What wakes a migration, what does not, and what happens to the group's notification topic.

use anyhow::{Context, Result};
use elasticache_stand_in::{Fault, LinkLoss, NotificationTopic, Times};
use local_cloud::{HistoryEvent, Options};
use scenarios::{Pair, Story, TARGET};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);
const OURS: &str = "ElastiCacheTopic";

/// The plan of somebody who wants to be looked after by events: five minutes between two looks.
fn five_minutes(story: &Story) -> Value {
    let mut input = story.input();
    input["polling"] = json!({"minSeconds": 1, "maxSeconds": 300});
    input
}

fn looks(history: &[HistoryEvent]) -> usize {
    history
        .iter()
        .filter(|event| event.state.as_deref() == Some("Observe") && event.kind == "TaskStateEntered")
        .count()
}

/// A migration that is ready and will not look again for five minutes.
async fn waiting(story: &Story) -> Result<String> {
    let execution = story.start(five_minutes(story)).await?;
    story
        .observation(&execution, "a long wait", |seen| seen["waitSeconds"] == 300)
        .await?;
    Ok(execution)
}

fn from_sns(message_id: &str, message: &str) -> Value {
    json!({"Records": [{"EventSource": "aws:sns", "Sns": {"MessageId": message_id, "Message": message}}]})
}

fn from_cloudtrail(call: &str, by: &str) -> Value {
    json!({
        "detail-type": "AWS API Call via CloudTrail", "source": "aws.elasticache", "id": "e-1",
        "detail": {
            "eventSource": "elasticache.amazonaws.com", "eventName": call, "eventID": "e-1",
            "userIdentity": {"arn": by}, "requestParameters": {"replicationGroupId": TARGET}
        }
    })
}

async fn invoke(story: &Story, event: Value) -> Result<Value> {
    story.order(event).await?.context("the signal function")
}

#[tokio::test]
async fn a_failure_is_told_at_once_though_the_next_look_is_minutes_away() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    story.elasticache().change_settings(|settings| {
        settings.migration_events_reach_topic = true;
        settings.link_loss = LinkLoss::FailAfter(Duration::from_millis(100));
    });
    let execution = waiting(&story).await?;
    story.source.engine().kill();
    let failed = story
        .elasticache()
        .wait_for_event(TARGET, "Migration operation failed", PATIENCE)
        .await?;
    let ending = story.end_of(&execution).await?;
    assert_eq!(ending.execution.error.as_deref(), Some("Migration.Stopped"));
    let message = story
        .messages()
        .into_iter()
        .find(|message| message.attribute("eventType") == Some("migration.failed"))
        .context("nobody was told")?;
    let took = message.at.duration_since(failed.date);
    eprintln!(
        "diagnosed and told {:.1} s after ElastiCache's event",
        took.as_secs_f64()
    );
    // Issue 4 asks for 5 s.
    assert!(took.as_secs_f64() < 5.0, "{took:?}");
    Ok(())
}

#[tokio::test]
async fn a_message_that_comes_twice_wakes_once() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let execution = waiting(&story).await?;
    let before = looks(&story.cloud.history(&execution).await?);
    let event = from_sns(
        "m-1",
        r#"{"elasticache:failovercomplete": "orders-cache-002", "extra": 1}"#,
    );
    let first = invoke(&story, event.clone()).await?;
    assert_eq!(first["delivered"], true, "{first}");
    let second = invoke(&story, event).await?;
    assert_eq!(second["delivered"], false, "{second}");
    // Another message is another matter: it is delivered, and with it the count of looks is settled.
    let third = invoke(
        &story,
        from_sns("m-2", "Failover of node orders-cache-001 completed"),
    )
    .await?;
    assert_eq!(third["delivered"], true, "{third}");
    let abort = json!({"replicationGroupId": TARGET, "action": "abort", "by": "a story"});
    assert_eq!(invoke(&story, abort.clone()).await?["delivered"], true);
    let ending = story.end_of(&execution).await?;
    assert_eq!(ending.execution.error.as_deref(), Some("Migration.Aborted"));
    assert_eq!(
        looks(&ending.history),
        before + 3,
        "one look for each signal that counts"
    );
    // And an abort of what is over.
    assert_eq!(invoke(&story, abort).await?["delivered"], false);
    assert_eq!(
        story
            .told()
            .iter()
            .filter(|told| *told == "migration.aborted")
            .count(),
        1
    );
    Ok(())
}

#[tokio::test]
async fn a_signal_that_comes_while_the_migration_looks_is_not_lost() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let execution = waiting(&story).await?;
    let slow = Fault::Delay(Duration::from_secs(2));
    story
        .elasticache()
        .faults()
        .inject("DescribeReplicationGroups", Times::Next(1), slow);
    let before = looks(&story.cloud.history(&execution).await?);
    invoke(&story, from_sns("m-1", r#"{"ElastiCache:X": "orders-cache"}"#)).await?;
    let began = Instant::now();
    while looks(&story.cloud.history(&execution).await?) == before {
        assert!(began.elapsed() < PATIENCE, "the event did not wake the migration");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // It looks now, no token is open, and the abort has to wait.
    let abort = json!({"replicationGroupId": TARGET, "action": "abort", "by": "a story"});
    assert_eq!(invoke(&story, abort).await?["delivered"], true);
    let ending = story.end_of(&execution).await?;
    assert_eq!(ending.execution.error.as_deref(), Some("Migration.Aborted"));
    story.assert_source_is_as_it_was().await
}

/// The whole way: the call, CloudTrail, EventBridge, the rule of the template, the signal function, the open token.
#[tokio::test]
async fn somebody_elses_call_wakes_and_our_own_does_not() -> Result<()> {
    let options = Options {
        trail: true,
        ..Options::default()
    };
    let story = Story::begin_in(Pair::default(), options).await?;
    let execution = waiting(&story).await?;
    let calls = |story: &Story, name: &str| {
        let events = story.cloud.events().into_iter();
        let named = events.filter(|event| event.detail["eventName"] == name);
        named
            .map(|event| event.detail["userIdentity"]["arn"].to_string())
            .collect::<Vec<_>>()
    };
    // Our own start was told of, and woke nobody: the migration waits as long as it meant to.
    assert_eq!(calls(&story, "StartMigration").len(), 1);
    let before = looks(&story.cloud.history(&execution).await?);
    let began = Instant::now();
    let somebody = story.elasticache_client();
    somebody
        .complete_migration()
        .replication_group_id(TARGET)
        .send()
        .await?;
    let ending = story.end_of(&execution).await?;
    ending.assert_failed("Migration.Stopped", "Observe", "completed_by_somebody_else");
    eprintln!(
        "somebody's completion diagnosed and told {:.1} s after the call, though the next look was 300 s away",
        began.elapsed().as_secs_f64()
    );
    assert_eq!(calls(&story, "CompleteMigration").len(), 1);
    assert!(looks(&ending.history) > before);
    let evidence = ending.diagnosis().context("a diagnosis")?["causes"][0]["evidence"].to_string();
    assert!(
        evidence.contains("CompleteMigration by arn:aws:iam::123456789012:user/"),
        "{evidence}"
    );
    assert_eq!(story.told().last().map(String::as_str), Some("migration.failed"));
    Ok(())
}

#[tokio::test]
async fn a_group_that_somebody_deletes_is_told_of_by_its_call() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let execution = waiting(&story).await?;
    story.elasticache().delete_replication_group(TARGET).await?;
    let bobs = from_cloudtrail("DeleteReplicationGroup", "arn:aws:iam::123456789012:user/bob");
    assert_eq!(invoke(&story, bobs.clone()).await?["delivered"], true);
    let ending = story.end_of(&execution).await?;
    ending.assert_failed("Migration.Stopped", "Observe", "target_deleted");
    let seen = ending.diagnosis().context("a diagnosis")?["seen"].to_string();
    assert!(
        seen.contains("DeleteReplicationGroup by arn:aws:iam::123456789012:user/bob"),
        "{seen}"
    );
    // A second delivery finds nobody who waits.
    assert_eq!(invoke(&story, bobs).await?["delivered"], false);
    story.assert_source_is_as_it_was().await
}

#[tokio::test]
async fn a_call_of_ours_that_comes_late_and_a_call_for_another_group_wake_nobody() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let execution = waiting(&story).await?;
    let before = looks(&story.cloud.history(&execution).await?);
    let cutover = story
        .cloud
        .template()
        .function("CutoverFunction")
        .context("cutover")?
        .name
        .clone();
    let ours = format!("arn:aws:sts::123456789012:assumed-role/role/{cutover}");
    let own = invoke(&story, from_cloudtrail("CompleteMigration", &ours)).await?;
    assert_eq!(own["delivered"], false, "{own}");
    let mut other = from_cloudtrail("CompleteMigration", "arn:aws:iam::123456789012:user/bob");
    other["detail"]["requestParameters"]["replicationGroupId"] = json!("another-cache");
    let other = invoke(&story, other).await?;
    assert_eq!(other["delivered"], false, "{other}");
    assert_eq!(looks(&story.cloud.history(&execution).await?), before);
    story.cloud.stop_execution(&execution, "Story", "over").await?;
    Ok(())
}

#[tokio::test]
async fn a_message_about_no_migration_is_logged_and_done_with() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let execution = waiting(&story).await?;
    let before = looks(&story.cloud.history(&execution).await?);
    for message in [
        r#"{"ElastiCache:SnapshotComplete": "another-cache-001"}"#,
        "Nothing in particular",
        "",
        "{",
    ] {
        let answer = invoke(&story, from_sns("m-1", message)).await?;
        assert_eq!(answer["delivered"], false, "{message}: {answer}");
    }
    let logs = story.cloud.function_logs("SignalFunction");
    assert!(
        logs.iter()
            .any(|line| line.text.contains("about no running migration")),
        "{logs:?}"
    );
    assert_eq!(looks(&story.cloud.history(&execution).await?), before);
    story.cloud.stop_execution(&execution, "Story", "over").await?;
    Ok(())
}

fn topic_arn(story: &Story) -> String {
    let topics = &story.cloud.template().topics;
    let ours = topics
        .iter()
        .find(|topic| topic.logical_id.as_deref() == Some(OURS));
    format!(
        "arn:aws:sns:us-east-1:123456789012:{}",
        ours.map_or("", |topic| &topic.name)
    )
}

#[tokio::test]
async fn a_group_without_a_topic_has_ours_during_the_migration_and_none_that_is_active_after_it() -> Result<()>
{
    let story = Story::begin(Pair::default()).await?;
    assert_eq!(story.topic().await?, None);
    let execution = story.start(story.input()).await?;
    let verdict = story.verdict_of(&execution).await?;
    assert_eq!(story.topic().await?, Some((topic_arn(&story), true)));
    story.approve(&verdict).await?;
    let ending = story.end_of(&execution).await?;
    ending.assert_succeeded();
    assert_eq!(story.topic().await?, Some((topic_arn(&story), false)));
    assert_eq!(
        story.elasticache().group(TARGET).context("the group")?.status,
        "available"
    );
    Ok(())
}

#[tokio::test]
async fn the_topic_is_put_back_when_the_migration_fails_and_when_it_is_given_up() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let denied = elasticache_stand_in::ApiError::new("AccessDenied", 403, "not authorized");
    story
        .elasticache()
        .faults()
        .inject("StartMigration", Times::Next(1), Fault::Answer(denied));
    // The change takes its effect, and its answer is lost.
    story
        .elasticache()
        .faults()
        .inject("ModifyReplicationGroup", Times::Next(1), Fault::DropAfter);
    let ending = story.run(story.input()).await?;
    ending.assert_failed("Migration.AccessDenied", "Start", "access_denied");
    assert_eq!(story.topic().await?, Some((topic_arn(&story), false)));

    let execution = waiting(&story).await?;
    assert_eq!(story.topic().await?, Some((topic_arn(&story), true)));
    invoke(
        &story,
        json!({"replicationGroupId": TARGET, "action": "abort", "by": "a story"}),
    )
    .await?;
    let ending = story.end_of(&execution).await?;
    assert_eq!(ending.execution.error.as_deref(), Some("Migration.Aborted"));
    assert_eq!(story.topic().await?, Some((topic_arn(&story), false)));
    Ok(())
}

#[tokio::test]
async fn somebody_elses_topic_stays_and_people_are_told_what_that_means() -> Result<()> {
    let mut pair = Pair::default();
    let theirs = "arn:aws:sns:us-east-1:123456789012:theirs".to_owned();
    pair.target.notification_topic = Some(NotificationTopic {
        arn: theirs.clone(),
        active: true,
    });
    let story = Story::begin(pair).await?;
    let ending = story.migrate().await?;
    ending.assert_succeeded();
    assert_eq!(story.topic().await?, Some((theirs.clone(), true)));
    assert!(
        story
            .elasticache()
            .calls()
            .iter()
            .all(|call| call.action != "ModifyReplicationGroup")
    );
    let found = &story.messages()[1];
    assert!(found.body("email").contains(&theirs), "{}", found.body("email"));
    Ok(())
}

#[tokio::test]
async fn a_plan_may_leave_the_topic_alone() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let mut input = story.input();
    input["notifications"] = json!({"elasticacheTopic": "leave"});
    let execution = story.start(input).await?;
    let verdict = story.verdict_of(&execution).await?;
    story.approve(&verdict).await?;
    story.end_of(&execution).await?;
    assert_eq!(story.topic().await?, None);
    Ok(())
}

#[tokio::test]
async fn a_group_that_is_deleted_ends_the_migration_at_the_next_look() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let execution = story.start(story.input()).await?;
    story.verdict_of(&execution).await?;
    story.elasticache().delete_replication_group(TARGET).await?;
    let ending = story.end_of(&execution).await?;
    ending.assert_failed("Migration.Stopped", "Observe", "target_deleted");
    story.assert_source_is_as_it_was().await
}

/// What the chat's message carries for its buttons.
fn button(story: &Story, event: &str, name: &str) -> Option<Value> {
    let message = story
        .messages()
        .into_iter()
        .rev()
        .find(|message| message.attribute("eventType") == Some(event))?;
    let chat: Value = serde_json::from_str(message.body("https")).ok()?;
    Some(json!({"id": chat["metadata"]["additionalContext"].get(name)?}))
}

#[tokio::test]
async fn a_button_in_chat_approves_what_it_stands_under_and_nothing_else() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let execution = waiting(&story).await?;
    let event = "migration.ready";
    let approve = button(&story, event, "approve").context("an id to approve with")?;
    let postpone = button(&story, event, "postpone").context("an id to postpone with")?;
    let text = approve.to_string();
    assert!(!text.contains(TARGET) && !text.contains(&execution), "{text}");

    for wrong in ["00000000-000000000000000000000000", "", "x"] {
        let answer = invoke(&story, json!({"id": wrong})).await?;
        assert_eq!(answer["delivered"], false, "{answer}");
    }
    // This migration's, and no verdict's.
    let foreign = text.replace(&text[16..40], &"0".repeat(24));
    let foreign: Value = serde_json::from_str(&foreign)?;
    let answer = invoke(&story, foreign).await?;
    assert_eq!(answer["delivered"], false, "{answer}");
    assert!(
        answer["message"].to_string().contains("newest message"),
        "{answer}"
    );

    assert_eq!(invoke(&story, postpone).await?["delivered"], true);
    story
        .observation(&execution, "a postponement", |seen| {
            seen["postponedUntil"].is_string()
        })
        .await?;
    assert_eq!(invoke(&story, approve.clone()).await?["delivered"], true);
    let ending = story.end_of(&execution).await?;
    ending.assert_succeeded();
    let approval = ending
        .observations()
        .into_iter()
        .rev()
        .find(|seen| seen["next"] == "complete");
    assert_eq!(
        approval.context("an approval")?["approval"]["by"],
        "a button in chat"
    );
    // And once it is over it is of no migration that runs.
    let answer = invoke(&story, approve).await?;
    assert_eq!(answer["delivered"], false, "{answer}");
    story.assert_fenced_until_lifted(&execution).await
}
