//! What a Slack webhook takes: a text for notifications, and blocks. Slack refuses a message as a whole where one part is
//! too long, so each is cut. Sources: <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>,
//! <https://docs.slack.dev/reference/block-kit/blocks>.

use super::chat::{escaped, links, step};
use super::{About, Story, cut};
use serde_json::{Value, json};

/// A header's text, in characters.
const LONGEST_HEADER: usize = 150;
/// A section's text, in characters.
const LONGEST_SECTION: usize = 3_000;
/// What is shown of the reasons, in characters; the rest stands in the e-mail and on the page.
const DESCRIBED: usize = 2_500;
/// Steps in a section: with the longest they stay under its limit.
const MOST_STEPS: usize = 8;

pub(super) fn blocks(story: &Story, about: &About) -> Value {
    let test = if about.test { "TEST: " } else { "" };
    let title = format!("{test}{}: {}", about.whom, story.headline);
    let section = |text: String| json!({"type": "section", "text": {"type": "mrkdwn", "text": cut::chars(&text, LONGEST_SECTION)}});
    let mut blocks = vec![json!({
        "type": "header", "text": {"type": "plain_text", "text": cut::chars(&title, LONGEST_HEADER)}
    })];
    let facts = story
        .facts
        .iter()
        .map(|(name, value)| format!("*{name}:* {}", escaped(value)));
    let reasons: Vec<String> = facts
        .chain(story.lines.iter().map(|line| escaped(line)))
        .collect();
    if !reasons.is_empty() {
        blocks.push(section(cut::chars(&reasons.join("\n"), DESCRIBED)));
    }
    let steps: Vec<String> = story
        .next
        .iter()
        .take(MOST_STEPS)
        .map(|it| format!("• {}", step(it)))
        .collect();
    if !steps.is_empty() {
        blocks.push(section(steps.join("\n")));
    }
    let mut foot = links(about);
    foot.push(escaped(&about.message_id));
    blocks.push(json!({
        "type": "context", "elements": [{"type": "mrkdwn", "text": cut::chars(&foot.join(" · "), LONGEST_SECTION)}]
    }));
    json!({
        "text": escaped(&cut::chars(
            &format!("{} {title}", about.kind.severity.mark()),
            LONGEST_HEADER,
        )),
        "blocks": blocks,
    })
}
