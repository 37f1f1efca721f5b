//! The function's process: invoked again and again, each time with what it answered before.

use crate::aws::{Answer, Runtime};
use domain::plan::Plan;
use serde_json::{Value, json};
use std::process::Stdio;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

pub(crate) struct Function {
    runtime: Runtime,
    process: Child,
    printed: JoinHandle<String>,
    input: Value,
    /// The last observation.
    pub(crate) previous: Value,
}

impl Function {
    /// Starts it, for a source at this port and a plan with more than the two fields that are enough.
    pub(crate) async fn start(elasticache: &str, source_port: u16, more: &Value) -> Function {
        let runtime = Runtime::start().await;
        let mut process = Command::new(env!("CARGO_BIN_EXE_poll-lag"))
            .env_clear()
            .envs([
                ("AWS_LAMBDA_RUNTIME_API", runtime.address.as_str()),
                ("AWS_LAMBDA_FUNCTION_NAME", "poll-lag"),
                ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
                ("AWS_LAMBDA_LOG_GROUP_NAME", "poll-lag"),
                ("AWS_LAMBDA_LOG_STREAM_NAME", "1"),
                ("AWS_REGION", "us-east-1"),
                ("AWS_ENDPOINT_URL", elasticache),
                ("AWS_ACCESS_KEY_ID", "test"),
                ("AWS_SECRET_ACCESS_KEY", "test"),
            ])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        // Read all the time: a pipe that nobody empties stops the function at 64 KiB.
        let mut output = process.stdout.take().unwrap();
        let printed = tokio::spawn(async move {
            let mut text = String::new();
            output.read_to_string(&mut text).await.unwrap();
            text
        });
        let mut input = json!({
            "replicationGroupId": "orders", "source": {"address": "127.0.0.1", "port": source_port}
        });
        for (field, value) in more.as_object().unwrap() {
            input[field] = value.clone();
        }
        let plan = Plan::from_input(&input).unwrap();
        let now = jiff::Timestamp::now();
        let input = json!({
            "plan": plan,
            "migration": {"id": "m-1", "executionArn": "arn:aws:states:::execution:m:m-1", "startedAt": now},
            "preflight": {"at": now, "verdict": "mayStart", "findings": []},
            "stage": {"name": "sync", "since": now, "watermark": now},
        });
        Function {
            runtime,
            process,
            printed,
            input,
            previous: Value::Null,
        }
    }

    /// One look.
    pub(crate) async fn poll(&mut self) -> Answer {
        let mut input = self.input.clone();
        input["previous"] = self.previous.clone();
        let answer = self.runtime.invoke(input).await;
        assert!(
            answer.path.ends_with("/response"),
            "{}: {}",
            answer.path,
            answer.body
        );
        self.previous = answer.body.clone();
        answer
    }

    /// The most memory the process ever held, in KiB.
    pub(crate) fn peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id().unwrap())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Ends the function and gives what it printed.
    pub(crate) async fn printed(mut self) -> String {
        self.process.kill().await.unwrap();
        self.printed.await.unwrap()
    }
}
