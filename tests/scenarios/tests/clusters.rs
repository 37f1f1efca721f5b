//! Clusters: the stage of their stories, and the cutover of three shards at once: all of them or none.

use anyhow::Result;
use elasticache_stand_in::{NodeRole, Times};
use local_cloud::{Fault as LambdaFault, FaultRule};
use scenarios::{Ending, Pair, Source, Story, TARGET};
use serde_json::{Value, json};

#[tokio::test]
async fn a_source_cluster_has_a_key_in_every_slot_and_takes_writes_in_every_shard() -> Result<()> {
    let source = Source::start_cluster("redis-server", 3).await?;
    let of_each_type = 50 * 7;
    assert_eq!(source.key_count().await?, 16_384 + of_each_type);
    for (engine, slots) in source.engines().iter().zip([5_461, 5_461, 5_462]) {
        let keys: u64 = engine.command(&["DBSIZE"]).await?.parse()?;
        assert!(
            keys > slots + 100,
            "{keys} keys: one a slot, and of each type some"
        );
        let nodes = engine.command(&["CLUSTER", "NODES"]).await?;
        let at_one_port = format!(":{}@", source.port());
        assert_eq!(nodes.matches(&at_one_port).count(), 3, "{nodes}");
    }
    assert_eq!(
        source
            .settings()
            .await?
            .keys()
            .filter(|name| name.ends_with("/maxmemory"))
            .count(),
        3
    );
    assert!(source.takes_writes().await);
    assert_eq!(
        source.key_count().await?,
        16_384 + of_each_type + 3,
        "a probe in every shard"
    );
    source.engines()[2].kill();
    assert!(!source.takes_writes().await, "a shard is gone");
    Ok(())
}

/// Keeps the function that raises the fence from doing so for a moment, in which the story changes the source.
fn dawdle_before(story: &Story, step: &str) {
    let rule = FaultRule::new("cutover", LambdaFault::CrashBeforeHandler);
    story.cloud.inject(rule.when("/step", step).times(3));
}

/// What people are told when a cutover is not made.
async fn not_completed(story: &Story, execution: &str) -> Result<String> {
    story.entered(execution, "TellNotCompleted").await?;
    let told = || {
        let messages = story.messages();
        let message = messages
            .iter()
            .find(|message| message.attribute("eventType") == Some("migration.notCompleted"))?;
        Some(message.body("email").to_owned())
    };
    story
        .until("people to be told", async || Ok(told().is_some()))
        .await?;
    Ok(told().unwrap_or_default())
}

fn succeeded(ending: &Ending) -> Value {
    ending.assert_succeeded();
    ending.execution.output.clone().expect("an output")
}

#[tokio::test]
async fn a_cluster_of_three_shards_moves_while_it_is_written_to_and_loses_nothing() -> Result<()> {
    let story = Story::begin(Pair::three_shards()).await?;
    let mut loads = story.write_to_every_shard(100).await?;
    let execution = story.start(story.input()).await?;
    let verdict = story.verdict_of(&execution).await?;
    for load in &mut loads {
        load.watch_target();
    }
    story.approve(&verdict).await?;
    let ending = story.end_of(&execution).await?;
    let output = succeeded(&ending);
    for load in loads {
        let before = load.acknowledged();
        story
            .until("writes at the target", async || Ok(load.acknowledged() > before))
            .await?;
        let toll = load.stop().await?;
        assert!(toll.acknowledged > 0 && toll.lost == 0, "{toll:?}");
    }
    assert_eq!(output["lostBytes"], 0, "{output:#}");
    let proofs = output["proofs"].as_array().expect("proofs");
    let proven: Vec<_> = proofs
        .iter()
        .map(|proof| (&proof["shard"], &proof["proof"]["result"]))
        .collect();
    let nothing = json!("nothingLost");
    let shards = ["0001", "0002", "0003"].map(|shard| json!(shard));
    assert_eq!(
        proven,
        shards.iter().map(|shard| (shard, &nothing)).collect::<Vec<_>>()
    );
    assert!(
        output["endpoints"]["configuration"]["port"].is_u64(),
        "{output:#}"
    );
    assert_eq!(story.completions(), 1);
    assert_eq!(
        story.told_since_syncing(),
        ["migration.ready", "migration.cutover", "migration.done"]
    );
    story.assert_fenced_until_lifted(&execution).await
}

