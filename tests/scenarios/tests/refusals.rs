//! Migrations that are stopped before anything is touched. Each names its cause, tells people, and leaves both sides as
//! they were.

use anyhow::Result;
use elasticache_stand_in::{Engine, NodeRole};
use scenarios::{Ending, Pair, Story, TARGET};
use serde_json::{Value, json};

/// What must hold after every refusal.
async fn assert_refused(story: &Story, ending: &Ending, state: &str, cause: &str) -> Result<()> {
    ending.assert_failed("Migration.Precondition", state, cause);
    assert_eq!(story.told(), ["migration.failed"]);
    let message = &story.messages()[0];
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
    assert_refused(&story, &ending, "Preflight", "source_not_reached").await
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
