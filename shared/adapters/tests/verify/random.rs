//! given 100,000 random keys of all types and encodings that an engine has synced to another; when they are verified, at rest
//! and under a writer; then none is ever reported as different.
use super::engines::{Pair, REDIS, VALKEY, redis_62};
use adapters::verify::compare;
use anyhow::Result;
use domain::Seconds;
use domain::verify::{PairProgress, VerifyRule};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use redis::{Connection, Pipeline};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const KEYS: usize = 100_000;

fn bytes(random: &mut StdRng, length: usize) -> Vec<u8> {
    // Half of them compress well, as text does: engines store those compressed.
    let step = if random.random_bool(0.5) { 1 } else { 251 };
    let salt: u8 = random.random();
    (0..length).map(|i| (i as u8).wrapping_mul(step) ^ salt).collect()
}

fn member(random: &mut StdRng, number: usize) -> Vec<u8> {
    match random.random_range(0..4) {
        0 => random
            .random_range(-1_000_000_i64..1_000_000)
            .to_string()
            .into_bytes(),
        1 => format!("member:{number}").into_bytes(),
        2 => bytes(random, 8),
        _ => {
            let length = random.random_range(60..70);
            bytes(random, length)
        }
    }
}

/// Few elements mostly, so that compact encodings occur, and at times more than any compact encoding holds.
fn size(random: &mut StdRng) -> usize {
    match random.random_range(0..100) {
        0 => random.random_range(100..700),
        1..10 => random.random_range(10..100),
        _ => random.random_range(1..10),
    }
}

/// Queues the making of a random value, and of a time to live for some.
fn make(pipe: &mut Pipeline, random: &mut StdRng, number: usize) {
    let key = format!("k:{number}");
    let elements = size(random);
    match random.random_range(0..12) {
        0 => _ = pipe.cmd("SET").arg(&key).arg(random.random::<i64>()).ignore(),
        1..5 => {
            let length = match random.random_range(0..200) {
                0 => random.random_range(3_000..150_000),
                _ => random.random_range(0..200),
            };
            _ = pipe.cmd("SET").arg(&key).arg(bytes(random, length)).ignore();
        }
        5 => {
            pipe.cmd("PFADD").arg(&key);
            (0..elements).for_each(|i| _ = pipe.arg(i * 7));
            pipe.ignore().cmd("PFCOUNT").arg(&key).ignore();
        }
        6 => {
            pipe.cmd("RPUSH").arg(&key);
            (0..elements).for_each(|i| _ = pipe.arg(member(random, i)));
            pipe.ignore();
        }
        7 => {
            pipe.cmd("SADD").arg(&key);
            (0..elements).for_each(|i| _ = pipe.arg(member(random, i)));
            pipe.ignore();
        }
        8 => {
            pipe.cmd("SADD").arg(&key);
            (0..elements).for_each(|_| _ = pipe.arg(random.random_range(-70_000..70_000)));
            pipe.ignore();
        }
        9 => {
            pipe.cmd("HSET").arg(&key);
            (0..elements).for_each(|i| _ = pipe.arg(member(random, i)).arg(member(random, i)));
            pipe.ignore();
        }
        10 => {
            pipe.cmd("ZADD").arg(&key);
            (0..elements).for_each(|i| _ = pipe.arg(score(random)).arg(member(random, i)));
            pipe.ignore();
        }
        _ => stream(pipe, random, &key, elements),
    }
    if random.random_bool(0.3) {
        // Some end while they are compared.
        let longest = if random.random_bool(0.2) {
            5_000
        } else {
            100_000_000
        };
        pipe.cmd("PEXPIRE")
            .arg(&key)
            .arg(random.random_range(1..longest))
            .ignore();
    }
}

fn score(random: &mut StdRng) -> String {
    match random.random_range(0..5) {
        0 => "-inf".to_owned(),
        1 => random.random_range(-5..5).to_string(),
        2 => "-0".to_owned(),
        _ => (random.random::<f64>() * 10_f64.powi(random.random_range(-300..300))).to_string(),
    }
}

fn stream(pipe: &mut Pipeline, random: &mut StdRng, key: &str, entries: usize) {
    for i in 1..=entries {
        let value = member(random, i);
        pipe.cmd("XADD")
            .arg(key)
            .arg(format!("{i}-1"))
            .arg("f")
            .arg(value)
            .ignore();
    }
    pipe.cmd("XGROUP")
        .arg("CREATE")
        .arg(key)
        .arg("g")
        .arg("0")
        .ignore();
    let read = ["GROUP", "g", "bob", "COUNT", "3", "STREAMS"];
    pipe.cmd("XREADGROUP").arg(&read).arg(key).arg(">").ignore();
    // Read again by id: the source alone counts the delivery.
    pipe.cmd("XREADGROUP").arg(&read).arg(key).arg("0").ignore();
    pipe.cmd("XDEL").arg(key).arg("1-1").ignore();
    pipe.cmd("XACK").arg(key).arg("g").arg("2-1").ignore();
}

