//! The page, as people and strangers meet it: links out of published messages, in a real Chromium, over the compiled
//! functions. tests/browser has what happens in the browser.

use anyhow::{Context, Result, bail};
use domain::page::{Key, Link, Right, Subject};
use jiff::{SignedDuration, Timestamp};
use scenarios::{Pair, Story, TARGET, get, with_page};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// The folder above the tests.
fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Tells a story of tests/browser, and gives what it found.
async fn in_the_browser(story: &str, input: &Value) -> Result<Value> {
    let root = workspace();
    let mut node = Command::new("node")
        .arg(root.join("tests/browser").join(story))
        .env("BROWSER_MODULES", root.join(".local-cloud/browser"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("node is not there: run make setup")?;
    let mut stdin = node.stdin.take().context("no standard input")?;
    stdin.write_all(input.to_string().as_bytes()).await?;
    drop(stdin);
    let ended = node.wait_with_output().await?;
    if !ended.status.success() {
        bail!("{story}: {}", String::from_utf8_lossy(&ended.stderr));
    }
    Ok(serde_json::from_slice(&ended.stdout)?)
}

/// The link in the newest message of an occasion, as a person finds it in the mail.
fn link_in(story: &Story, occasion: &str) -> Result<String> {
    let messages = story.messages();
    let message = messages
        .iter()
        .rev()
        .find(|message| message.attribute("eventType") == Some(occasion))
        .with_context(|| format!("nobody was told of {occasion}"))?;
    let page = story.cloud.function_url("ConsoleFunction").context("no page")?;
    let text = format!("{message:?}");
    let begin = text.find(&page).context("the message has no link to the page")?;
    let link = text[begin..]
        .split(|c: char| c.is_whitespace() || "\\\"<>|".contains(c))
        .next()
        .unwrap_or_default();
    Ok(link.to_owned())
}

/// The key that signs links now.
async fn key(story: &Story) -> Result<Key> {
    let (id, value) = story.link_key().await?;
    Key::new(&id, value.as_bytes()).map_err(anyhow::Error::msg)
}

/// The newest verdict's migration, ready to be approved.
async fn ready(story: &Story) -> Result<String> {
    let execution = story.start(story.input()).await?;
    story
        .until("the message \"ready\"", async || {
            Ok(story.told().iter().any(|told| told == "migration.ready"))
        })
        .await?;
    Ok(execution)
}

#[tokio::test]
async fn a_person_goes_from_the_mail_to_done() -> Result<()> {
    let story = Story::begin_in(Pair::default(), with_page()).await?;
    let execution = ready(&story).await?;
    let link = link_in(&story, "migration.ready")?;
    let fleet = story.link_made(json!({"for": "fleet"})).await?;
    let input = json!({"link": link, "fleet": fleet, "group": TARGET});
    let seen = in_the_browser("approve.mjs", &input).await?;
    assert_eq!(seen["checked"].as_array().map(Vec::len), Some(16), "{seen}");

    let ending = story.end_of(&execution).await?;
    assert!(ending.states().contains(&"Done"), "{:?}", ending.execution);
    assert_the_console_did_no_more_than_it_may(&story)?;
    assert_no_link_is_kept(
        &story,
        &ending
            .history
            .iter()
            .map(|event| format!("{:?}", event.raw))
            .collect::<Vec<_>>(),
        &link,
    );
    story.assert_fenced_until_lifted(&execution).await
}

#[tokio::test]
async fn strangers_order_nothing() -> Result<()> {
    let story = Story::begin_in(Pair::default(), with_page()).await?;
    let execution = ready(&story).await?;
    let id = execution.rsplit(':').next().unwrap_or_default();
    let link = link_in(&story, "migration.ready")?;
    let looks = story.link_made(json!({"for": id})).await?;
    let of_another = story.link_made(json!({"for": "another", "right": "act"})).await?;
    let page = story.cloud.function_url("ConsoleFunction").context("no page")?;
    let expired = Link {
        subject: Subject::Migration(id.to_owned()),
        right: Right::Act { verdict: None },
        expires: Timestamp::now() - SignedDuration::from_secs(1),
    };
    let expired = format!("{page}{}", expired.path(&key(&story).await?));
    let query = |link: &str| {
        link.split_once('?')
            .map_or(String::new(), |(_, query)| query.to_owned())
    };

    let not_valid = |name: &str, url: String| json!({"name": name, "url": url, "status": 403, "says": "This link is not valid"});
    let refused = json!([
        not_valid("altered at its end", altered(&link)),
        not_valid("a view made to act", looks.replace("link=v.", "link=a.")),
        not_valid("no link", format!("{page}/migrations/{id}")),
        not_valid("another migration's", format!("{page}/migrations/{id}?{}", query(&of_another))),
        not_valid("one migration's for all", format!("{page}/migrations?{}", query(&link))),
        {"name": "expired", "url": expired, "status": 410, "says": "This link has expired"},
        {"name": "looks", "url": looks.replace('?', "/decision?"), "status": 403, "says": "This link allows to look only"},
        {"name": "nowhere", "url": format!("{page}/admin"), "status": 404, "says": "There is no such page"},
        {"name": "unknown", "url": of_another, "status": 404, "says": "This migration is not known any more"},
    ]);
    in_the_browser(
        "attacks.mjs",
        &json!({"link": link, "group": TARGET, "refused": refused}),
    )
    .await?;

    let orders = story
        .cloud
        .calls()
        .into_iter()
        .filter(|call| call.caller == "local-console" && call.operation == "Invoke")
        .count();
    assert_eq!(orders, 0, "a stranger's order was passed on");
    assert!(!story.told().iter().any(|told| told == "migration.done"));
    story.cloud.stop_execution(&execution, "Story", "over").await?;
    Ok(())
}

#[tokio::test]
async fn a_form_that_is_sent_twice_is_taken_once() -> Result<()> {
    let story = Story::begin_in(Pair::default(), with_page()).await?;
    let execution = ready(&story).await?;
    let link = link_in(&story, "migration.ready")?;
    in_the_browser("replay.mjs", &json!({"link": link, "group": TARGET})).await?;
    let ending = story.end_of(&execution).await?;
    assert!(ending.states().contains(&"Done"), "{:?}", ending.execution);
    let approvals = ending
        .history
        .iter()
        .filter(|event| {
            event
                .output
                .as_ref()
                .is_some_and(|output| output["kind"] == "approve")
        })
        .filter(|event| event.kind == "TaskSucceeded")
        .count();
    assert_eq!(approvals, 1, "the second approval reached the migration");
    Ok(())
}

#[tokio::test]
async fn a_link_outlives_one_rotation_of_the_key_and_not_two() -> Result<()> {
    let story = Story::begin_in(Pair::default(), with_page()).await?;
    let link = story.link_made(json!({"for": "fleet"})).await?;
    assert_eq!(get(&link).await?.status, 200);
    story
        .rotate_link_key("aaaaaaaa-0000-4000-8000-000000000001")
        .await?;
    // Another sandbox or a later minute: the function has to read the versions again.
    let newer = link_made_by(&story, &key(&story).await?)?;
    story
        .until("the page to know the new key", async || {
            Ok(get(&newer).await?.status == 200)
        })
        .await?;
    assert_eq!(get(&link).await?.status, 200, "a link outlives one rotation");
    story
        .rotate_link_key("bbbbbbbb-0000-4000-8000-000000000002")
        .await?;
    let newest = link_made_by(&story, &key(&story).await?)?;
    story
        .until("the page to know the newest key", async || {
            Ok(get(&newest).await?.status == 200)
        })
        .await?;
    assert_eq!(get(&link).await?.status, 403, "and not two");
    Ok(())
}

/// The same link but for its last letter.
fn altered(link: &str) -> String {
    let other = if link.ends_with('A') { 'Q' } else { 'A' };
    format!("{}{other}", &link[..link.len() - 1])
}

fn link_made_by(story: &Story, key: &Key) -> Result<String> {
    let link = Link {
        subject: Subject::Fleet,
        right: Right::View,
        expires: Timestamp::now() + SignedDuration::from_hours(1),
    };
    let page = story.cloud.function_url("ConsoleFunction").context("no page")?;
    Ok(format!("{page}{}", link.path(key)))
}

/// Reads, the key, and `signal`: nothing else was called, and nothing of it was denied.
fn assert_the_console_did_no_more_than_it_may(story: &Story) -> Result<()> {
    let function = story
        .cloud
        .template()
        .function("ConsoleFunction")
        .context("no console")?;
    let calls: Vec<_> = story
        .cloud
        .calls()
        .into_iter()
        .filter(|call| call.caller == function.name)
        .collect();
    let made: BTreeSet<&str> = calls.iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(
        made,
        BTreeSet::from([
            "DescribeExecution",
            "GetExecutionHistory",
            "GetSecretValue",
            "Invoke",
            "ListExecutions"
        ])
    );
    let policy = function.policy.as_ref().context("its policy is not known")?;
    let allowed: BTreeSet<String> = policy
        .0
        .iter()
        .flat_map(|statement| statement.actions.clone())
        .collect();
    let expected = [
        "lambda:InvokeFunction",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "secretsmanager:GetSecretValue",
        "states:DescribeExecution",
        "states:GetExecutionHistory",
        "states:ListExecutions",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    ];
    assert_eq!(allowed, expected.map(str::to_owned).into());
    Ok(())
}

/// A link stands in its message and nowhere else: not in the history, not in a function's log.
fn assert_no_link_is_kept(story: &Story, history: &[String], link: &str) {
    let signature = link.rsplit('.').next().unwrap_or(link);
    assert!(signature.len() > 40, "{link}");
    assert!(
        history.iter().all(|event| !event.contains(signature)),
        "the history keeps a link"
    );
    for function in ["ConsoleFunction", "NotifyFunction", "SignalFunction"] {
        let logs = story.cloud.function_logs(function);
        assert!(!format!("{logs:?}").contains(signature), "{function} logs a link");
    }
}
