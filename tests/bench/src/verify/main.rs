//! `bench-verify`: how fast verification is beside the plain loop that it has to beat, on a real source and a real replica.
//!
//! Both compare the same keys on the same engines, in turn, several rounds in one run; the median of the rounds counts. The
//! verifier compares both directions and every value by its type; the plain loop one direction and DUMP's bytes.
//! Exits with 1 where a bar is missed.
#![expect(clippy::print_stdout, reason = "a bench prints")]

mod data;
mod engine;
mod peer;
mod plain;

use adapters::verify::compare;
use anyhow::{Result, bail, ensure};
use bench_page::Page;
use clap::Parser;
use data::Data;
use domain::ShardId;
use domain::verify::{PairProgress, ShardPair, VerifyRule};
use engine::{Engine, cpu_seconds};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const ROUNDS: usize = 3;
/// The contestants.
const PLAIN_LOOP: &str = "plain loop";
const VERIFIER: &str = "verifier";
const PEER: &str = "redis-full-check";
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

/// Measures verification beside a plain loop. REDIS_FULL_CHECK names a redis-full-check, built from its source, to be
/// measured too: no package of it was found in PyPI, npm or Debian.
#[derive(Parser)]
struct Options {
    #[command(flatten)]
    page: Page,
}

/// What was measured on one kind of data.
struct Contest {
    data: Data,
    keys: usize,
    bar: f64,
    /// "Redis 7.0.15 to Valkey 8.0.1".
    engines: String,
    /// By contestant, in the order in which they ran.
    runs: Vec<(&'static str, Run)>,
}

fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let peer = std::env::var("REDIS_FULL_CHECK").ok();
    let contests: Vec<Contest> = BARS
        .into_iter()
        .map(|(data, keys, bar)| contest(data, keys, bar, peer.as_deref()))
        .collect::<Result<_>>()?;
    let (figures, missed) = judge(&contests);
    options.page.conclude(env!("CARGO_BIN_NAME"), &figures, &missed)
}

fn contest(data: Data, keys: usize, bar: f64, peer: Option<&str>) -> Result<Contest> {
    let (source, target) = (Engine::start("redis-server")?, Engine::start("valkey-server")?);
    data.fill(&mut source.connection()?, keys)?;
    target.follow(&source)?;
    let engines = format!("{} to {}", source.version()?, target.version()?);
    println!("{keys} {}, {engines}, {ROUNDS} rounds", data.name());
    let mut runs = vec![];
    for _ in 0..ROUNDS {
        runs.push(measured(PLAIN_LOOP, &source, &target, || {
            run_plain(&source, &target)
        })?);
        runs.push(measured(VERIFIER, &source, &target, || {
            run_verifier(&source, &target)
        })?);
    }
    if let Some(peer) = peer {
        runs.push(measured(PEER, &source, &target, || {
            peer::run(peer, &source, &target, keys as u64)
        })?);
    }
    Ok(Contest {
        data,
        keys,
        bar,
        engines,
        runs,
    })
}

/// The tables, and the bars that were missed.
fn judge(contests: &[Contest]) -> (String, Vec<String>) {
    let (mut figures, mut missed) = (vec![], vec![]);
    for contest in contests {
        let of = |name: &str| -> Vec<Run> {
            let runs = contest.runs.iter().filter(|(contestant, _)| *contestant == name);
            runs.map(|(_, run)| *run).collect()
        };
        let (verifier, plain) = (of(VERIFIER), of(PLAIN_LOOP));
        // Each run is set against the plain loop's run right before it, so that a machine that gets slower favours nobody.
        let pairs = || verifier.iter().zip(&plain);
        let speed = median(pairs().map(|(one, other)| one.keys_per_second / other.keys_per_second));
        let cpu = median(pairs().map(|(one, other)| other.all_cpu() / one.all_cpu()));
        let (name, bar) = (contest.data.name(), contest.bar);
        figures.push(format!("{} {name}, {}:", contest.keys, contest.engines));
        figures.push(shown(&contest.runs));
        figures.push(format!(
            "Verifier against plain loop, medians: {speed:.2} times as fast (bar: {bar}), {cpu:.2} times the keys per CPU \
             second of all three processes."
        ));
        for full_check in of(PEER) {
            let ratio = median(verifier.iter().map(|one| one.keys_per_second)) / full_check.keys_per_second;
            figures.push(format!(
                "Verifier against redis-full-check: {ratio:.2} times as fast (it compares one direction; its CPU time is not \
                 counted as own)."
            ));
        }
        if speed < bar {
            missed.push(format!(
                "{name}: {speed:.2} times the plain loop's speed, not {bar}"
            ));
        }
    }
    (figures.join("\n\n"), missed)
}

fn shown(runs: &[(&'static str, Run)]) -> String {
    let mut table = bench_page::table([
        "run",
        "keys/s",
        "MB/s",
        "seconds",
        "own CPU, s",
        "source's",
        "target's",
    ]);
    for (name, run) in runs {
        let mut row = vec![
            (*name).to_owned(),
            format!("{:.0}", run.keys_per_second),
            format!("{:.1}", run.megabytes_per_second),
            format!("{:.2}", run.seconds),
        ];
        row.extend(run.cpu.map(|seconds| format!("{seconds:.2}")));
        table.add_row(row);
    }
    table.to_string()
}

/// Keys, bytes and a remark.
type Outcome = (u64, u64, String);

fn measured(
    name: &'static str,
    source: &Engine,
    target: &Engine,
    run: impl FnOnce() -> Result<Outcome>,
) -> Result<(&'static str, Run)> {
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
    println!("{name}: {:.0} keys/s; {remark}", run.keys_per_second);
    Ok((name, run))
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
        ages_kept: false,
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
