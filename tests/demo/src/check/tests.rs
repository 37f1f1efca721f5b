//! With real engines: a Redis is copied to a Valkey while the writer writes, the writer moves over, and the check says
//! that nothing is missing. Then something is taken away, and it has to say that.

use super::{check_dataset, check_writes, count_keys, wait_for_replica};
use crate::address::Address;
use crate::dataset::Dataset;
use crate::fill::fill;
use crate::kind::Kind;
use crate::ledger::Ledger;
use crate::writer::Writer;
use crate::writes::{Change, Key};
use elasticache_stand_in::{EngineOptions, EngineProcess};
use jiff::Timestamp;
use std::time::Duration;

const RATE: u32 = 1_000;

async fn engine(binary: &str) -> (EngineProcess, Address) {
    let options = EngineOptions {
        binary: binary.into(),
        ..EngineOptions::default()
    };
    let engine = EngineProcess::start(options).await.expect("an engine");
    let address = Address {
        host: engine.address(),
        port: engine.port(),
    };
    (engine, address)
}

/// A copy made by replication under writes, and the writer's ledger of it.
struct Copied {
    target: EngineProcess,
    source_address: Address,
    target_address: Address,
    dataset: Dataset,
    ledger: Ledger,
    _source: EngineProcess,
}

async fn copied() -> Copied {
    let (source, source_address) = engine("redis-server").await;
    let (target, target_address) = engine("valkey-server").await;
    // One large key of every type among them.
    let dataset = Dataset {
        keys: 10_001,
        seed: 1,
        born: Timestamp::now(),
    };
    fill(&source_address, &dataset).await.expect("filled");

    let writer = Writer::start(&source_address, Ledger::default(), RATE);
    let port = source.port().to_string();
    target
        .command(&["CONFIG", "SET", "repl-diskless-load", "disabled"])
        .await
        .expect("set");
    source
        .command(&["CONFIG", "SET", "repl-diskless-sync-delay", "0"])
        .await
        .expect("set");
    target
        .command(&["REPLICAOF", &source.address(), &port])
        .await
        .expect("follows");
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let ledger = writer.stop().await.expect("stopped");
    wait_for_replica(&source_address, &target_address)
        .await
        .expect("caught up");
    target
        .command(&["REPLICAOF", "NO", "ONE"])
        .await
        .expect("promoted");
    Copied {
        target,
        source_address,
        target_address,
        dataset,
        ledger,
        _source: source,
    }
}

impl Copied {
    async fn missing_writes(&self) -> u64 {
        let tally = check_writes(&self.target_address, &self.ledger)
            .await
            .expect("checked");
        assert_eq!(tally.total().acknowledged, self.ledger.acknowledged());
        tally.total().missing
    }

    async fn missing_keys(&self) -> Vec<String> {
        let tally = check_dataset(&self.target_address, &self.dataset)
            .await
            .expect("checked");
        assert_eq!(tally.total().acknowledged, u64::from(self.dataset.keys));
        assert_eq!(tally.total().missing, tally.examples.len() as u64);
        tally.examples
    }

    async fn on_target(&self, database: u8, command: &[&str]) {
        let mut connection = self.target_address.connect(database).await.expect("connected");
        let mut request = redis::cmd(command[0]);
        let changed: i64 = request
            .arg(&command[1..])
            .query_async(&mut connection)
            .await
            .expect("answered");
        assert_eq!(changed, 1, "{command:?} changed nothing");
    }

