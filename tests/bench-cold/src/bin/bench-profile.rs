//! `make bench-profile`: what the choice of the release profile costs and gives, for the largest function. Each profile is
//! built from nothing in a folder of its own; then all binaries start and answer in turns, so that a busy moment meets them
//! alike. Build time is in processor seconds, which another build beside it does not lengthen much. It decides nothing:
//! Cargo.toml says what was chosen, docs/performance.md why.

use anyhow::{Context, Result, ensure};
use bench_cold::ZIPPED;
use bench_cold::aws::Aws;
use bench_cold::functions;
use bench_cold::measure::{Run, median, run, zipped};
use bench_page::Page;
use clap::Parser;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Measures release profiles.
#[derive(Parser)]
struct Options {
    /// Where they are built: some gigabytes.
    #[arg(long, default_value = "target/profiles")]
    folder: PathBuf,
    /// Processes of each profile.
    #[arg(long, default_value_t = 15)]
    runs: usize,
    /// Takes what is built already, with the time that its build took then.
    #[arg(long)]
    keep: bool,
    /// Further invocations of each process.
    #[arg(long, default_value_t = 50)]
    warm: usize,
    #[command(flatten)]
    page: Page,
}

/// The function that is built: the largest.
const FUNCTION: &str = "cutover";

/// One choice, as changes to the release profile of Cargo.toml.
struct Profile {
    folder: &'static str,
    opt_level: &'static str,
    lto: &'static str,
    changes: &'static [&'static str],
}

/// The first is the one that is deployed.
const PROFILES: [Profile; 5] = [
    Profile {
        folder: "deployed",
        opt_level: "z, what compares keys s",
        lto: "fat",
        changes: &[],
    },
    Profile {
        folder: "s-thin",
        opt_level: "s",
        lto: "thin",
        changes: &[
            "profile.release.opt-level='s'",
            "profile.release.package.adapters.opt-level='s'",
            "profile.release.package.domain.opt-level='s'",
            "profile.release.package.redis.opt-level='s'",
            "profile.release.lto='thin'",
        ],
    },
    Profile {
        folder: "s",
        opt_level: "s",
        lto: "fat",
        changes: &[
            "profile.release.opt-level='s'",
            "profile.release.package.adapters.opt-level='s'",
            "profile.release.package.domain.opt-level='s'",
            "profile.release.package.redis.opt-level='s'",
        ],
    },
    Profile {
        folder: "z",
        opt_level: "z",
        lto: "fat",
        changes: &[
            "profile.release.opt-level='z'",
            "profile.release.package.adapters.opt-level='z'",
            "profile.release.package.domain.opt-level='z'",
            "profile.release.package.redis.opt-level='z'",
        ],
    },
    Profile {
        folder: "3",
        opt_level: "3",
        lto: "fat",
        changes: &[
            "profile.release.opt-level=3",
            "profile.release.package.adapters.opt-level=3",
            "profile.release.package.domain.opt-level=3",
            "profile.release.package.redis.opt-level=3",
        ],
    },
];

/// What was built.
struct Built {
    profile: &'static Profile,
    binary: PathBuf,
    processor_seconds: f64,
    runs: Vec<Run>,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let mut built = vec![];
    for profile in &PROFILES {
        built.push(build(
            profile,
            &options.folder.join(profile.folder),
            options.keep,
        )?);
    }
    let aws = Aws::serve().await?;
    let function = functions::all()?
        .into_iter()
        .find(|function| function.name == FUNCTION)
        .context("the function has no event")?;
    // The first round fills the page cache and is not counted.
    for round in 0..=options.runs {
        for one in &mut built {
            let once = run(&one.binary, &function.event, options.warm, &aws).await?;
            if round > 0 {
                one.runs.push(once);
            }
        }
    }
    let (figures, missed) = judge(&built)?;
    options.page.conclude(env!("CARGO_BIN_NAME"), &figures, &missed)
}

/// Builds the function from nothing, or takes what an earlier run built.
fn build(profile: &'static Profile, folder: &Path, keep: bool) -> Result<Built> {
    let binary = folder.join("release").join(FUNCTION);
    let took = folder.join("processor-seconds");
    let known = std::fs::read_to_string(&took)
        .ok()
        .filter(|_| keep && binary.exists());
    let processor_seconds = match known {
        Some(seconds) => seconds.trim().parse()?,
        None => {
            let seconds = build_anew(profile, folder)?;
            std::fs::write(&took, seconds.to_string())?;
            seconds
        }
    };
    Ok(Built {
        profile,
        binary,
        processor_seconds,
        runs: vec![],
    })
}

/// How many processor seconds that took.
fn build_anew(profile: &Profile, folder: &Path) -> Result<f64> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    let before = processor_seconds_of_children()?;
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--locked", "--package", FUNCTION])
        .arg("--target-dir")
        .arg(folder)
        .args(profile.changes.iter().flat_map(|change| ["--config", change]))
        .status()?;
    ensure!(
        status.success(),
        "{FUNCTION} cannot be built with {:?}",
        profile.changes
    );
    Ok(processor_seconds_of_children()? - before)
}

/// User and system time of this process's children and theirs, of those that have ended. Source: proc(5), fields 16 and 17 of
/// `/proc/self/stat`, in hundredths of a second.
fn processor_seconds_of_children() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, after_name) = stat.rsplit_once(')').context("no name in /proc/self/stat")?;
    let hundredths: u32 = after_name
        .split_whitespace()
        .skip(13)
        .take(2)
        .map(str::parse::<u32>)
        .sum::<Result<_, _>>()?;
    Ok(f64::from(hundredths) / 100.0)
}

/// The table; and where the deployed profile is too large.
fn judge(built: &[Built]) -> Result<(String, Vec<String>)> {
    let mut table = bench_page::table([
        "opt-level",
        "link-time optimisation",
        "binary, bytes",
        "zipped, bytes",
        "first /next, ms",
        "first invocation, ms",
        "warm invocation, ms",
        "resident, MiB",
        "build, processor s",
    ]);
    let mut missed = vec![];
    for (index, one) in built.iter().enumerate() {
        let zipped = zipped(&one.binary)?;
        if index == 0 && zipped > ZIPPED {
            missed.push(format!("{FUNCTION}: zipped it has more than {ZIPPED} bytes"));
        }
        let milliseconds = |figure: fn(&Run) -> f64| format!("{:.2}", median(&one.runs, figure) * 1e3);
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52 KiB")]
        let resident = median(&one.runs, |run| run.resident_kib as f64) / 1024.0;
        table.add_row([
            one.profile.opt_level.to_owned(),
            one.profile.lto.to_owned(),
            std::fs::metadata(&one.binary)?.len().to_string(),
            zipped.to_string(),
            milliseconds(|run| run.first_next.as_secs_f64()),
            milliseconds(|run| run.invocation.as_secs_f64()),
            milliseconds(|run| run.warm.map_or(f64::NAN, |warm| warm.as_secs_f64())),
            format!("{resident:.1}"),
            format!("{:.0}", one.processor_seconds),
        ]);
    }
    Ok((table.to_string(), missed))
}
