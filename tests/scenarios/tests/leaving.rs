//! The ways out of a cutover that is not made, and of an execution that ends without it: the source is left as it was
//! where it is still the primary, and fenced where the target may have taken over; and people are told.

use anyhow::Result;
use elasticache_stand_in::{ApiError, Fault, Point, Times};
use local_cloud::{Fault as LambdaFault, FaultRule};
use scenarios::{Pair, Story, TARGET};
use serde_json::json;

#[tokio::test]
async fn an_execution_that_is_stopped_before_aws_accepts_leaves_the_source_as_it_was() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    story.elasticache().faults().inject(
        "CompleteMigration",
        Times::Every,
        Fault::Answer(ApiError::throttling()),
    );
    let execution = story
        .approved(story.input_with(json!({"budgetSeconds": 120})))
        .await?;
    story.asked_to_complete().await?;
    assert!(!story.source.takes_writes().await);
    story
        .cloud
        .stop_execution(&execution, "Story", "stopped from the console")
        .await?;
    story.told_last("migration.ended").await?;
    assert_eq!(
        story.told(),
        ["migration.started", "migration.ready", "migration.ended"]
    );
    assert!(
        story
            .messages()
            .last()
            .is_some_and(|message| message.body("email").contains("takes writes again"))
    );
    assert!(story.cloud.failed_events().is_empty());
    story.assert_source_is_as_it_was().await
}

#[tokio::test]
async fn an_execution_that_is_stopped_during_the_promotion_leaves_the_fence_up() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    story.elasticache().faults().hold(Point::Promoting);
    let execution = story.approved(story.input()).await?;
    story
        .until("a promotion", async || {
            Ok(story
                .elasticache()
                .group(TARGET)
                .is_some_and(|group| group.status == "modifying")
                && story.completions() > 0)
        })
        .await?;
    story
        .cloud
        .stop_execution(&execution, "Story", "stopped from the console")
        .await?;
    story.elasticache().faults().release(Point::Promoting);
    story.told_last("migration.ended").await?;
    let messages = story.messages();
    let words = messages.last().map_or("", |message| message.body("email"));
    assert!(
        words.contains("The target has taken over") && words.contains("To lift the fence"),
        "{words}"
    );
    story.assert_fenced_until_lifted(&execution).await
}

#[tokio::test]
async fn a_failure_in_the_cutover_releases_the_fence_before_it_is_diagnosed() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let denied = ApiError::new(
        "AccessDenied",
        403,
        "not authorized to perform: elasticache:CompleteMigration",
    );
    story
        .elasticache()
        .faults()
        .inject("CompleteMigration", Times::Every, Fault::Answer(denied));
    let ending = story.migrate().await?;
    ending.assert_failed("Migration.AccessDenied", "Complete", "access_denied");
    let states = ending.states();
    let place = |name: &str| states.iter().position(|state| *state == name);
    assert!(
        place("ReleaseFence").is_some_and(|released| Some(released) < place("Diagnose")),
        "{states:?}"
    );
    assert_eq!(
        story.told(),
        ["migration.started", "migration.ready", "migration.failed"]
    );
    story.assert_source_is_as_it_was().await
}

#[tokio::test]
async fn giving_up_twice_is_the_same_as_once_and_says_what_the_target_holds() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    story
        .cloud
        .inject(FaultRule::new("cutover", LambdaFault::CrashAfterHandler).when("/step", "abort"));
    let execution = story.start(story.input()).await?;
    story.verdict_of(&execution).await?;
    let abort = json!({"replicationGroupId": TARGET, "action": "abort", "by": "a story"});
    assert_eq!(story.order(abort.clone()).await??["delivered"], true);
    let ending = story.end_of(&execution).await?;
    assert_eq!(ending.execution.error.as_deref(), Some("Migration.Aborted"));
    let keys = story.source.key_count().await?;
    let words = ending.execution.cause.clone().unwrap_or_default();
    assert!(words.contains(&format!("holds {keys} keys")), "{words}");
    let answer = story.order(abort).await??;
    assert_eq!(answer["delivered"], false);
    assert_eq!(
        story.told(),
        ["migration.started", "migration.ready", "migration.aborted"]
    );
    story.assert_source_is_as_it_was().await
}
