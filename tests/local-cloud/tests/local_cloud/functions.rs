//! The function host, as a function and its caller see it.

use std::collections::HashSet;

use local_cloud::function_host::LogSource;
use local_cloud::{CloudError, Fault, FaultRule, FunctionError, LocalCloud, Options};
use serde_json::{Value, json};

use crate::{eventually, options, start};

async fn error_of(cloud: &LocalCloud, event: Value) -> FunctionError {
    cloud.invoke("Echo", event).await.unwrap().unwrap_err()
}

async fn answer_of(cloud: &LocalCloud, event: Value) -> Value {
    cloud.invoke("Echo", event).await.unwrap().unwrap()
}

#[tokio::test]
async fn an_event_comes_back_by_name_logical_id_or_arn() {
    let cloud = start().await;
    for name in [
        "Echo",
        "local-Echo",
        "arn:aws:lambda:us-east-1:123456789012:function:local-Echo",
    ] {
        let answer = cloud.invoke(name, json!({ "a": [1, null] })).await.unwrap();
        assert_eq!(answer, Ok(json!({ "a": [1, null] })), "{name}");
    }
    let unknown = cloud.invoke("Nobody", json!({})).await.unwrap_err();
    assert!(matches!(unknown, CloudError::NoSuchFunction { function, .. } if function == "Nobody"));
}

#[tokio::test]
async fn a_function_gets_the_template_s_environment_and_lambda_s_and_nothing_else() {
    let cloud = start().await;
    let environment = answer_of(&cloud, json!({ "do": "environment" })).await;
    assert_eq!(environment["GREETING"], "hello");
    assert_eq!(
        environment["TOPIC"],
        "arn:aws:sns:us-east-1:123456789012:local-Topic"
    );
    assert_eq!(environment["AWS_LAMBDA_FUNCTION_NAME"], "local-Echo");
    assert_eq!(environment["AWS_ACCESS_KEY_ID"], "local-Echo");
    assert_eq!(environment["AWS_ENDPOINT_URL"], cloud.endpoint_url());
    assert_eq!(environment.get("HOME"), None, "inherited from the test");

    let context = answer_of(&cloud, json!({ "do": "context" })).await;
    assert_eq!(
        context["functionArn"],
        "arn:aws:lambda:us-east-1:123456789012:function:local-Echo"
    );
    let deadline = context["deadline"].as_i64().unwrap();
    assert!(deadline > jiff::Timestamp::now().as_millisecond());
}

#[tokio::test]
async fn an_error_keeps_its_name_and_the_sandbox_stays_warm() {
    let cloud = start().await;
    let error = error_of(&cloud, json!({ "do": "fail", "errorType": "Test.Named" })).await;
    assert_eq!(
        (error.error_type.as_str(), error.message.as_str()),
        ("Test.Named", "as asked")
    );
    let count = answer_of(&cloud, json!({ "do": "count" })).await;
    assert_eq!(count["invocations"], 2);
    assert_eq!(cloud.functions().cold_starts("Echo"), 1);
}

#[tokio::test]
async fn a_panic_is_an_error_of_the_handler() {
    let cloud = start().await;
    let error = error_of(&cloud, json!({ "do": "panic" })).await;
    assert!(error.message.contains("as asked"), "{error}");
    let lines = cloud.function_logs("Echo");
    assert!(
        lines
            .iter()
            .any(|line| line.source == LogSource::Stderr && line.text.contains("as asked"))
    );
}

#[tokio::test]
async fn a_function_that_exceeds_its_timeout_is_killed_and_the_next_invocation_starts_afresh() {
    let cloud = start().await;
    let error = error_of(&cloud, json!({ "do": "sleep", "milliseconds": 60_000 })).await;
    assert_eq!(error.error_type, "Sandbox.Timedout");
    assert!(
        error
            .message
            .ends_with("Error: Task timed out after 2.00 seconds"),
        "{error}"
    );
    let count = answer_of(&cloud, json!({ "do": "count" })).await;
    assert_eq!(count["invocations"], 1);
    let lines = cloud.function_logs("Echo");
    assert!(
        lines
            .iter()
            .any(|line| line.source == LogSource::Platform && line.text.contains("timed out"))
    );
}

