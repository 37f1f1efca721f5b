//! The interpreter: what a state machine may rely on, as on AWS.

use local_cloud::{CloudError, ExecutionStatus, ExecutionView, Fault, FaultRule, LocalCloud, Options};
use serde_json::{Value, json};
use std::time::Duration;

use crate::{LIMIT, options, start};

async fn run(cloud: &LocalCloud, input: Value) -> ExecutionView {
    let arn = cloud.start_execution(None, input).await.unwrap();
    cloud.wait_for_end(&arn, LIMIT).await.unwrap()
}

async fn kinds(cloud: &LocalCloud, arn: &str) -> Vec<String> {
    cloud
        .history(arn)
        .await
        .unwrap()
        .into_iter()
        .map(|event| event.kind)
        .collect()
}

#[tokio::test]
async fn a_task_runs_the_compiled_function() {
    let cloud = start().await;
    let view = run(&cloud, json!({ "path": "task", "event": { "a": 1 } })).await;
    assert_eq!(
        (view.status, view.output),
        (ExecutionStatus::Succeeded, Some(json!({ "a": 1 })))
    );
    let calls = cloud.calls();
    let invoke = calls.iter().find(|call| call.operation == "Invoke").unwrap();
    assert_eq!(invoke.caller, cloud.template().state_machines[0].caller());
}

#[tokio::test]
async fn an_error_s_name_reaches_catch_with_assign_and_output() {
    let cloud = start().await;
    let event = json!({ "do": "fail", "errorType": "Test.Caught" });
    let view = run(&cloud, json!({ "path": "task", "event": event })).await;
    let output = view.output.unwrap();
    assert_eq!(output["caught"], "Test.Caught");
    assert_eq!(output["input"]["path"], "task", "the input of the failed state");
    assert_eq!(
        output["cause"],
        json!({ "errorType": "Test.Caught", "errorMessage": "as asked" })
    );
}

#[tokio::test]
async fn an_error_s_name_reaches_retry_which_tries_as_often_as_it_says() {
    let cloud = start().await;
    let event = json!({ "do": "fail", "errorType": "Test.Retry" });
    let view = run(&cloud, json!({ "path": "task", "event": event })).await;
    assert_eq!(view.output.unwrap()["caught"], "Test.Retry");
    let failures = kinds(&cloud, &view.arn)
        .await
        .iter()
        .filter(|kind| *kind == "TaskFailed")
        .count();
    assert_eq!(failures, 3);
}

#[tokio::test]
async fn what_lambda_itself_refuses_has_lambda_s_error_names() {
    let cloud = start().await;
    cloud.inject(FaultRule::new("Echo", Fault::Throttled));
    cloud.inject(FaultRule::new("Echo", Fault::ServiceFailure));
    let view = run(&cloud, json!({ "path": "task", "event": {} })).await;
    assert_eq!(view.status, ExecutionStatus::Succeeded);
    let history = cloud.history(&view.arn).await.unwrap();
    let errors: Vec<_> = history
        .iter()
        .filter_map(|event| event.error.as_deref())
        .collect();
    assert_eq!(
        errors,
        ["Lambda.TooManyRequestsException", "Lambda.ServiceException"]
    );
}

#[tokio::test]
async fn timeouts_and_crashes_of_a_function_have_names_too() {
    let cloud = start().await;
    for (fault, name) in [
        (Fault::TimeOutAfterHandler, "Sandbox.Timedout"),
        (Fault::CrashBeforeHandler, "Runtime.ExitError"),
    ] {
        cloud.inject(FaultRule::new("Echo", fault));
        let view = run(&cloud, json!({ "path": "task", "event": {} })).await;
        assert_eq!(view.output.unwrap()["caught"], name);
    }
}

