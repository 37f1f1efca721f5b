//! The cutover: what is refused and for how long, what is never lost, and that every way out leaves the source as it
//! should be: as it was where it is still the primary, fenced where the target may have taken over.

use anyhow::Result;
use elasticache_stand_in::{Fault, NodeRole, Point, Times};
use local_cloud::{Fault as LambdaFault, FaultRule};
use scenarios::{Load, Pair, Story, TARGET};
use serde_json::json;
use std::time::Duration;

async fn setting(story: &Story, name: &str) -> Result<String> {
    Ok(story.source.engine().command(&["CONFIG", "GET", name]).await?)
}

#[tokio::test]
async fn a_writer_runs_through_the_cutover_and_loses_nothing() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let target = story.target_ports(NodeRole::Primary)[0];
    let mut load = Load::start(story.source.port(), target, 500).await?;
    let execution = story.start(story.input()).await?;
    let verdict = story.verdict_of(&execution).await?;
    load.watch_target();
    story.approve(&verdict).await?;
    let ending = story.end_of(&execution).await?;
    ending.assert_succeeded();
    let before = load.acknowledged();
    story
        .until("writes at the target", async || Ok(load.acknowledged() > before))
        .await?;
    let toll = load.stop().await?;
    assert!(toll.acknowledged > 0 && toll.lost == 0, "{toll:?}");

    let output = ending.execution.output.clone().expect("an output");
    assert_eq!(output["lostBytes"], 0, "{output:#}");
    assert_eq!(
        output["proofs"][0]["proof"]["result"], "nothingLost",
        "{output:#}"
    );
    let approval = &ending
        .observations()
        .into_iter()
        .rev()
        .find(|seen| seen["next"] == "complete")
        .expect("an approval")["approval"];
    assert_eq!(
        (&approval["verdict"], &approval["by"]),
        (&json!(verdict), &json!("a story"))
    );
    assert!(approval["at"].is_string());

    // Whoever listens on the bus is told where the applications connect now.
    let events = story.cloud.events();
    let handed_over = events
        .iter()
        .find(|event| event.source == "elasticache-migrator")
        .expect("an event");
    assert_eq!(handed_over.detail["handover"]["endpoints"], output["endpoints"]);

    // There is nothing to give up any more.
    let answer = story
        .order(json!({"replicationGroupId": TARGET, "action": "abort", "by": "a story"}))
        .await??;
    assert_eq!(answer["delivered"], false);
    let words = answer["message"].as_str().unwrap_or_default();
    assert!(
        words.contains("refused")
            && words.contains("If no application has written")
            && words.contains("If applications have written"),
        "{words}"
    );
    story.assert_fenced_until_lifted(&execution).await
}

#[tokio::test]
async fn a_function_that_dies_at_any_step_of_the_cutover_is_run_again_and_nothing_is_lost() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let target = story.target_ports(NodeRole::Primary)[0];
    story.crash_at(&["arm", "fence", "drain", "complete", "prove"]);
    let mut load = Load::start(story.source.port(), target, 200).await?;
    let execution = story
        .start(story.input_with(json!({"budgetSeconds": 120})))
        .await?;
    let verdict = story.verdict_of(&execution).await?;
    load.watch_target();
    story.approve(&verdict).await?;
    let ending = story.end_of(&execution).await?;
    ending.assert_succeeded();
    let toll = load.stop().await?;
    assert_eq!(toll.lost, 0, "{toll:?}");
    let output = ending.execution.output.clone().expect("an output");
    assert_eq!(output["lostBytes"], 0, "{output:#}");
    assert_eq!(
        story.told_since_syncing(),
        ["migration.ready", "migration.cutover", "migration.done"]
    );
    story.assert_fenced_until_lifted(&execution).await
}

#[tokio::test]
async fn what_aws_refuses_once_is_asked_for_again_within_the_budget() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    for reason in ["data is not in sync", "a node is being replaced"] {
        story.refuse_completion(Times::Next(1), reason);
    }
    let ending = story.migrate().await?;
    ending.assert_succeeded();
    assert_eq!(story.completions(), 3);
    assert_eq!(
        story.told_since_syncing(),
        ["migration.ready", "migration.cutover", "migration.done"]
    );
    story.assert_fenced_until_lifted(&ending.execution.arn).await
}