#[tokio::test]
async fn a_primary_that_dies_before_its_fence_lets_the_other_two_go_on() -> Result<()> {
    let story = Story::begin(Pair::three_shards()).await?;
    // The cluster's other shards go on without the dead one, as far as the cluster is asked.
    for engine in story.source.engines() {
        let partial = ["CONFIG", "SET", "cluster-require-full-coverage", "no"];
        engine.command(&partial).await?;
    }
    dawdle_before(&story, "fence");
    let execution = story
        .approved(story.input_with(json!({"budgetSeconds": 120})))
        .await?;
    story.entered(&execution, "Fence").await?;
    story.source.engines()[1].kill();
    let words = not_completed(&story, &execution).await?;
    assert!(
        words.contains("shard 0002") && words.contains("takes writes again"),
        "{words}"
    );
    assert_eq!(story.completions(), 0);
    for (engine, tag) in story.source.probes() {
        if engine.port() != story.source.engines()[1].port()
            || engine.address() != story.source.engines()[1].address()
        {
            engine.command(&["SET", &format!("late{tag}"), "1"]).await?;
            let refusal = engine
                .command(&["CONFIG", "GET", "min-replicas-to-write"])
                .await?;
            assert!(refusal.ends_with('0') && !refusal.contains("1000"), "{refusal}");
        }
    }
    story.cloud.stop_execution(&execution, "Story", "over").await?;
    Ok(())
}

#[tokio::test]
async fn a_slot_that_starts_to_move_between_pairing_and_fence_refuses_the_cutover_in_words() -> Result<()> {
    let story = Story::begin(Pair::three_shards()).await?;
    let [first, second, _] = story.source.engines() else {
        unreachable!("three shards")
    };
    dawdle_before(&story, "fence");
    let execution = story
        .approved(story.input_with(json!({"budgetSeconds": 120})))
        .await?;
    story.entered(&execution, "Fence").await?;
    let receiver = second.command(&["CLUSTER", "MYID"]).await?;
    first
        .command(&["CLUSTER", "SETSLOT", "93", "MIGRATING", receiver.trim()])
        .await?;
    let words = not_completed(&story, &execution).await?;
    assert!(
        words.contains("slots are on their way to another node: [93->-"),
        "{words}"
    );
    assert_eq!(story.completions(), 0);
    story.assert_source_is_as_it_was().await?;
    story.cloud.stop_execution(&execution, "Story", "over").await?;
    Ok(())
}

#[tokio::test]
async fn a_completion_that_aws_refuses_lets_all_three_shards_go_on() -> Result<()> {
    let story = Story::begin(Pair::three_shards()).await?;
    story.refuse_completion(Times::Every, "data of shard 0002 is not in sync");
    let execution = story
        .approved(story.input_with(json!({"budgetSeconds": 6})))
        .await?;
    let words = not_completed(&story, &execution).await?;
    assert!(words.contains("not in sync"), "{words}");
    assert!(story.completions() > 0);
    story.assert_source_is_as_it_was().await?;
    story.cloud.stop_execution(&execution, "Story", "over").await?;
    Ok(())
}

#[tokio::test]
async fn a_fence_that_runs_out_on_one_shard_is_raised_anew_and_what_came_in_is_not_lost() -> Result<()> {
    let story = Story::begin(Pair::three_shards()).await?;
    dawdle_before(&story, "drain");
    let execution = story
        .approved(story.input_with(json!({"budgetSeconds": 120})))
        .await?;
    story.entered(&execution, "Drain").await?;
    let (third, tag) = story.source.probes().pop().expect("a third shard");
    third.command(&["CLIENT", "UNPAUSE"]).await?;
    third.command(&["SET", &format!("late{tag}"), "1"]).await?;
    let ending = story.end_of(&execution).await?;
    let output = succeeded(&ending);
    assert_eq!(output["lostBytes"], 0, "{output:#}");
    let mut at_target = 0;
    for port in story.target_ports(NodeRole::Primary) {
        at_target += story.keys_at(port).await?;
    }
    assert_eq!(at_target, story.source.key_count().await?);
    story.assert_fenced_until_lifted(&execution).await
}