#[tokio::test]
async fn an_uncaught_error_is_the_execution_s() {
    let cloud = start().await;
    let event = json!({ "do": "fail", "errorType": "Test.Uncaught" });
    let view = run(&cloud, json!({ "path": "task", "event": event })).await;
    assert_eq!(view.status, ExecutionStatus::Failed);
    assert_eq!(view.error.as_deref(), Some("Test.Uncaught"));
    assert!(view.stopped.is_some());
}

#[tokio::test]
async fn values_keep_their_kind_and_the_context_is_there() {
    let cloud = start().await;
    let text = "a \"quoted\" text\nwith $dollars and \\ slashes";
    let input = json!({ "path": "values", "text": text, "nothing": null, "number": 3 });
    let view = run(&cloud, input).await;
    let output = view.output.unwrap();
    assert_eq!(output["text"], text);
    assert_eq!(output["assignedText"], text);
    assert_eq!(output["nothing"], Value::Null);
    assert_eq!(output["assignedNothing"], Value::Null);
    assert_eq!(output["absent"], false);
    assert_eq!(output["half"], json!(1.5));
    assert_eq!(output["whole"], json!(3), "a whole number has no point");
    assert_eq!(output["range"], json!([1, 2, 3]));
    assert_eq!(output["one"], json!([1]), "a list of one stays a list");
    assert_eq!(output["execution"], view.arn);
    assert_eq!(output["name"], view.name);
    assert_eq!(output["inputPath"], "values");
    assert_eq!(output["state"], "Values");
    let started = output["started"].as_str().unwrap();
    assert!(
        started.ends_with('Z') && started.len() == "2026-11-24T20:14:13.192Z".len(),
        "{started}"
    );
}

#[tokio::test]
async fn output_sees_the_variables_as_the_state_was_entered() {
    let cloud = start().await;
    let view = run(
        &cloud,
        json!({ "path": "values", "text": "", "nothing": null, "number": 3 }),
    )
    .await;
    assert_eq!(
        view.output.unwrap()["sum"],
        4,
        "not 5, which the same state assigns"
    );
}

#[tokio::test]
async fn an_expression_without_a_value_is_an_error() {
    let cloud = start().await;
    let view = run(&cloud, json!({ "path": "undefined" })).await;
    assert_eq!(view.error.as_deref(), Some("States.QueryEvaluationError"));
    assert!(view.cause.unwrap().contains("returned nothing (undefined)"));
    assert!(
        kinds(&cloud, &view.arn)
            .await
            .contains(&"EvaluationFailed".to_owned())
    );
}

#[tokio::test]
async fn an_output_without_a_value_is_caught_like_a_failed_task() {
    let cloud = start().await;
    let view = run(&cloud, json!({ "path": "bad output" })).await;
    assert_eq!(
        view.output,
        Some(json!({ "kept": false })),
        "and nothing was assigned"
    );
}

#[tokio::test]
async fn a_value_that_does_not_fit_its_field_is_an_error() {
    let cloud = start().await;
    for input in [
        json!({ "path": "wait", "seconds": 0 }),
        json!({ "path": "wait", "seconds": 1.5 }),
        json!({ "path": "pause", "seconds": -1 }),
    ] {
        let view = run(&cloud, input.clone()).await;
        let error = view
            .output
            .and_then(|output| output["error"]["Error"].as_str().map(str::to_owned));
        assert_eq!(
            error.or(view.error).as_deref(),
            Some("States.QueryEvaluationError"),
            "{input}"
        );
    }
    let view = run(&cloud, json!({ "condition": "yes" })).await;
    assert_eq!(view.error.as_deref(), Some("States.QueryEvaluationError"));
}

#[tokio::test]
async fn a_fail_state_computes_its_error_and_cause() {
    let cloud = start().await;
    let view = run(&cloud, json!({ "path": "Nowhere", "condition": false })).await;
    assert_eq!(view.error.as_deref(), Some("Test.Nowhere"));
    assert_eq!(view.cause.as_deref(), Some("no path called Nowhere"));
}

