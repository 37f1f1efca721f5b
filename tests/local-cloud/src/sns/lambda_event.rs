//! The event with which SNS invokes a function.

use serde_json::{Map, Value, json};

use super::Message;

pub(super) fn of(message: &Message, function_arn: &str) -> Value {
    let attributes: Map<String, Value> = message
        .attributes
        .iter()
        .map(|(name, attribute)| {
            (
                name.clone(),
                json!({ "Type": attribute.data_type, "Value": attribute.value }),
            )
        })
        .collect();
    let subscription = format!(
        "{}:{}",
        message.topic,
        function_arn.rsplit(':').next().unwrap_or_default()
    );
    json!({
        "Records": [{
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": subscription,
            "Sns": {
                "Type": "Notification",
                "MessageId": message.id,
                "TopicArn": message.topic,
                "Subject": message.subject,
                "Message": message.body("lambda"),
                "Timestamp": format!("{:.3}", message.at),
                "SignatureVersion": "1",
                "Signature": "local",
                "SigningCertUrl": "https://sns.us-east-1.amazonaws.com/local.pem",
                "UnsubscribeUrl": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
                "MessageAttributes": attributes,
            }
        }]
    })
}
