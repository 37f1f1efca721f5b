//! What people are told: one message per occasion, rendered here and nowhere else, in the forms that its readers take.
//! E-mail gets plain text with a subject under 100 ASCII characters; Slack and Teams by way of Amazon Q Developer in chat
//! applications get its custom notification; a Slack webhook gets blocks; queues and functions get a JSON document whose
//! schema is docs/message.schema.json. No secret can be in any of them, because no input of a message holds one.
//!
//! `occasion` says what there is to tell, `stories` tells it once, and `plain`, `chat`, `slack` and `document` are the four
//! forms of one story.

mod chat;
mod compared;
mod cut;
mod document;
mod link;
mod occasion;
mod plain;
mod samples;
mod slack;
mod stories;

use crate::contract::notify::{Input, Occasion};
use serde::Serialize;
use serde_json::{Value, json};
use stories::Story;

pub use cut::LARGEST_MESSAGE;
pub use link::console_link;
pub use samples::one_of_each;

/// A message, ready to publish.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// The same for every try to publish it, and no other message's: `<migration>/<occasion>`, and where an occasion may
    /// come again the moment of the look that gave rise to it.
    pub id: String,
    /// What happened.
    pub occasion: Occasion,
    /// Message attributes, for filter policies.
    pub attributes: Attributes,
    /// Under 100 printable ASCII characters.
    /// Source: <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>.
    pub subject: String,
    /// For people who read mail.
    pub text: String,
    /// For Slack and Teams: a custom notification of Amazon Q Developer in chat applications.
    pub chat: Value,
    /// For a Slack webhook: Block Kit.
    pub slack: Value,
    /// For programs.
    pub document: Value,
}

/// What filter policies can select by. Five keys are as many as a policy may have.
/// Source: <https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attributes {
    /// `info`, `action`, `warning` or `critical`.
    pub severity: &'static str,
    /// `migration.<occasion>`.
    pub event_type: String,
    /// The target, or `unknown` where the input named none.
    pub replication_group_id: String,
    /// The execution's name.
    pub execution_name: String,
}

impl Notice {
    /// The body of the one publish that serves all (`MessageStructure: json`): a text for each protocol, well under SNS's
    /// limit whatever the message holds. Amazon Q Developer subscribes by `https`.
    #[must_use]
    pub fn message(&self) -> String {
        let document = self.document.to_string();
        json!({
            "default": cut::bytes(&self.text, cut::SHORTEST_TEXT),
            "email": self.text,
            "https": self.chat.to_string(),
            "sqs": document,
            "lambda": document,
        })
        .to_string()
    }
}

/// Renders the message of an occasion.
#[must_use]
pub fn render(input: &Input) -> Notice {
    let about = About::of(input);
    let story = stories::tell(input, &about);
    Notice {
        id: about.message_id.clone(),
        occasion: input.occasion,
        subject: plain::subject(&story, &about),
        text: plain::text(&story, &about),
        chat: chat::notification(&story, &about),
        slack: slack::blocks(&story, &about),
        document: document::document(&story, &about, input),
        attributes: Attributes {
            severity: about.kind.severity.word(),
            event_type: about.event(),
            replication_group_id: about.group.clone(),
            execution_name: about.migration.clone(),
        },
    }
}

/// What every form says at its head and at its foot.
struct About {
    kind: &'static occasion::Kind,
    message_id: String,
    /// Whom it is about, for people: the target, or a fleet.
    whom: String,
    /// What a thread of its messages is about.
    thread: String,
    group: String,
    migration: String,
    execution_arn: Option<String>,
    console: Option<String>,
    page: Option<String>,
    report: Option<String>,
    /// Whether it is a sample that nothing happened for.
    test: bool,
}

impl About {
    fn of(input: &Input) -> About {
        let kind = occasion::kind(input.occasion);
        let group = input
            .plan
            .as_ref()
            .map(|plan| plan.replication_group_id.to_string())
            .or_else(|| input.cleaned_up.as_ref()?.replication_group_id.clone())
            .unwrap_or_else(|| "unknown".to_owned());
        let migration = input
            .migration
            .as_ref()
            .map_or_else(|| "unknown".to_owned(), |migration| migration.id.clone());
        let (whom, thread) = match input.fleet {
            Some(_) => (
                format!("fleet {migration}"),
                format!("Migrations of fleet {migration}"),
            ),
            None => (group.clone(), format!("Migration into {group}")),
        };
        let execution_arn = input.migration.as_ref().map(|it| it.execution_arn.clone());
        // An occasion that may come again is told apart by the look that it comes from.
        let look = input.observation.as_ref().filter(|_| kind.comes_again);
        let moment = look.map_or_else(String::new, |look| format!("/{}", look.at));
        About {
            message_id: format!("{migration}/{}{moment}", kind.name),
            kind,
            whom,
            thread,
            group,
            console: execution_arn.as_deref().and_then(console_link),
            execution_arn,
            migration,
            page: input.page.clone(),
            report: input.report.as_ref().map(|report| report.console.clone()),
            test: input.test,
        }
    }

    fn event(&self) -> String {
        format!("migration.{}", self.kind.name)
    }
}

#[cfg(test)]
mod tests;
