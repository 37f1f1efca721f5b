//! One process from its start to its first answer.

use crate::aws::Aws;
use crate::runtime_api::{Did, RuntimeApi};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What was measured once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    /// From the start of the process to its asking for the first event.
    pub(crate) first_next: Duration,
    /// From then to the answer.
    pub(crate) invocation: Duration,
    /// Resident after the answer, in KiB.
    pub(crate) resident_kib: u64,
}

/// Starts the binary as Lambda does, hands it the event and ends it.
pub(crate) async fn run(binary: &Path, event: &Value, aws: &Aws) -> Result<Run> {
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
    let Did::AskedFirst(asked) = api.next().await? else {
        bail!("{} could not start", binary.display());
    };
    let handed_out = Instant::now();
    api.go();
    let Did::Answered(answered) = api.next().await? else {
        bail!("{} did not answer", binary.display());
    };
    let resident_kib = resident(pid)?;
    process.kill().await?;
    Ok(Run {
        first_next: asked - started,
        invocation: answered - handed_out,
        resident_kib,
    })
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
pub(crate) fn zipped(binary: &Path) -> Result<usize> {
    let packed = Command::new("gzip")
        .args(["-9", "-c", "-n"])
        .arg(binary)
        .output()?;
    if !packed.status.success() {
        bail!("gzip: {}", String::from_utf8_lossy(&packed.stderr));
    }
    Ok(packed.stdout.len())
}
