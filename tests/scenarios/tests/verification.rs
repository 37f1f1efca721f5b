//! The comparison of the keys before the approval: what is equal goes on, what differs never reaches CompleteMigration,
//! and whatever happens while keys are compared, the migration still looks, listens and can be given up.

use anyhow::{Context, Result};
use elasticache_stand_in::NodeRole;
use local_cloud::{ExecutionStatus, Fault as LambdaFault, FaultRule};
use scenarios::{Pair, Story, TARGET};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

fn input(story: &Story, verify: Value) -> Value {
    let mut input = story.input();
    input["verify"] = verify;
    input
}

/// A window that is always open.
fn every_day() -> Value {
    json!({"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "00:00", "to": "23:59", "timeZone": "UTC"})
}

/// Writes on the target behind the replication's back, where ElastiCache would take no write.
async fn plant(story: &Story, commands: &[&[&str]]) -> Result<()> {
    let group = story.elasticache().group(TARGET).context("the group")?;
    let primary = group.nodes.iter().find(|node| node.role == NodeRole::Primary);
    let primary = primary.context("a primary")?;
    Ok(story.elasticache().tamper(&primary.cluster_id, commands).await?)
}

#[tokio::test]
async fn what_is_equal_is_approved_with_what_was_compared_and_compared_once_more_after_the_promotion()
-> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let execution = story.start(story.input()).await?;
    let verdict = story.verdict_of(&execution).await?;
    let ready = story
        .observation(&execution, "a verdict", |seen| {
            seen["verdict"]["digest"] == json!(verdict)
        })
        .await?;
    let verified = &ready["verdict"]["verification"];
    assert_eq!(verified["verdict"], "same", "{verified:#}");
    let message = story.messages().into_iter().last().expect("a message");
    let statement = verified["statement"].as_str().unwrap_or_default();
    assert!(statement.starts_with("0 of "), "{statement}");
    assert!(
        message.body("email").contains(statement),
        "{}",
        message.body("email")
    );

    story.approve(&verdict).await?;
    let ending = story.end_of(&execution).await?;
    ending.assert_succeeded();
    let output = ending.execution.output.clone().expect("an output");
    assert_eq!(&output["verification"], verified);
    assert_eq!(output["lastComparison"]["verdict"], "same", "{output:#}");
    let states = ending.states();
    let place = |name: &str| states.iter().rposition(|state| *state == name).expect(name);
    assert!(place("HandOver") < place("Compare") && place("Compare") < place("TellDone"));
    story.assert_fenced_until_lifted(&execution).await
}

#[tokio::test]
async fn what_was_written_after_the_approval_is_looked_up_on_the_promoted_target() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    // Held between the approval and the fence, in which the source is written to.
    let dawdle = FaultRule::new("cutover", LambdaFault::CrashBeforeHandler).when("/step", "arm");
    story.cloud.inject(dawdle.times(3));
    let execution = story.approved(story.input()).await?;
    story.entered(&execution, "Arm").await?;
    for number in ["1", "2"] {
        let key = format!("late:{number}");
        story.source.engine().command(&["RPUSH", &key, "a", "b"]).await?;
    }
    // And held once more between the promotion and the last comparison, in which the target is spoiled.
    let dawdle = FaultRule::new("verify", LambdaFault::CrashBeforeHandler).when("/step", "pair");
    story.cloud.inject(dawdle.times(3));
    story.entered(&execution, "HandOver").await?;
    plant(&story, &[&["LSET", "late:2", "1", "c"]]).await?;
    let ending = story.end_of(&execution).await?;
    ending.assert_succeeded();
    let output = ending.execution.output.clone().expect("an output");
    assert_eq!(output["lostBytes"], 0, "{output:#}");
    let last = &output["lastComparison"];
    assert_eq!(last["verdict"], "differs", "{last:#}");
    let first = &last["first"];
    assert_eq!(first.as_array().map(Vec::len), Some(1), "{last:#}");
    assert_eq!(
        (&first[0]["key"], &first[0]["kind"]),
        (&json!("late:2"), &json!("value"))
    );
    let approval = ending
        .observations()
        .into_iter()
        .rev()
        .find(|seen| seen["next"] == "complete")
        .expect("an approval");
    assert_eq!(last["touched"]["since"], approval["approval"]["at"], "{last:#}");
    let touched = last["touched"]["touched"].as_u64().expect("a count");
    assert!(
        touched >= 2 && last["counts"]["sourceKeys"] == touched,
        "{last:#}"
    );
    // People, and whoever reads the report, are told the same.
    let statement = last["statement"].as_str().unwrap_or_default();
    assert!(
        statement.contains("touched since the approval at") && statement.contains("; 1 differ"),
        "{statement}"
    );
    let message = story.messages().into_iter().last().expect("a message");
    assert!(
        message.body("email").contains(statement),
        "{}",
        message.body("email")
    );
    story.assert_fenced_until_lifted(&execution).await
}

