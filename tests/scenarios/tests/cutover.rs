//! The cutover: what is refused and for how long, what is never lost, and that every way out leaves the source as it
//! should be: as it was where it is still the primary, fenced where the target may have taken over.

use anyhow::Result;
use elasticache_stand_in::{ApiError, Fault, NodeRole, Point, Times};
use local_cloud::{ExecutionStatus, Fault as LambdaFault, FaultRule};
use scenarios::{Load, Pair, Story, TARGET};
use serde_json::{Value, json};
use std::time::Duration;

/// A story's input with a cutover of its own.
fn input(story: &Story, cutover: Value) -> Value {
    let mut input = story.input();
    input["cutover"] = cutover;
    input
}

fn refuse(story: &Story, times: Times) {
    let refusal = Fault::RefuseCompletion {
        reason: "data is not in sync".to_owned(),
    };
    story
        .elasticache()
        .faults()
        .inject("CompleteMigration", times, refusal);
}

fn completions(story: &Story) -> usize {
    let calls = story.elasticache().calls();
    calls
        .iter()
        .filter(|call| call.action == "CompleteMigration")
        .count()
}

async fn setting(story: &Story, name: &str) -> Result<String> {
    Ok(story.source.engine().command(&["CONFIG", "GET", name]).await?)
}

async fn why(story: &Story, execution: &str, words: &str) -> Result<Value> {
    story
        .observation(execution, words, |seen| {
            seen["why"].as_str().is_some_and(|why| why.contains(words))
        })
        .await
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
    assert_eq!(
        ending.execution.status,
        ExecutionStatus::Succeeded,
        "{:?}",
        ending.execution
    );
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
    for step in ["arm", "fence", "drain", "complete", "prove"] {
        for fault in [LambdaFault::CrashBeforeHandler, LambdaFault::CrashAfterHandler] {
            story
                .cloud
                .inject(FaultRule::new("cutover", fault).when("/step", step));
        }
    }
    let mut load = Load::start(story.source.port(), target, 200).await?;
    let execution = story.start(input(&story, json!({"budgetSeconds": 120}))).await?;
    let verdict = story.verdict_of(&execution).await?;
    load.watch_target();
    story.approve(&verdict).await?;
    let ending = story.end_of(&execution).await?;
    assert_eq!(
        ending.execution.status,
        ExecutionStatus::Succeeded,
        "{:?}",
        ending.execution
    );
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
    refuse(&story, Times::Next(2));
    let ending = story.migrate().await?;
    assert_eq!(
        ending.execution.status,
        ExecutionStatus::Succeeded,
        "{:?}",
        ending.execution
    );
    assert_eq!(completions(&story), 3);
    assert_eq!(
        story.told_since_syncing(),
        ["migration.ready", "migration.cutover", "migration.done"]
    );
    story.assert_fenced_until_lifted(&ending.execution.arn).await
}

#[tokio::test]
async fn a_spent_budget_lets_the_writers_go_on_and_needs_a_new_approval() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    refuse(&story, Times::Every);
    // The function that releases the fence dies too, after it has done so.
    story
        .cloud
        .inject(FaultRule::new("cutover", LambdaFault::CrashAfterHandler).when("/step", "release"));
    let execution = story.start(input(&story, json!({"budgetSeconds": 6}))).await?;
    let first = story.verdict_of(&execution).await?;
    story.approve(&first).await?;
    story
        .until("a request to complete", async || Ok(completions(&story) > 0))
        .await?;
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
    why(&story, &execution, "the approval by a story").await?;
    story
        .approve(again["verdict"]["digest"].as_str().unwrap_or_default())
        .await?;
    let ending = story.end_of(&execution).await?;
    assert_eq!(
        ending.execution.status,
        ExecutionStatus::Succeeded,
        "{:?}",
        ending.execution
    );
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
    let execution = story.start(input(&story, json!({"budgetSeconds": 1}))).await?;
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
    let execution = story.start(input(&story, json!({"budgetSeconds": 120}))).await?;
    let verdict = story.verdict_of(&execution).await?;
    story.approve(&verdict).await?;
    story.entered(&execution, "Drain").await?;
    story.source.engine().command(&["CLIENT", "UNPAUSE"]).await?;
    story.source.engine().command(&["SET", "late:write", "1"]).await?;
    let ending = story.end_of(&execution).await?;
    assert_eq!(
        ending.execution.status,
        ExecutionStatus::Succeeded,
        "{:?}",
        ending.execution
    );
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
    let execution = story.start(story.input()).await?;
    let verdict = story.verdict_of(&execution).await?;
    story.approve(&verdict).await?;
    story
        .until("a request to complete", async || Ok(completions(&story) > 0))
        .await?;
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
    assert_eq!(
        ending.execution.status,
        ExecutionStatus::Succeeded,
        "{:?}",
        ending.execution
    );
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
    let mut load = Load::start(story.source.port(), target, 200).await?;
    let execution = story
        .start(input(&story, json!({"fenceSeconds": 6, "budgetSeconds": 10})))
        .await?;
    let verdict = story.verdict_of(&execution).await?;
    load.watch_target();
    story.approve(&verdict).await?;
    let ending = story.end_of(&execution).await?;
    assert_eq!(
        ending.execution.status,
        ExecutionStatus::Succeeded,
        "{:?}",
        ending.execution
    );
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
        let execution = story.start(input(&story, json!({"fence": kind}))).await?;
        let verdict = story.verdict_of(&execution).await?;
        story.approve(&verdict).await?;
        story
            .until("a request to complete", async || Ok(completions(&story) > 0))
            .await?;
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
        assert_eq!(
            ending.execution.status,
            ExecutionStatus::Succeeded,
            "{:?}",
            ending.execution
        );
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

