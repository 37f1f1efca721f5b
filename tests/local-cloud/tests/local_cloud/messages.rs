//! SNS: what is kept, what is refused, who is told.

use aws_sdk_sns::types::MessageAttributeValue;
use local_cloud::LocalCloud;
use serde_json::{Value, json};

use crate::{LIMIT, eventually, start};

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:local-Topic";

fn client(cloud: &LocalCloud) -> aws_sdk_sns::Client {
    aws_sdk_sns::Client::new(&cloud.sdk_config())
}

fn severity(value: &str) -> MessageAttributeValue {
    MessageAttributeValue::builder()
        .data_type("String")
        .string_value(value)
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_state_machine_s_message_is_kept_as_each_protocol_gets_it() {
    let cloud = start().await;
    let arn = cloud
        .start_execution(None, json!({ "path": "publish", "severity": "info" }))
        .await
        .unwrap();
    let view = cloud.wait_for_end(&arn, LIMIT).await.unwrap();
    assert_eq!(view.output, Some(json!({ "published": true })));
    let messages = cloud.messages();
    assert_eq!(messages.len(), 1);
    let message = &messages[0];
    assert_eq!(message.topic, TOPIC);
    assert_eq!(message.subject.as_deref(), Some("It moved"));
    assert_eq!(
        (message.body("email"), message.body("sqs")),
        ("It has moved.", "moved")
    );
    assert_eq!(message.attribute("severity"), Some("info"));
    assert_eq!(message.publisher, cloud.template().state_machines[0].caller());
}

#[tokio::test]
async fn a_function_with_an_sns_event_is_invoked_when_its_filter_fits() {
    let cloud = start().await;
    let client = client(&cloud);
    for value in ["info", "critical"] {
        let publish = client
            .publish()
            .topic_arn(TOPIC)
            .subject("Look")
            .message("a \"message\"");
        publish
            .message_attributes("severity", severity(value))
            .send()
            .await
            .unwrap();
    }
    eventually("the listener is invoked", async || {
        !cloud.function_logs("Listener").is_empty()
    })
    .await;
    let lines = cloud.function_logs("Listener");
    assert_eq!(lines.len(), 1, "the filter keeps the other away");
    let event: Value = serde_json::from_str(lines[0].text.split_once(": ").unwrap().1).unwrap();
    let record = &event["Records"][0];
    assert_eq!(record["EventSource"], "aws:sns");
    assert_eq!(record["Sns"]["TopicArn"], TOPIC);
    assert_eq!(record["Sns"]["Message"], "a \"message\"");
    assert_eq!(record["Sns"]["Subject"], "Look");
    assert_eq!(
        record["Sns"]["MessageAttributes"]["severity"],
        json!({ "Type": "String", "Value": "critical" })
    );
    assert_eq!(record["Sns"]["MessageId"], cloud.messages()[1].id);
}

#[tokio::test]
async fn what_sns_would_refuse_is_refused() {
    let cloud = start().await;
    let client = client(&cloud);
    let long_subject = client
        .publish()
        .topic_arn(TOPIC)
        .message("m")
        .subject("x".repeat(101));
    let no_default = client
        .publish()
        .topic_arn(TOPIC)
        .message(r#"{"email":"x"}"#)
        .message_structure("json");
    for refused in [long_subject, no_default] {
        let error = refused.send().await.unwrap_err().into_service_error();
        assert!(error.is_invalid_parameter_exception(), "{error:?}");
    }
    let nowhere = client
        .publish()
        .topic_arn(TOPIC.replace("local", "other"))
        .message("m")
        .send()
        .await;
    assert!(nowhere.unwrap_err().into_service_error().is_not_found_exception());
    assert!(cloud.messages().is_empty());
}

#[tokio::test]
async fn a_function_may_call_what_its_policies_allow() {
    let cloud = start().await;
    for (function, denied) in [("local-Listener", false), ("local-Echo", true)] {
        let credentials = aws_sdk_sns::config::Credentials::new(function, "local", None, None, "test");
        let config =
            aws_sdk_sns::config::Builder::from(&cloud.sdk_config()).credentials_provider(credentials);
        let client = aws_sdk_sns::Client::from_conf(config.build());
        let sent = client.publish().topic_arn(TOPIC).message("m").send().await;
        assert_eq!(sent.is_err(), denied, "{function}");
        if let Err(error) = sent {
            assert!(error.into_service_error().is_authorization_error_exception());
        }
    }
    let publishers: Vec<_> = cloud
        .messages()
        .into_iter()
        .map(|message| message.publisher)
        .collect();
    assert_eq!(publishers, ["local-Listener"]);
}

#[tokio::test]
async fn e_mail_subscriptions_can_be_listed() {
    let cloud = start().await;
    let listed = client(&cloud)
        .list_subscriptions_by_topic()
        .topic_arn(TOPIC)
        .send()
        .await
        .unwrap();
    let endpoints: Vec<_> = listed
        .subscriptions()
        .iter()
        .filter_map(|each| each.endpoint())
        .collect();
    assert_eq!(endpoints, ["operator@example.com"]);
}
