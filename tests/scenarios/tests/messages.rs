//! What people hear while a migration goes on, and that a way of telling that fails stops nothing.

use anyhow::{Context, Result};
use local_cloud::{Fault, FaultRule};
use scenarios::{Pair, Slack, Story, TARGET};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The ARN of a secret without the six characters that Secrets Manager adds: it finds the secret by either.
const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:slack-webhook";

fn count(story: &Story, event: &str) -> usize {
    story.told().iter().filter(|told| *told == event).count()
}

/// A story whose stack posts to a webhook too, and the secret that holds its URL.
async fn with_webhook(slack: &Slack) -> Result<Story> {
    let story = Story::begin_with(Pair::default(), &[("SlackWebhookSecretArn", SECRET)]).await?;
    story.keep_secret("slack-webhook", slack.url()).await?;
    Ok(story)
}

#[tokio::test]
async fn a_test_sends_one_of_each_and_calls_neither_side() -> Result<()> {
    let slack = Slack::open("sesame").await?;
    let story = with_webhook(&slack).await?;
    let calls = story.elasticache().calls().len();
    let ending = story.run(json!({"mode": "notify-test"})).await?;
    ending.assert_succeeded();
    let states = ending.states();
    assert_eq!(
        states,
        [
            "Admit",
            "WhetherItContinues",
            "WhatFor",
            "TestMessages",
            "WereMessagesSent",
            "MessagesSent"
        ]
    );
    let told: BTreeSet<String> = story.told().into_iter().collect();
    assert_eq!((told.len(), story.messages().len()), (17, 17), "one of each");
    for message in story.messages() {
        let subject = message.subject.clone().unwrap_or_default();
        assert!(subject.starts_with("[TEST] ") && subject.len() < 100, "{subject}");
        let document: Value = serde_json::from_str(message.body("sqs"))?;
        assert_eq!(
            (&document["test"], &document["version"]),
            (&json!(true), &json!("1"))
        );
        assert_eq!(message.body("sqs"), message.body("lambda"));
        let chat: Value = serde_json::from_str(message.body("https"))?;
        assert_eq!(chat["metadata"]["enableCustomActions"], false);
    }
    assert_eq!(
        (slack.taken().len(), slack.refused()),
        (17, vec![]),
        "and the webhook took each"
    );
    assert_eq!(story.elasticache().calls().len(), calls, "ElastiCache was called");
    Ok(())
}

#[tokio::test]
async fn a_test_whose_messages_nobody_takes_says_so() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    story
        .cloud
        .inject(FaultRule::new("notify", Fault::CrashBeforeHandler).times(9));
    let ending = story.run(json!({"mode": "notify-test"})).await?;
    assert_eq!(
        ending.execution.error.as_deref(),
        Some("Migration.MessagesNotSent")
    );
    assert!(story.cloud.failed_events().is_empty());
    Ok(())
}

#[tokio::test]
async fn trouble_is_told_once_its_end_once_and_a_reminder_at_its_time() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let mut input = story.input();
    input["sync"] = json!({"samples": 6});
    input["notifications"] = json!({"reminderSeconds": 5});
    let execution = story.start(input).await?;
    story.verdict_of(&execution).await?;
    story
        .until("two reminders", async || {
            Ok(count(&story, "migration.reminder") >= 2)
        })
        .await?;

    story.source.engine().freeze()?;
    story
        .until("trouble to be told", async || {
            Ok(count(&story, "migration.trouble") > 0)
        })
        .await?;
    let looks = |seen: &Value| seen["told"]["concerns"][0]["looks"].as_u64().unwrap_or(0);
    story
        .observation(&execution, "two looks more at the same", |seen| looks(seen) >= 4)
        .await?;
    story.source.engine().thaw()?;
    story
        .until("its end to be told", async || {
            Ok(count(&story, "migration.recovered") > 0)
        })
        .await?;
    let order = json!({"replicationGroupId": TARGET, "action": "abort", "by": "a story"});
    assert_eq!(story.order(order).await??["delivered"], true);
    let ending = story.end_of(&execution).await?;

    assert_eq!(count(&story, "migration.trouble"), 1, "{:?}", story.told());
    assert_eq!(count(&story, "migration.recovered"), 1, "{:?}", story.told());
    let told = story.told().len();
    assert!(told < ending.observations().len(), "never one per look: {told}");
    let trouble = story
        .messages()
        .into_iter()
        .find(|message| message.attribute("eventType") == Some("migration.trouble"))
        .context("trouble")?;
    assert_eq!(trouble.attribute("severity"), Some("warning"));
    assert!(
        trouble
            .body("email")
            .contains("the link between source and target is broken"),
        "{}",
        trouble.body("email")
    );
    let ids: BTreeSet<_> = story
        .messages()
        .iter()
        .filter_map(|message| Some(message.attribute("messageId")?.to_owned()))
        .collect();
    assert_eq!(ids.len(), told, "each has an id of its own");
    Ok(())
}

