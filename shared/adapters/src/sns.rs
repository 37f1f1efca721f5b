//! Publishes a notice once for all kinds of subscribers.

use crate::aws::{Lazy, lazily, step_error};
use aws_sdk_sns::types::MessageAttributeValue;
use domain::StepError;
use domain::notice::Notice;

/// The messages topic.
#[derive(Clone, Debug)]
pub struct Topic {
    client: Lazy<aws_sdk_sns::Client>,
    arn: String,
}

impl Topic {
    /// A client for one topic.
    #[must_use]
    pub fn new(config: &aws_types::SdkConfig, arn: String) -> Topic {
        Topic {
            client: lazily(config, aws_sdk_sns::Client::new),
            arn,
        }
    }

    /// Publishes once for all. Answers SNS's message id.
    /// Source: <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>.
    ///
    /// # Errors
    /// Where SNS refused, or did not answer; then it may or may not have published.
    pub async fn publish(&self, notice: &Notice) -> Result<String, StepError> {
        let attributes = &notice.attributes;
        let published = self
            .client
            .publish()
            .topic_arn(&self.arn)
            .subject(&notice.subject)
            .message_structure("json")
            .message(notice.message())
            .message_attributes("severity", attribute(attributes.severity)?)
            .message_attributes("eventType", attribute(&attributes.event_type)?)
            .message_attributes("replicationGroupId", attribute(&attributes.replication_group_id)?)
            .message_attributes("executionName", attribute(&attributes.execution_name)?)
            .message_attributes("messageId", attribute(&notice.id)?)
            .send()
            .await
            .map_err(|error| step_error("sns:Publish", &error))?;
        Ok(published.message_id.unwrap_or_default())
    }

    /// The protocols of the topic's subscriptions: those that are confirmed, and those that nobody has confirmed yet.
    /// No address of anybody's is kept.
    /// Source: <https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html>.
    ///
    /// # Errors
    /// Where SNS refused or did not answer.
    pub async fn subscriptions(&self) -> Result<(Vec<String>, Vec<String>), StepError> {
        let mut pages = self
            .client
            .list_subscriptions_by_topic()
            .topic_arn(&self.arn)
            .into_paginator()
            .items()
            .send();
        let (mut confirmed, mut pending) = (vec![], vec![]);
        while let Some(subscription) = pages.next().await {
            let subscription =
                subscription.map_err(|error| step_error("sns:ListSubscriptionsByTopic", &error))?;
            let protocol = subscription.protocol().unwrap_or("unknown").to_owned();
            match subscription.subscription_arn() {
                Some("PendingConfirmation") | None => pending.push(protocol),
                Some(_) => confirmed.push(protocol),
            }
        }
        Ok((confirmed, pending))
    }
}

fn attribute(value: &str) -> Result<MessageAttributeValue, StepError> {
    MessageAttributeValue::builder()
        .data_type("String")
        .string_value(value)
        .build()
        .map_err(|error| StepError::Bug(error.to_string()))
}