#[tokio::test]
async fn a_spent_budget_lets_the_writers_go_on_and_needs_a_new_approval() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    story.refuse_completion(Times::Every, "data is not in sync");
    // The function that releases the fence dies too, before and after it has done so.
    for fault in [LambdaFault::CrashBeforeHandler, LambdaFault::CrashAfterHandler] {
        let rule = FaultRule::new("cutover", fault).when("/step", "release");
        story.cloud.inject(rule);
    }
    let execution = story.start(story.input_with(json!({"budgetSeconds": 6}))).await?;
    let first = story.verdict_of(&execution).await?;
    story.approve(&first).await?;
    story.asked_to_complete().await?;
    assert!(
        !story.source.takes_writes().await,
        "writes are not refused while AWS is asked"
    );
    let again = story
        .observation(&execution, "a new verdict", |seen| {
            seen["verdict"]["digest"]
                .as_str()
                .is_some_and(|digest| digest != first)
        })
        .await?;
    story.assert_source_is_as_it_was().await?;
    assert_eq!(
        story.elasticache().group(TARGET).expect("the group").status,
        "migrating"
    );

    story.elasticache().faults().clear();
    story.approve(&first).await?;
    story
        .why(
            &execution,
            &format!("an approval of verdict {first} was used before"),
        )
        .await?;
    story
        .approve(again["verdict"]["digest"].as_str().unwrap_or_default())
        .await?;
    let ending = story.end_of(&execution).await?;
    ending.assert_succeeded();
    assert_eq!(
        story.told_since_syncing(),
        [
            "migration.ready",
            "migration.cutover",
            "migration.notCompleted",
            "migration.ready",
            "migration.cutover",
            "migration.done"
        ]
    );
    story.assert_fenced_until_lifted(&execution).await
}

#[tokio::test]
async fn a_promotion_that_aws_takes_back_lets_the_writers_go_on() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let fault = Fault::FailPromotion {
        reason: "a node is being replaced".to_owned(),
    };
    story
        .elasticache()
        .change_settings(|settings| settings.promotion_time = Duration::from_secs(2));
    story
        .elasticache()
        .faults()
        .inject("CompleteMigration", Times::Every, fault);
    let execution = story.start(story.input_with(json!({"budgetSeconds": 1}))).await?;
    let first = story.verdict_of(&execution).await?;
    story.approve(&first).await?;
    story.entered(&execution, "TellNotCompleted").await?;
    story.assert_source_is_as_it_was().await?;
    story.cloud.stop_execution(&execution, "Story", "over").await?;
    Ok(())
}

#[tokio::test]
async fn a_fence_that_runs_out_before_aws_is_asked_is_raised_anew_and_what_came_in_is_not_lost() -> Result<()>
{
    let story = Story::begin(Pair::default()).await?;
    // While the function dies again and again, somebody ends the pause.
    story.cloud.inject(
        FaultRule::new("cutover", LambdaFault::CrashBeforeHandler)
            .when("/step", "drain")
            .times(4),
    );
    let execution = story
        .approved(story.input_with(json!({"budgetSeconds": 120})))
        .await?;
    story.entered(&execution, "Drain").await?;
    story.source.engine().command(&["CLIENT", "UNPAUSE"]).await?;
    story.source.engine().command(&["SET", "late:write", "1"]).await?;
    let ending = story.end_of(&execution).await?;
    ending.assert_succeeded();
    let output = ending.execution.output.clone().expect("an output");
    assert_eq!(output["lostBytes"], 0, "{output:#}");
    let target = story.target_ports(NodeRole::Primary)[0];
    assert_eq!(story.keys_at(target).await?, story.source.key_count().await?);
    story.assert_fenced_until_lifted(&execution).await
}

