//! A Step Functions whose executions all wait with a token, for what a thousand of them cost: it answers after the time
//! that AWS may take, throttles as AWS does, and counts calls and round trips. It executes nothing; what runs the real
//! state machine is moto, in the local cloud.

mod buckets;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
pub use buckets::{Buckets, Quota};
use serde_json::{Value, json};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The state machine whose executions these are.
pub const MACHINE: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:migrate";
/// What a call takes from a function in the same Region, there and back.
pub const LATENCY: Duration = Duration::from_millis(20);

/// An execution that runs and waits.
#[derive(Clone, Debug)]
pub struct Execution {
    /// Its name.
    pub name: String,
    /// The group that its input names.
    pub group: String,
}

impl Execution {
    /// Its ARN.
    #[must_use]
    pub fn arn(&self) -> String {
        format!(
            "{}:{}",
            MACHINE.replacen(":stateMachine:", ":execution:", 1),
            self.name
        )
    }

    /// The token with which it waits.
    fn token(&self) -> String {
        format!("waits-{}", self.name)
    }
}

/// The service, at a port of its own.
#[derive(Clone, Debug)]
pub struct StepFunctions {
    endpoint: String,
    account: Arc<Mutex<Account>>,
}

/// What an account has running, and what was called.
#[derive(Debug)]
struct Account {
    /// Newest first, as ListExecutions gives them.
    executions: Vec<Execution>,
    buckets: Buckets,
    calls: Vec<String>,
    throttled: usize,
    /// The longest chain of calls that have been answered, each begun after the one before it was answered.
    round_trips: usize,
    /// The executions whose wait was ended, in order.
    woken: Vec<String>,
}

impl StepFunctions {
    /// Serves these executions, the newest first, within the quotas.
    ///
    /// # Errors
    /// Where no port is free.
    pub async fn start(executions: Vec<Execution>, buckets: Buckets) -> io::Result<StepFunctions> {
        let account = Arc::new(Mutex::new(Account {
            executions,
            buckets,
            calls: vec![],
            throttled: 0,
            round_trips: 0,
            woken: vec![],
        }));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let served = Arc::clone(&account);
        let router = Router::new().route(
            "/",
            post(move |headers: HeaderMap, body: Bytes| serve(Arc::clone(&served), headers, body)),
        );
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(StepFunctions { endpoint, account })
    }

    /// Where it listens.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// How often an action was called, throttled calls included.
    #[must_use]
    pub fn calls(&self, action: &str) -> usize {
        let account = lock(&self.account);
        account.calls.iter().filter(|called| *called == action).count()
    }

    /// How many calls were throttled.
    #[must_use]
    pub fn throttled(&self) -> usize {
        lock(&self.account).throttled
    }

    /// Round trips that had to be made one after another.
    #[must_use]
    pub fn round_trips(&self) -> usize {
        lock(&self.account).round_trips
    }

    /// The names of the executions whose wait was ended, in order.
    #[must_use]
    pub fn woken(&self) -> Vec<String> {
        lock(&self.account).woken.clone()
    }

    /// Lets time pass for the quotas.
    pub fn pass(&self, seconds: u32) {
        lock(&self.account).buckets.refill(seconds);
    }
}

fn lock(account: &Mutex<Account>) -> MutexGuard<'_, Account> {
    account.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(account: Arc<Mutex<Account>>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let action = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok()?.rsplit('.').next())
        .unwrap_or_default()
        .to_owned();
    let (round_trip, answer) = lock(&account).take(&action, &body);
    tokio::time::sleep(LATENCY).await;
    let mut account = lock(&account);
    account.round_trips = account.round_trips.max(round_trip);
    answer
}

impl Account {
    /// A call's place in the chain of calls, and its answer.
    fn take(&mut self, action: &str, body: &[u8]) -> (usize, (StatusCode, String)) {
        self.calls.push(action.to_owned());
        let answer = if self.buckets.take(action) {
            let body = serde_json::from_slice(body).unwrap_or_default();
            match self.answer(action, &body) {
                Ok(answer) => (StatusCode::OK, answer.to_string()),
                Err(code) => refused(code),
            }
        } else {
            self.throttled += 1;
            refused("ThrottlingException")
        };
        (self.round_trips + 1, answer)
    }

    fn answer(&mut self, action: &str, body: &Value) -> Result<Value, &'static str> {
        if action == "ListExecutions" {
            let executions: Vec<Value> = self.executions.iter().map(listed).collect();
            return Ok(json!({"executions": executions}));
        }
        let of = |of: &dyn Fn(&Execution) -> String, field: &str| {
            let wanted = body[field].as_str();
            self.executions
                .iter()
                .find(|execution| Some(of(execution).as_str()) == wanted)
        };
        match action {
            "DescribeExecution" => {
                let execution = of(&Execution::arn, "executionArn").ok_or("ExecutionDoesNotExist")?;
                let mut described = listed(execution);
                described["input"] = json!(json!({"replicationGroupId": execution.group}).to_string());
                Ok(described)
            }
            "GetExecutionHistory" => {
                let execution = of(&Execution::arn, "executionArn").ok_or("ExecutionDoesNotExist")?;
                let ended = self.woken.contains(&execution.name);
                Ok(json!({"events": history(execution, ended)}))
            }
            "SendTaskSuccess" => {
                let execution = of(&Execution::token, "taskToken").ok_or("TaskDoesNotExist")?;
                if self.woken.contains(&execution.name) {
                    return Err("TaskTimedOut");
                }
                let name = execution.name.clone();
                self.woken.push(name);
                Ok(json!({}))
            }
            _ => Err("UnknownOperationException"),
        }
    }
}

fn refused(code: &str) -> (StatusCode, String) {
    let error = json!({"__type": code, "message": code});
    (StatusCode::BAD_REQUEST, error.to_string())
}

fn listed(execution: &Execution) -> Value {
    json!({
        "executionArn": execution.arn(), "stateMachineArn": MACHINE, "name": execution.name, "status": "RUNNING",
        "startDate": 1.0
    })
}

/// The newest events, the newest first: the wait that was begun, and its end where it has one.
fn history(execution: &Execution, ended: bool) -> Vec<Value> {
    let parameters = json!({"FunctionName": "signal", "Payload": {"await": {"token": execution.token()}}});
    let wait = json!({
        "id": 40, "previousEventId": 39, "timestamp": 1.0, "type": "TaskScheduled",
        "taskScheduledEventDetails": {
            "resourceType": "lambda", "resource": "invoke.waitForTaskToken", "region": "us-east-1",
            "parameters": parameters.to_string()
        }
    });
    let end = json!({
        "id": 43, "previousEventId": 42, "timestamp": 2.0, "type": "TaskSucceeded",
        "taskSucceededEventDetails": {"resourceType": "lambda", "resource": "invoke.waitForTaskToken", "output": "{}"}
    });
    if ended { vec![end, wait] } else { vec![wait] }
}