#[tokio::test]
async fn choices_assign_and_loop() {
    let cloud = start().await;
    let view = run(&cloud, json!({ "path": "loop", "until": 25 })).await;
    assert_eq!(view.output, Some(json!({ "count": 25 })));
    assert_eq!(cloud.functions().cold_starts("Echo"), 1);
    let history = cloud.history(&view.arn).await.unwrap();
    assert!(history.len() > 100, "more than one page");
    assert!(
        history
            .iter()
            .enumerate()
            .all(|(index, event)| event.id as usize == index + 1)
    );
}

#[tokio::test]
async fn history_comes_in_pages_and_backwards_if_asked() {
    let cloud = start().await;
    let view = run(&cloud, json!({ "path": "loop", "until": 20 })).await;
    let client = aws_sdk_sfn::Client::new(&cloud.sdk_config());
    let last = client
        .get_execution_history()
        .execution_arn(&view.arn)
        .reverse_order(true)
        .max_results(2);
    let last = last.send().await.unwrap();
    assert_eq!(last.events[0].r#type.as_str(), "ExecutionSucceeded");
    assert_eq!(last.events[0].id, last.events[1].id + 1);
    assert!(last.next_token.is_some());
    let default = client
        .get_execution_history()
        .execution_arn(&view.arn)
        .send()
        .await
        .unwrap();
    assert_eq!(default.events.len(), 100);
}

#[tokio::test]
async fn a_state_machine_starts_itself_again() {
    let cloud = start().await;
    let arn = cloud
        .start_execution(Some("orders"), json!({ "path": "roll over" }))
        .await
        .unwrap();
    let first = cloud.wait_for_end(&arn, LIMIT).await.unwrap();
    let next = format!("{arn}-2");
    assert_eq!(first.output, Some(json!(next)));
    let second = cloud.wait_for_end(&next, LIMIT).await.unwrap();
    assert_eq!(
        (second.name.as_str(), second.output),
        ("orders-2", Some(json!({ "count": 1 })))
    );
}

#[tokio::test]
async fn executions_are_listed_by_status() {
    let cloud = start().await;
    let paused = cloud
        .start_execution(None, json!({ "path": "pause", "seconds": 100_000 }))
        .await
        .unwrap();
    let ended = run(&cloud, json!({ "path": "loop", "until": 0 })).await;
    let client = aws_sdk_sfn::Client::new(&cloud.sdk_config());
    for (status, expected) in [("RUNNING", &paused), ("SUCCEEDED", &ended.arn)] {
        let listed = client
            .list_executions()
            .state_machine_arn(cloud.state_machine_arn().unwrap());
        let listed = listed.status_filter(status.into()).send().await.unwrap();
        let arns: Vec<_> = listed
            .executions()
            .iter()
            .map(|each| each.execution_arn())
            .collect();
        assert_eq!(arns, [expected], "{status}");
    }
}

#[tokio::test]
async fn a_name_is_taken_once() {
    let cloud = start().await;
    let input = json!({ "path": "pause", "seconds": 100 });
    let first = cloud
        .start_execution(Some("orders-1"), input.clone())
        .await
        .unwrap();
    let again = cloud
        .start_execution(Some("orders-1"), input.clone())
        .await
        .unwrap();
    assert_eq!(
        first, again,
        "the same name and input while it runs is the same execution"
    );
    let other = cloud
        .start_execution(Some("orders-1"), json!({ "path": "other" }))
        .await
        .unwrap_err();
    assert!(other.to_string().contains("ExecutionAlreadyExists"), "{other}");
    cloud.stop_execution(&first, "Stop", "enough").await.unwrap();
    cloud.wait_for_end(&first, LIMIT).await.unwrap();
    let ended = cloud.start_execution(Some("orders-1"), input).await.unwrap_err();
    assert!(ended.to_string().contains("ExecutionAlreadyExists"), "{ended}");
}

#[tokio::test]
async fn a_stopped_execution_ends_at_once_with_the_reason() {
    let cloud = start().await;
    let arn = cloud
        .start_execution(None, json!({ "path": "pause", "seconds": 100_000 }))
        .await
        .unwrap();
    crate::eventually("it waits", async || {
        kinds(&cloud, &arn).await.contains(&"WaitStateEntered".to_owned())
    })
    .await;
    cloud.stop_execution(&arn, "Operator", "not today").await.unwrap();
    let view = cloud.wait_for_end(&arn, LIMIT).await.unwrap();
    assert_eq!(view.status, ExecutionStatus::Aborted);
    assert_eq!(
        (view.error.as_deref(), view.cause.as_deref()),
        (Some("Operator"), Some("not today"))
    );
    assert_eq!(
        kinds(&cloud, &arn).await.last().map(String::as_str),
        Some("ExecutionAborted")
    );
}

#[tokio::test]
async fn a_history_that_is_full_ends_the_execution() {
    let options = Options {
        history_limit: 40,
        ..options()
    };
    let cloud = LocalCloud::start(options).await.unwrap();
    let view = run(&cloud, json!({ "path": "loop", "until": 100 })).await;
    assert_eq!(view.status, ExecutionStatus::Failed);
    assert_eq!(view.error.as_deref(), Some("States.Runtime"));
    assert!(
        view.cause
            .unwrap()
            .contains("maximum number of history events (40)")
    );
    assert_eq!(cloud.history(&view.arn).await.unwrap().len(), 40);
}

#[tokio::test]
async fn an_execution_that_does_not_end_in_time_says_where_it_is() {
    let cloud = start().await;
    let arn = cloud
        .start_execution(None, json!({ "path": "pause", "seconds": 100_000 }))
        .await
        .unwrap();
    let late = cloud
        .wait_for_end(&arn, Duration::from_millis(200))
        .await
        .unwrap_err();
    assert!(
        matches!(&late, CloudError::StillRunning { report, .. } if report.contains("WaitStateEntered Pause")),
        "{late}"
    );
}

#[tokio::test]
async fn a_redrive_goes_on_at_the_state_that_failed_with_its_input_and_variables() {
    let cloud = start().await;
    let view = run(&cloud, json!({ "path": "redrive", "kept": "this" })).await;
    assert_eq!(view.error.as_deref(), Some("Test.Once"));
    cloud.redrive_execution(&view.arn).await.unwrap();
    let again = cloud.wait_for_end(&view.arn, LIMIT).await.unwrap();
    assert_eq!(again.status, ExecutionStatus::Succeeded, "{again:?}");
    assert_eq!(
        again.output,
        Some(json!({ "input": "redrive", "kept": "this", "redriven": 1 }))
    );
    let kinds = kinds(&cloud, &view.arn).await;
    let place = |kind: &str| kinds.iter().position(|it| it == kind);
    assert!(place("ExecutionFailed") < place("ExecutionRedriven"), "{kinds:?}");
    assert_eq!(kinds.last().map(String::as_str), Some("ExecutionSucceeded"));
    assert_eq!(kinds.iter().filter(|kind| *kind == "ExecutionStarted").count(), 1);
    // What ended well is not redriven.
    let refused = cloud.redrive_execution(&view.arn).await.unwrap_err();
    assert!(
        format!("{refused:?}").contains("ExecutionNotRedrivable"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_fail_state_fails_again_however_often_it_is_redriven() {
    let cloud = start().await;
    let view = run(&cloud, json!({ "path": "nowhere", "condition": false })).await;
    assert_eq!(view.error.as_deref(), Some("Test.nowhere"));
    for _ in 0..2 {
        cloud.redrive_execution(&view.arn).await.unwrap();
        let again = cloud.wait_for_end(&view.arn, LIMIT).await.unwrap();
        assert_eq!(
            (again.status, again.error),
            (view.status.clone(), view.error.clone())
        );
    }
}
