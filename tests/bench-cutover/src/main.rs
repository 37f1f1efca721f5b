//! `make bench-cutover`: clients write to the source through whole migrations, each on a stage of its own. For each
//! cutover it prints the time in which no write succeeded (from the last write that the source acknowledged to the first
//! that the target did), the promotion time that the stand-in was told to take, and the difference, which is what this
//! product adds. It fails where the median of that is above the limit, or where a single acknowledged write is missing.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use elasticache_stand_in::NodeRole;
use local_cloud::ExecutionStatus;
use scenarios::{Load, Pair, Story};
use serde_json::json;
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
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    println!("clients write {} times a second; times in ms", arguments.rate);
    println!(
        "{:>4} {:>10} {:>10} {:>8} {:>9} {:>13} {:>6}",
        "", "no writes", "promotion", "ours", "writes/s", "acknowledged", "lost"
    );
    let promotion = Duration::from_millis(arguments.promotion_ms);
    let mut all = vec![];
    for number in 1..=arguments.cutovers {
        let measured = cut_over(arguments.rate, promotion)
            .await
            .with_context(|| format!("cutover {number}"))?;
        show(&number.to_string(), &measured);
        all.push(measured);
    }
    let mut ours: Vec<Duration> = all.iter().map(Measured::ours).collect();
    ours.sort();
    let median = match ours.len() {
        0 => Duration::ZERO,
        n if n % 2 == 1 => ours[n / 2],
        n => (ours[n / 2 - 1] + ours[n / 2]) / 2,
    };
    if arguments.slow_seconds > 0 {
        let slow = cut_over(arguments.rate, Duration::from_secs(arguments.slow_seconds))
            .await
            .context("the slow cutover")?;
        show("slow", &slow);
        all.push(slow);
    }
    let lost: u64 = all.iter().map(|measured| measured.lost).sum();
    let acknowledged: u64 = all.iter().map(|measured| measured.acknowledged).sum();
    println!(
        "ours, median: {} ms (limit {} ms); lost: {lost} of {acknowledged} acknowledged writes",
        median.as_millis(),
        arguments.limit_ms
    );
    ensure!(lost == 0, "acknowledged writes were lost");
    ensure!(
        median <= Duration::from_millis(arguments.limit_ms),
        "the median is above the limit"
    );
    Ok(())
}

fn show(name: &str, measured: &Measured) {
    println!(
        "{name:>4} {:>10} {:>10} {:>8} {:>9.0} {:>13} {:>6}",
        measured.no_writes.as_millis(),
        measured.promotion.as_millis(),
        measured.ours().as_millis(),
        measured.rate,
        measured.acknowledged,
        measured.lost
    );
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
