//! Migrations that are stopped before anything is touched. Each names its cause, tells people, and leaves both sides as
//! they were.

use anyhow::{Context, Result};
use elasticache_stand_in::{Engine, NodeRole, Point};
use scenarios::{Ending, Pair, Story, TARGET};
use serde_json::{Value, json};
use std::time::Duration;

/// What must hold after every refusal.
async fn assert_refused(story: &Story, ending: &Ending, state: &str, cause: &str) -> Result<()> {
    ending.assert_failed("Migration.Precondition", state, cause);
    assert_eq!(story.told(), ["migration.started", "migration.failed"]);
    let message = &story.messages()[1];
    assert!(
        message.body("email").contains(&format!("cause: {cause}")),
        "{}",
        message.body("email")
    );
    let subject = message.subject.clone().unwrap_or_default();
    assert!(subject.len() < 100 && subject.is_ascii(), "{subject}");
    story.assert_nothing_was_changed();
    story.assert_source_is_as_it_was().await
}

#[tokio::test]
async fn a_source_that_cannot_be_reached() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    story.source.engine().kill();
    let ending = story.run(story.input()).await?;
    story.source.engine().restart().await?;
    assert_refused(&story, &ending, "Preflight", "source_port_refused").await
}

#[tokio::test]
async fn a_group_id_that_does_not_exist() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let mut input = story.input();
    input["replicationGroupId"] = json!("orders-cash");
    let ending = story.run(input).await?;
    assert_refused(&story, &ending, "Preflight", "target_not_found").await
}

#[tokio::test]
async fn a_source_with_a_password() -> Result<()> {
    let story = Story::begin(Pair {
        password: Some("hunter2"),
        ..Pair::default()
    })
    .await?;
    let ending = story.run(story.input()).await?;
    assert_refused(&story, &ending, "Preflight", "source_requires_password").await
}

#[tokio::test]
async fn a_target_that_is_not_empty_keeps_its_keys() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let port = story.target_ports(NodeRole::Primary)[0];
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}/"))?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    redis::cmd("SET")
        .arg("precious")
        .arg(1)
        .query_async::<()>(&mut connection)
        .await?;
    let ending = story.run(story.input()).await?;
    assert_refused(&story, &ending, "Preflight", "target_not_empty").await?;
    assert_eq!(story.keys_at(port).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_target_that_cannot_read_what_the_source_writes() -> Result<()> {
    let mut pair = Pair::redis_to_redis();
    pair.source = "valkey-server";
    let story = Story::begin(pair).await?;
    let ending = story.run(story.input()).await?;
    assert_refused(&story, &ending, "Preflight", "rdb_version_too_new").await
}

#[tokio::test]
async fn a_target_with_encryption_in_transit() -> Result<()> {
    let mut pair = Pair::default();
    pair.target.engine = Engine::Valkey;
    pair.target.transit_encryption = true;
    let story = Story::begin(pair).await?;
    let ending = story.run(story.input()).await?;
    assert_refused(&story, &ending, "Preflight", "target_has_tls").await
}

/// One thing wrong with a pair, and the cause that has to be named.
type Case = (&'static str, fn(&mut Pair));

const ONE_FACT_OF_THE_TARGET_WRONG: [Case; 7] = [
    ("target_engine_not_supported", |pair| {
        pair.target.engine = Engine::Redis;
        pair.target.engine_version = "5.0.5".to_owned();
    }),
    ("target_not_multi_az", |pair| pair.target.multi_az = false),
    ("target_in_global_datastore", |pair| {
        pair.target.global_datastore = Some("ldgnf-orders".to_owned());
    }),
    ("target_has_data_tiering", |pair| pair.target.data_tiering = true),
    ("target_requires_auth", |pair| pair.target.auth_token = true),
    // The source has keys in its database 3.
    ("database_count", |pair| pair.target.databases = 2),
    ("shard_count_differs", |pair| {
        pair.target.cluster_enabled = true;
        pair.target.shards = 2;
    }),
];

const ONE_FACT_OF_THE_SOURCE_WRONG: [Case; 1] = [("source_commands_renamed", |pair| {
    pair.source_config = vec!["rename-command SYNC \"\"".to_owned()];
})];

async fn assert_each_is_refused(cases: &[Case]) -> Result<()> {
    for (cause, break_it) in cases {
        let mut pair = Pair::default();
        break_it(&mut pair);
        let story = Story::begin(pair).await?;
        let ending = story.run(story.input()).await?;
        assert_refused(&story, &ending, "Preflight", cause).await?;
    }
    Ok(())
}

#[tokio::test]
async fn one_fact_of_the_target_that_is_wrong_stops_a_migration() -> Result<()> {
    assert_each_is_refused(&ONE_FACT_OF_THE_TARGET_WRONG).await
}

#[tokio::test]
async fn one_fact_of_the_source_that_is_wrong_stops_a_migration() -> Result<()> {
    assert_each_is_refused(&ONE_FACT_OF_THE_SOURCE_WRONG).await
}

#[tokio::test]
async fn a_group_on_which_something_is_under_way() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    story.elasticache().impose_status(TARGET, Some("snapshotting"))?;
    let ending = story.run(story.input()).await?;
    assert_refused(&story, &ending, "Preflight", "target_not_available").await
}

/// What was right when the migration was admitted and is wrong when it would start.
#[tokio::test]
async fn a_fact_that_turns_wrong_during_the_rehearsal_stops_the_start() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    story.elasticache().faults().hold(Point::Testing);
    let execution = story.start(story.input()).await?;
    story
        .observation(&execution, "the rehearsal", |seen| {
            seen["stage"]["name"] == "rehearsal"
        })
        .await?;
    story
        .elasticache()
        .change_group(TARGET, |group| group.transit_encryption = true)?;
    story.elasticache().faults().release(Point::Testing);
    let ending = story.end_of(&execution).await?;
    ending.assert_failed("Migration.Precondition", "Recheck", "target_has_tls");
    assert!(
        !story
            .elasticache()
            .calls()
            .iter()
            .any(|call| call.action == "StartMigration")
    );
    story.assert_source_is_as_it_was().await
}

