//! What it costs to find one migration among a thousand, counted at a Step Functions that answers what AWS would.

use adapters::step_functions::Migrations;
use aws_sdk_sfn::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use domain::ReplicationGroupId;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

const MACHINE: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:migrate";

/// A Step Functions with running executions: name and group of each, newest first.
struct StepFunctions {
    config: SdkConfig,
    calls: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl StepFunctions {
    /// `throttled_from` is the number of descriptions after which it throttles each second one.
    async fn start(executions: Vec<(String, String)>, throttled_from: usize) -> StepFunctions {
        let calls = Arc::new(Mutex::new(BTreeMap::<String, usize>::new()));
        let counted = Arc::clone(&calls);
        let answer = move |headers: HeaderMap, body: Bytes| {
            let target = headers["x-amz-target"].to_str().unwrap_or_default().to_owned();
            let action = target.rsplit('.').next().unwrap_or_default().to_owned();
            let number = {
                let mut counted = counted.lock().expect("the count");
                let count = counted.entry(action.clone()).or_default();
                *count += 1;
                *count
            };
            let throttled = action == "DescribeExecution" && number > throttled_from && number % 2 == 0;
            let body: Value = serde_json::from_slice(&body).unwrap_or_default();
            let answer = answer(&action, &body, &executions);
            async move {
                if throttled {
                    let error = json!({"__type": "ThrottlingException", "message": "Rate exceeded"});
                    return (StatusCode::BAD_REQUEST, error.to_string());
                }
                (StatusCode::OK, answer.to_string())
            }
        };
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/", post(answer))).await });
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(endpoint)
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "id", "key", None, None, "test",
            )))
            .retry_config(RetryConfig::disabled())
            .build();
        StepFunctions { config, calls }
    }

    fn calls(&self, action: &str) -> usize {
        self.calls
            .lock()
            .expect("the count")
            .get(action)
            .copied()
            .unwrap_or_default()
    }
}

fn answer(action: &str, body: &Value, executions: &[(String, String)]) -> Value {
    let arn = |name: &str| format!("arn:aws:states:us-east-1:123456789012:execution:migrate:{name}");
    match action {
        "ListExecutions" => json!({"executions": executions.iter().map(|(name, _)| json!({
            "executionArn": arn(name), "stateMachineArn": MACHINE, "name": name, "status": "RUNNING", "startDate": 1.0
        })).collect::<Vec<_>>()}),
        _ => {
            let asked = body["executionArn"].as_str().unwrap_or_default();
            let group = executions
                .iter()
                .find(|(name, _)| arn(name) == asked)
                .map(|(_, group)| group);
            json!({
                "executionArn": asked, "stateMachineArn": MACHINE, "status": "RUNNING", "startDate": 1.0,
                "input": json!({"replicationGroupId": group}).to_string()
            })
        }
    }
}

fn group(id: &str) -> [ReplicationGroupId; 1] {
    [ReplicationGroupId::try_from(id.to_owned()).expect("an id")]
}

/// A thousand migrations, each into a group of its own.
fn thousand(name: impl Fn(usize) -> String) -> Vec<(String, String)> {
    (0..1_000).map(|n| (name(n), format!("cache-{n}"))).collect()
}

#[tokio::test]
async fn an_execution_that_is_named_after_its_group_is_found_with_one_description() {
    let aws = StepFunctions::start(thousand(|n| format!("cache-{n}-2026-11-24")), usize::MAX).await;
    let migrations = Migrations::new(&aws.config, MACHINE.to_owned());
    let found = migrations
        .running_for(&group("cache-777"))
        .await
        .expect("an answer")
        .expect("a migration");
    assert_eq!(found.group.as_str(), "cache-777");
    assert!(found.execution_arn.ends_with("cache-777-2026-11-24"));
    assert!(
        aws.calls("DescribeExecution") <= 4,
        "{} descriptions",
        aws.calls("DescribeExecution")
    );
    assert_eq!(aws.calls("ListExecutions"), 1);
}

#[tokio::test]
async fn what_a_wait_has_told_costs_no_description() {
    let aws = StepFunctions::start(thousand(|n| format!("run-{n}")), usize::MAX).await;
    let migrations = Migrations::new(&aws.config, MACHINE.to_owned());
    let arn = "arn:aws:states:us-east-1:123456789012:execution:migrate:run-500";
    migrations.learn(arn, &group("cache-500")[0]);
    let found = migrations
        .running_for(&group("cache-500"))
        .await
        .expect("an answer")
        .expect("a migration");
    assert_eq!(found.execution_arn, arn);
    assert_eq!(aws.calls("DescribeExecution"), 0);
}

#[tokio::test]
async fn names_that_tell_nothing_are_described_once_each_over_several_tries() {
    let aws = StepFunctions::start(thousand(|n| format!("run-{n}")), usize::MAX).await;
    let migrations = Migrations::new(&aws.config, MACHINE.to_owned());
    let mut tries = 0;
    let found = loop {
        tries += 1;
        match migrations.running_for(&group("no-such-cache")).await {
            Ok(found) => break found,
            Err(error) => assert_eq!(error.name(), "Migration.Transient", "{error}"),
        }
        assert!(tries < 10, "it does not come to an end");
        assert!(
            aws.calls("DescribeExecution") <= 150 * tries,
            "one try stays within the bucket"
        );
    };
    assert_eq!(found, None);
    assert_eq!(aws.calls("DescribeExecution"), 1_000);
    // And then it is known.
    assert_eq!(
        migrations
            .running_for(&group("no-such-cache"))
            .await
            .expect("an answer"),
        None
    );
    assert!(
        migrations
            .running_for(&group("cache-3"))
            .await
            .expect("an answer")
            .is_some()
    );
    assert_eq!(aws.calls("DescribeExecution"), 1_000);
}

#[tokio::test]
async fn throttling_loses_nothing_that_was_learnt() {
    let aws = StepFunctions::start(thousand(|n| format!("run-{n}")), 20).await;
    let migrations = Migrations::new(&aws.config, MACHINE.to_owned());
    let mut tries = 0;
    while let Err(error) = migrations.running_for(&group("no-such-cache")).await {
        tries += 1;
        assert_eq!(error.name(), "Migration.Transient", "{error}");
        assert!(tries < 40, "{} descriptions", aws.calls("DescribeExecution"));
    }
    assert!(
        aws.calls("DescribeExecution") < 2_100,
        "{}",
        aws.calls("DescribeExecution")
    );
}
