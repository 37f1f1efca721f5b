//! given a pair that was synced by the engine; when it is verified in pieces, in a sample or against a cap; then it comes to the
//! same end, and nothing is called different that is not. What is planted on the target is `planted`'s.
use super::engines::{Pair, REDIS, VALKEY, run};
use adapters::verify::compare;
use anyhow::Result;
use domain::Seconds;
use domain::verify::{DifferenceKind, PairProgress, Phase, VerifyRule};
use redis::Connection;
use std::collections::BTreeMap;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(120);

pub(crate) fn rule() -> VerifyRule {
    VerifyRule {
        settle: Seconds(1),
        ..VerifyRule::default()
    }
}

pub(crate) async fn whole(pair: &Pair, rule: &VerifyRule) -> Result<PairProgress> {
    let progress = compare(&pair.shards(), rule, "seed", None, LONG).await?;
    assert!(progress.is_done(), "{:?}", progress.position);
    Ok(progress)
}

pub(crate) fn found(progress: &PairProgress) -> BTreeMap<String, DifferenceKind> {
    progress
        .first
        .iter()
        .map(|difference| (difference.key.as_str().to_owned(), difference.kind))
        .collect()
}

/// Keys k0 and on.
fn numbered(writer: &mut Connection, keys: usize) -> Result<()> {
    let mut filling = redis::pipe();
    for i in 0..keys {
        filling.cmd("SET").arg(format!("k{i}")).arg(i).ignore();
    }
    Ok(filling.query(writer)?)
}

/// given a verification that is cut into many invocations, its state carried as JSON; then it comes to the same end as in
/// one, and a difference that one invocation met is reported by a later one.
#[tokio::test]
async fn a_verification_goes_on_where_the_last_invocation_ended() -> Result<()> {
    let pair = Pair::start(REDIS, VALKEY)?;
    let mut writer = pair.source.connection()?;
    for db in [0, 3] {
        run(&mut writer, &format!("SELECT {db}"))?;
        numbered(&mut writer, 3_000)?;
    }
    pair.sync()?;
    let mut spoiler = pair.spoiler()?;
    run(&mut spoiler, "SET k5 other")?;
    run(&mut spoiler, "SELECT 3")?;
    run(&mut spoiler, "DEL k2999")?;
    let slow = VerifyRule {
        max_keys_per_second: Some(10_000),
        ..rule()
    };
    let (mut progress, mut invocations) = (None, 0);
    loop {
        let lasts = Duration::from_millis(300);
        let after = compare(&pair.shards(), &slow, "seed", progress, lasts).await?;
        invocations += 1;
        let carried = serde_json::to_string(&after)?;
        assert!(carried.len() < 32 * 1024);
        if after.is_done() {
            assert_eq!(
                found(&after).into_iter().collect::<Vec<_>>(),
                [
                    ("k2999".to_owned(), DifferenceKind::Missing),
                    ("k5".to_owned(), DifferenceKind::Value),
                ]
            );
            assert!(after.counts.source_keys >= 6_000 && after.counts.target_keys >= 5_999);
            break;
        }
        assert!(invocations < 100, "{:?}", after.position);
        progress = Some(serde_json::from_str(&carried)?);
    }
    assert!(invocations > 2, "{invocations}");
    Ok(())
}

/// given a cursor of a source process that is gone; then its database is begun again, not gone on with.
#[tokio::test]
async fn a_cursor_of_another_process_is_not_gone_on_with() -> Result<()> {
    let pair = Pair::start(REDIS, VALKEY)?;
    numbered(&mut pair.source.connection()?, 500)?;
    pair.sync()?;
    let mut progress = PairProgress::new(&pair.shards(), &rule(), jiff::Timestamp::now());
    progress.position.cursor = Some("511".to_owned());
    progress.position.run_id = "another".to_owned();
    let done = compare(&pair.shards(), &rule(), "seed", Some(progress), LONG).await?;
    assert!(done.is_done() && done.counts.source_keys >= 500);
    Ok(())
}

