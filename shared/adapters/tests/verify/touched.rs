//! given a source whose writers were stopped, and a target that was promoted; when what was touched since the approval is
//! compared; then every key that was written after it is looked up, of whatever type, and none of the others is.
use super::engines::{Engine, Pair, REDIS, VALKEY, run, until};
use adapters::verify::compare;
use anyhow::Result;
use domain::Seconds;
use domain::verify::{DifferenceKind, Direction, Mode, PairProgress, Touched, VerifyRule};
use jiff::Timestamp;
use redis::Connection;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(120);
/// Keys of each database that nobody uses after the approval.
const OLD: usize = 2_000;
/// How long ago they were used: the engine is told so, because nobody wants to wait.
const AGE: u64 = 100_000;

/// The comparison after a promotion.
fn rule(mode: Mode) -> VerifyRule {
    VerifyRule {
        mode,
        settle: Seconds(1),
        direction: Direction::SourceOnly,
        touched_since: Some(Timestamp::now()),
        ..VerifyRule::default()
    }
}

/// Keys that were there before the approval, one of each type among them.
fn fill(writer: &mut Connection) -> Result<()> {
    for line in BEFORE {
        run(writer, line)?;
    }
    let mut filling = redis::pipe();
    for number in 0..OLD {
        filling
            .cmd("SET")
            .arg(format!("old:{number}"))
            .arg(format!("v{number}"))
            .ignore();
    }
    Ok(filling.query(writer)?)
}

const BEFORE: [&str; 9] = [
    "SET string value",
    "SET number 123456",
    "RPUSH list a",
    "SADD set a",
    "HSET hash f v",
    "ZADD zset 1 a",
    "XADD stream 1-1 f v",
    "SET ends value",
    "SET renamed:from value",
];

/// What is written after the approval: in place, anew, and without touching a value.
const AFTER: [&str; 11] = [
    "APPEND string !",
    "INCR number",
    "RPUSH list b",
    "SADD set b",
    "HSET hash f w",
    "ZADD zset 2 a",
    "XADD stream 2-1 f v",
    "EXPIRE ends 100000",
    "RENAME renamed:from renamed:to",
    "SET new value",
    "SET small 7",
];

/// How many keys that leaves to be looked up.
const TOUCHED: u64 = 11;

/// Makes every key look as if nobody had used it for long.
fn age(writer: &mut Connection) -> Result<()> {
    let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg("*").query(writer)?;
    let mut reading = redis::pipe();
    keys.iter().for_each(|key| _ = reading.cmd("DUMP").arg(key));
    let values: Vec<Vec<u8>> = reading.query(writer)?;
    let mut writing = redis::pipe();
    for (key, value) in keys.iter().zip(values) {
        writing
            .cmd("RESTORE")
            .arg(key)
            .arg(0)
            .arg(value)
            .arg("REPLACE")
            .arg("IDLETIME")
            .arg(AGE)
            .ignore();
    }
    Ok(writing.query(writer)?)
}

/// A source of two databases with old keys, and a target that holds the same and was promoted after `after`.
fn promoted(source: Engine, target: &str, after: &[&str]) -> Result<Pair> {
    let pair = Pair {
        source,
        target: Engine::start(target)?,
    };
    let mut writer = pair.source.connection()?;
    for db in [0, 5] {
        run(&mut writer, &format!("SELECT {db}"))?;
        fill(&mut writer)?;
        age(&mut writer)?;
    }
    pair.sync()?;
    // While the child of the sync is there no times are kept, as a test below shows.
    until("the source has no child", || {
        Ok(pair.source.info("rdb_bgsave_in_progress")? == "0")
    })?;
    for db in [0, 5] {
        run(&mut writer, &format!("SELECT {db}"))?;
        for line in after {
            run(&mut writer, line)?;
        }
    }
    pair.caught_up()?;
    run(&mut pair.target.connection()?, "REPLICAOF NO ONE")?;
    Ok(pair)
}

async fn last(pair: &Pair, rule: &VerifyRule) -> Result<PairProgress> {
    let progress = compare(&pair.shards(), rule, "seed", None, LONG).await?;
    assert!(progress.is_done(), "{:?}", progress.position);
    Ok(progress)
}

