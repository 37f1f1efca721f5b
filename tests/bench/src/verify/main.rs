//! `bench-verify`: how fast verification is beside the plain loop that it has to beat, on a real source and a real replica.
//!
//! Both compare the same keys on the same engines, in turn, several rounds in one run; the median of the rounds counts. The
//! verifier compares both directions and every value by its type; the plain loop one direction and DUMP's bytes.
//! Exits with 1 where a bar is missed.
#![allow(clippy::print_stdout, reason = "its output is what it is for")]

mod data;
mod engine;
mod peer;
mod plain;

use adapters::verify::compare;
use anyhow::{Result, bail, ensure};
use data::Data;
use domain::ShardId;
use domain::verify::{PairProgress, ShardPair, VerifyRule};
use engine::{Engine, cpu_seconds};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const ROUNDS: usize = 3;
/// At least so many times the plain loop's speed on small keys, and on sets and hashes.
const BARS: [(Data, usize, f64); 2] = [
    (Data::SmallKeys, 1_000_000, 1.3),
    (Data::Collections, 12_500, 0.5),
];

/// One run of one contestant.
#[derive(Clone, Copy, Debug)]
struct Run {
    keys_per_second: f64,
    megabytes_per_second: f64,
    seconds: f64,
    /// Own, source's, target's CPU time.
    cpu: [f64; 3],
}

impl Run {
    fn all_cpu(&self) -> f64 {
        self.cpu.iter().sum()
    }
}

fn main() -> Result<ExitCode> {
    let peer = std::env::var("REDIS_FULL_CHECK").ok();
    if peer.is_none() {
        println!(
            "peer: none was found in PyPI, npm or Debian; REDIS_FULL_CHECK=<path> adds redis-full-check, built from its source"
        );
    }
    let mut met = true;
    for (data, keys, bar) in BARS {
        met &= contest(data, keys, bar, peer.as_deref())?;
    }
    Ok(if met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn contest(data: Data, keys: usize, bar: f64, peer: Option<&str>) -> Result<bool> {
    let (source, target) = (Engine::start("redis-server")?, Engine::start("valkey-server")?);
    data.fill(&mut source.connection()?, keys)?;
    target.follow(&source)?;
    println!(
        "\n{keys} {}, {} to {}, {ROUNDS} rounds",
        data.name(),
        source.version()?,
        target.version()?
    );
    println!(
        "{:<11} {:>9} {:>7} {:>8}   {:>5} {:>6} {:>6}  CPU seconds",
        "", "keys/s", "MB/s", "seconds", "own", "source", "target"
    );
    let (mut verifier, mut plain) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        plain.push(measured("plain loop", &source, &target, || {
            run_plain(&source, &target)
        })?);
        verifier.push(measured("verifier", &source, &target, || {
            run_verifier(&source, &target)
        })?);
    }
    if let Some(peer) = peer {
        let run = measured("full-check", &source, &target, || {
            peer::run(peer, &source, &target, keys as u64)
        })?;
        let ratio = median(verifier.iter().map(|one| one.keys_per_second)) / run.keys_per_second;
        println!(
            "verifier / redis-full-check: speed {ratio:.2} (it measures one direction; its CPU is not counted as own)"
        );
    }
    // Each run is set against the plain loop's run right before it, so that a machine that gets slower favours nobody.
    let ratio = median(
        verifier
            .iter()
            .zip(&plain)
            .map(|(one, other)| one.keys_per_second / other.keys_per_second),
    );
    let cpu = median(
        verifier
            .iter()
            .zip(&plain)
            .map(|(one, other)| other.all_cpu() / one.all_cpu()),
    );
    let met = ratio >= bar;
    let word = if met { "met" } else { "MISSED" };
    println!(
        "verifier / plain loop, medians: speed {ratio:.2} (bar {bar:.1}: {word}), keys per CPU second {cpu:.2}"
    );
    Ok(met)
}

/// Keys, bytes and a remark.
type Outcome = (u64, u64, String);

fn measured(
    name: &str,
    source: &Engine,
    target: &Engine,
    run: impl FnOnce() -> Result<Outcome>,
) -> Result<Run> {
    let processes = [std::process::id(), source.id(), target.id()];
    let mut cpu = [0.0; 3];
    for (spent, process) in cpu.iter_mut().zip(processes) {
        *spent = -cpu_seconds(process)?;
    }
    let begun = Instant::now();
    let (keys, bytes, remark) = run()?;
    let seconds = begun.elapsed().as_secs_f64();
    for (spent, process) in cpu.iter_mut().zip(processes) {
        *spent += cpu_seconds(process)?;
    }
    let run = Run {
        keys_per_second: keys as f64 / seconds,
        megabytes_per_second: bytes as f64 / 1e6 / seconds,
        seconds,
        cpu,
    };
    println!(
        "{name:<11} {:>9.0} {:>7.1} {:>8.2}   {:>5.2} {:>6.2} {:>6.2}  {remark}",
        run.keys_per_second, run.megabytes_per_second, run.seconds, run.cpu[0], run.cpu[1], run.cpu[2]
    );
    Ok(run)
}

fn run_plain(source: &Engine, target: &Engine) -> Result<Outcome> {
    let seen = plain::compare(&mut source.connection()?, &mut target.connection()?)?;
    let remark = format!("{} differ by DUMP's bytes", seen.differs);
    Ok((seen.keys, seen.bytes, remark))
}

/// As the Lambda function runs it: one thread. The latency cap is out of the way, because speed is what is measured.
fn run_verifier(source: &Engine, target: &Engine) -> Result<Outcome> {
    let rule = VerifyRule {
        max_source_latency_ms: 60_000,
        ..VerifyRule::default()
    };
    let pair = ShardPair {
        shard: ShardId("0001".to_owned()),
        source: source.endpoint(),
        target: target.endpoint(),
        show: 5,
        carry: ShardPair::carry_of(1),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let lasts = Duration::from_secs(600);
    let progress: PairProgress = runtime.block_on(compare(&pair, &rule, "bench", None, lasts))?;
    ensure!(
        progress.is_done(),
        "the comparison did not end: {:?}",
        progress.position
    );
    if progress.counts.all_differences() + progress.counts.unsettled > 0 {
        bail!(
            "nothing differs, and yet: {:?} {:?}",
            progress.counts,
            progress.first
        );
    }
    let remark = format!(
        "0 differ, both directions; the source's slowest PONG {} ms",
        progress.worst_source_latency_ms
    );
    Ok((progress.counts.source_keys, progress.counts.bytes, remark))
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
