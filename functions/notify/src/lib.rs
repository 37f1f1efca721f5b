//! The steps `Tell...`: tells people of a change. Beside them `TestMessages`, which publishes one of each, and
//! `WhoHears`, which asks SNS who is subscribed.
//!
//! Publishes messages and changes nothing else. Twice is not the same as once, but shows that it is: the message id is the
//! same. A try that SNS took is never repeated; one of which it is not known is, by the state machine's Retry. A webhook
//! that fails is told of in the answer and stops nothing.

mod page;

use adapters::config::NotifyConfig;
use adapters::webhook::Webhook;
use adapters::{aws, clock, sns};
use domain::StepError;
use domain::contract::notify::{Input, Listeners, Request, Step, TestOutcome, Tested};
use domain::notice::{Notice, one_of_each, render};
use page::Page;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// What this function may call.
#[derive(Debug)]
pub struct Clients {
    topic: sns::Topic,
    webhook: Option<Webhook>,
    posted: Posted,
    page: Option<Page>,
}

/// The messages that the webhook took lately: where the topic's try has to be repeated, the webhook's need not be. A
/// sandbox's memory is enough for that, since a Retry follows within seconds.
#[derive(Debug, Default)]
struct Posted(Mutex<VecDeque<String>>);

impl Posted {
    const KEPT: usize = 64;

    fn knows(&self, id: &str) -> bool {
        let ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ids.iter().any(|known| known == id)
    }

    fn learn(&self, id: &str) {
        let mut ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ids.push_back(id.to_owned());
        if ids.len() > Posted::KEPT {
            ids.pop_front();
        }
    }
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
            webhook: config.slack_webhook_secret_arn.map(|arn| Webhook::new(&aws, arn)),
            posted: Posted::default(),
            page: config.page.map(|page| Page::new(&aws, page)),
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
    /// What became of it at the Slack webhook, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<String>,
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
    let notice = match &clients.page {
        Some(page) if !input.test => {
            let mut input = input.clone();
            input.page = page.link(&input, clock::now()).await;
            render(&input)
        }
        _ => render(input),
    };
    let (published, webhook) = tokio::join!(clients.topic.publish(&notice), post(clients, &notice));
    let sns_message_id = published?;
    tracing::info!(message.id = %notice.id, "published");
    Ok(Told {
        id: notice.id,
        sns_message_id,
        webhook,
    })
}

/// Posts to the webhook, where there is one and it has not taken this message yet. Whatever happens there is words.
async fn post(clients: &Clients, notice: &Notice) -> Option<String> {
    let webhook = clients.webhook.as_ref()?;
    if clients.posted.knows(&notice.id) {
        return Some("posted before".to_owned());
    }
    match webhook.post(&notice.slack).await {
        Ok(()) => {
            clients.posted.learn(&notice.id);
            Some("posted".to_owned())
        }
        Err(why) => {
            tracing::warn!(message.id = %notice.id, %why, "the webhook did not take it");
            Some(format!("not posted: {why}"))
        }
    }
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
            Ok(told) => {
                tested.published += 1;
                // The last word of the webhook's that is not a good one stands for all.
                let bad = tested.webhook.as_ref().is_some_and(|word| word != "posted");
                tested.webhook = tested.webhook.filter(|_| bad).or(told.webhook);
            }
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
            webhook: clients.webhook.is_some(),
            untold: None,
        },
        Err(error) => Listeners {
            webhook: clients.webhook.is_some(),
            untold: Some(error.to_string()),
            ..Listeners::default()
        },
    }
}