fn touched(progress: &PairProgress) -> &Touched {
    progress.touched.as_ref().expect("what was touched")
}

fn found(progress: &PairProgress) -> Vec<(u32, &str, DifferenceKind)> {
    let mut found: Vec<_> = progress
        .first
        .iter()
        .map(|difference| (difference.db, difference.key.as_str(), difference.kind))
        .collect();
    found.sort();
    found
}

async fn what_was_written_is_found(source: &str, target: &str) -> Result<()> {
    let pair = promoted(Engine::start(source)?, target, &AFTER)?;
    let rule = rule(Mode::Full);
    let clean = last(&pair, &rule).await?;
    assert_eq!(found(&clean), []);
    let seen = touched(&clean);
    assert_eq!(
        (seen.touched, clean.counts.source_keys),
        (2 * TOUCHED, 2 * TOUCHED)
    );
    assert_eq!((seen.untimed, seen.cut), (2, false));
    let held = 2 * (OLD as u64 + TOUCHED);
    assert!(seen.of == held && seen.looked_through >= held, "{seen:?}");

    // Asking is no use: a second time there are no more.
    let mut spoiler = pair.target.connection()?;
    let mut planted = vec![];
    for db in [0, 5] {
        run(&mut spoiler, &format!("SELECT {db}"))?;
        for (key, command, kind) in [
            ("ends", "PERSIST ends", DifferenceKind::Ttl),
            ("hash", "HSET hash f v", DifferenceKind::Value),
            ("list", "LSET list 1 other", DifferenceKind::Value),
            ("new", "DEL new", DifferenceKind::Missing),
            ("number", "SET number 1", DifferenceKind::Value),
            ("renamed:to", "DEL renamed:to", DifferenceKind::Missing),
            ("set", "SREM set b", DifferenceKind::Value),
            ("small", "SET small 8", DifferenceKind::Value),
            ("stream", "XDEL stream 2-1", DifferenceKind::Value),
            ("string", "RPUSH string v", DifferenceKind::Type),
            ("zset", "ZADD zset 3 a", DifferenceKind::Value),
        ] {
            if kind == DifferenceKind::Type {
                run(&mut spoiler, &format!("DEL {key}"))?;
            }
            run(&mut spoiler, command)?;
            planted.push((db, key, kind));
        }
        // What nobody touched since the approval was compared before it, and is not looked up again.
        run(&mut spoiler, "DEL old:7")?;
    }
    let spoiled = last(&pair, &rule).await?;
    assert_eq!(found(&spoiled), planted);
    assert_eq!(touched(&spoiled).touched, 2 * TOUCHED);
    Ok(())
}

#[tokio::test]
async fn what_was_written_after_the_approval_is_found_from_redis_7_0_to_valkey_8_0() -> Result<()> {
    what_was_written_is_found(REDIS, VALKEY).await
}

#[tokio::test]
async fn what_was_written_after_the_approval_is_found_from_valkey_8_0_to_valkey_8_0() -> Result<()> {
    what_was_written_is_found(VALKEY, VALKEY).await
}

/// given a limit and a policy that needs a time of use for each key: then small numbers have one too.
#[tokio::test]
async fn small_numbers_have_times_where_the_policy_needs_them() -> Result<()> {
    let settings = ["--maxmemory", "1gb", "--maxmemory-policy", "allkeys-lru"];
    let source = Engine::start_with(REDIS, &settings)?;
    let pair = promoted(source, VALKEY, &AFTER)?;
    let progress = last(&pair, &rule(Mode::Full)).await?;
    let seen = touched(&progress);
    assert_eq!((seen.touched, seen.untimed), (2 * TOUCHED, 0));
    Ok(())
}

/// given an engine with a child process; then what is written in place looks as old as before. That is why forks are counted
/// between the approval and the fence, and nothing is told where there was one.
#[test]
fn an_engine_with_a_child_keeps_no_times() -> Result<()> {
    for server in [REDIS, VALKEY] {
        let engine = Engine::start(server)?;
        let mut writer = engine.connection()?;
        run(&mut writer, "RPUSH list a")?;
        fill(&mut writer)?;
        age(&mut writer)?;
        run(&mut writer, "CONFIG SET rdb-key-save-delay 10000")?;
        run(&mut writer, "BGSAVE")?;
        run(&mut writer, "RPUSH list b")?;
        let idle: u64 = redis::cmd("OBJECT")
            .arg(&["IDLETIME", "list"])
            .query(&mut writer)?;
        assert_eq!(engine.info("rdb_bgsave_in_progress")?, "1", "{server}");
        assert_eq!(engine.info("total_forks")?, "1", "{server}");
        assert!(idle >= AGE, "{server}: {idle}");
    }
    Ok(())
}