#[tokio::test]
async fn an_execution_that_is_stopped_before_aws_accepts_leaves_the_source_as_it_was() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    story.elasticache().faults().inject(
        "CompleteMigration",
        Times::Every,
        Fault::Answer(ApiError::throttling()),
    );
    let execution = story.start(input(&story, json!({"budgetSeconds": 120}))).await?;
    let verdict = story.verdict_of(&execution).await?;
    story.approve(&verdict).await?;
    story
        .until("a request to complete", async || Ok(completions(&story) > 0))
        .await?;
    assert!(!story.source.takes_writes().await);
    story
        .cloud
        .stop_execution(&execution, "Story", "stopped from the console")
        .await?;
    story
        .until("people to be told", async || {
            Ok(story.told().last().is_some_and(|last| last == "migration.ended"))
        })
        .await?;
    assert_eq!(
        story.told_since_syncing(),
        ["migration.ready", "migration.cutover", "migration.ended"]
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
    let execution = story.start(story.input()).await?;
    let verdict = story.verdict_of(&execution).await?;
    story.approve(&verdict).await?;
    story
        .until("a promotion", async || {
            Ok(story
                .elasticache()
                .group(TARGET)
                .is_some_and(|group| group.status == "modifying")
                && completions(&story) > 0)
        })
        .await?;
    story
        .cloud
        .stop_execution(&execution, "Story", "stopped from the console")
        .await?;
    story.elasticache().faults().release(Point::Promoting);
    story
        .until("people to be told", async || {
            Ok(story.told().last().is_some_and(|last| last == "migration.ended"))
        })
        .await?;
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
        story.told_since_syncing(),
        ["migration.ready", "migration.cutover", "migration.failed"]
    );
    story.assert_source_is_as_it_was().await
}

/// A window of three hours that opens so many hours from now, every day.
fn window(opens_in_hours: i64) -> Value {
    let clock = |hours: i64| {
        let seconds = jiff::Timestamp::now().as_second() + hours * 3_600;
        format!("{:02}:{:02}", seconds / 3_600 % 24, seconds / 60 % 60)
    };
    json!({
        "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        "from": clock(opens_in_hours), "to": clock(opens_in_hours + 3), "timeZone": "UTC"
    })
}

#[tokio::test]
async fn the_plan_approves_inside_its_window_and_not_while_a_person_puts_it_off() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let cutover = json!({"approval": "automatic", "window": window(-1)});
    let execution = story.start(input(&story, cutover)).await?;
    let ending = story.end_of(&execution).await?;
    assert_eq!(
        ending.execution.status,
        ExecutionStatus::Succeeded,
        "{:?}",
        ending.execution
    );
    let approval = &ending
        .observations()
        .into_iter()
        .rev()
        .find(|seen| seen["next"] == "complete")
        .expect("an approval")["approval"];
    assert_eq!(
        (&approval["by"], &approval["how"]),
        (&json!("the plan"), &json!("automatic"))
    );
    assert_eq!(
        story.told_since_syncing(),
        ["migration.ready", "migration.cutover", "migration.done"]
    );
    story.assert_fenced_until_lifted(&execution).await
}

#[tokio::test]
async fn outside_its_window_a_migration_waits_and_a_person_may_put_it_off_or_approve() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let cutover = json!({"approval": "automatic", "window": window(4)});
    let execution = story.start(input(&story, cutover)).await?;
    let verdict = story.verdict_of(&execution).await?;
    why(&story, &execution, "waiting for the plan's window to open").await?;
    let until = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second() + 86_400)?;
    let order = json!({"replicationGroupId": TARGET, "action": "postpone", "until": until, "by": "a story"});
    assert_eq!(story.order(order).await??["delivered"], true);
    let put_off = why(&story, &execution, "put the cutover off until").await?;
    assert_eq!(put_off["postponedUntil"], json!(until));
    assert_eq!(completions(&story), 0);
    // A later word is the one that counts.
    story.approve(&verdict).await?;
    let ending = story.end_of(&execution).await?;
    assert_eq!(
        ending.execution.status,
        ExecutionStatus::Succeeded,
        "{:?}",
        ending.execution
    );
    story.assert_fenced_until_lifted(&execution).await
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
