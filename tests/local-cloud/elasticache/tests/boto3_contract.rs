//! The contract with AWS's own SDK: makes a world worth describing and lets `boto3_contract.py` look at all of it.

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, ensure};
use elasticache_stand_in::{
    Announcement, Call, GroupSpec, NotificationTopic, Outcome, PendingModifications, UpdateAction,
};
use support::{clustered, source, source_cluster, stand_in, valkey};

const OPERATIONS: [&str; 12] = [
    "AddTagsToResource",
    "CompleteMigration",
    "DescribeCacheClusters",
    "DescribeCacheParameters",
    "DescribeCacheSubnetGroups",
    "DescribeEvents",
    "DescribeReplicationGroups",
    "DescribeUpdateActions",
    "ListTagsForResource",
    "ModifyReplicationGroup",
    "StartMigration",
    "TestMigration",
];

#[tokio::test]
async fn every_answer_is_what_aws_s_model_says() -> Result<()> {
    let stand_in = stand_in().await?;
    let topic = NotificationTopic {
        arn: "arn:aws:sns:us-east-1:123456789012:topic".into(),
        active: true,
    };
    let pending = PendingModifications {
        automatic_failover: Some(true),
        ..PendingModifications::default()
    };
    let alone = |id: &str| GroupSpec {
        replicas_per_shard: 0,
        ..valkey(id)
    };
    let rg = GroupSpec {
        databases: 20,
        parameter_group: Some("with-20-databases".into()),
        notification_topic: Some(topic),
        tags: vec![("team".into(), "a <b> & c".into())],
        pending,
        ..valkey("rg")
    };
    let tls = GroupSpec {
        transit_encryption: true,
        transit_encryption_mode: Some("preferred".into()),
        global_datastore: Some("gds".into()),
        user_group_ids: vec!["users".into()],
        ..alone("tls")
    };
    let mut specs = vec![rg, tls, alone("busy"), clustered(alone("cme"))];
    specs.extend((0..17).map(|number| alone(&format!("paged-{number}"))));
    let groups = specs.len();
    let mut clusters = 0;
    for spec in specs {
        clusters += stand_in.create_replication_group(spec).await?.nodes.len();
    }
    stand_in.impose_status("busy", Some("snapshotting"))?;
    for number in 0..45 {
        let message = format!("number {number}");
        stand_in.announce(Announcement {
            group: "paged".into(),
            cluster: None,
            message,
            sns_name: None,
        });
    }
    stand_in.set_update_actions(vec![UpdateAction {
        replication_group: "rg".into(),
        name: "contract-update".into(),
        severity: "important".into(),
        service_update_status: "available".into(),
        status: "not-applied".into(),
        released: "2026-01-01T00:00:00Z".parse()?,
        apply_by: Some("2026-02-01T00:00:00Z".parse()?),
        nodes_updated: "0/2".into(),
        engine: "valkey".into(),
    }]);

    let source = source("redis-server", &[]).await?;
    let source_cluster = source_cluster(&[]).await?;
    let cluster_port = source_cluster.primaries()[0].port();
    // Long enough to be seen on its way by somebody who looks several times a second.
    stand_in.change_settings(|settings| settings.resharding_time = Duration::from_secs(1));
    let output = tokio::process::Command::new(python()?)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/boto3_contract.py"))
        .env("ENDPOINT", stand_in.endpoint_url())
        .env("SOURCE_ADDRESS", source.address())
        .env("SOURCE_PORT", source.port().to_string())
        .env("CLUSTER_PORT", cluster_port.to_string())
        .env("GROUPS", groups.to_string())
        .env("CLUSTERS", clusters.to_string())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .kill_on_drop(true)
        .output()
        .await?;
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    ensure!(output.status.success(), "the contract is broken:\n{said}");
    println!("{said}");

    let calls = stand_in.calls();
    let answered: BTreeSet<_> = calls
        .iter()
        .filter(|call| call.outcome == Outcome::Ok)
        .map(|call| call.action.as_str())
        .collect();
    assert_eq!(
        answered.into_iter().collect::<Vec<_>>(),
        OPERATIONS,
        "every operation was called"
    );
    let signed = |call: &&Call| !call.access_key_id.is_empty();
    assert!(
        calls
            .iter()
            .filter(signed)
            .all(|call| call.access_key_id == "CONTRACT")
    );
    Ok(())
}

/// A Python with boto3. Its absence fails the test: a contract that is skipped in silence is none.
fn python() -> Result<PathBuf> {
    let python = match std::env::var_os("LOCAL_CLOUD_PYTHON") {
        Some(python) => PathBuf::from(python),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../.local-cloud/venv/bin/python"),
    };
    ensure!(
        python.exists(),
        "no Python at {}: set LOCAL_CLOUD_PYTHON to one that has boto3",
        python.display()
    );
    Ok(python)
}
