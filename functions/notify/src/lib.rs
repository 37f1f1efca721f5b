//! Steps `TellStarted`, `TellReady`, `TellDone`, `TellFailed`, `TellAborted`: tells people of a change.
//!
//! Publishes one message. Twice is not the same as once, but shows that it is: the message id is the same.

mod page;

use adapters::config::NotifyConfig;
use adapters::{aws, clock, sns};
use domain::StepError;
use domain::contract::notify::Input;
use domain::notice::render;
use page::Page;
use serde::Serialize;

/// What this function may call.
#[derive(Debug)]
pub struct Clients {
    topic: sns::Topic,
    page: Option<Page>,
}

impl Clients {
    /// Builds the clients once per sandbox.
    ///
    /// # Errors
    /// Where the environment lacks the topic's ARN.
    pub async fn new() -> Result<Clients, adapters::config::ConfigError> {
        let config = NotifyConfig::from_env()?;
        let aws = aws::config().await;
        Ok(Clients {
            topic: sns::Topic::new(&aws, config.topic_arn),
            page: config.page.map(|page| Page::new(&aws, page)),
        })
    }
}

/// What was published.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// The message's own id, the same for every try.
    pub id: String,
    /// SNS's id of this publish.
    pub sns_message_id: String,
}

/// Answers one invocation.
///
/// # Errors
/// Where SNS did not take the message; the state machine goes on all the same.
pub async fn handle(clients: &Clients, mut input: Input) -> Result<Output, StepError> {
    if let Some(page) = &clients.page {
        input.page = page.link(&input, clock::now()).await;
    }
    let notice = render(&input);
    let sns_message_id = clients.topic.publish(&notice).await?;
    tracing::info!(message.id = %notice.id, "published");
    Ok(Output {
        id: notice.id,
        sns_message_id,
    })
}