/// given keys that end while they are compared, at another moment on each side; then none of them is a difference.
#[tokio::test]
async fn keys_that_expire_are_no_difference() -> Result<()> {
    let pair = Pair::start(REDIS, VALKEY)?;
    pair.sync()?;
    let mut filling = redis::pipe();
    for i in 0..20_000 {
        filling
            .cmd("SET")
            .arg(format!("k{i}"))
            .arg(i)
            .arg("PX")
            .arg(1 + i / 5)
            .ignore();
    }
    filling.query::<()>(&mut pair.source.connection()?)?;
    let progress = whole(&pair, &rule()).await?;
    assert_eq!(found(&progress), BTreeMap::new());
    assert_eq!(progress.counts.unsettled, 0);
    Ok(())
}

/// given caps; then an invocation of a second reads no more keys than the cap allows, and a source that is always too slow
/// is read ever more slowly.
#[tokio::test]
async fn caps_on_keys_per_second_and_on_latency_hold() -> Result<()> {
    let pair = Pair::start(REDIS, VALKEY)?;
    numbered(&mut pair.source.connection()?, 60_000)?;
    pair.sync()?;
    let second = Duration::from_secs(1);
    let few = VerifyRule {
        max_keys_per_second: Some(1_000),
        ..rule()
    };
    let progress = compare(&pair.shards(), &few, "seed", None, second).await?;
    let read = progress.counts.source_keys;
    // One second's worth, and what was admitted last.
    assert!((1..=1_200).contains(&read), "{read}");
    assert_eq!(progress.position.phase, Phase::Source);

    let paced = VerifyRule {
        max_keys_per_second: Some(20_000),
        max_source_latency_ms: 10_000,
        ..rule()
    };
    let strict = VerifyRule {
        max_source_latency_ms: 0,
        ..paced.clone()
    };
    let patient = compare(&pair.shards(), &paced, "seed", None, 4 * second).await?;
    let slowed = compare(&pair.shards(), &strict, "seed", None, 4 * second).await?;
    assert!(slowed.worst_source_latency_ms > 0);
    let (patient, slowed) = (patient.counts.source_keys, slowed.counts.source_keys);
    assert!(slowed < patient, "{slowed} keys in the time of {patient}");
    Ok(())
}

/// given a sample; then so many keys are compared in each direction, others with another seed, and planted differences show
/// up in proportion.
#[tokio::test]
async fn a_sample_takes_what_it_says() -> Result<()> {
    let pair = Pair::start(REDIS, VALKEY)?;
    let mut writer = pair.source.connection()?;
    for db in [0, 1] {
        run(&mut writer, &format!("SELECT {db}"))?;
        numbered(&mut writer, 10_000)?;
    }
    pair.sync()?;
    let mut spoiler = pair.spoiler()?;
    let mut spoiling = redis::pipe();
    for i in (0..10_000).step_by(100) {
        spoiling.cmd("SET").arg(format!("k{i}")).arg("x").ignore();
    }
    spoiling.query::<()>(&mut spoiler)?;
    let sample = VerifyRule {
        mode: domain::verify::Mode::Sample(4_000),
        ..rule()
    };
    let mut names = vec![];
    for seed in ["one", "another"] {
        let progress = compare(&pair.shards(), &sample, seed, None, LONG).await?;
        assert!(progress.is_done());
        assert_eq!(
            (progress.counts.source_keys, progress.counts.target_keys),
            (4_000, 4_000)
        );
        // 100 of 20,000 differ: a sample of a fifth finds about 20.
        assert!(
            (3..60).contains(&progress.counts.all_differences()),
            "{:?}",
            progress.counts
        );
        names.push(found(&progress));
    }
    assert_ne!(names[0], names[1]);
    Ok(())
}