fn fill(writer: &mut Connection, random: &mut StdRng, keys: usize) -> Result<()> {
    for first in (0..keys).step_by(1_000) {
        let mut pipe = redis::pipe();
        (first..(first + 1_000).min(keys)).for_each(|number| make(&mut pipe, random, number));
        pipe.query::<()>(writer)?;
    }
    Ok(())
}

/// One random write to a random key, or to one of two that are written all the time.
fn write(writer: &mut Connection, random: &mut StdRng) -> Result<()> {
    let number = random.random_range(0..KEYS);
    let mut pipe = redis::pipe();
    pipe.cmd("DEL").arg(format!("k:{number}")).ignore();
    if random.random_bool(0.8) {
        make(&mut pipe, random, number);
    }
    pipe.cmd("INCR").arg("hot").ignore();
    pipe.cmd("ZINCRBY").arg("hot:scores").arg(0.1).arg("one").ignore();
    pipe.cmd("RPUSH")
        .arg("hot:queue")
        .arg(number)
        .cmd("LTRIM")
        .arg("hot:queue")
        .arg(-5)
        .arg(-1)
        .ignore();
    Ok(pipe.query(writer)?)
}

/// Every type and encoding that an engine has, by the names of Redis 7.0.
const ENCODINGS: [(&str, &str); 11] = [
    ("hash", "hashtable"),
    ("hash", "listpack"),
    ("list", "quicklist"),
    ("set", "hashtable"),
    ("set", "intset"),
    ("stream", "stream"),
    ("string", "embstr"),
    ("string", "int"),
    ("string", "raw"),
    ("zset", "listpack"),
    ("zset", "skiplist"),
];

/// Which of them occur.
fn encodings(reader: &mut Connection) -> Result<BTreeSet<(String, String)>> {
    let mut all = BTreeSet::new();
    for first in (0..KEYS).step_by(1_000) {
        let mut pipe = redis::pipe();
        for number in first..first + 1_000 {
            let key = format!("k:{number}");
            pipe.cmd("TYPE").arg(&key);
            pipe.cmd("OBJECT").arg("ENCODING").arg(&key);
        }
        let said: Vec<Option<String>> = pipe.query(reader)?;
        for pair in said.chunks(2) {
            // Some have ended by now.
            if let [Some(kind), Some(encoding)] = pair {
                all.insert((kind.clone(), encoding.replace("ziplist", "listpack")));
            }
        }
    }
    Ok(all)
}

async fn verify(pair: &Pair) -> Result<PairProgress> {
    let rule = VerifyRule {
        settle: Seconds(1),
        ..VerifyRule::default()
    };
    let progress = compare(&pair.shards(), &rule, "seed", None, Duration::from_secs(300)).await?;
    assert!(progress.is_done(), "{:?}", progress.position);
    Ok(progress)
}

fn nothing_differs(progress: &PairProgress) {
    assert_eq!(progress.first, []);
    assert_eq!(progress.counts.all_differences(), 0);
    assert_eq!(
        (progress.counts.unsettled, progress.counts.not_compared),
        (0, 0),
        "{progress:?}"
    );
}

async fn random_keys_are_never_different(source: &str, target: &str, seed: u64) -> Result<()> {
    let pair = Pair::start(source, target)?;
    let mut random = StdRng::seed_from_u64(seed);
    fill(&mut pair.source.connection()?, &mut random, KEYS)?;
    let all = ENCODINGS.map(|(kind, encoding)| (kind.to_owned(), encoding.to_owned()));
    assert_eq!(encodings(&mut pair.source.connection()?)?, BTreeSet::from(all));
    pair.sync()?;
    let at_rest = verify(&pair).await?;
    nothing_differs(&at_rest);
    assert!(at_rest.counts.source_keys > KEYS as u64 * 9 / 10 && at_rest.counts.big_keys > 0);

    let stop = Arc::new(AtomicBool::new(false));
    let (mut writer, stopped) = (pair.source.connection()?, Arc::clone(&stop));
    let writing = std::thread::spawn(move || -> Result<u64> {
        let mut writes = 0;
        while !stopped.load(Ordering::Relaxed) {
            write(&mut writer, &mut random)?;
            writes += 1;
        }
        Ok(writes)
    });
    let live = verify(&pair).await;
    stop.store(true, Ordering::Relaxed);
    let writes = writing.join().expect("the writer did not panic")?;
    assert!(writes > 0);
    let live = live?;
    nothing_differs(&live);
    assert!(
        live.counts.rechecks > 0,
        "a live pair differs at first sight somewhere"
    );
    Ok(())
}

#[tokio::test]
async fn random_keys_are_never_different_from_redis_7_0_to_valkey_8_0() -> Result<()> {
    random_keys_are_never_different(REDIS, VALKEY, 1).await
}

#[tokio::test]
async fn random_keys_are_never_different_from_redis_7_0_to_redis_7_0() -> Result<()> {
    random_keys_are_never_different(REDIS, REDIS, 2).await
}

/// Redis 6.2 comes with the project's Python environment; without that there is nothing to run.
#[tokio::test]
async fn random_keys_are_never_different_from_redis_6_2_to_valkey_8_0() -> Result<()> {
    match redis_62() {
        Some(server) => random_keys_are_never_different(&server, VALKEY, 3).await,
        None => Ok(()),
    }
}
