//! Secrets are planted wherever a migration could come by one; whole migrations are run, good ones and bad ones; then all
//! that was written is searched.

use anyhow::{Context, Result};
use local_cloud::HistoryEvent;
use scenarios::{Pair, Slack, Story, TARGET, get, with_page};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What must be found nowhere.
const PLANTED: [&str; 8] = [
    "PLANTED-masterauth",
    "PLANTED-acl-password",
    "PLANTED-requirepass",
    "PLANTED-value",
    "PLANTED-field-value",
    "PLANTED-script",
    "PLANTED-webhook",
    "PLANTED-typed",
];

/// The secret as it is told in the local cloud, without the six characters that Secrets Manager adds.
const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:slack-webhook";

async fn planted(slack: &Slack) -> Result<Story> {
    let pair = Pair {
        source_config: vec![
            "masterauth PLANTED-masterauth".to_owned(),
            "user planted on >PLANTED-acl-password ~* +@all".to_owned(),
        ],
        ..Pair::default()
    };
    let mut options = with_page();
    options
        .parameters
        .insert("SlackWebhookSecretArn".to_owned(), SECRET.to_owned());
    let story = Story::begin_in(pair, options).await?;
    story.keep_secret("slack-webhook", slack.url()).await?;
    let engine = story.source.engine();
    for command in [
        &["SET", "planted:string", "PLANTED-value"][..],
        &["HSET", "planted:hash", "field", "PLANTED-field-value"],
        &["RPUSH", "planted:list", "PLANTED-value"],
        &["XADD", "planted:stream", "*", "field", "PLANTED-field-value"],
        &["SCRIPT", "LOAD", "return 'PLANTED-script'"],
    ] {
        engine.command(command).await?;
    }
    Ok(story)
}

/// Everything that was written, by where it stands.
async fn written(story: &Story, executions: &[String]) -> Result<BTreeMap<String, String>> {
    let mut written = BTreeMap::new();
    let mut add = |place: String, text: String| {
        written.insert(place, text);
    };
    for (number, execution) in executions.iter().enumerate() {
        for event in story.cloud.history(execution).await? {
            add(
                format!("history of {number}, {} {}", event.id, event.kind),
                text_of(&event),
            );
        }
        let view = story.cloud.execution(execution).await?;
        add(format!("execution {number}"), format!("{view:?}"));
        let id = execution.rsplit(':').next().unwrap_or_default();
        add(format!("page of {number}"), page(story, id).await?);
    }
    for function in &story.cloud.template().functions {
        let lines = story.cloud.function_logs(&function.name);
        let text: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        add(format!("log of {}", function.name), text.join("\n"));
    }
    for (number, message) in story.cloud.messages().iter().enumerate() {
        add(format!("message {number}"), format!("{message:?}"));
    }
    for (number, event) in story.cloud.events().iter().enumerate() {
        let mut detail = event.detail.clone();
        // AWS's own event repeats an execution's input, which is searched above for those that were admitted.
        if event.source == "aws.states"
            && let Some(fields) = detail.as_object_mut()
        {
            fields.remove("input");
        }
        add(
            format!("event {number} {}", event.detail_type),
            detail.to_string(),
        );
    }
    add("page of all".to_owned(), page(story, "fleet").await?);
    for object in story.cloud.objects().await? {
        add(format!("object {}", object.key), object.text);
    }
    add(
        "events that failed".to_owned(),
        format!("{:?}", story.cloud.failed_events()),
    );
    Ok(written)
}

/// A page, as whoever has its link to act sees it.
async fn page(story: &Story, subject: &str) -> Result<String> {
    let right = if subject == "fleet" { "view" } else { "act" };
    let link = story.link_made(json!({"for": subject, "right": right})).await?;
    let answer = get(&link).await?;
    anyhow::ensure!(answer.status == 200, "the page of {subject}: {}", answer.text);
    Ok(answer.text)
}

/// The event's documents and texts.
fn text_of(event: &HistoryEvent) -> String {
    let documents = [&event.input, &event.output, &event.parameters];
    let documents = documents.into_iter().flatten().map(Value::to_string);
    let texts = [&event.error, &event.cause].into_iter().flatten().cloned();
    documents.chain(texts).collect::<Vec<_>>().join("\n")
}

