//! given a target that was synced by the engine and then spoiled; when it is verified; then each difference is found, with
//! its kind, and nothing else is.
use super::engines::{Pair, REDIS, VALKEY, run};
use adapters::verify::compare;
use anyhow::Result;
use domain::Seconds;
use domain::verify::{DifferenceKind, PairProgress, Phase, VerifyRule};
use redis::Connection;
use std::collections::BTreeMap;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(120);

fn rule() -> VerifyRule {
    VerifyRule {
        settle: Seconds(1),
        ..VerifyRule::default()
    }
}

async fn whole(pair: &Pair, rule: &VerifyRule) -> Result<PairProgress> {
    let progress = compare(&pair.shards(), rule, "seed", None, LONG).await?;
    assert!(progress.is_done(), "{:?}", progress.position);
    Ok(progress)
}

fn found(progress: &PairProgress) -> BTreeMap<String, DifferenceKind> {
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

/// One way to make each value, small and big: the big ones are read in pieces.
fn values() -> Vec<(&'static str, Vec<String>)> {
    let many = |format: &dyn Fn(usize) -> String, n: usize| (0..n).map(format).collect::<Vec<_>>().join(" ");
    let entries = |n: usize| {
        (1..=n)
            .map(|i| format!("XADD KEY {i}-1 field {i}"))
            .collect::<Vec<_>>()
    };
    let mut grouped = entries(3);
    grouped.push("XGROUP CREATE KEY readers 0".to_owned());
    grouped.push("XREADGROUP GROUP readers bob COUNT 2 STREAMS KEY >".to_owned());
    vec![
        ("string", vec!["SET KEY value".to_owned()]),
        ("counter", vec!["SET KEY 42".to_owned()]),
        ("string-of-9-KB", vec![format!("SET KEY {}", "v".repeat(9_000))]),
        (
            "string-of-300-KB",
            vec![format!("SET KEY {}", "v".repeat(300_000))],
        ),
        ("list", vec!["RPUSH KEY a b c".to_owned()]),
        (
            "list-of-3000",
            vec![format!("RPUSH KEY {}", many(&|i| format!("e{i}"), 3_000))],
        ),
        ("set", vec!["SADD KEY a b c".to_owned()]),
        ("set-of-numbers", vec!["SADD KEY 1 2 3".to_owned()]),
        (
            "set-of-300",
            vec![format!("SADD KEY {}", many(&|i| format!("m{i}"), 300))],
        ),
        (
            "set-of-3000",
            vec![format!("SADD KEY {}", many(&|i| format!("m{i}"), 3_000))],
        ),
        ("hash", vec!["HSET KEY f v g w".to_owned()]),
        (
            "hash-of-3000",
            vec![format!("HSET KEY {}", many(&|i| format!("f{i} v{i}"), 3_000))],
        ),
        ("zset", vec!["ZADD KEY 1 a 2.5 b".to_owned()]),
        (
            "zset-of-3000",
            vec![format!("ZADD KEY {}", many(&|i| format!("{i}.1 m{i}"), 3_000))],
        ),
        ("stream", entries(3)),
        ("stream-of-3000", entries(3_000)),
        ("stream-with-group", grouped),
    ]
}

/// What a test does to the target's copy of each, besides what can be done to any key: to every part that the type has.
/// Several commands are parted by semicolons; `other` keeps the number of elements.
fn spoil(name: &str) -> &'static [(&'static str, &'static str)] {
    match name {
        "string" | "counter" => &[("value", "SET KEY 43 KEEPTTL"), ("tail", "APPEND KEY x")],
        "string-of-9-KB" => &[("value", "SETRANGE KEY 5000 X"), ("tail", "SETRANGE KEY 8999 X")],
        "string-of-300-KB" => &[("value", "SETRANGE KEY 0 X"), ("tail", "SETRANGE KEY 299999 X")],
        "list" | "list-of-3000" => &[
            ("other", "LSET KEY 1 other"),
            ("order", "LMOVE KEY KEY LEFT RIGHT"),
            ("more", "RPUSH KEY other"),
            ("less", "RPOP KEY"),
        ],
        "set" => &[
            ("more", "SADD KEY other"),
            ("less", "SPOP KEY"),
            ("other", "SREM KEY a;SADD KEY other"),
        ],
        "set-of-300" | "set-of-3000" => &[
            ("more", "SADD KEY other"),
            ("less", "SPOP KEY"),
            ("other", "SREM KEY m77;SADD KEY other"),
        ],
        "set-of-numbers" => &[
            ("more", "SADD KEY 4"),
            ("less", "SPOP KEY"),
            ("other", "SREM KEY 2;SADD KEY 4"),
        ],
        "hash" => &[
            ("value", "HSET KEY g other"),
            ("more", "HSET KEY h w"),
            ("less", "HDEL KEY f"),
            ("other", "HDEL KEY f;HSET KEY h v"),
        ],
        "hash-of-3000" => &[
            ("value", "HSET KEY f77 other"),
            ("more", "HSET KEY other v"),
            ("less", "HDEL KEY f77"),
            ("other", "HDEL KEY f77;HSET KEY other v77"),
        ],
        "zset" => &[
            ("score", "ZADD KEY 2.5000000000000004 b"),
            ("more", "ZADD KEY 3 c"),
            ("less", "ZREM KEY a"),
            ("other", "ZREM KEY a;ZADD KEY 1 c"),
        ],
        "zset-of-3000" => &[
            ("score", "ZADD KEY 77.2 m77"),
            ("more", "ZADD KEY 3 other"),
            ("less", "ZREM KEY m77"),
            ("other", "ZREM KEY m77;ZADD KEY 77.1 other"),
        ],
        "stream" => &[
            ("more", "XADD KEY 9-1 field x"),
            ("less", "XDEL KEY 2-1"),
            ("id", "XSETID KEY 9-1"),
            (
                "value",
                "DEL KEY;XADD KEY 1-1 field 1;XADD KEY 2-1 field other;XADD KEY 3-1 field 3;PEXPIRE KEY 100000",
            ),
            (
                "field",
                "DEL KEY;XADD KEY 1-1 field 1;XADD KEY 2-1 other 2;XADD KEY 3-1 field 3;PEXPIRE KEY 100000",
            ),
        ],
        "stream-of-3000" => &[("more", "XADD KEY 9000-1 field x"), ("less", "XDEL KEY 2000-1")],
        _ => &[
            ("more", "XADD KEY 9-1 field x"),
            ("acknowledged", "XACK KEY readers 1-1"),
            ("pending", "XCLAIM KEY readers bob 0 3-1 FORCE"),
            ("owner", "XCLAIM KEY readers eve 0 1-1"),
            ("consumer", "XGROUP DELCONSUMER KEY readers bob"),
            ("group", "XGROUP CREATE KEY others 0"),
            ("no-group", "XGROUP DESTROY KEY readers"),
            ("position", "XGROUP SETID KEY readers 0"),
        ],
    }
}