/// What was right when the migration was approved and is wrong when it would be completed.
#[tokio::test]
async fn a_fact_that_turns_wrong_before_the_cutover_stops_the_completion() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let execution = story.start(story.input()).await?;
    let verdict = story.verdict_of(&execution).await?;
    story.elasticache().impose_status(TARGET, Some("snapshotting"))?;
    story.approve(&verdict).await?;
    until_told_of_the_failure(&story).await?;
    // Only then does the group take changes again, so that its topic can be put back.
    story.elasticache().impose_status(TARGET, None)?;
    let ending = story.end_of(&execution).await?;
    ending.assert_failed("Migration.Precondition", "RecheckCutover", "target_not_available");
    assert!(
        !story
            .elasticache()
            .calls()
            .iter()
            .any(|call| call.action == "CompleteMigration")
    );
    story.assert_source_is_as_it_was().await
}

async fn until_told_of_the_failure(story: &Story) -> Result<()> {
    let told = async {
        while !story.told().iter().any(|event| event == "migration.failed") {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), told)
        .await
        .context("nobody was told of a failure")
}

/// Bad input: each wrong field is named, and neither ElastiCache nor an engine is asked anything.
#[tokio::test]
async fn bad_input_names_every_wrong_field_and_calls_nothing() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let calls_before = story.elasticache().calls().len();
    let connections_before = connections(&story).await?;
    let cases: [(Value, &[&str]); 7] = [
        (
            json!({}),
            &["replicationGroupId: is missing", "source: is missing"],
        ),
        (
            json!({"replicationGroupId": "-x", "source": {"address": "10.0.0.1"}}),
            &["replicationGroupId: must be"],
        ),
        (
            json!({"replicationGroupId": TARGET, "source": {"address": "redis://x"}}),
            &["source.address: must be"],
        ),
        (
            json!({"replicationGroupId": TARGET, "source": {"address": "x", "port": 0}}),
            &["source.port: is 0"],
        ),
        (
            json!({"replicationGroupId": TARGET, "source": {"adress": "x"}}),
            &["source.address: is missing", "source.adress: is not a field"],
        ),
        (
            json!({"replicationGroupId": TARGET, "source": {"address": "x"}, "retries": 3}),
            &["retries: is not a field"],
        ),
        (
            json!({"replicationGroupId": TARGET, "source": {"address": "x"}, "rehearse": 1, "polling": {"minSeconds": 0}}),
            &["rehearse: must be true or false", "polling.minSeconds: is 0"],
        ),
    ];
    for (number, (input, named)) in cases.iter().enumerate() {
        let ending = story.run(input.clone()).await?;
        ending.assert_failed("Migration.InvalidInput", "Admit", "invalid_input");
        let cause = ending.execution.cause.clone().unwrap_or_default();
        let told = story.messages();
        assert_eq!(told.len(), number + 1, "one message for each");
        for words in *named {
            assert!(cause.contains(words), "{words} not in {cause}");
            assert!(
                told[number].body("email").contains(words),
                "{words} not in the message"
            );
        }
    }
    assert_eq!(
        story.elasticache().calls().len(),
        calls_before,
        "ElastiCache was called"
    );
    assert_eq!(
        connections(&story).await?,
        connections_before + 1,
        "the source was connected to"
    );
    story.assert_source_is_as_it_was().await
}

/// How many connections the source has ever taken, this question's own included.
async fn connections(story: &Story) -> Result<u64> {
    let stats: String = redis::cmd("INFO")
        .arg("stats")
        .query_async(&mut story.source.connect().await?)
        .await?;
    let count = stats
        .lines()
        .find_map(|line| line.strip_prefix("total_connections_received:"));
    Ok(count.expect("a count").trim().parse()?)
}