#[tokio::test]
async fn a_source_that_saves_between_approval_and_fence_has_a_sample_of_all_its_keys_compared() -> Result<()>
{
    let story = Story::begin(Pair::default()).await?;
    let dawdle = FaultRule::new("cutover", LambdaFault::CrashBeforeHandler).when("/step", "arm");
    story.cloud.inject(dawdle.times(3));
    let execution = story.approved(story.input()).await?;
    story.entered(&execution, "Arm").await?;
    story.source.engine().command(&["BGSAVE"]).await?;
    let ending = story.end_of(&execution).await?;
    ending.assert_succeeded();
    let output = ending.execution.output.clone().expect("an output");
    let last = &output["lastComparison"];
    assert_eq!(
        (&last["verdict"], &last["touched"]),
        (&json!("same"), &Value::Null)
    );
    let statement = last["statement"].as_str().unwrap_or_default();
    assert!(
        statement.contains("of all keys, because what was touched since the approval cannot be told")
            && statement.contains("child process"),
        "{statement}"
    );
    assert!(last["counts"]["sourceKeys"].as_u64() >= Some(story.source.key_count().await?));
    story.assert_fenced_until_lifted(&execution).await
}

/// Somebody who writes into a value without end. It is so long that it changes while it is read, from however busy a machine.
struct Scribbler(Arc<AtomicBool>);

impl Scribbler {
    const KEY: &str = "hot";
    const LENGTH: usize = 1024 * 1024;

    fn start(port: u16) -> Result<Scribbler> {
        let stop = Arc::new(AtomicBool::new(false));
        for number in 0..3 {
            let (stopped, client) = (
                Arc::clone(&stop),
                redis::Client::open(format!("redis://127.0.0.1:{port}/"))?,
            );
            // Threads of their own, because the story's own waits must not hold them up. A fence makes them wait, or
            // refuses them: that is not what this story is about.
            std::thread::spawn(move || {
                let patience = Duration::from_millis(500);
                for at in (1..Self::LENGTH).step_by(7_001).cycle().skip(number * 50) {
                    if stopped.load(Ordering::Relaxed) {
                        return;
                    }
                    let written = client
                        .get_connection_with_timeout(patience)
                        .and_then(|mut source| {
                            source.set_read_timeout(Some(patience))?;
                            for step in 0..100 {
                                let mark = format!("{number}{step}{at}");
                                redis::cmd("SETRANGE")
                                    .arg(&(Self::KEY, at + step, mark))
                                    .query::<()>(&mut source)?;
                                std::thread::sleep(Duration::from_micros(500));
                            }
                            Ok(())
                        });
                    if written.is_err() {
                        std::thread::sleep(Duration::from_millis(20));
                    }
                }
            });
        }
        Ok(Scribbler(stop))
    }
}