#[tokio::test]
async fn a_process_that_ends_is_reported_and_replaced() {
    let cloud = start().await;
    let error = error_of(&cloud, json!({ "do": "exit" })).await;
    assert_eq!(error.error_type, "Runtime.ExitError");
    assert!(
        error
            .message
            .ends_with("Runtime exited with error: exit status: 7"),
        "{error}"
    );
    assert_eq!(
        answer_of(&cloud, json!({ "do": "count" })).await["invocations"],
        1
    );
}

#[tokio::test]
async fn a_program_that_does_not_come_up_is_an_error_of_the_invocation() {
    let cloud = start().await;
    let error = cloud.invoke("Broken", json!({})).await.unwrap().unwrap_err();
    assert_eq!(error.error_type, "Runtime.ExitError");
}

#[tokio::test]
async fn a_missing_program_says_what_to_do() {
    let options = Options {
        binaries: "/nowhere".into(),
        ..options()
    };
    let error = LocalCloud::start(options).await.unwrap_err();
    assert!(error.to_string().contains("cargo build --workspace"), "{error}");
}

#[tokio::test]
async fn invocations_at_the_same_time_have_sandboxes_of_their_own() {
    let cloud = start().await;
    let sleep = || cloud.invoke("Echo", json!({ "do": "sleep", "milliseconds": 300 }));
    let (first, second, third) = tokio::join!(sleep(), sleep(), sleep());
    let processes: HashSet<u64> = [first, second, third]
        .into_iter()
        .map(|answer| answer.unwrap().unwrap()["process"].as_u64().unwrap())
        .collect();
    assert_eq!(processes.len(), 3);
    let again = answer_of(&cloud, json!({ "do": "count" })).await;
    assert!(
        processes.contains(&again["process"].as_u64().unwrap()),
        "a warm sandbox is used again"
    );
    assert_eq!(cloud.functions().cold_starts("Echo"), 3);
}

#[tokio::test]
async fn a_fault_hits_the_invocations_it_names() {
    let cloud = start().await;
    cloud.inject(FaultRule::new("Echo", Fault::CrashAfterHandler).when("/step", "fence"));
    assert_eq!(
        answer_of(&cloud, json!({ "step": "drain" })).await["step"],
        "drain"
    );
    let error = error_of(&cloud, json!({ "step": "fence" })).await;
    assert_eq!(error.error_type, "Runtime.ExitError");
    let lines = cloud.function_logs("Echo");
    assert!(
        lines.iter().any(|line| line.text.contains(r#"{"step":"fence"}"#)),
        "the handler did its work"
    );
    assert_eq!(
        answer_of(&cloud, json!({ "step": "fence" })).await["step"],
        "fence",
        "once, and no more"
    );

    cloud.inject(FaultRule::new("Echo", Fault::TimeOutBeforeHandler).times(2));
    for _ in 0..2 {
        assert_eq!(
            error_of(&cloud, json!({ "unseen": true })).await.error_type,
            "Sandbox.Timedout"
        );
    }
    let lines = cloud.function_logs("Echo");
    assert!(
        !lines.iter().any(|line| line.text.contains("unseen")),
        "the handler never saw it"
    );
}

#[tokio::test]
async fn an_asynchronous_invocation_is_tried_three_times() {
    let cloud = start().await;
    let event = json!({ "do": "fail", "errorType": "Test.Always" }).to_string();
    let client = lambda::Client::of(&cloud);
    assert_eq!(client.invoke("local-Echo", "Event", &event).await.status, 202);
    eventually("the event is given up", async || cloud.failed_events().len() == 1).await;
    let attempts = cloud
        .function_logs("Echo")
        .iter()
        .filter(|line| line.text.contains("Test.Always"))
        .count();
    assert_eq!(attempts, 3);
    assert_eq!(cloud.failed_events()[0].function, "local-Echo");
}

use crate::invoke_api as lambda;
