//! `make bench-cold`: for each function, from the start of its process to its first `/next`, what is resident after one
//! invocation, and its zipped size, against a hello-world of lambda_runtime in the same run. The runs of all are
//! interleaved, so that a busy moment of the machine meets them alike. Exits 1 where a bar is missed.

use anyhow::Result;
use bench_cold::aws::Aws;
use bench_cold::functions;
use bench_cold::measure::{Run, median, run, zipped};
use bench_cold::{FIRST_NEXT, RESIDENT, ZIPPED};
use bench_page::Page;
use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::Ordering;

/// Measures cold starts.
#[derive(Parser)]
struct Options {
    /// Where the binaries are.
    #[arg(long, default_value = "target/release")]
    binaries: PathBuf,
    /// Processes of each function.
    #[arg(long, default_value_t = 15)]
    runs: usize,
    #[command(flatten)]
    page: Page,
}

/// What was measured of one function: medians.
struct Measured {
    name: &'static str,
    speaks_redis: bool,
    first_next_ms: f64,
    invocation_ms: f64,
    resident_kib: f64,
    zipped: usize,
    /// Handshakes of one process.
    handshakes: usize,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let aws = Aws::serve().await?;
    let mut measured = vec![functions::hello_world()];
    measured.extend(functions::all()?);
    let mut runs: Vec<Vec<Run>> = measured.iter().map(|_| vec![]).collect();
    let mut handshakes = vec![0; measured.len()];
    // The first round fills the page cache and is not counted.
    for round in 0..=options.runs {
        for (index, function) in measured.iter().enumerate() {
            let before = aws.handshakes.load(Ordering::SeqCst);
            let once = run(&options.binaries.join(function.name), &function.event, 0, &aws).await?;
            handshakes[index] = aws.handshakes.load(Ordering::SeqCst) - before;
            if round > 0 {
                runs[index].push(once);
            }
        }
    }
    let mut all = vec![];
    for ((function, runs), handshakes) in measured.iter().zip(&runs).zip(handshakes) {
        all.push(Measured {
            name: function.name,
            speaks_redis: function.speaks_redis,
            first_next_ms: median(runs, |run| run.first_next.as_secs_f64() * 1e3),
            invocation_ms: median(runs, |run| run.invocation.as_secs_f64() * 1e3),
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52 KiB")]
            resident_kib: median(runs, |run| run.resident_kib as f64),
            zipped: zipped(&options.binaries.join(function.name))?,
            handshakes,
        });
    }
    let (figures, missed) = judge(&all);
    options.page.conclude(env!("CARGO_BIN_NAME"), &figures, &missed)
}

/// The table, and the bars that were missed.
fn judge(all: &[Measured]) -> (String, Vec<String>) {
    let Some((hello, functions)) = all.split_first() else {
        return (String::new(), vec!["nothing was measured".to_owned()]);
    };
    let mut table = bench_page::table([
        "function",
        "first /next, ms",
        "times hello-world",
        "first invocation, ms",
        "handshakes",
        "resident, MiB",
        "times hello-world",
        "zipped, MB",
    ]);
    let mut missed = vec![];
    for one in all {
        let next = one.first_next_ms / hello.first_next_ms;
        let resident = one.resident_kib / hello.resident_kib;
        #[expect(clippy::cast_precision_loss, reason = "a few million bytes")]
        let megabytes = one.zipped as f64 / 1e6;
        table.add_row([
            one.name.to_owned(),
            format!("{:.1}", one.first_next_ms),
            format!("{next:.2}"),
            format!("{:.1}", one.invocation_ms),
            one.handshakes.to_string(),
            format!("{:.1}", one.resident_kib / 1024.0),
            format!("{resident:.2}"),
            format!("{megabytes:.2}"),
        ]);
    }
    for one in functions {
        let allowed = if one.speaks_redis {
            FIRST_NEXT.1
        } else {
            FIRST_NEXT.0
        };
        if one.first_next_ms > allowed * hello.first_next_ms {
            missed.push(format!(
                "{}: first /next is more than {allowed} times hello-world's",
                one.name
            ));
        }
        if one.resident_kib > RESIDENT * hello.resident_kib {
            missed.push(format!(
                "{}: resident is more than {RESIDENT} times hello-world's",
                one.name
            ));
        }
        if one.zipped > ZIPPED {
            missed.push(format!("{}: zipped it has more than {ZIPPED} bytes", one.name));
        }
        if one.handshakes == 0 {
            missed.push(format!(
                "{}: it called AWS not once, so its first invocation tells nothing",
                one.name
            ));
        }
    }
    (table.to_string(), missed)
}
