//! What surrounds the calls: faults, the record of calls, notifications.

mod support;

use anyhow::Result;
use elasticache_stand_in::{
    Announcement, ApiError, Fault, GroupSpec, Notification, NotificationTopic, Outcome, Times,
};
use support::{SOON, source, stand_in, start_migration, valkey, with_source};

#[tokio::test]
async fn faults_strike_as_scripted_and_every_call_is_on_record() -> Result<()> {
    let stand_in = stand_in().await?;
    stand_in.create_replication_group(valkey("rg")).await?;
    let source = source("redis-server", &[]).await?;
    let faults = stand_in.faults();
    faults.inject(
        "StartMigration",
        Times::Next(1),
        Fault::Answer(ApiError::throttling()),
    );
    faults.inject("StartMigration", Times::Next(1), Fault::DropBefore);
    faults.inject("StartMigration", Times::Next(1), Fault::DropAfter);
    let (status, answer) = start_migration(&stand_in, "rg", &source).await?;
    assert_eq!(
        (status, answer.contains("<Code>Throttling</Code>")),
        (400, true),
        "{answer}"
    );
    assert!(start_migration(&stand_in, "rg", &source).await.is_err());
    assert_eq!(
        stand_in.group("rg").map(|group| group.status).as_deref(),
        Some("available")
    );
    assert!(start_migration(&stand_in, "rg", &source).await.is_err());
    stand_in.wait_for_status("rg", "migrating", SOON).await?;

    let calls = stand_in.calls();
    let outcomes: Vec<_> = calls.iter().map(|call| call.outcome.clone()).collect();
    let throttled = Outcome::Error {
        status: 400,
        code: "Throttling".into(),
    };
    assert_eq!(outcomes, [throttled, Outcome::Dropped, Outcome::Dropped]);
    assert!(
        calls
            .iter()
            .all(|call| call.changes() && call.access_key_id == "TEST")
    );
    assert_eq!(calls[0].parameters["ReplicationGroupId"], "rg");
    Ok(())
}

#[tokio::test]
async fn notifications_reach_the_topic_as_elasticache_words_them() -> Result<()> {
    let (sender, mut inbox) = tokio::sync::mpsc::unbounded_channel::<Notification>();
    let stand_in = stand_in().await?;
    stand_in.change_settings(|settings| {
        settings.on_notification = Some(std::sync::Arc::new(move |notification| {
            let _ = sender.send(notification);
        }));
    });
    let topic = NotificationTopic {
        arn: "arn:aws:sns:us-east-1:123456789012:topic".into(),
        active: true,
    };
    let spec = GroupSpec {
        notification_topic: Some(topic.clone()),
        replicas_per_shard: 0,
        ..valkey("rg")
    };
    stand_in.create_replication_group(spec).await?;
    let replaced = Announcement {
        group: "rg".into(),
        cluster: Some("rg-001".into()),
        message: "Cache node 0001 is being replaced".into(),
        sns_name: Some("CacheNodeReplaceStarted".into()),
    };
    stand_in.announce(replaced.clone());
    let body = r#"{"ElastiCache:CacheNodeReplaceStarted":"rg-001"}"#.to_owned();
    assert_eq!(
        inbox.recv().await,
        Some(Notification {
            topic_arn: topic.arn,
            body
        })
    );
    assert_eq!(stand_in.events("rg-001").len(), 1);

    stand_in.change_settings(|settings| settings.migration_events_reach_topic = true);
    with_source(&stand_in, "StartMigration", "rg", "127.0.0.1", 1).await?;
    let body = inbox
        .recv()
        .await
        .map(|notification| notification.body)
        .unwrap_or_default();
    assert!(
        body.starts_with(r#"{"ElastiCache:Migration":"Starting migration operation"#),
        "{body}"
    );

    stand_in.change_group("rg", |spec| spec.notification_topic = None)?;
    stand_in.announce(replaced);
    stand_in
        .wait_for_event("rg", "Migration operation failed", SOON)
        .await?;
    assert!(inbox.try_recv().is_err());
    Ok(())
}
