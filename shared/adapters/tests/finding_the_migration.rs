//! What it costs to find one migration among a thousand that wait, and to wake it: counted at a Step Functions that
//! throttles as AWS does and answers after 20 ms.

use adapters::step_functions::{Delivery, Migrations, Running, Wait};
use aws_sdk_sfn::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use domain::ReplicationGroupId;
use domain::signal::{Envelope, Signal};
use step_functions_double::{Buckets, Execution, LATENCY, MACHINE, StepFunctions};

/// Round trips that fit into the two seconds within which a signal has to find its own.
const IN_TWO_SECONDS: usize = 2_000 / LATENCY.as_millis() as usize;
/// Seconds after which Lambda and EventBridge try again what failed, at the earliest.
const TRIED_AGAIN_AFTER: u32 = 60;

async fn a_thousand(name: impl Fn(usize) -> String, buckets: Buckets) -> StepFunctions {
    let executions = (0..1_000).map(|n| Execution {
        name: name(n),
        group: format!("cache-{n}"),
    });
    StepFunctions::start(executions.collect(), buckets)
        .await
        .expect("a port")
}

fn named_after_their_groups(n: usize) -> String {
    format!("cache-{n}-2026-11-24")
}

fn named_at_random(n: usize) -> String {
    format!("run-{n}")
}

/// A sandbox that knows nothing yet. Nothing is tried twice, so that each call is counted.
fn cold(aws: &StepFunctions) -> Migrations {
    let credentials = Credentials::new("id", "key", None, None, "test");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(aws.endpoint())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .build();
    Migrations::new(&config, MACHINE.to_owned())
}

fn group(id: &str) -> [ReplicationGroupId; 1] {
    [ReplicationGroupId::try_from(id.to_owned()).expect("an id")]
}

async fn find(migrations: &Migrations, id: &str) -> Running {
    migrations
        .running_for(&group(id))
        .await
        .expect("an answer")
        .expect("a migration")
}

/// All that the function `signal` asks to find the migration into a group and to end its wait.
async fn wake(migrations: &Migrations, id: &str) {
    let found = find(migrations, id).await;
    let arn = &found.execution_arn;
    assert!(!migrations.took(arn, "m-1").await.expect("an answer"));
    let Wait::Open(wait) = migrations.wait(arn).await.expect("an answer") else {
        panic!("{arn} waits");
    };
    let envelope = Envelope {
        id: Some("m-1".to_owned()),
        signal: Signal::Event {
            name: "FailoverComplete".to_owned(),
        },
    };
    let delivery = migrations.wake(arn, &wait, &envelope).await.expect("an answer");
    assert_eq!(delivery, Delivery::Taken);
}

#[tokio::test]
async fn a_signal_wakes_its_own_in_a_few_round_trips_also_the_oldest_of_a_thousand() {
    for n in [0, 500, 999] {
        let aws = a_thousand(named_after_their_groups, Buckets::full()).await;
        wake(&cold(&aws), &format!("cache-{n}")).await;
        assert_eq!(aws.woken(), [named_after_their_groups(n)]);
        assert!(aws.round_trips() <= IN_TWO_SECONDS);
        assert_eq!(aws.calls("ListExecutions"), 1);
        assert!(aws.calls("DescribeExecution") <= 4);
        assert_eq!(
            aws.calls("GetExecutionHistory"),
            3,
            "its own history, and no other"
        );
        assert_eq!(aws.throttled(), 0);
    }
}

#[tokio::test]
async fn others_of_the_account_may_have_used_the_quotas_up_but_for_a_few_calls() {
    let buckets = Buckets::full()
        .with("ListExecutions", 1)
        .with("DescribeExecution", 4)
        .with("GetExecutionHistory", 3);
    let aws = a_thousand(named_after_their_groups, buckets).await;
    wake(&cold(&aws), "cache-999").await;
    assert_eq!(aws.throttled(), 0);
    assert_eq!(aws.woken(), [named_after_their_groups(999)]);
}

/// A failover of a whole availability zone, with a new sandbox for each message.
#[tokio::test]
async fn many_signals_at_once_stay_within_the_quotas() {
    let aws = a_thousand(named_after_their_groups, Buckets::full()).await;
    let all = tokio::task::JoinSet::from_iter((0..50).map(|n| {
        let migrations = cold(&aws);
        async move { wake(&migrations, &format!("cache-{}", n * 20)).await }
    }));
    all.join_all().await;
    assert_eq!(aws.woken().len(), 50);
    assert_eq!(aws.throttled(), 0);
}

#[tokio::test]
async fn what_a_wait_has_told_costs_no_description() {
    let aws = a_thousand(named_at_random, Buckets::full()).await;
    let migrations = cold(&aws);
    let arn = "arn:aws:states:us-east-1:123456789012:execution:migrate:run-999";
    migrations.learn(arn, &group("cache-999")[0]);
    assert_eq!(find(&migrations, "cache-999").await.execution_arn, arn);
    assert_eq!((aws.calls("DescribeExecution"), aws.round_trips()), (0, 1));
}

#[tokio::test]
async fn names_that_tell_nothing_are_described_once_each_over_several_tries_within_the_quota() {
    let aws = a_thousand(named_at_random, Buckets::full()).await;
    let migrations = cold(&aws);
    let mut tries = 0;
    let found = loop {
        tries += 1;
        let answer = migrations.running_for(&group("no-such-cache")).await;
        assert!(
            aws.calls("DescribeExecution") <= 150 * tries,
            "one try leaves others a part of the quota"
        );
        match answer {
            Ok(found) => break found,
            Err(error) => assert_eq!(error.name(), "Migration.Transient", "{error}"),
        }
        assert!(tries < 10, "it does not come to an end");
        aws.pass(TRIED_AGAIN_AFTER);
    };
    assert_eq!(found, None);
    assert_eq!((aws.calls("DescribeExecution"), aws.throttled()), (1_000, 0));
    // And then it is known.
    let none = migrations.running_for(&group("no-such-cache")).await;
    assert_eq!(none.expect("an answer"), None);
    find(&migrations, "cache-3").await;
    assert_eq!(aws.calls("DescribeExecution"), 1_000);
}

#[tokio::test]
async fn throttling_loses_nothing_that_was_learnt() {
    let aws = a_thousand(named_at_random, Buckets::full().with("DescribeExecution", 20)).await;
    let migrations = cold(&aws);
    let mut tries = 0;
    while let Err(error) = migrations.running_for(&group("no-such-cache")).await {
        tries += 1;
        assert_eq!(error.name(), "Migration.Transient", "{error}");
        // Sixteen at once, eight, four, two, one; then the rest is left for the next try.
        assert!(aws.throttled() <= 31 * tries, "{} in {tries}", aws.throttled());
        assert!(tries < 20, "{} descriptions", aws.calls("DescribeExecution"));
        aws.pass(10);
    }
    assert!(aws.throttled() > 0);
    let described = aws.calls("DescribeExecution") - aws.throttled();
    assert_eq!(described, 1_000, "each once");
}
