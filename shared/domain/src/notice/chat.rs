//! The custom notification of Amazon Q Developer in chat applications, for Slack and Teams. What does not conform is
//! dropped there without a word in the channel, so the limits, in characters, are kept here and a schema holds them in the
//! tests.
//! Source: <https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html>.

use super::stories::Step;
use super::{About, Story, cut, link};
use serde_json::{Map, Value, json};

const LONGEST_TITLE: usize = 250;
const LONGEST_DESCRIPTION: usize = 8_000;
/// In characters, far under the service's limit: a channel is read on a phone. What is left out stands in the e-mail and on
/// the page.
const DESCRIBED: usize = 3_000;
const LONGEST_STEP: usize = 350;
const MOST_STEPS: usize = 10;
const LONGEST_KEYWORD: usize = 75;

pub(super) fn notification(story: &Story, about: &About) -> Value {
    let severity = about.kind.severity;
    let test = if about.test { "TEST: " } else { "" };
    let title = format!("{} {test}{}: {}", severity.mark(), about.whom, story.headline);
    let mut context: Map<String, Value> = story
        .buttons
        .iter()
        .map(|(button, id)| (button.word().to_owned(), json!(id)))
        .collect();
    if let Some(machine) = about.execution_arn.as_deref().and_then(link::state_machine) {
        context.insert("stateMachine".to_owned(), json!(machine));
    }
    context.insert("messageId".to_owned(), json!(about.message_id));
    context.insert("replicationGroupId".to_owned(), json!(about.group));
    let resources: Vec<&String> = about.execution_arn.iter().collect();
    json!({
        "version": "1.0",
        "source": "custom",
        "id": about.message_id,
        "content": {
            "textType": "client-markdown",
            "title": cut::chars(&title, LONGEST_TITLE),
            "description": description(story, about),
            "nextSteps": story.next.iter().take(MOST_STEPS).map(step).collect::<Vec<_>>(),
            "keywords": [severity.word(), about.kind.name, cut::chars(&about.group, LONGEST_KEYWORD)],
        },
        "metadata": {
            "threadId": about.migration,
            "summary": about.thread,
            "eventType": about.event(),
            "relatedResources": resources,
            "additionalContext": context,
            "enableCustomActions": !story.buttons.is_empty(),
        },
    })
}

/// Facts, reasons and links. Only what Slack's own marks know: `*bold*`, backticks, `<url|text>`.
fn description(story: &Story, about: &About) -> String {
    let mut lines: Vec<String> = story
        .facts
        .iter()
        .map(|(name, value)| format!("*{name}:* {}", escaped(value)))
        .collect();
    lines.extend(story.lines.iter().map(|line| escaped(line)));
    let links = links(about).join(" · ");
    let room = DESCRIBED.min(LONGEST_DESCRIPTION - links.encode_utf16().count() - 1);
    let text = cut::chars(&lines.join("\n"), room);
    match (text.is_empty(), links.is_empty()) {
        (true, true) => escaped(&story.headline),
        (true, false) => links,
        (false, true) => text,
        (false, false) => format!("{text}\n{links}"),
    }
}

pub(super) fn links(about: &About) -> Vec<String> {
    [
        (&about.page, "Open the page"),
        (&about.report, "Open the report"),
        (&about.console, "Open the execution"),
    ]
    .into_iter()
    .filter_map(|(link, words)| Some(format!("<{}|{words}>", link.as_ref()?)))
    .filter(|link| link.encode_utf16().count() <= LONGEST_DESCRIPTION / 4)
    .collect()
}

/// A step with its command, where both fit: half a command is worse than none.
pub(super) fn step(step: &Step) -> String {
    let text = escaped(&step.text);
    let whole = step
        .command
        .as_ref()
        .map(|command| format!("{text} `{}`", escaped(command)));
    match whole {
        Some(whole) if whole.encode_utf16().count() <= LONGEST_STEP => whole,
        Some(_) => cut::chars(
            &format!("{} (the command is in the e-mail)", text.trim_end_matches(':')),
            LONGEST_STEP,
        ),
        None => cut::chars(&text, LONGEST_STEP),
    }
}

/// The three characters that have a meaning in Slack's marks.
/// Source: <https://docs.slack.dev/messaging/formatting-message-text#escaping>.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