#[tokio::test]
async fn a_pause_that_runs_out_once_aws_was_asked_lets_no_write_through() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    story.elasticache().faults().hold(Point::Promoting);
    let execution = story.approved(story.input()).await?;
    story.asked_to_complete().await?;
    story.source.engine().command(&["CLIENT", "UNPAUSE"]).await?;
    let refused = story.source.engine().command(&["SET", "late:write", "1"]).await;
    assert!(refused.is_err_and(|error| format!("{error:?}").contains("NOREPLICAS")));
    let script = ["EVAL", "return redis.call('SET', 'late:write', '1')", "0"];
    assert!(
        story.source.engine().command(&script).await.is_err(),
        "a script wrote"
    );

    // It is too late to give it up. Whether the order comes before or after the function has written down that AWS
    // accepted, nothing is forced.
    let order = json!({"replicationGroupId": TARGET, "action": "abort", "by": "a story"});
    let asked = async { story.order(order).await };
    let release = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        story.elasticache().faults().release(Point::Promoting);
    };
    let (answer, ()) = tokio::join!(asked, release);
    let answer = answer??;
    assert_eq!(answer["delivered"], false, "{answer}");
    assert!(
        answer["message"]
            .as_str()
            .is_some_and(|words| words.contains("If applications have written")),
        "{answer}"
    );
    let ending = story.end_of(&execution).await?;
    ending.assert_succeeded();
    assert_eq!(
        ending.execution.output.clone().expect("an output")["lostBytes"],
        0
    );
    story.assert_fenced_until_lifted(&execution).await
}

#[tokio::test]
async fn a_promotion_slower_than_the_first_pause_keeps_the_fence_up() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let target = story.target_ports(NodeRole::Primary)[0];
    story
        .elasticache()
        .change_settings(|settings| settings.promotion_time = Duration::from_secs(32));
    story
        .cloud
        .inject(FaultRule::new("cutover", LambdaFault::CrashBeforeHandler).when("/step", "hold"));
    story
        .cloud
        .inject(FaultRule::new("cutover", LambdaFault::CrashAfterHandler).when("/step", "hold"));
    let mut load = Load::start(story.source.port(), target, 200).await?;
    let execution = story
        .start(story.input_with(json!({"fenceSeconds": 6, "budgetSeconds": 10})))
        .await?;
    let verdict = story.verdict_of(&execution).await?;
    load.watch_target();
    story.approve(&verdict).await?;
    let ending = story.end_of(&execution).await?;
    ending.assert_succeeded();
    assert!(ending.states().contains(&"HoldFence"));
    let toll = load.stop().await?;
    assert_eq!(toll.lost, 0, "{toll:?}");
    assert!(
        toll.no_writes >= Duration::from_secs(32),
        "a write passed the fence: {toll:?}"
    );
    let output = ending.execution.output.clone().expect("an output");
    assert_eq!(output["lostBytes"], 0, "{output:#}");
    story.assert_fenced_until_lifted(&execution).await
}

#[tokio::test]
async fn each_kind_of_fence_does_what_it_says_and_no_fence_touches_nothing() -> Result<()> {
    for kind in ["reject", "none"] {
        let story = Story::begin(Pair::default()).await?;
        story.elasticache().faults().hold(Point::Promoting);
        let execution = story.approved(story.input_with(json!({"fence": kind}))).await?;
        story.asked_to_complete().await?;
        let refused = story.source.engine().command(&["SET", "late:write", "1"]).await;
        let fenced = kind == "reject";
        assert_eq!(
            refused.is_err_and(|error| format!("{error:?}").contains("NOREPLICAS")),
            fenced
        );
        let expected = if fenced { "1000" } else { "0" };
        assert!(
            setting(&story, "min-replicas-to-write")
                .await?
                .ends_with(expected)
        );
        story.elasticache().faults().release(Point::Promoting);
        let ending = story.end_of(&execution).await?;
        ending.assert_succeeded();
        let output = ending.execution.output.clone().expect("an output");
        if fenced {
            assert_eq!(output["lostBytes"], 0, "{output:#}");
            story.assert_fenced_until_lifted(&execution).await?;
        } else {
            story.assert_source_is_as_it_was().await?;
        }
    }
    Ok(())
}
