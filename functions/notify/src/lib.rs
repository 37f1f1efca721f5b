//! The steps `Tell...`: tells people of a change. Beside them `TestMessages`, which publishes one of each, and
//! `WhoHears`, which asks SNS who is subscribed.
//!
//! Publishes messages and changes nothing else. Twice is not the same as once, but shows that it is: the message id is the
//! same. A try that SNS took is never repeated; one of which it is not known is, by the state machine's Retry.

use adapters::config::NotifyConfig;
use adapters::{aws, sns};
use domain::StepError;
use domain::contract::notify::{Input, Listeners, Request, Step, TestOutcome, Tested};
use domain::notice::{one_of_each, render};
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
pub struct Told {
    /// The message's own id, the same for every try.
    pub id: String,
    /// SNS's id of this publish.
    pub sns_message_id: String,
}

/// What the function answers, by what it was asked.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Output {
    /// To the states `Tell...`.
    Told(Told),
    /// To `TestMessages`.
    Tested(Tested),
    /// To `WhoHears`.
    Listeners(Listeners),
}

/// Answers one invocation.
///
/// # Errors
/// Where SNS did not take the message; the state machine goes on all the same. A test and a question never fail: their
/// answer says what did.
pub async fn handle(clients: &Clients, request: Request) -> Result<Output, StepError> {
    match request {
        Request::Tell(input) => tell(clients, &input).await.map(Output::Told),
        Request::Step(Step::Test { migration, plan }) => Ok(Output::Tested(
            test(clients, &one_of_each(&migration, &plan)).await,
        )),
        Request::Step(Step::Listeners) => Ok(Output::Listeners(listeners(clients).await)),
    }
}

async fn tell(clients: &Clients, input: &Input) -> Result<Told, StepError> {
    let notice = render(input);
    let sns_message_id = clients.topic.publish(&notice).await?;
    tracing::info!(message.id = %notice.id, "published");
    Ok(Told {
        id: notice.id,
        sns_message_id,
    })
}

/// One after the other, so that they arrive in the order of a migration where the way is quiet.
async fn test(clients: &Clients, samples: &[Input]) -> Tested {
    let mut tested = Tested {
        outcome: TestOutcome::Sent,
        published: 0,
        failed: vec![],
        webhook: None,
    };
    for sample in samples {
        match tell(clients, sample).await {
            Ok(_) => tested.published += 1,
            Err(error) => tested.failed.push(format!("{:?}: {error}", sample.occasion)),
        }
    }
    if !tested.failed.is_empty() {
        tested.outcome = TestOutcome::NotSent;
    }
    tested
}

async fn listeners(clients: &Clients) -> Listeners {
    match clients.topic.subscriptions().await {
        Ok((confirmed, pending)) => Listeners {
            confirmed,
            pending,
            ..Listeners::default()
        },
        Err(error) => Listeners {
            untold: Some(error.to_string()),
            ..Listeners::default()
        },
    }
}
