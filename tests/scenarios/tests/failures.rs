//! What goes wrong once a migration has begun, and what goes wrong between a call's effect and its answer.

use anyhow::Result;
use elasticache_stand_in::{ApiError, Fault, Point, Times};
use local_cloud::{Fault as LambdaFault, FaultRule};
use scenarios::{BEGUN, Pair, Story, TARGET};
use std::time::Duration;

const WELL_ENOUGH: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_start_whose_answer_is_lost_is_recognised_as_our_own() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    story
        .elasticache()
        .faults()
        .inject("StartMigration", Times::Next(1), Fault::DropAfter);
    let ending = story.migrate().await?;
    ending.assert_succeeded();
    assert!(story.calls_of("StartMigration") >= 2, "the call was not repeated");
    story.assert_fenced_until_lifted(&ending.execution.arn).await
}

#[tokio::test]
async fn a_function_that_dies_between_effect_and_answer_is_run_again_at_every_step() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    for function in ["preflight", "start", "poll-lag", "cutover"] {
        story
            .cloud
            .inject(FaultRule::new(function, LambdaFault::CrashAfterHandler).times(1));
    }
    story
        .cloud
        .inject(FaultRule::new("start", LambdaFault::CrashAfterHandler).when("/step", "start"));
    story
        .cloud
        .inject(FaultRule::new("cutover", LambdaFault::TimeOutAfterHandler).when("/step", "prove"));
    let ending = story.migrate().await?;
    ending.assert_succeeded();
    assert_eq!(
        story.told_since_syncing(),
        ["migration.ready", "migration.cutover", "migration.done"]
    );
    story.assert_fenced_until_lifted(&ending.execution.arn).await
}

#[tokio::test]
async fn throttling_by_lambda_and_by_elasticache_is_waited_out() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let throttled = ApiError::throttling();
    story
        .elasticache()
        .faults()
        .inject("*", Times::Next(5), Fault::Answer(throttled));
    story
        .cloud
        .inject(FaultRule::new("start", LambdaFault::Throttled).times(1));
    let ending = story.migrate().await?;
    ending.assert_succeeded();
    Ok(())
}

#[tokio::test]
async fn a_start_that_the_role_may_not_make_is_named_and_changes_nothing() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    story.deny("StartMigration");
    let ending = story.run(story.input()).await?;
    ending.assert_failed("Migration.AccessDenied", "Start", "access_denied");
    assert_eq!(story.told(), [&BEGUN[..3], &["migration.failed"]].concat());
    let group = story.elasticache().group(TARGET).expect("the group");
    assert_eq!(group.status, "available");
    story.assert_source_is_as_it_was().await
}

#[tokio::test]
async fn a_source_that_gets_a_password_after_the_preflight_is_found_out() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    story.elasticache().faults().hold(Point::Attaching);
    let execution = story.start(story.input()).await?;
    story
        .observation(&execution, "a sync", |seen| seen["stage"]["name"] == "sync")
        .await?;
    story
        .source
        .engine()
        .command(&["CONFIG", "SET", "requirepass", "late"])
        .await?;
    story.elasticache().faults().release(Point::Attaching);
    let ending = story.end_of(&execution).await?;
    ending.assert_failed("Migration.Stopped", "Observe", "source_requires_password");
    assert_eq!(story.told_since_syncing(), ["migration.failed"]);
    let group = story.elasticache().group(TARGET).expect("the group");
    assert_eq!(group.status, "available");
    Ok(())
}

#[tokio::test]
async fn a_migration_that_somebody_else_completes_is_not_called_ours() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let execution = story.start(story.input()).await?;
    story.verdict_of(&execution).await?;
    let somebody = story.elasticache_client();
    somebody
        .complete_migration()
        .replication_group_id(TARGET)
        .send()
        .await?;
    let ending = story.end_of(&execution).await?;
    ending.assert_failed("Migration.Stopped", "Observe", "completed_by_somebody_else");
    assert_eq!(
        story.told_since_syncing(),
        ["migration.ready", "migration.failed"]
    );
    story.assert_source_is_as_it_was().await
}

#[tokio::test]
async fn a_topic_that_fails_stops_nothing() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    story
        .cloud
        .inject(FaultRule::new("notify", LambdaFault::CrashBeforeHandler).times(9));
    let ending = story.migrate().await?;
    ending.assert_succeeded();
    Ok(())
}

#[tokio::test]
async fn an_elasticache_event_wakes_the_migration_it_is_about() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let mut input = story.input();
    input["polling"] = serde_json::json!({"minSeconds": 1, "maxSeconds": 3600});
    let execution = story.start(input).await?;
    story
        .observation(&execution, "a long wait", |seen| seen["waitSeconds"] == 3600)
        .await?;
    let looks = |ending: &[local_cloud::HistoryEvent]| {
        ending
            .iter()
            .filter(|event| event.state.as_deref() == Some("Observe") && event.kind == "TaskStateEntered")
            .count()
    };
    let before = looks(&story.cloud.history(&execution).await?);
    story
        .publish(
            "ElastiCacheTopic",
            r#"{"ElastiCache:FailoverComplete": "orders-cache-002"}"#,
        )
        .await?;
    let began = std::time::Instant::now();
    while looks(&story.cloud.history(&execution).await?) == before {
        assert!(
            began.elapsed() < WELL_ENOUGH,
            "the event did not wake the migration"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    story.cloud.stop_execution(&execution, "Story", "over").await?;
    Ok(())
}
