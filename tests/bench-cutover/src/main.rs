//! `make bench-cutover`: clients write to the source through whole migrations, each on a stage of its own. For each
//! cutover it prints the time in which no write succeeded (from the last write that the source acknowledged to the first
//! that the target did), the promotion time that the stand-in was told to take, and the difference, which is what this
//! product adds. It fails where the median of that is above the limit, or where a single acknowledged write is missing.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use anyhow::{Context, Result, bail, ensure};
use bench_page::Page;
use clap::Parser;
use elasticache_stand_in::NodeRole;
use local_cloud::ExecutionStatus;
use scenarios::{Load, Pair, Story};
use serde_json::json;
use std::process::ExitCode;
use std::time::Duration;

/// What a run may be told.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many cutovers.
    #[arg(long, default_value_t = 10)]
    cutovers: u32,
    /// Writes a second, all clients together.
    #[arg(long, default_value_t = 5_000)]
    rate: u64,
    /// How long the stand-in's promotion takes, in milliseconds.
    #[arg(long, default_value_t = 2_000)]
    promotion_ms: u64,
    /// How long it takes in the last, slow cutover, in seconds; 0 leaves that out.
    #[arg(long, default_value_t = 90)]
    slow_seconds: u64,
    /// The most that the median of our own time may be, in milliseconds.
    #[arg(long, default_value_t = 500)]
    limit_ms: u64,
    #[command(flatten)]
    page: Page,
}

/// One cutover, measured.
struct Measured {
    no_writes: Duration,
    promotion: Duration,
    rate: f64,
    acknowledged: u64,
    lost: u64,
}

impl Measured {
    fn ours(&self) -> Duration {
        self.no_writes.saturating_sub(self.promotion)
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    println!("{} cutovers, and one that is slow", arguments.cutovers);
    let promotion = Duration::from_millis(arguments.promotion_ms);
    let mut all = vec![];
    for number in 1..=arguments.cutovers {
        let measured = cut_over(arguments.rate, promotion)
            .await
            .with_context(|| format!("cutover {number}"))?;
        println!("{number}: {} ms are ours", measured.ours().as_millis());
        all.push((number.to_string(), measured));
    }
    let ours = median(all.iter().map(|(_, measured)| measured.ours()).collect());
    if arguments.slow_seconds > 0 {
        let slow = cut_over(arguments.rate, Duration::from_secs(arguments.slow_seconds))
            .await
            .context("the slow cutover")?;
        all.push(("slow".to_owned(), slow));
    }
    let (figures, missed) = judge(&arguments, &all, ours);
    arguments.page.conclude(env!("CARGO_BIN_NAME"), &figures, &missed)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    match times.len() {
        0 => Duration::ZERO,
        n if n % 2 == 1 => times[n / 2],
        n => (times[n / 2 - 1] + times[n / 2]) / 2,
    }
}

/// The table, and the bars that were missed.
fn judge(arguments: &Arguments, all: &[(String, Measured)], ours: Duration) -> (String, Vec<String>) {
    let mut table = bench_page::table([
        "cutover",
        "no writes, ms",
        "promotion, ms",
        "ours, ms",
        "writes/s",
        "acknowledged",
        "lost",
    ]);
    for (name, measured) in all {
        table.add_row([
            name.clone(),
            measured.no_writes.as_millis().to_string(),
            measured.promotion.as_millis().to_string(),
            measured.ours().as_millis().to_string(),
            format!("{:.0}", measured.rate),
            measured.acknowledged.to_string(),
            measured.lost.to_string(),
        ]);
    }
    let lost: u64 = all.iter().map(|(_, measured)| measured.lost).sum();
    let acknowledged: u64 = all.iter().map(|(_, measured)| measured.acknowledged).sum();
    let (ours, limit) = (ours.as_millis(), u128::from(arguments.limit_ms));
    let figures = format!(
        "Clients write {} times a second.\n\n{table}\n\nOurs, median without the slow one: {ours} ms (bar: {limit} ms). \
         Lost: {lost} of {acknowledged} acknowledged writes (bar: 0).",
        arguments.rate
    );
    let mut missed = vec![];
    if all.is_empty() {
        missed.push("nothing was measured".to_owned());
    }
    if lost > 0 {
        missed.push(format!("{lost} acknowledged writes were lost"));
    }
    if ours > limit {
        missed.push(format!("the median of our own time is {ours} ms"));
    }
    (figures, missed)
}

async fn cut_over(rate: u64, promotion: Duration) -> Result<Measured> {
    let story = Story::begin(Pair::default()).await?;
    story
        .elasticache()
        .change_settings(|settings| settings.promotion_time = promotion);
    let target = *story
        .target_ports(NodeRole::Primary)
        .first()
        .context("the target has no primary")?;
    let mut load = Load::start(story.source.port(), target, rate).await?;
    let execution = story.start(story.input()).await?;
    let verdict = story.verdict_of(&execution).await?;
    load.watch_target();
    story.approve(&verdict).await?;
    let ending = story
        .end_within(&execution, promotion + Duration::from_secs(120))
        .await?;
    if ending.execution.status != ExecutionStatus::Succeeded {
        bail!("the migration ended otherwise: {:?}", ending.execution);
    }
    let output = ending.execution.output.clone().unwrap_or_default();
    ensure!(
        output["lostBytes"] == json!(0),
        "the proof says otherwise: {}",
        output["proofs"]
    );
    let toll = load.stop().await?;
    story.cloud.shutdown().await;
    Ok(Measured {
        no_writes: toll.no_writes,
        promotion,
        rate: toll.rate,
        acknowledged: toll.acknowledged,
        lost: toll.lost,
    })
}
