//! given a source in cluster mode; then its keys are compared without commands across slots.

use super::engines::{Engine, Pair, REDIS, VALKEY, run, until};
use adapters::verify::compare;
use anyhow::Result;
use domain::verify::{DifferenceKind, VerifyRule};
use std::time::Duration;

#[tokio::test]
async fn a_source_in_cluster_mode_is_read_slot_by_slot() -> Result<()> {
    let cluster = ["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"];
    let pair = Pair {
        source: Engine::start_with(REDIS, &cluster)?,
        target: Engine::start(VALKEY)?,
    };
    let mut writer = pair.source.connection()?;
    run(&mut writer, "CLUSTER ADDSLOTSRANGE 5000 16383 0 4999")?;
    until("the cluster is up", || Ok(run(&mut writer, "SET k v").is_ok()))?;
    for i in 0..3_000 {
        run(&mut writer, &format!("SET k{i} v{i}"))?;
    }
    pair.sync()?;
    run(&mut pair.spoiler()?, "SET extra v")?;

    let rule = VerifyRule::default();
    let progress = compare(&pair.shards(), &rule, "seed", None, Duration::from_secs(120)).await?;
    let found: Vec<_> = progress
        .first
        .iter()
        .map(|found| (found.key.as_str(), found.kind))
        .collect();
    assert_eq!(found, [("extra", DifferenceKind::Extra)]);
    assert!(progress.is_done() && progress.counts.source_keys >= 3_001);
    Ok(())
}
