//! ElastiCache's notifications: what the stand-in would publish goes to SNS, one after the other, as ElastiCache's own.

use std::sync::Arc;

use aws_sdk_sns::error::DisplayErrorContext;
use elasticache_stand_in::{Notification, Settings};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::sdk;

/// The access key id under which the record of calls shows these publications.
const ACCESS_KEY_ID: &str = "elasticache";

/// The same settings, with their notifications heard here as well.
pub(super) fn heard(mut settings: Settings) -> (Settings, UnboundedReceiver<Notification>) {
    let (heard, notifications) = unbounded_channel();
    let own = settings.on_notification.take();
    settings.on_notification = Some(Arc::new(move |notification: Notification| {
        // Nobody listens any more once the cloud ends.
        let _ = heard.send(notification.clone());
        if let Some(own) = &own {
            own(notification);
        }
    }));
    (settings, notifications)
}

/// Publishes until the stand-in is gone. A topic that does not exist loses its messages, as on AWS.
pub(super) async fn publish(mut notifications: UnboundedReceiver<Notification>, endpoint_url: String) {
    let sns = aws_sdk_sns::Client::new(&sdk::config(&endpoint_url, ACCESS_KEY_ID));
    while let Some(notification) = notifications.recv().await {
        let Notification { topic_arn, body } = notification;
        let publish = sns.publish().topic_arn(&topic_arn).message(body);
        if let Err(error) = publish.send().await {
            tracing::warn!(
                topic_arn,
                "a notification is lost: {}",
                DisplayErrorContext(error)
            );
        }
    }
}