#[tokio::test]
async fn a_publish_of_unclear_outcome_is_repeated_under_the_same_id_and_posted_once() -> Result<()> {
    let slack = Slack::open("sesame").await?;
    let story = with_webhook(&slack).await?;
    // SNS took it, and the answer was lost with the sandbox.
    story
        .cloud
        .inject(FaultRule::new("notify", Fault::CrashAfterHandler).when("/occasion", "started"));
    let ending = story
        .run(json!({
            "mode": "assess", "replicationGroupId": "orders-cash", "source": story.input()["source"]
        }))
        .await?;
    ending.assert_succeeded();
    let ids: Vec<String> = story
        .messages()
        .iter()
        .filter(|message| message.attribute("eventType") == Some("migration.started"))
        .filter_map(|message| Some(message.attribute("messageId")?.to_owned()))
        .collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    assert_eq!(ids[0], ids[1]);
    assert_eq!(
        story
            .told()
            .iter()
            .filter(|told| *told == "migration.assessed")
            .count(),
        1,
        "what was taken is never repeated"
    );
    Ok(())
}

#[tokio::test]
async fn a_webhook_that_fails_stops_nothing_and_its_url_is_nowhere() -> Result<()> {
    let slack = Slack::open("sesame").await?;
    let story = with_webhook(&slack).await?;
    slack.break_down(true);
    let assess = json!({"mode": "assess", "replicationGroupId": TARGET, "source": story.input()["source"]});
    let ending = story.run(assess.clone()).await?;
    ending.assert_succeeded();
    assert_eq!(story.told(), ["migration.started", "migration.assessed"]);
    let answers = ending.answers_of("TellAssessed");
    assert_eq!(
        answers[0]["webhook"],
        "not posted: Slack answered 500: no word of Slack's"
    );

    slack.break_down(false);
    story.run(assess).await?;
    assert_eq!((slack.taken().len(), slack.refused()), (2, vec![]));
    assert!(slack.taken()[1]["text"].to_string().contains("assessment"));
    let logs = story.cloud.function_logs("NotifyFunction");
    assert!(
        logs.iter()
            .any(|line| line.text.contains("the webhook did not take it"))
    );
    assert!(!logs.iter().any(|line| line.text.contains("sesame")));
    Ok(())
}

#[tokio::test]
async fn preflight_warns_where_nobody_hears() -> Result<()> {
    let finding = async |parameters: &[(&str, &str)]| -> Result<String> {
        let story = Story::begin_with(Pair::default(), parameters).await?;
        let ending = story
            .run(json!({"mode": "assess", "replicationGroupId": TARGET, "source": story.input()["source"]}))
            .await?;
        let output = ending.execution.output.context("an output")?;
        let findings = output["preflight"]["findings"].as_array().context("findings")?;
        let found = findings
            .iter()
            .find(|finding| finding["id"] == "M1")
            .context("M1")?;
        Ok(found["outcome"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(finding(&[]).await?, "WARN");
    assert_eq!(
        finding(&[("NotificationEmail", "somebody@example.com")]).await?,
        "PASS"
    );
    Ok(())
}
