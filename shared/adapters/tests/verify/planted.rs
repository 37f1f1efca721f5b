//! given a target that was synced by the engine and then spoiled, in every part of every type and in several databases; when it
//! is verified; then each difference is found, with its kind, and nothing else is.
use super::differences::{found, rule, whole};
use super::engines::{Pair, REDIS, VALKEY, run};
use anyhow::Result;
use domain::verify::DifferenceKind;
use redis::Connection;
use std::collections::BTreeMap;

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