/// The task tokens of a history. Step Functions itself hands them out, in the event in which it schedules the wait.
fn tokens(history: &[HistoryEvent]) -> Vec<String> {
    let token = |event: &HistoryEvent| {
        let parameters = event.parameters.as_ref()?;
        Some(parameters.pointer("/Payload/await/token")?.as_str()?.to_owned())
    };
    history.iter().filter_map(token).collect()
}

#[tokio::test]
async fn planted_secrets_are_found_nowhere() -> Result<()> {
    let slack = Slack::open("PLANTED-webhook").await?;
    let story = planted(&slack).await?;
    let mut executions = vec![];

    // A password in a wrong field: the input holds what was typed, and nothing else may repeat it.
    let mut typed = story.input();
    typed["source"]["password"] = json!("PLANTED-typed");
    let mistaken = story.run(typed).await?;
    assert_eq!(
        mistaken.execution.error.as_deref(),
        Some("Migration.InvalidInput")
    );

    let given_up = story.start(story.input()).await?;
    story.verdict_of(&given_up).await?;
    let order = json!({"replicationGroupId": TARGET, "action": "abort", "by": "a story"});
    assert_eq!(story.order(order).await??["delivered"], true);
    story.end_of(&given_up).await?;
    story
        .elasticache()
        .wait_for_status(TARGET, "available", std::time::Duration::from_secs(30))
        .await?;
    executions.push(given_up);

    let mut again = story.input();
    again["overwriteTarget"] = json!(true);
    let done = story.start(again.clone()).await?;
    let verdict = story.verdict_of(&done).await?;
    slack.break_down(true);
    story.approve(&verdict).await?;
    let ending = story.end_of(&done).await?;
    assert!(ending.states().contains(&"Done"), "{:?}", ending.execution);
    story.assert_fenced_until_lifted(&done).await?;
    slack.break_down(false);
    executions.push(done);

    // From now on the source wants a password.
    story
        .source
        .engine()
        .command(&["CONFIG", "SET", "requirepass", "PLANTED-requirepass"])
        .await?;
    let refused = story.run(again).await?;
    assert_eq!(refused.cause().as_deref(), Some("source_requires_password"));
    executions.push(refused.execution.arn.clone());
    executions.push(story.run(json!({"mode": "notify-test"})).await?.execution.arn);

    let mut written = written(&story, &executions).await?;
    let view = &mistaken.execution;
    written.insert(
        "what a mistake ends with".to_owned(),
        format!("{:?}{:?}", view.error, view.cause),
    );
    let diagnosis = mistaken.diagnosis().context("a diagnosis")?;
    written.insert("what a mistake is diagnosed as".to_owned(), diagnosis.to_string());
    // The search sees: what is no secret is found, of every kind of place.
    for kind in [
        "history of 0",
        "execution 1",
        "log of",
        "message",
        "event",
        "page of 0",
        "page of all",
        "object migrations/",
    ] {
        let seen = written
            .iter()
            .any(|(place, text)| place.starts_with(kind) && text.contains(TARGET));
        assert!(seen, "nothing of {TARGET} in any {kind}");
    }
    // A secret that no reader of anything may find, either.
    let (_, key) = story.link_key().await?;
    for (place, text) in &written {
        for secret in PLANTED.iter().copied().chain([key.as_str()]) {
            assert!(!text.contains(secret), "{secret} in {place}: {text}");
        }
    }
    assert_tokens_stay(&story, &executions, &written).await
}

/// A token stands where Step Functions wrote it and nowhere else.
async fn assert_tokens_stay(
    story: &Story,
    executions: &[String],
    written: &BTreeMap<String, String>,
) -> Result<()> {
    let mut known = vec![];
    for execution in executions {
        known.extend(tokens(&story.cloud.history(execution).await?));
    }
    assert!(known.len() > 3, "{} tokens", known.len());
    for (place, text) in written {
        if place.starts_with("history") && place.ends_with("TaskScheduled") {
            continue;
        }
        for token in &known {
            assert!(!text.contains(token.as_str()), "a token in {place}");
        }
    }
    Ok(())
}
