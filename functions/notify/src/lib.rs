//! Steps `TellStarted`, `TellReady`, `TellDone`, `TellFailed`, `TellAborted`: tells people of a change.
//!
//! Publishes one message. Twice is not the same as once, but shows that it is: the message id is the same.

use adapters::config::NotifyConfig;
use adapters::{aws, sns};
use domain::StepError;
use domain::contract::notify::Input;
use domain::notice::render;
use serde::Serialize;

/// What this function may call.
#[derive(Debug)]
pub struct Clients {
    topic: sns::Topic,
}

impl Clients {
    /// Builds the clients once per sandbox.
    ///
    /// # Errors
    /// Where the environment lacks the topic's ARN.
    pub async fn new() -> Result<Clients, adapters::config::ConfigError> {
        let config = NotifyConfig::from_env()?;
        Ok(Clients {
            topic: sns::Topic::new(&aws::config().await, config.topic_arn),
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
pub async fn handle(clients: &Clients, input: Input) -> Result<Output, StepError> {
    let notice = render(&input);
    let sns_message_id = clients.topic.publish(&notice).await?;
    tracing::info!(message.id = %notice.id, "published");
    Ok(Output {
        id: notice.id,
        sns_message_id,
    })
}
