//! A function for this crate's own tests: it does what its event says, so that a test can make it misbehave.
//!
//! `{"do": "echo"}` answers with the event; `fail` returns an error named by `errorType`; `sleep`, `panic` and `exit`
//! do so; `environment` and `context` answer with what the host gave; `count` answers how often this process was invoked.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lambda_runtime::{Context, Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value, json};

static INVOCATIONS: AtomicU64 = AtomicU64::new(0);

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    if std::env::var_os("FAIL_TO_START").is_some() {
        std::process::exit(3);
    }
    lambda_runtime::run(service_fn(handle)).await
}

async fn handle(request: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    let LambdaEvent {
        payload: event,
        context,
    } = request;
    let invocations = INVOCATIONS.fetch_add(1, Ordering::Relaxed) + 1;
    log(&format!("invocation {invocations}: {event}"));
    match event["do"].as_str().unwrap_or("echo") {
        "fail" => Err(Diagnostic {
            error_type: event["errorType"].as_str().unwrap_or("Failed").to_owned(),
            error_message: "as asked".to_owned(),
        }),
        "sleep" => {
            tokio::time::sleep(Duration::from_millis(
                event["milliseconds"].as_u64().unwrap_or_default(),
            ))
            .await;
            Ok(json!({ "slept": true, "process": std::process::id() }))
        }
        "panic" => panic!("as asked"),
        "exit" => std::process::exit(7),
        "environment" => Ok(json!(std::env::vars().collect::<BTreeMap<_, _>>())),
        "context" => Ok(describe(&context)),
        "count" => Ok(json!({ "invocations": invocations, "process": std::process::id() })),
        _ => Ok(event),
    }
}

fn describe(context: &Context) -> Value {
    json!({
        "requestId": context.request_id,
        "functionArn": context.invoked_function_arn,
        "deadline": context.deadline,
        "traceId": context.xray_trace_id,
    })
}

fn log(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout(), "{line}");
}
