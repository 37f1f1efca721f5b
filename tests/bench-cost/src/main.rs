//! `make bench-cost`: migrations of an hour, a day and thirty days through the state machine as it is, with its waits sped
//! up; then its histories are counted and priced. Exits 1 where a bar is missed.
//!
//! A migration is copied at once here and then waits for its approval, which is what takes long in earnest. The functions'
//! milliseconds are this machine's; on AWS the ways to the services are longer and the processors others. They are the
//! smallest part of the price by far.
#![expect(clippy::print_stdout, reason = "a bench prints")]
#![expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]

mod counted;
mod prices;

use anyhow::{Context, Result};
use bench_page::Page;
use clap::Parser;
use counted::Counted;
use local_cloud::Options;
use scenarios::{Pair, Story, TARGET};
use serde_json::json;
use std::process::ExitCode;
use std::time::Duration;

/// Counts what migrations cost.
#[derive(Parser)]
struct Arguments {
    /// Hours that the migrations last.
    #[arg(long, value_delimiter = ',', default_value = "1,24,720")]
    hours: Vec<u32>,
    #[command(flatten)]
    page: Page,
}

/// State transitions between two looks.
const PER_POLL: usize = 3;
/// Dollars for a day.
const A_DAY: f64 = 0.25;
/// Looks in an hour of waiting at the default of one in 300 s.
const LOOKS_AN_HOUR: usize = 12;
/// Factors on every wait. Five minutes become 400 ms, in which a signal comes through at the first try, or 60 ms, in which it
/// may take several; the work between the waits takes more than that.
const UNHURRIED: f64 = 1.0 / 750.0;
const HURRIED: f64 = 1.0 / 5_000.0;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let mut all = vec![];
    for hours in &arguments.hours {
        let counted = migrate(*hours).await?;
        println!(
            "{hours} h: {} looks in {} executions",
            counted.looks, counted.executions
        );
        all.push((*hours, counted));
    }
    let (figures, missed) = judge(&all);
    arguments.page.conclude(env!("CARGO_BIN_NAME"), &figures, &missed)
}

/// A migration that waits for so long until it is approved.
async fn migrate(hours: u32) -> Result<Counted> {
    let options = Options {
        wait_scale: if hours <= 24 { UNHURRIED } else { HURRIED },
        ..Options::default()
    };
    let story = Story::begin_in(Pair::default(), options).await?;
    let first = story
        .start(json!({
            "replicationGroupId": TARGET,
            "source": {"address": "127.0.0.1", "port": story.source.port()},
            "limits": {"approvalHours": 2_160},
        }))
        .await?;
    let looks = LOOKS_AN_HOUR * hours as usize;
    let looked = || {
        story
            .cloud
            .calls()
            .iter()
            .filter(|call| call.operation == "Invoke" && call.resource.ends_with("-poll-lag"))
            .count()
    };
    let ready = || {
        let told = story.told();
        told.iter().any(|occasion| occasion == "migration.ready")
    };
    let mut until = None;
    while until.is_none_or(|until| looked() < until) {
        if until.is_none() && ready() {
            until = Some(looked() + looks);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        let ended = story.cloud.execution(&first).await?;
        anyhow::ensure!(ended.error.is_none(), "the migration ended: {ended:?}");
    }
    approve(&story).await?;
    let template = story.cloud.template();
    let memory = template
        .functions
        .iter()
        .map(|function| (local_cloud::arn::function(&function.name), function.memory))
        .collect();
    let mut counted = Counted::default();
    let mut execution = first;
    loop {
        let ending = story.end_within(&execution, Duration::from_secs(300)).await?;
        counted.add(&ending.history, &memory)?;
        let output = ending
            .execution
            .output
            .clone()
            .with_context(|| format!("{:?}", ending.execution))?;
        if output["status"] != "rolledOver" {
            anyhow::ensure!(output["status"] == "done", "{output}");
            break;
        }
        execution = story.successor_of(&execution).await?;
    }
    counted.messages = story.messages().len();
    counted.logged = template
        .functions
        .iter()
        .flat_map(|function| story.cloud.function_logs(&function.name))
        .map(|line| line.text.len())
        .sum();
    Ok(counted)
}

/// Approves what people were told of last; again where the verdict was renewed meanwhile.
async fn approve(story: &Story) -> Result<()> {
    for _ in 0..20 {
        let told = story.messages();
        let ready = told
            .iter()
            .rev()
            .find(|message| message.attribute("eventType") == Some("migration.ready"))
            .context("people were told of nothing to approve")?;
        let digest = verdict_in(ready.body("email")).context("the message names no verdict")?;
        let order =
            json!({"replicationGroupId": TARGET, "action": "approve", "verdict": digest, "by": "the bench"});
        match story.order(order).await? {
            Ok(taken) if taken["delivered"] == true => return Ok(()),
            // It was told so in words, or no wait lasted long enough to be met: again.
            Ok(_) | Err(_) => {}
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    anyhow::bail!("no approval was taken")
}

/// The digest in a message's text: 16 hexadecimal digits.
fn verdict_in(text: &str) -> Option<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .find(|word| word.len() == 16 && word.chars().all(|c| c.is_ascii_hexdigit()))
        .map(str::to_owned)
}

/// The table, and the bars that were missed.
fn judge(all: &[(u32, Counted)]) -> (String, Vec<String>) {
    let mut table = bench_page::table([
        "asked for, h",
        "waited, h",
        "executions",
        "looks",
        "transitions",
        "per poll",
        "events",
        "longest history",
        "Lambda requests",
        "Lambda, s",
        "messages",
        "transitions, $",
        "Lambda, $",
        "messages, $",
        "metrics, $",
        "logs and traces, $",
        "sum, $",
    ]);
    let mut missed = vec![];
    for (hours, counted) in all {
        let dollars = counted.dollars();
        let sum: f64 = dollars.iter().sum();
        let mut row = vec![
            hours.to_string(),
            format!("{:.1}", counted.hours),
            counted.executions.to_string(),
            counted.looks.to_string(),
            counted.transitions.to_string(),
            counted.per_poll.to_string(),
            counted.events.to_string(),
            counted.longest.to_string(),
            counted.requests.to_string(),
            format!("{:.1}", counted.lambda_ms / 1e3),
            counted.messages.to_string(),
        ];
        row.extend(dollars.iter().map(|part| format!("{part:.4}")));
        row.push(format!("{sum:.4}"));
        table.add_row(row);
        if counted.per_poll > PER_POLL {
            missed.push(format!("{hours} h: {} transitions in a poll", counted.per_poll));
        }
        if *hours <= 24 && sum >= A_DAY {
            missed.push(format!("{hours} h: {sum:.4} dollars"));
        }
        if *hours >= 720 && counted.executions < 2 {
            missed.push(format!("{hours} h: no roll-over"));
        }
    }
    let figures = format!(
        "List prices of {}, without what a stack costs that migrates nothing.\n\n{table}",
        prices::AS_OF
    );
    (figures, missed)
}
