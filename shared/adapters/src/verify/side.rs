//! One side of a shard pair: a connection that knows what its engine can do.

use super::wire::{Reply, Unread, Wire};
use domain::Endpoint;
use domain::engine::{Brand, EngineVersion, Info, Replication, Role};

/// What an engine can do, by its version and settings. Sources, in the engines at these versions: `src/object.c` (MEMORY
/// USAGE, times of use, shared numbers), `src/db.c` (EXISTS), `src/networking.c` (CLIENT NO-TOUCH).
#[derive(Clone, Debug)]
pub(super) struct Traits {
    /// MEMORY USAGE: Redis 4.0.
    pub(super) memory_usage: bool,
    /// EXISTS with several keys: Redis 3.0.3, and never across slots.
    pub(super) exists_many: bool,
    /// CLIENT NO-TOUCH, which keeps a reader from making every key look recently used: 7.2.
    no_touch: bool,
    /// A policy that evicts by how often keys are used, and keeps no times of use.
    pub(super) evicts_by_lfu: bool,
    /// Whether it may hold small numbers once for all keys: only where it needs no time of use for each.
    pub(super) shares_numbers: bool,
    cluster: bool,
    /// Names the process.
    pub(super) run_id: String,
    /// The logical databases that hold keys, with how many.
    pub(super) databases: Vec<(u32, u64)>,
}

impl Traits {
    fn of(info: &Info) -> Traits {
        let cluster = info.is_set("cluster_enabled");
        let at_least = |release| {
            EngineVersion::from_info(info)
                .is_some_and(|version| version.brand == Brand::Valkey || version.release >= release)
        };
        let policy = info.text("maxmemory_policy").unwrap_or_default();
        let limited = info.count("maxmemory").is_some_and(|bytes| bytes > 0);
        Traits {
            evicts_by_lfu: policy.ends_with("-lfu"),
            shares_numbers: !(limited && policy.ends_with("-lru")),
            memory_usage: at_least((4, 0)),
            exists_many: at_least((3, 2)) && !cluster,
            no_touch: at_least((7, 2)),
            cluster,
            run_id: info.text("run_id").unwrap_or_default().to_owned(),
            databases: info
                .databases()
                .iter()
                .map(|database| (database.index, database.keys))
                .collect(),
        }
    }
}

/// A connection to one side.
#[derive(Debug)]
pub(super) struct Side {
    endpoint: Endpoint,
    whose: &'static str,
    pub(super) wire: Wire,
    pub(super) traits: Traits,
    db: u32,
}

/// The role and offset of an engine, as far as its INFO gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stream {
    /// How far this engine's stream has come, in bytes since its beginning.
    pub(super) offset: Option<u64>,
    /// Whether it follows another.
    pub(super) follows: bool,
}

impl Side {
    /// Connects and looks at what the engine is.
    pub(super) async fn connect(endpoint: &Endpoint, whose: &'static str) -> Result<Side, Unread> {
        let mut wire = Wire::connect(endpoint, whose).await?;
        let info = info(&mut wire).await?;
        let mut side = Side {
            endpoint: endpoint.clone(),
            whose,
            wire,
            traits: Traits::of(&info),
            db: 0,
        };
        // What these answer does not matter: they make reading kinder, not possible.
        if side.traits.cluster {
            side.wire.send(&[b"READONLY"]);
        }
        if side.traits.no_touch {
            side.wire.send(&[b"CLIENT", b"NO-TOUCH", b"ON"]);
        }
        side.wire
            .send(&[b"CLIENT", b"SETNAME", b"elasticache-migration-verify"]);
        side.wire.exchange().await?;
        Ok(side)
    }

    /// Begins a new connection in the same logical database, where this one is of no use any more.
    pub(super) async fn reconnect(&mut self) -> Result<(), Unread> {
        let db = self.db;
        let received = self.wire.received;
        *self = Side::connect(&self.endpoint.clone(), self.whose).await?;
        self.wire.received += received;
        self.select(db).await
    }

    /// Changes to a logical database.
    pub(super) async fn select(&mut self, db: u32) -> Result<(), Unread> {
        if self.db != db {
            self.wire.ask(&[b"SELECT", db.to_string().as_bytes()]).await?;
            self.db = db;
        }
        Ok(())
    }

    /// How far the engine's replication stream has come.
    pub(super) async fn stream(&mut self) -> Result<Stream, Unread> {
        let info = info(&mut self.wire).await?;
        let replication = Replication::from_info(&info);
        Ok(match replication.as_ref().map(|replication| &replication.role) {
            Some(Role::Replica(link)) => Stream {
                offset: link.offset.map(|offset| offset.0),
                follows: true,
            },
            _ => Stream {
                offset: replication
                    .and_then(|replication| replication.offset)
                    .map(|offset| offset.0),
                follows: false,
            },
        })
    }
}

/// Everything is asked for by one plain INFO: several sections in one call are a syntax error before 7.0.
async fn info(wire: &mut Wire) -> Result<Info, Unread> {
    let reply = wire.ask(&[b"INFO"]).await?;
    Ok(match reply {
        Reply::Bulk(text) => Info::parse(&String::from_utf8_lossy(text)),
        _ => Info::default(),
    })
}
