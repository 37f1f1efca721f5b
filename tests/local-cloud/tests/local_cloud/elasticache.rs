//! The ElastiCache stand-in behind the front door.

use elasticache_stand_in::{Announcement, GroupSpec, NotificationTopic};

use crate::{eventually, start};

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:local-Topic";

fn group() -> GroupSpec {
    let topic = NotificationTopic {
        arn: TOPIC.to_owned(),
        active: true,
    };
    GroupSpec {
        replicas_per_shard: 0,
        notification_topic: Some(topic),
        ..GroupSpec::default()
    }
}

#[tokio::test]
async fn a_group_is_seen_through_the_one_endpoint() {
    let cloud = start().await;
    let created = cloud.create_replication_group(group()).await.unwrap();
    let client = aws_sdk_elasticache::Client::new(&cloud.sdk_config());
    let described = client
        .describe_replication_groups()
        .replication_group_id(&created.id)
        .send()
        .await
        .unwrap();
    assert_eq!(described.replication_groups()[0].status(), Some("available"));

    let calls = cloud.calls();
    let call = calls.iter().find(|call| call.service == "elasticache").unwrap();
    assert_eq!(call.operation, "DescribeReplicationGroups");
    assert_eq!(
        (call.caller.as_str(), call.status),
        (local_cloud::OWN_ACCESS_KEY_ID, 200)
    );
}

#[tokio::test]
async fn its_notifications_are_published() {
    let cloud = start().await;
    let created = cloud.create_replication_group(group()).await.unwrap();
    cloud.elasticache().announce(Announcement {
        group: created.id.clone(),
        cluster: None,
        message: "Test event".to_owned(),
        sns_name: Some("SnapshotComplete".to_owned()),
    });
    eventually("the message is kept", async || !cloud.messages().is_empty()).await;
    let message = cloud.messages().remove(0);
    assert_eq!(
        (message.topic.as_str(), message.publisher.as_str()),
        (TOPIC, "elasticache")
    );
    let body: serde_json::Value = serde_json::from_str(message.body("lambda")).unwrap();
    assert_eq!(body["ElastiCache:SnapshotComplete"], created.id);
}