async fn all_keys_instead(source: Engine, because: &str) -> Result<()> {
    let pair = promoted(source, VALKEY, &[])?;
    run(&mut pair.target.connection()?, "DEL old:7")?;
    let progress = last(&pair, &rule(Mode::Full)).await?;
    let why = progress.untold.clone().unwrap_or_default();
    assert!(why.contains(because), "{why}");
    assert_eq!(progress.touched, None);
    assert_eq!(found(&progress), [(0, "old:7", DifferenceKind::Missing)]);
    let held = 2 * (OLD + BEFORE.len()) as u64;
    assert!(progress.counts.source_keys >= held, "{:?}", progress.counts);
    Ok(())
}

#[tokio::test]
async fn a_source_that_evicts_by_lfu_keeps_no_times_and_all_keys_are_compared() -> Result<()> {
    let source = Engine::start_with(REDIS, &["--maxmemory-policy", "allkeys-lfu"])?;
    all_keys_instead(source, "evicts by LFU").await
}

#[tokio::test]
async fn a_source_that_refuses_the_question_has_all_its_keys_compared() -> Result<()> {
    let source = Engine::start_with(REDIS, &["--rename-command", "OBJECT", ""])?;
    all_keys_instead(source, "unknown command").await
}

#[tokio::test]
async fn a_sample_of_what_was_touched_takes_as_many_as_it_says() -> Result<()> {
    let pair = promoted(Engine::start(REDIS)?, VALKEY, &AFTER)?;
    // Reading a key is a use, too.
    let mut reader = pair.source.connection()?;
    for number in 0..OLD / 2 {
        run(&mut reader, &format!("GET old:{number}"))?;
    }
    let few = last(&pair, &rule(Mode::Sample(200))).await?;
    // Half of it from each database: what is touched in the other is less than that.
    assert_eq!(few.counts.source_keys, 100 + TOUCHED);
    assert!(touched(&few).cut);
    let more = last(&pair, &rule(Mode::Sample(3_000))).await?;
    assert_eq!(more.counts.source_keys, OLD as u64 / 2 + 2 * TOUCHED);
    assert!(!touched(&more).cut);
    Ok(())
}

/// given a comparison that is cut into many invocations, its state carried as JSON; then it comes to the same figures.
#[tokio::test]
async fn a_comparison_that_goes_on_keeps_its_count() -> Result<()> {
    let pair = promoted(Engine::start(REDIS)?, VALKEY, &AFTER)?;
    let mut reader = pair.source.connection()?;
    let mut reading = redis::pipe();
    (0..OLD).for_each(|number| _ = reading.cmd("GET").arg(format!("old:{number}")).ignore());
    reading.query::<()>(&mut reader)?;
    run(&mut pair.target.connection()?, "DEL old:1999")?;
    let slow = VerifyRule {
        max_keys_per_second: Some(2_000),
        ..rule(Mode::Full)
    };
    let (mut progress, mut invocations) = (None, 0);
    let done = loop {
        let lasts = Duration::from_millis(300);
        let after = compare(&pair.shards(), &slow, "seed", progress, lasts).await?;
        invocations += 1;
        if after.is_done() {
            break after;
        }
        assert!(invocations < 100, "{:?}", after.position);
        progress = Some(serde_json::from_str(&serde_json::to_string(&after)?)?);
    };
    assert!(invocations > 2, "{invocations}");
    let seen = touched(&done);
    let (all, held) = (OLD as u64 + 2 * TOUCHED, 2 * (OLD as u64 + TOUCHED));
    assert_eq!((seen.of, seen.touched), (held, done.counts.source_keys));
    assert!(seen.touched >= all && seen.looked_through >= held, "{seen:?}");
    assert_eq!(found(&done), [(0, "old:1999", DifferenceKind::Missing)]);
    Ok(())
}
