//! A migration that failed goes on once what was wrong is mended: a redrive of its execution carries on where it failed,
//! with what it knew, and without anything done twice that must not be.

use anyhow::Result;
use elasticache_stand_in::{Fault, NodeRole, Times};
use local_cloud::{Fault as LambdaFault, FaultRule, Options};
use scenarios::{Ending, Pair, Story, TARGET};
use serde_json::json;

/// Asserts that the execution failed, was redriven once, and went on from there.
fn assert_redriven(ending: &Ending) {
    let of_kind = |kind: &str| ending.history.iter().filter(|event| event.kind == kind).count();
    assert_eq!((of_kind("ExecutionFailed"), of_kind("ExecutionRedriven")), (1, 1));
    assert_eq!(of_kind("ExecutionStarted"), 1, "it is the same execution");
    assert!(ending.states().contains(&"CarryOn"));
}

#[tokio::test]
async fn after_a_mended_network_a_migration_carries_on_where_it_failed() -> Result<()> {
    let options = Options {
        wait_scale: 0.2,
        ..Options::default()
    };
    let story = Story::begin_in(Pair::default(), options).await?;
    // A topic that was set would be put back as soon as AWS answers again, and a redrive that looks at the group while AWS
    // applies that is refused.
    let mut input = story.input();
    input["notifications"] = json!({"elasticacheTopic": "leave"});
    let execution = story.start(input).await?;
    story.entered(&execution, "AwaitSignal").await?;
    story
        .elasticache()
        .faults()
        .inject("*", Times::Every, Fault::DropBefore);
    let failed = story.end_of(&execution).await?;
    assert_eq!(
        failed.execution.error.as_deref(),
        Some("Migration.Transient"),
        "{:?}",
        failed.execution
    );
    let cause = failed.execution.cause.clone().unwrap_or_default();
    assert!(cause.starts_with("Observe failed"), "{cause}");

    story.elasticache().faults().clear();
    story.redrive(&execution).await?;
    let verdict = story.verdict_of(&execution).await?;
    story.approve(&verdict).await?;
    let ending = story.end_of(&execution).await?;
    ending.assert_succeeded();
    assert_redriven(&ending);
    assert_eq!(story.calls_of("StartMigration"), 1, "the copy was begun anew");
    assert_eq!(
        story
            .told()
            .iter()
            .filter(|told| *told == "migration.failed")
            .count(),
        1
    );
    story.assert_fenced_until_lifted(&execution).await
}

#[tokio::test]
async fn a_cutover_that_failed_needs_a_new_approval_after_the_redrive() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    story.deny("CompleteMigration");
    let execution = story.start(story.input()).await?;
    let first = story.verdict_of(&execution).await?;
    story.approve(&first).await?;
    let failed = story.end_of(&execution).await?;
    failed.assert_failed("Migration.AccessDenied", "Complete", "access_denied");
    story.assert_source_is_as_it_was().await?;

    story.elasticache().faults().clear();
    story.redrive(&execution).await?;
    let again = story
        .observation(&execution, "a new verdict", |seen| {
            let digest = seen["verdict"]["digest"].as_str();
            seen["next"] == "ready" && digest.is_some_and(|digest| digest != first)
        })
        .await?;
    story.approve(&first).await?;
    story.why(&execution, "was used before").await?;
    story
        .approve(again["verdict"]["digest"].as_str().unwrap_or_default())
        .await?;
    let ending = story.end_of(&execution).await?;
    ending.assert_succeeded();
    assert_redriven(&ending);
    story.assert_fenced_until_lifted(&execution).await
}

