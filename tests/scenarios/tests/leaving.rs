//! The ways out of a cutover that is not made, by the state machine's own doing: the source is left as it was, and people
//! are told. Executions that end from outside are in ended.rs.

use anyhow::Result;
use elasticache_stand_in::Times;
use local_cloud::{Fault as LambdaFault, FaultRule};
use scenarios::{Pair, Story, TARGET};
use serde_json::json;

#[tokio::test]
async fn a_failure_in_the_cutover_releases_the_fence_before_it_is_diagnosed() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    story.deny("CompleteMigration");
    let ending = story.migrate().await?;
    ending.assert_failed("Migration.AccessDenied", "Complete", "access_denied");
    let states = ending.states();
    let place = |name: &str| states.iter().position(|state| *state == name);
    assert!(
        place("ReleaseFence").is_some_and(|released| Some(released) < place("Diagnose")),
        "{states:?}"
    );
    assert_eq!(
        story.told_since_syncing(),
        ["migration.ready", "migration.cutover", "migration.failed"]
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
        story.told_since_syncing(),
        ["migration.ready", "migration.aborted"]
    );
    story.assert_source_is_as_it_was().await
}

#[tokio::test]
async fn giving_up_while_writers_are_refused_waits_for_the_budget_and_then_gives_up() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    story.refuse_completion(Times::Every, "data is not in sync");
    let execution = story
        .approved(story.input_with(json!({"budgetSeconds": 6})))
        .await?;
    story.asked_to_complete().await?;
    assert!(!story.source.takes_writes().await);
    let abort = json!({"replicationGroupId": TARGET, "action": "abort", "by": "a story"});
    // While the cutover is tried nobody waits for a word: the order is taken at the next look.
    assert_eq!(story.order(abort).await??["delivered"], true);
    story.elasticache().faults().clear();
    let ending = story.end_of(&execution).await?;
    assert_eq!(ending.execution.error.as_deref(), Some("Migration.Aborted"));
    let states = ending.states();
    let place = |name: &str| states.iter().rposition(|state| *state == name);
    assert!(place("ReleaseFence") < place("Abort"), "{states:?}");
    assert_eq!(story.told().last().map(String::as_str), Some("migration.aborted"));
    story.assert_source_is_as_it_was().await
}
