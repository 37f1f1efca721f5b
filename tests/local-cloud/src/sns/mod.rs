//! SNS beyond what moto keeps: the strict checks of AWS, a record of every message, and deliveries to functions.
//!
//! moto answers the API. Its own deliveries lose message attributes, so the front door shows each publication to this
//! module instead: it is checked before moto sees it, and delivered once moto has accepted it.

mod lambda_event;
mod publication;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::body::Bytes;
use jiff::Timestamp;

pub use publication::Attribute;
pub(crate) use publication::{Publication, Rejected};

use crate::arn;
use crate::function_host::Host;
use crate::template::{SubscriptionSpec, TopicSpec};

/// A message that SNS has accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// When it was accepted.
    pub at: Timestamp,
    /// Its id on SNS.
    pub id: String,
    /// The topic's ARN.
    pub topic: String,
    /// Its subject, which e-mail shows.
    pub subject: Option<String>,
    /// What each protocol gets; `default` is always there.
    pub bodies: BTreeMap<String, String>,
    /// Its attributes, by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// The access key id of the publisher: a function's name, mostly.
    pub publisher: String,
}

impl Message {
    /// What a subscriber with this protocol (`email`, `https`, `lambda`) receives.
    pub fn body(&self, protocol: &str) -> &str {
        self.bodies
            .get(protocol)
            .or_else(|| self.bodies.get("default"))
            .map_or("", String::as_str)
    }

    /// An attribute's value.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .get(name)
            .map(|attribute| attribute.value.as_str())
    }
}

/// The deliveries of the local cloud.
#[derive(Debug, Default)]
pub(crate) struct Sns {
    subscriptions: BTreeMap<String, Vec<SubscriptionSpec>>,
    messages: Mutex<Vec<Message>>,
    /// Set once the host runs; the front door opens after that.
    host: OnceLock<Arc<Host>>,
}

impl Sns {
    pub(crate) fn new(topics: &[TopicSpec]) -> Sns {
        let subscriptions = topics
            .iter()
            .map(|topic| (arn::topic(&topic.name), topic.subscriptions.clone()))
            .collect();
        Sns {
            subscriptions,
            ..Sns::default()
        }
    }

    /// Deliveries to functions go to this host.
    pub(crate) fn deliver_to(&self, host: Arc<Host>) {
        let _ = self.host.set(host);
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        self.messages
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether AWS would take this `Publish` request.
    pub(crate) fn check(&self, form: &Bytes) -> Result<Publication, Rejected> {
        Publication::read(form)
    }

    /// Records and delivers what moto has accepted.
    pub(crate) fn accept(&self, publication: Publication, answer: &Bytes, publisher: &str) {
        let message = Message {
            at: Timestamp::now(),
            id: message_id(answer),
            topic: publication.topic,
            subject: publication.subject,
            bodies: publication.bodies,
            attributes: publication.attributes,
            publisher: publisher.to_owned(),
        };
        self.messages
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(message.clone());
        let subscribers = self
            .subscriptions
            .get(&message.topic)
            .map(Vec::as_slice)
            .unwrap_or_default();
        for subscriber in subscribers
            .iter()
            .filter(|each| each.protocol == "lambda" && wants(each, &message))
        {
            if let Some(host) = self.host.get() {
                let event = lambda_event::of(&message, &subscriber.endpoint);
                host.invoke_event(&subscriber.endpoint, Bytes::from(event.to_string()));
            }
        }
    }
}

fn wants(subscriber: &SubscriptionSpec, message: &Message) -> bool {
    subscriber.filter.iter().all(|(name, wanted)| {
        message
            .attribute(name)
            .is_some_and(|value| wanted.iter().any(|wanted| wanted == value))
    })
}

/// moto answers with XML or JSON, as the client asked; the id is the one UUID after its name.
fn message_id(answer: &Bytes) -> String {
    let text = String::from_utf8_lossy(answer);
    let after = text.split_once("MessageId").map_or("", |(_, after)| after);
    after
        .trim_start_matches(|letter: char| !letter.is_ascii_hexdigit())
        .chars()
        .take_while(|letter| letter.is_ascii_hexdigit() || *letter == '-')
        .collect()
}