#[tokio::test]
async fn a_promotion_that_could_not_be_proven_is_proven_after_the_redrive() -> Result<()> {
    let options = Options {
        wait_scale: 0.2,
        ..Options::default()
    };
    let story = Story::begin_in(Pair::default(), options).await?;
    story.cloud.inject(
        FaultRule::new("cutover", LambdaFault::CrashBeforeHandler)
            .when("/step", "prove")
            .times(7),
    );
    let execution = story
        .approved(story.input_with(json!({"budgetSeconds": 120})))
        .await?;
    let failed = story.end_of(&execution).await?;
    failed.assert_failed("Runtime.ExitError", "Prove", &failed.cause().unwrap_or_default());
    assert!(
        !story.source.takes_writes().await,
        "the target has taken over: a write to the source would be lost"
    );

    story.redrive(&execution).await?;
    let ending = story.end_of(&execution).await?;
    ending.assert_succeeded();
    assert_redriven(&ending);
    let output = ending.execution.output.clone().expect("an output");
    assert_eq!(output["lostBytes"], 0, "{output:#}");
    assert_eq!(story.calls_of("CompleteMigration"), 1);
    let target = story.target_ports(NodeRole::Primary)[0];
    assert_eq!(story.keys_at(target).await?, story.source.key_count().await?);
    story.assert_fenced_until_lifted(&execution).await
}

#[tokio::test]
async fn what_a_preflight_refused_is_looked_at_again_and_started() -> Result<()> {
    let options = Options {
        wait_scale: 0.05,
        ..Options::default()
    };
    let story = Story::begin_in(Pair::default(), options).await?;
    let engine = story.source.engine();
    engine
        .command(&["ACL", "SETUSER", "default", "-psync", "-client|pause"])
        .await?;
    story.cloud.inject(
        FaultRule::new("preflight", LambdaFault::CrashBeforeHandler)
            .when("/moment", "beforeStart")
            .times(7),
    );
    let execution = story.start(story.input()).await?;
    let died = story.end_of(&execution).await?;
    assert_eq!(died.execution.error.as_deref(), Some("Runtime.ExitError"));
    story.redrive(&execution).await?;
    // The second failure is told with its own error, not with the one that the redrive was for.
    let failed = story.end_of(&execution).await?;
    failed.assert_failed(
        "Migration.Precondition",
        "Preflight",
        &failed.cause().unwrap_or_default(),
    );
    // Redriven with nothing mended it fails again, and so would any number of times.
    story.redrive(&execution).await?;
    assert_eq!(
        story.end_of(&execution).await?.execution.error,
        failed.execution.error
    );

    let engine = story.source.engine();
    engine.command(&["ACL", "SETUSER", "default", "+@all"]).await?;
    story.redrive(&execution).await?;
    let verdict = story.verdict_of(&execution).await?;
    story.approve(&verdict).await?;
    let ending = story.end_of(&execution).await?;
    ending.assert_succeeded();
    assert_eq!(story.calls_of("StartMigration"), 1);
    Ok(())
}

#[tokio::test]
async fn a_migration_that_was_stopped_by_hand_goes_on_where_it_waited() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let execution = story.start(story.input()).await?;
    let verdict = story.verdict_of(&execution).await?;
    story
        .cloud
        .stop_execution(&execution, "Story", "by mistake")
        .await?;
    story.told_last("migration.ended").await?;
    story.redrive(&execution).await?;
    // It is the same verdict: nothing has changed.
    let approved = story.approve(&verdict).await?;
    assert_eq!(approved["delivered"], true, "{approved}");
    let ending = story.end_of(&execution).await?;
    ending.assert_succeeded();
    assert_eq!(
        story.elasticache().group(TARGET).expect("the group").status,
        "available"
    );
    story.assert_fenced_until_lifted(&execution).await
}

#[tokio::test]
async fn what_a_person_gave_up_stays_given_up() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let execution = story.start(story.input()).await?;
    story.verdict_of(&execution).await?;
    let abort = json!({"replicationGroupId": TARGET, "action": "abort", "by": "a story"});
    assert_eq!(story.order(abort).await??["delivered"], true);
    story.end_of(&execution).await?;
    story.redrive(&execution).await?;
    let ending = story.end_of(&execution).await?;
    assert_eq!(ending.execution.error.as_deref(), Some("Migration.Aborted"));
    assert_eq!(story.calls_of("CompleteMigration"), 1);
    Ok(())
}