/// What can be done to any key.
const ANYTHING: [(&str, &str, DifferenceKind); 4] = [
    ("gone", "DEL KEY", DifferenceKind::Missing),
    ("ttl-lost", "PERSIST KEY", DifferenceKind::Ttl),
    ("ttl-moved", "PEXPIRE KEY 90000", DifferenceKind::Ttl),
    ("type", "", DifferenceKind::Type),
];

/// A key, what is done to the target's copy, and how that shows.
type Spoiling = (String, &'static str, DifferenceKind);

/// Makes every value as often as there are ways to spoil it, and once more.
fn make_all(writer: &mut Connection, db: u32) -> Result<Vec<Spoiling>> {
    let mut spoilings = vec![];
    run(writer, &format!("SELECT {db}"))?;
    for (name, commands) in values() {
        let mut copies = vec![("left-alone", None)];
        for (how, command) in spoil(name) {
            copies.push((how, Some((*command, DifferenceKind::Value))));
        }
        for (how, command, kind) in ANYTHING {
            let command = match (how, name.starts_with("list")) {
                ("type", true) => "DEL KEY;SET KEY v;PEXPIRE KEY 100000",
                ("type", false) => "DEL KEY;RPUSH KEY v;PEXPIRE KEY 100000",
                _ => command,
            };
            copies.push((how, Some((command, kind))));
        }
        for (how, spoiling) in copies {
            let key = format!("{name}:{how}:{db}");
            for command in &commands {
                run(writer, &command.replace("KEY", &key))?;
            }
            run(writer, &format!("PEXPIRE {key} 100000"))?;
            if let Some((command, kind)) = spoiling {
                spoilings.push((key, command, kind));
            }
        }
    }
    Ok(spoilings)
}

/// A key of each type that the target alone holds.
const EXTRA: [(&str, &str); 6] = [
    ("string", "SET KEY v"),
    ("list", "RPUSH KEY v"),
    ("set", "SADD KEY v"),
    ("hash", "HSET KEY f v"),
    ("zset", "ZADD KEY 1 v"),
    ("stream", "XADD KEY 1-1 f v"),
];

async fn every_planted_difference_is_found(source: &str, target: &str) -> Result<()> {
    let pair = Pair::start(source, target)?;
    let mut writer = pair.source.connection()?;
    let spoilings = [0, 3].map(|db| (db, make_all(&mut writer, db)));
    pair.sync()?;
    let clean = whole(&pair, &rule()).await?;
    assert_eq!(found(&clean), BTreeMap::new());

    let mut planted = BTreeMap::new();
    let mut spoiler = pair.spoiler()?;
    for (db, spoilings) in spoilings {
        run(&mut spoiler, &format!("SELECT {db}"))?;
        for (key, commands, kind) in spoilings? {
            for command in commands.split(';') {
                run(&mut spoiler, &command.replace("KEY", &key))?;
            }
            planted.insert(key, kind);
        }
    }
    for db in [0, 3, 7] {
        run(&mut spoiler, &format!("SELECT {db}"))?;
        for (kind, command) in EXTRA {
            let key = format!("extra:{kind}:{db}");
            run(&mut spoiler, &command.replace("KEY", &key))?;
            planted.insert(key, DifferenceKind::Extra);
        }
    }

    let spoiled = whole(&pair, &rule()).await?;
    assert_eq!(found(&spoiled), planted);
    assert_eq!(spoiled.counts.all_differences(), planted.len() as u64);
    assert_eq!((spoiled.counts.unsettled, spoiled.counts.not_compared), (0, 0));
    assert!(spoiled.counts.big_keys > 0 && !spoiled.digest.is_empty());
    assert!(
        spoiled
            .first
            .iter()
            .all(|difference| difference.age >= rule().settle)
    );
    Ok(())
}

#[tokio::test]
async fn every_planted_difference_is_found_from_redis_7_0_to_valkey_8_0() -> Result<()> {
    every_planted_difference_is_found(REDIS, VALKEY).await
}

#[tokio::test]
async fn every_planted_difference_is_found_from_redis_7_0_to_redis_7_0() -> Result<()> {
    every_planted_difference_is_found(REDIS, REDIS).await
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
