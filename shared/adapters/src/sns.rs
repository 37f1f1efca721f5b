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

    /// Publishes: people get the text, queues and functions the document. Answers SNS's message id.
    ///
    /// # Errors
    /// Where SNS refused, or did not answer; then it may or may not have published.
    pub async fn publish(&self, notice: &Notice) -> Result<String, StepError> {
        let document = notice.document.to_string();
        let by_protocol = serde_json::json!({
            "default": notice.text, "email": notice.text, "sqs": document, "lambda": document, "http": document,
        });
        let attributes = &notice.attributes;
        let published = self
            .client
            .publish()
            .topic_arn(&self.arn)
            .subject(&notice.subject)
            .message_structure("json")
            .message(by_protocol.to_string())
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
}

fn attribute(value: &str) -> Result<MessageAttributeValue, StepError> {
    MessageAttributeValue::builder()
        .data_type("String")
        .string_value(value)
        .build()
        .map_err(|error| StepError::Bug(error.to_string()))
}