impl Drop for Scribbler {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn what_changes_at_every_look_is_unsure_which_a_person_may_approve_and_the_plan_does_not() -> Result<()>
{
    let story = Story::begin(Pair::default()).await?;
    let whole = "v".repeat(Scribbler::LENGTH);
    let engine = story.source.engine();
    engine.command(&["SET", Scribbler::KEY, &whole]).await?;
    let _scribbler = Scribbler::start(story.source.port())?;
    let dawdle = FaultRule::new("verify", LambdaFault::CrashBeforeHandler).when("/step", "pair");
    story.cloud.inject(dawdle.times(3));
    let mut automatic = input(&story, json!({"last": "off"}));
    automatic["cutover"] = json!({"approval": "automatic", "window": every_day()});
    let execution = story.start(automatic).await?;
    story.entered(&execution, "PairShards").await?;
    // The target follows, all but where nobody writes: never equal, and never the same twice.
    plant(&story, &[&["SETRANGE", Scribbler::KEY, "0", "X"]]).await?;
    let verdict = story.verdict_of(&execution).await?;
    let waits = story
        .why(&execution, "waiting for a person's approval, because 0 of ")
        .await?;
    let verified = &waits["verdict"]["verification"];
    assert_eq!(verified["verdict"], "unsure", "{verified:#}");
    let statement = verified["statement"].as_str().unwrap_or_default();
    assert!(
        statement.contains("1 changed at every look and could not be judged"),
        "{statement}"
    );
    let message = story.messages().into_iter().last().expect("a message");
    assert!(
        message.body("email").contains("the plan alone approves nothing"),
        "{}",
        message.body("email")
    );
    assert_eq!(story.completions(), 0);
    story.approve(&verdict).await?;
    let ending = story.end_of(&execution).await?;
    ending.assert_succeeded();
    let output = ending.execution.output.clone().expect("an output");
    assert_eq!(&output["verification"], verified);
    Ok(())
}

#[tokio::test]
async fn a_link_that_is_lost_during_the_comparison_is_seen_and_the_comparison_goes_on_after_it() -> Result<()>
{
    let story = Story::begin(Pair::default()).await?;
    let keys = story.source.key_count().await?;
    let slow = json!({"maxKeysPerSecond": (keys / 6).max(1), "last": "off"});
    let execution = story.start(input(&story, slow)).await?;
    story.entered(&execution, "SumUp").await?;
    // The source takes no replica any more, and lets go of the one that it has.
    let source = story.source.engine();
    source
        .command(&["ACL", "SETUSER", "default", "-psync", "-sync"])
        .await?;
    source.command(&["CLIENT", "KILL", "TYPE", "replica"]).await?;
    story
        .why(&execution, "comparing goes on once source and target are in sync")
        .await?;
    source.command(&["ACL", "SETUSER", "default", "+@all"]).await?;
    let verdict = story.verdict_of(&execution).await?;
    story.approve(&verdict).await?;
    let ending = story.end_of(&execution).await?;
    ending.assert_succeeded();
    let output = ending.execution.output.clone().expect("an output");
    assert_eq!(output["verification"]["verdict"], "same", "{output:#}");
    Ok(())
}

#[tokio::test]
async fn each_kind_of_difference_is_found_and_never_completed() -> Result<()> {
    let planted: [(&str, &str, &[&str]); 6] = [
        ("string:1", "another value", &["APPEND", "string:1", "!"]),
        ("set:2", "another value", &["SADD", "set:2", "planted"]),
        ("hash:3", "another type", &["SET", "hash:3", "planted"]),
        ("list:4", "missing on the target", &["DEL", "list:4"]),
        ("planted", "only on the target", &["SET", "planted", "1"]),
        (
            "sorted:5",
            "another time to live",
            &["EXPIRE", "sorted:5", "5000"],
        ),
    ];
    let story = Story::begin(Pair::default()).await?;
    // Held before the shards are paired, so that what is planted is there when they are compared.
    story.cloud.inject(
        FaultRule::new("verify", LambdaFault::CrashBeforeHandler)
            .when("/step", "pair")
            .times(2),
    );
    let execution = story.start(story.input()).await?;
    story.entered(&execution, "PairShards").await?;
    let commands: Vec<&[&str]> = planted.iter().map(|(_, _, command)| *command).collect();
    plant(&story, &commands).await?;
    let ending = story.end_of(&execution).await?;
    ending.assert_failed("Migration.Stopped", "Observe", "data_differs");
    let evidence = ending.diagnosis().expect("a diagnosis")["causes"][0]["evidence"].to_string();
    for (key, kind, _) in planted {
        assert!(
            evidence.contains(&format!("{key} (db 0): {kind}")),
            "{key}: {kind}: {evidence}"
        );
    }
    assert_eq!(story.completions(), 0, "a completion was asked for");
    assert!(!ending.states().contains(&"TellReady"));
    assert_eq!(story.told_since_syncing(), ["migration.failed"]);
    assert_eq!(
        story.elasticache().group(TARGET).expect("the group").status,
        "migrating"
    );
    story.assert_source_is_as_it_was().await
}

#[tokio::test]
async fn a_comparison_goes_on_over_many_slices_and_a_function_that_dies_costs_no_more_than_one() -> Result<()>
{
    let story = Story::begin(Pair::redis_to_redis()).await?;
    for fault in [LambdaFault::CrashBeforeHandler, LambdaFault::CrashAfterHandler] {
        for step in ["pair", "compare", "sum"] {
            story
                .cloud
                .inject(FaultRule::new("verify", fault).when("/step", step));
        }
    }
    // Slow enough for several slices of the two seconds that a story waits at most.
    let keys = story.source.key_count().await?;
    let slow = json!({"maxKeysPerSecond": (keys / 4).max(1), "last": "off"});
    let execution = story.start(input(&story, slow)).await?;
    let verdict = story.verdict_of(&execution).await?;
    story.approve(&verdict).await?;
    let ending = story.end_of(&execution).await?;
    ending.assert_succeeded();
    let rounds = ending
        .states()
        .iter()
        .filter(|state| **state == "Compare")
        .count();
    assert!(rounds > 1, "{rounds} rounds");
    let sums = ending.answers_of("SumUp");
    let standing = &sums.last().expect("a sum")["standing"];
    assert_eq!(standing["result"]["verdict"], "same", "{standing:#}");
    assert!(
        standing["result"]["counts"]["sourceKeys"].as_u64() >= Some(keys),
        "{standing:#}"
    );
    // Between two rounds it looks at itself.
    let comparing = ending
        .observations()
        .iter()
        .filter(|seen| seen["stage"]["name"] == "verification")
        .count();
    assert!(comparing >= rounds, "{comparing} looks, {rounds} rounds");
    assert!(ending.execution.output.clone().expect("an output")["lastComparison"].is_null());
    Ok(())
}

#[tokio::test]
async fn a_migration_is_given_up_in_the_middle_of_a_comparison() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let endless = json!({"maxKeysPerSecond": 1});
    let execution = story.start(input(&story, endless)).await?;
    story.entered(&execution, "Compare").await?;
    let answer = story
        .order(json!({"replicationGroupId": TARGET, "action": "abort", "by": "a story"}))
        .await??;
    assert_eq!(answer["delivered"], true, "{answer}");
    let ending = story.end_of(&execution).await?;
    assert_eq!(ending.execution.error.as_deref(), Some("Migration.Aborted"));
    assert!(
        ending
            .answers_of("SumUp")
            .iter()
            .all(|sum| sum["standing"]["done"] == false)
    );
    story.assert_source_is_as_it_was().await
}

