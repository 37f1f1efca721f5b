//! `bench-signal`: how long a signal takes to find its own among a thousand executions that wait, and to end its wait, at
//! a Step Functions that answers after 20 ms. Exits with 1 where a bar is missed.
//!
//! The client is the function's own. What is not in the figures is the start of a sandbox: `make bench-cold` measures it.

use adapters::step_functions::{Migrations, Wait};
use anyhow::{Context, Result, bail};
use aws_sdk_sfn::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use bench_page::Page;
use clap::Parser;
use domain::ReplicationGroupId;
use domain::signal::{Envelope, Signal};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use step_functions_double::{Buckets, Execution, LATENCY, MACHINE, StepFunctions};

/// As many wait.
const WAITING: usize = 1_000;
/// Within this a signal finds its own.
const BAR: Duration = Duration::from_secs(2);
const ROUNDS: usize = 5;

/// Measures how long a signal takes to find and to wake its own among a thousand executions.
#[derive(Parser)]
struct Options {
    #[command(flatten)]
    page: Page,
}

/// What a sandbox knows, and how executions are named.
#[derive(Clone, Copy)]
struct Case {
    told: &'static str,
    named_after_group: bool,
    warm: bool,
    /// Which of them, the newest first.
    place: usize,
}

const CASES: [Case; 4] = [
    Case {
        told: "the newest, named after its group",
        named_after_group: true,
        warm: false,
        place: 0,
    },
    Case {
        told: "the oldest, named after its group",
        named_after_group: true,
        warm: false,
        place: WAITING - 1,
    },
    Case {
        told: "the oldest, named at random, in a sandbox that heard of it",
        named_after_group: false,
        warm: true,
        place: WAITING - 1,
    },
    Case {
        told: "the 150th, named at random, in a new sandbox",
        named_after_group: false,
        warm: false,
        place: 149,
    },
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let mut table = bench_page::table([
        "migration",
        "median s",
        "slowest s",
        "lists",
        "descriptions",
        "histories",
        "throttled",
    ]);
    let mut missed = vec![];
    for case in CASES {
        let mut times = vec![];
        let mut calls = [0; 4];
        for _ in 0..ROUNDS {
            let (time, counted) = case.measure().await.context(case.told)?;
            times.push(time);
            calls = counted;
        }
        times.sort();
        let (median, slowest) = (times[ROUNDS / 2], times[ROUNDS - 1]);
        if slowest > BAR {
            missed.push(format!(
                "{}: {:.2} s, more than {} s",
                case.told,
                slowest.as_secs_f64(),
                BAR.as_secs()
            ));
        }
        let seconds = |time: Duration| format!("{:.2}", time.as_secs_f64());
        let mut row = vec![case.told.to_owned(), seconds(median), seconds(slowest)];
        row.extend(calls.map(|count| count.to_string()));
        table.add_row(row);
    }
    let figures = format!(
        "{WAITING} executions wait; each call takes {} ms; {ROUNDS} rounds. Bar: {} s.\n\n{table}",
        LATENCY.as_millis(),
        BAR.as_secs()
    );
    options.page.conclude("bench-signal", &figures, &missed)
}

impl Case {
    /// One signal: its time, and the calls that it made.
    async fn measure(self) -> Result<(Duration, [usize; 4])> {
        let executions: Vec<Execution> = (0..WAITING)
            .map(|n| Execution {
                name: if self.named_after_group {
                    format!("cache-{n}-2026-11-24")
                } else {
                    format!("run-{n}")
                },
                group: format!("cache-{n}"),
            })
            .collect();
        let its_own = executions[self.place].clone();
        let aws = StepFunctions::start(executions, Buckets::full()).await?;
        let migrations = Migrations::new(&config(aws.endpoint()), MACHINE.to_owned());
        let group = ReplicationGroupId::try_from(its_own.group.clone())?;
        if self.warm {
            migrations.learn(&its_own.arn(), &group);
        }
        let began = Instant::now();
        wake(&migrations, group).await?;
        let time = began.elapsed();
        if aws.woken() != [its_own.name] {
            bail!("another migration was woken: {:?}", aws.woken());
        }
        let of =
            ["ListExecutions", "DescribeExecution", "GetExecutionHistory"].map(|action| aws.calls(action));
        Ok((time, [of[0], of[1], of[2], aws.throttled()]))
    }
}

/// What the function `signal` does with a message.
async fn wake(migrations: &Migrations, group: ReplicationGroupId) -> Result<()> {
    let found = migrations
        .running_for(&[group])
        .await?
        .context("no migration was found")?;
    let arn = &found.execution_arn;
    let envelope = Envelope {
        id: Some("m-1".to_owned()),
        signal: Signal::Event {
            name: "FailoverComplete".to_owned(),
        },
    };
    if migrations.took(arn, "m-1").await? {
        bail!("it took the message before");
    }
    let Wait::Open(wait) = migrations.wait(arn).await? else {
        bail!("it does not wait");
    };
    migrations.wake(arn, &wait, &envelope).await?;
    Ok(())
}

fn config(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("id", "key", None, None, "bench");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .build()
}