#[tokio::test]
async fn a_function_that_dies_at_any_step_of_a_clusters_cutover_is_run_again_and_nothing_is_lost()
-> Result<()> {
    let story = Story::begin(Pair::three_shards()).await?;
    story.crash_at(&["arm", "fence", "drain", "complete", "hold", "prove"]);
    let mut loads = story.write_to_every_shard(50).await?;
    let execution = story
        .start(story.input_with(json!({"budgetSeconds": 120})))
        .await?;
    let verdict = story.verdict_of(&execution).await?;
    for load in &mut loads {
        load.watch_target();
    }
    story.approve(&verdict).await?;
    let ending = story.end_of(&execution).await?;
    let output = succeeded(&ending);
    for load in loads {
        let toll = load.stop().await?;
        assert!(toll.acknowledged > 0 && toll.lost == 0, "{toll:?}");
    }
    assert_eq!(output["lostBytes"], 0, "{output:#}");
    assert_eq!(
        story.told_since_syncing(),
        ["migration.ready", "migration.cutover", "migration.done"]
    );
    story.assert_fenced_until_lifted(&execution).await
}

#[tokio::test]
async fn giving_a_cluster_up_while_its_writers_are_refused_lets_all_three_shards_go_on() -> Result<()> {
    let story = Story::begin(Pair::three_shards()).await?;
    story.refuse_completion(Times::Every, "data of shard 0003 is not in sync");
    let execution = story
        .approved(story.input_with(json!({"budgetSeconds": 6})))
        .await?;
    story.asked_to_complete().await?;
    assert!(!story.source.takes_writes().await, "no fence is up");
    let abort = json!({"replicationGroupId": TARGET, "action": "abort", "by": "a story"});
    assert_eq!(story.order(abort).await??["delivered"], true);
    story.elasticache().faults().clear();
    let ending = story.end_of(&execution).await?;
    assert_eq!(ending.execution.error.as_deref(), Some("Migration.Aborted"));
    let words = ending.execution.cause.clone().unwrap_or_default();
    assert!(words.contains("holds") && words.contains("keys"), "{words}");
    story.assert_source_is_as_it_was().await
}

#[tokio::test]
async fn giving_a_cluster_up_says_what_all_its_shards_hold() -> Result<()> {
    let story = Story::begin(Pair::three_shards()).await?;
    let execution = story.start(story.input()).await?;
    story.verdict_of(&execution).await?;
    let abort = json!({"replicationGroupId": TARGET, "action": "abort", "by": "a story"});
    assert_eq!(story.order(abort).await??["delivered"], true);
    let ending = story.end_of(&execution).await?;
    assert_eq!(ending.execution.error.as_deref(), Some("Migration.Aborted"));
    let keys = story.source.key_count().await?;
    let words = ending.execution.cause.clone().unwrap_or_default();
    assert!(words.contains(&format!("holds {keys} keys")), "{words}");
    story.assert_source_is_as_it_was().await
}

#[tokio::test]
async fn the_diagnosis_of_a_clusters_failure_shows_each_engine_of_both_sides() -> Result<()> {
    let story = Story::begin(Pair::three_shards()).await?;
    story.deny("CompleteMigration");
    let execution = story.approved(story.input_with(json!({}))).await?;
    let ending = story.end_of(&execution).await?;
    ending.assert_failed("Migration.AccessDenied", "Complete", "access_denied");
    let diagnosis = ending.diagnosis().expect("a diagnosis");
    let seen = diagnosis["seen"].to_string();
    for shard in ["0001", "0002", "0003"] {
        assert!(
            seen.contains(&format!("target {shard}: Valkey 8")),
            "{diagnosis:#}"
        );
    }
    for engine in story.source.engines() {
        let at = format!("source {}:{}: Redis 7", engine.address(), engine.port());
        assert!(seen.contains(&at), "{at}: {diagnosis:#}");
    }
    story.assert_source_is_as_it_was().await
}