#[tokio::test]
async fn an_execution_that_is_stopped_in_the_middle_of_a_comparison_ends_at_once() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let execution = story.start(input(&story, json!({"maxKeysPerSecond": 1}))).await?;
    story.entered(&execution, "Compare").await?;
    story.cloud.stop_execution(&execution, "Story", "over").await?;
    let ending = story.end_of(&execution).await?;
    assert_eq!(ending.execution.status, ExecutionStatus::Aborted);
    assert!(!ending.states().contains(&"SumUp"));
    story.assert_source_is_as_it_was().await
}

#[tokio::test]
async fn a_sample_says_what_it_proves_and_an_approval_of_it_is_enough() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let sampled = json!({"mode": {"sample": 50}, "last": {"sample": 20}});
    let execution = story.start(input(&story, sampled)).await?;
    let verdict = story.verdict_of(&execution).await?;
    story.approve(&verdict).await?;
    let ending = story.end_of(&execution).await?;
    ending.assert_succeeded();
    let output = ending.execution.output.clone().expect("an output");
    for comparison in ["verification", "lastComparison"] {
        let statement = output[comparison]["statement"].as_str().unwrap_or_default();
        assert!(
            statement.contains("at 95 % confidence"),
            "{comparison}: {statement}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn what_the_plan_does_not_compare_is_said_and_takes_a_persons_word() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let mut unverified = input(&story, json!({"mode": "off", "last": "off"}));
    unverified["cutover"] = json!({"approval": "automatic", "window": every_day()});
    let execution = story.start(unverified).await?;
    let verdict = story.verdict_of(&execution).await?;
    let waits = story
        .observation(&execution, "a wait for a person", |seen| {
            seen["why"]
                .as_str()
                .is_some_and(|why| why.contains("waiting for a person's approval"))
        })
        .await?;
    assert_eq!(waits["verdict"]["verification"]["verdict"], "off");
    let message = story.messages().into_iter().last().expect("a message");
    assert!(
        message.body("email").contains("Nobody compared the keys"),
        "{}",
        message.body("email")
    );
    story.approve(&verdict).await?;
    let ending = story.end_of(&execution).await?;
    ending.assert_succeeded();
    assert!(!ending.states().contains(&"Compare"));
    Ok(())
}
