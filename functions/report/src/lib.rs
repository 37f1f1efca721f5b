//! State `Report`, and the end of an execution that did not come by it: writes down what the migration's history tells.
//!
//! Reads the history, and puts two objects with the same content into the reports' bucket: a page for people and a
//! document for programs. Changes nothing else. Twice is safe: the objects' names follow from the migration's, and a
//! second report of the same history replaces the first.

use adapters::config::ReportConfig;
use adapters::s3::Bucket;
use adapters::step_functions::Migrations;
use adapters::{aws, clock};
use domain::StepError;
use domain::contract::report::{Input, Output};
use domain::report::{Chronicle, Executions, Location, Report};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// What is kept of an invocation's time to draw and put the report.
const FOR_THE_REST: Duration = Duration::from_secs(40);
/// How often the history is read again until it holds the state that asks: it may be a moment behind.
const LOOKS: u32 = 5;
const BETWEEN_LOOKS: Duration = Duration::from_millis(300);

/// What this function may call.
#[derive(Debug)]
pub struct Clients {
    migrations: Migrations,
    bucket: Bucket,
    region: String,
}

impl Clients {
    /// Builds the clients once per sandbox.
    ///
    /// # Errors
    /// Where the environment lacks the state machine's ARN or the bucket.
    pub async fn new() -> Result<Clients, adapters::config::ConfigError> {
        let names = ReportConfig::from_env()?;
        let config = aws::config().await;
        Ok(Clients {
            region: config.region().map(ToString::to_string).unwrap_or_default(),
            migrations: Migrations::new(&config, names.state_machine_arn),
            bucket: Bucket::new(&config, names.bucket, names.bucket_domain),
        })
    }
}

/// Answers one invocation, which has so much time left.
///
/// # Errors
/// Where Step Functions or S3 did not answer or refused; the state machine goes on all the same.
pub async fn handle(clients: &Clients, input: Input, left: Duration) -> Result<Output, StepError> {
    let deadline = Instant::now() + left.saturating_sub(FOR_THE_REST);
    let chronicle = gather(clients, &input, deadline).await?;
    if matches!(input, Input::Ended(_)) && chronicle.was_reported() {
        tracing::info!("the state machine has made this report itself");
        return Ok(Output { location: None });
    }
    let report = chronicle.report(clock::now());
    let location = Location::new(
        &input.migration_id(&report),
        clients.bucket.name(),
        &clients.region,
    );
    put(clients, &report, &location).await?;
    tracing::info!(report = %location.html, outcome = report.outcome.words(), "written");
    Ok(Output {
        location: Some(location),
    })
}

/// The histories of the migration's executions, up to the state that asks for the report.
async fn gather(clients: &Clients, input: &Input, deadline: Instant) -> Result<Chronicle, StepError> {
    let mut look = 0;
    loop {
        look += 1;
        let mut chronicle = read_all(clients, &input.executions(), deadline).await?;
        match input {
            Input::Ending(ending)
                if look < LOOKS && !chronicle.is_asked_for() && Instant::now() < deadline =>
            {
                tracing::info!(
                    look,
                    ending = ending.ending.words(),
                    "the history is a moment behind"
                );
                tokio::time::sleep(BETWEEN_LOOKS).await;
            }
            Input::Ending(ending) => {
                chronicle.ends(ending.ending);
                return Ok(chronicle);
            }
            Input::Ended(_) => return Ok(chronicle),
        }
    }
}

/// Reads the executions, the oldest first. The last one, which holds the ending, has half of the time for itself.
async fn read_all(
    clients: &Clients,
    executions: &Executions,
    deadline: Instant,
) -> Result<Chronicle, StepError> {
    let mut chronicle = Chronicle::new();
    if executions.left_out > 0 {
        chronicle.lacks(format!(
            "{} executions between the first and the others: there are too many to read",
            executions.left_out
        ));
    }
    let Some((last, before)) = executions.arns.split_last() else {
        return Ok(chronicle);
    };
    let half = deadline - deadline.saturating_duration_since(Instant::now()) / 2;
    for execution_arn in before {
        match read(clients, execution_arn, &mut chronicle, half).await {
            // Step Functions forgets an execution 90 days after its end.
            Err(StepError::Precondition(why)) => {
                chronicle.lacks(format!("the history of {execution_arn}: {why}"));
            }
            other => other?,
        }
    }
    read(clients, last, &mut chronicle, deadline).await?;
    Ok(chronicle)
}

/// Reads one execution's history, for as long as there is time.
async fn read(
    clients: &Clients,
    execution_arn: &str,
    chronicle: &mut Chronicle,
    deadline: Instant,
) -> Result<(), StepError> {
    chronicle.begin_execution();
    let mut late = None;
    let reading = clients.migrations.read_history(execution_arn, |entry| {
        if Instant::now() > deadline {
            late = Some(entry.at);
            return ControlFlow::Break(());
        }
        chronicle.read(&entry);
        ControlFlow::Continue(())
    });
    reading.await?;
    if let Some(at) = late {
        chronicle.lacks(format!(
            "the history from {at} on: there was no time to read it, since it is very long"
        ));
    }
    Ok(())
}

/// Both objects; the document first, so that a page never stands without it.
async fn put(clients: &Clients, report: &Report, location: &Location) -> Result<(), StepError> {
    let document = serde_json::to_string(report).map_err(|error| StepError::Bug(error.to_string()))?;
    let options = pages::Options {
        with_document: true,
        ..pages::Options::default()
    };
    let page = pages::migration(report, &options);
    clients
        .bucket
        .put(&location.json_key(), "application/json", &document)
        .await?;
    clients
        .bucket
        .put(&location.html_key(), "text/html; charset=utf-8", &page)
        .await
}
