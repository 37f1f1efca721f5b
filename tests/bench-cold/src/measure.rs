//! One process from its start to its first answer, and on to later ones.

use crate::aws::Aws;
use crate::runtime_api::{Did, RuntimeApi};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What was measured once.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// From the start of the process to its asking for the first event.
    pub first_next: Duration,
    /// From then to the answer.
    pub invocation: Duration,
    /// Resident after that answer, in KiB.
    pub resident_kib: u64,
    /// The median of the invocations after it, where there were any.
    pub warm: Option<Duration>,
}

/// Starts the binary as Lambda does, hands it the event once and then `again` times, and ends it.
///
/// # Errors
/// Where it cannot be started, or does something else than to ask and to answer.
pub async fn run(binary: &Path, event: &Value, again: usize, aws: &Aws) -> Result<Run> {
    let mut api = RuntimeApi::serve(event).await?;
    let arn = "arn:aws:sns:us-east-1:123456789012:bench";
    let started = Instant::now();
    let mut process = tokio::process::Command::from({
        let mut command = Command::new(binary);
        command
            .env_clear()
            .envs([
                ("AWS_LAMBDA_RUNTIME_API", api.address.as_str()),
                ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
                ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
                ("AWS_REGION", "us-east-1"),
                ("AWS_ACCESS_KEY_ID", "bench"),
                ("AWS_SECRET_ACCESS_KEY", "bench"),
                ("AWS_ENDPOINT_URL", aws.endpoint.as_str()),
                ("TOPIC_ARN", arn),
                ("ELASTICACHE_TOPIC_ARN", arn),
                (
                    "STATE_MACHINE_ARN",
                    "arn:aws:states:us-east-1:123456789012:stateMachine:bench",
                ),
                ("CALLING_FUNCTIONS", "bench"),
                ("REPORTS_BUCKET", "bench"),
                ("REPORTS_BUCKET_DOMAIN", "bench.s3.us-east-1.amazonaws.com"),
                ("SIGNAL_FUNCTION", "bench"),
                (
                    "LINK_KEY_ARN",
                    "arn:aws:secretsmanager:us-east-1:123456789012:secret:bench",
                ),
                ("PAGE_URL", ""),
                ("SLACK_WEBHOOK_SECRET_ARN", ""),
            ])
            .env("SSL_CERT_FILE", &aws.certificate)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    })
    .kill_on_drop(true)
    .spawn()
    .with_context(|| format!("{} cannot be started", binary.display()))?;
    let pid = process.id().context("it ended at once")?;
    let asked = asked(&mut api, binary).await?;
    let invocation = invoke(&mut api, binary).await?;
    let resident_kib = resident(pid)?;
    let mut warm = vec![];
    for _ in 0..again {
        self::asked(&mut api, binary).await?;
        warm.push(invoke(&mut api, binary).await?);
    }
    process.kill().await?;
    warm.sort_unstable();
    Ok(Run {
        first_next: asked - started,
        invocation,
        resident_kib,
        warm: warm.get(warm.len() / 2).copied(),
    })
}

/// When the process asked for its next event.
async fn asked(api: &mut RuntimeApi, binary: &Path) -> Result<Instant> {
    match api.next().await? {
        Did::Asked(at) => Ok(at),
        other => bail!("{} was to ask for an event: {other:?}", binary.display()),
    }
}

/// How long the process takes from the event to its answer.
async fn invoke(api: &mut RuntimeApi, binary: &Path) -> Result<Duration> {
    let handed_out = Instant::now();
    api.go();
    match api.next().await? {
        Did::Answered(at) => Ok(at - handed_out),
        other => bail!("{} was to answer: {other:?}", binary.display()),
    }
}

fn resident(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    status
        .lines()
        .find_map(|line| {
            line.strip_prefix("VmRSS:")?
                .trim()
                .strip_suffix("kB")?
                .trim()
                .parse()
                .ok()
        })
        .context("the system does not tell what is resident")
}

/// The size of the binary as a zip holds it, in bytes: the same compression, without the file's name.
///
/// # Errors
/// Where `gzip` cannot be run.
pub fn zipped(binary: &Path) -> Result<usize> {
    let packed = Command::new("gzip")
        .args(["-9", "-c", "-n"])
        .arg(binary)
        .output()?;
    if !packed.status.success() {
        bail!("gzip: {}", String::from_utf8_lossy(&packed.stderr));
    }
    Ok(packed.stdout.len())
}

/// The median of a figure of these runs; none of no run.
pub fn median(runs: &[Run], figure: impl Fn(&Run) -> f64) -> f64 {
    let mut figures: Vec<f64> = runs.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
