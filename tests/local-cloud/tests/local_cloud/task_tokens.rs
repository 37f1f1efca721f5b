//! Waiting for a signal: the heart of the migration's workflow.

use aws_sdk_sfn::error::DisplayErrorContext;
use local_cloud::{ExecutionStatus, HistoryEvent, LocalCloud};
use serde_json::json;

use crate::{LIMIT, eventually, start};

fn client(cloud: &LocalCloud) -> aws_sdk_sfn::Client {
    aws_sdk_sfn::Client::new(&cloud.sdk_config())
}

/// The tokens that the execution gave out so far, read where the signal function reads them: in the history.
async fn tokens(cloud: &LocalCloud, arn: &str) -> Vec<String> {
    let history = cloud.history(arn).await.unwrap();
    let token = |event: HistoryEvent| Some(event.parameters?["Payload"]["token"].as_str()?.to_owned());
    history
        .into_iter()
        .filter(|event| event.kind == "TaskScheduled")
        .filter_map(token)
        .collect()
}

/// Starts a wait and returns the execution and its token, once the token is out.
async fn waiting(cloud: &LocalCloud, seconds: u64) -> (String, String) {
    let input = json!({ "path": "wait", "seconds": seconds });
    let arn = cloud.start_execution(None, input).await.unwrap();
    eventually("the token is out", async || !tokens(cloud, &arn).await.is_empty()).await;
    let token = tokens(cloud, &arn).await.remove(0);
    (arn, token)
}

#[tokio::test]
async fn a_signal_wakes_the_execution_at_once() {
    let cloud = start().await;
    let (arn, token) = waiting(&cloud, 100_000).await;
    let signal = json!({ "kind": "approval" }).to_string();
    client(&cloud)
        .send_task_success()
        .task_token(token)
        .output(signal)
        .send()
        .await
        .unwrap();
    let view = cloud.wait_for_end(&arn, LIMIT).await.unwrap();
    assert_eq!(view.output, Some(json!({ "signal": { "kind": "approval" } })));
}

#[tokio::test]
async fn time_wakes_it_otherwise_and_the_token_is_dead() {
    let cloud = start().await;
    let (arn, token) = waiting(&cloud, 3).await;
    let view = cloud.wait_for_end(&arn, LIMIT).await.unwrap();
    let timeout = json!({ "Error": "States.Timeout", "Cause": "" });
    assert_eq!(view.output, Some(json!({ "signal": null, "error": timeout })));
    let history = cloud.history(&arn).await.unwrap();
    assert!(history.iter().any(|event| event.kind == "TaskTimedOut"));

    let late = client(&cloud)
        .send_task_success()
        .task_token(token)
        .output("{}")
        .send()
        .await
        .unwrap_err();
    assert!(late.into_service_error().is_task_timed_out());
}

#[tokio::test]
async fn a_token_is_good_for_one_signal() {
    let cloud = start().await;
    let (arn, token) = waiting(&cloud, 100_000).await;
    let client = client(&cloud);
    client
        .send_task_success()
        .task_token(&token)
        .output("1")
        .send()
        .await
        .unwrap();
    let second = client
        .send_task_success()
        .task_token(&token)
        .output("2")
        .send()
        .await
        .unwrap_err();
    assert!(second.into_service_error().is_task_timed_out());
    let view = cloud.wait_for_end(&arn, LIMIT).await.unwrap();
    assert_eq!(view.output, Some(json!({ "signal": 1 })));
}

#[tokio::test]
async fn a_made_up_token_is_invalid() {
    let cloud = start().await;
    let refused = client(&cloud)
        .send_task_success()
        .task_token("made-up")
        .output("{}")
        .send()
        .await
        .unwrap_err();
    assert!(refused.into_service_error().is_invalid_token());
}

#[tokio::test]
async fn a_signal_has_to_be_json() {
    let cloud = start().await;
    let (arn, token) = waiting(&cloud, 100_000).await;
    let client = client(&cloud);
    let refused = client
        .send_task_success()
        .task_token(&token)
        .output("approve")
        .send()
        .await
        .unwrap_err();
    assert!(refused.into_service_error().is_invalid_output());
    client
        .send_task_success()
        .task_token(&token)
        .output("\"approve\"")
        .send()
        .await
        .unwrap();
    let view = cloud.wait_for_end(&arn, LIMIT).await.unwrap();
    assert_eq!(view.output, Some(json!({ "signal": "approve" })));
}

#[tokio::test]
async fn a_failure_has_its_error_and_cause_and_a_retry_gets_a_new_token() {
    let cloud = start().await;
    let (arn, first) = waiting(&cloud, 100_000).await;
    let client = client(&cloud);
    let fail = client
        .send_task_failure()
        .task_token(&first)
        .error("Test.Again")
        .cause("once more");
    fail.send().await.unwrap();
    eventually("the second attempt waits", async || {
        tokens(&cloud, &arn).await.len() == 2
    })
    .await;
    let second = tokens(&cloud, &arn).await.remove(1);
    assert_ne!(first, second);
    let dead = client
        .send_task_success()
        .task_token(&first)
        .output("{}")
        .send()
        .await
        .unwrap_err();
    assert!(dead.into_service_error().is_task_timed_out());

    let fail = client
        .send_task_failure()
        .task_token(&second)
        .error("Test.Other")
        .cause("why");
    fail.send().await.unwrap();
    let view = cloud.wait_for_end(&arn, LIMIT).await.unwrap();
    assert_eq!(
        view.output,
        Some(json!({ "error": { "Error": "Test.Other", "Cause": "why" } }))
    );
}

#[tokio::test]
async fn a_stopped_execution_leaves_no_live_token() {
    let cloud = start().await;
    let (arn, token) = waiting(&cloud, 100_000).await;
    cloud.stop_execution(&arn, "Operator", "abort").await.unwrap();
    let view = cloud.wait_for_end(&arn, LIMIT).await.unwrap();
    assert_eq!(view.status, ExecutionStatus::Aborted);
    let late = client(&cloud)
        .send_task_success()
        .task_token(token)
        .output("{}")
        .send()
        .await
        .unwrap_err();
    assert!(late.into_service_error().is_task_timed_out());
}

/// Whatever side wins as the time runs out, sender and execution agree on it.
#[tokio::test]
async fn a_signal_in_the_last_moment_is_taken_or_refused_but_never_lost() {
    let cloud = start().await;
    let client = client(&cloud);
    for round in 0..10 {
        let (arn, token) = waiting(&cloud, 3).await;
        let history = cloud.history(&arn).await.unwrap();
        let scheduled = history
            .iter()
            .find(|event| event.kind == "TaskScheduled")
            .unwrap()
            .at;
        // The wait is 300 ms; requests take a few.
        let moment = scheduled + jiff::SignedDuration::from_millis(292 + round);
        let left = moment.duration_since(jiff::Timestamp::now());
        tokio::time::sleep(left.try_into().unwrap_or_default()).await;
        let sent = client
            .send_task_success()
            .task_token(token)
            .output("true")
            .send()
            .await;
        let view = cloud.wait_for_end(&arn, LIMIT).await.unwrap();
        let received = view.output.unwrap()["signal"] == json!(true);
        match sent {
            Ok(_) => assert!(received, "the sender was told 200"),
            Err(error) => assert!(!received, "{}", DisplayErrorContext(error)),
        }
    }
}