    /// A key whose last write the check looks for.
    fn key(&self, kind: Kind) -> (Key, u64) {
        let writes: Vec<_> = self.ledger.writes().collect();
        let (last, acknowledged) = writes
            .iter()
            .rev()
            .find(|(write, _)| write.key.kind == kind && write.change != Change::Delete)
            .expect("one of that type");
        assert!(acknowledged);
        let deleted_later = writes
            .iter()
            .any(|(write, _)| write.key == last.key && write.sequence > last.sequence);
        assert!(!deleted_later, "take another seed");
        (last.key, last.sequence)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn given_a_copy_under_writes_when_the_writer_has_moved_then_nothing_is_missing() {
    let mut copied = copied().await;
    let before = copied.ledger.acknowledged();
    let rate = copied.ledger.stays()[0].rate();
    assert!((700.0..1_100.0).contains(&rate), "{rate} writes a second");
    for count in count_keys(&copied.source_address, &copied.target_address, &copied.dataset)
        .await
        .expect("counted")
    {
        assert_eq!(count.source, count.target, "{count:?}");
        assert!(count.source > 2_000, "{count:?}");
    }

    let writer = Writer::start(&copied.target_address, copied.ledger, RATE);
    tokio::time::sleep(Duration::from_millis(500)).await;
    copied.ledger = writer.stop().await.expect("stopped");

    let stays: Vec<_> = copied.ledger.stays().iter().map(|stay| &stay.address).collect();
    assert_eq!(stays, [&copied.source_address, &copied.target_address]);
    assert!(copied.ledger.acknowledged() > before);
    assert_eq!(copied.missing_writes().await, 0);
    assert_eq!(copied.missing_keys().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn given_a_copy_that_lost_one_write_when_it_is_checked_then_one_is_missing() {
    let copied = copied().await;
    let mut lost = 0;
    for kind in Kind::ALL {
        let (key, sequence) = copied.key(kind);
        let (name, number) = (key.to_string(), sequence.to_string());
        let id = format!("{sequence}-1");
        let command = match kind {
            Kind::String => vec!["DEL", &name],
            Kind::List => vec!["LREM", &name, "0", &number],
            Kind::Set => vec!["SREM", &name, &number],
            Kind::Stream => vec!["XDEL", &name, &id],
            Kind::SortedSet => vec!["ZREMRANGEBYSCORE", &name, &number, &number],
            // Hashes stay whole.
            Kind::Hash => continue,
        };
        copied.on_target(key.database(), &command).await;
        lost += 1;
        assert_eq!(copied.missing_writes().await, lost, "after {command:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn given_a_copy_with_changed_keys_when_it_is_checked_then_each_is_named() {
    let copied = copied().await;
    let item = |kind: Kind, large: bool| {
        (0..copied.dataset.keys)
            .filter(|index| (index % 2_000 == 0) == large)
            .map(|index| copied.dataset.item(index))
            .find(|item| item.content.kind() == kind)
            .expect("one of that type")
    };
    let stream = item(Kind::Stream, true);
    copied
        .on_target(stream.database, &["XGROUP", "DESTROY", &stream.key, "workers"])
        .await;
    let set = item(Kind::Set, false);
    copied
        .on_target(set.database, &["SADD", &set.key, "intruder"])
        .await;
    let hash = item(Kind::Hash, false);
    copied
        .on_target(hash.database, &["PEXPIREAT", &hash.key, "4102444800000"])
        .await;
    let list = item(Kind::List, true);
    copied.on_target(list.database, &["DEL", &list.key]).await;

    let mut named: Vec<String> = copied.missing_keys().await;
    named.sort();
    assert_eq!(named.len(), 4, "{named:#?}");
    let all = named.join("\n");
    for (item, what) in [
        (&stream, "holds something else"),
        (&set, "holds something else"),
        (&hash, "expires at 4102444800000"),
        (&list, "is missing"),
    ] {
        assert!(all.contains(&format!("{} {what}", item.key)), "{all}");
    }
    // The engine that was looked at is the one that was changed.
    assert!(copied.target.is_running());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn given_an_engine_that_forgot_everything_when_it_is_checked_then_only_acknowledged_writes_are_missing()
{
    let (engine, address) = engine("valkey-server").await;
    let pause = Duration::from_millis(400);
    let writer = Writer::start(&address, Ledger::default(), RATE);
    tokio::time::sleep(pause).await;
    engine.kill();
    tokio::time::sleep(pause).await;
    engine.restart().await.expect("restarted");
    tokio::time::sleep(pause).await;
    let ledger = writer.stop().await.expect("stopped");

    let stay = &ledger.stays()[0];
    assert!(stay.unacknowledged > 0, "{stay:?}");
    assert!(stay.acknowledged > 200, "{stay:?}");
    let total = check_writes(&address, &ledger).await.expect("checked").total();
    assert_eq!(total.acknowledged, stay.acknowledged);
    assert!(total.missing > 100, "{total:?}");
    // What came after the restart is there.
    assert!(total.missing + 100 < total.acknowledged, "{total:?}");
}
