//! A row's source: one engine, or a cluster of three primaries. What goes wrong with a cluster goes wrong with one of them,
//! and not with the one that the plan names.

use crate::matrix::{Brand, Pair};
use crate::writer::{Place, connect};
use anyhow::Result;
use elasticache_stand_in::{EngineCluster, EngineOptions, EngineProcess};

/// Keys that each engine holds before anything happens, of a kilobyte each.
const DATASET_KEYS: u64 = 3_000;

#[derive(Debug)]
pub(crate) enum Source {
    Alone(EngineProcess),
    Cluster(EngineCluster),
}

impl Source {
    /// Starts it and fills it with data that does not compress: a transfer takes as long as its size says.
    pub(crate) async fn start(pair: Pair, config: Vec<String>) -> Result<Source> {
        let options = EngineOptions {
            binary: format!("{}-server", pair.source.word()).into(),
            config,
            ..EngineOptions::default()
        };
        let source = if pair.clustered {
            Source::Cluster(EngineCluster::start_on_hosts(options, 3).await?)
        } else {
            Source::Alone(EngineProcess::start(options).await?)
        };
        for place in source.places() {
            fill(&place).await?;
        }
        Ok(source)
    }

    /// The engine with which things go wrong.
    pub(crate) fn engine(&self) -> &EngineProcess {
        match self {
            Source::Alone(engine) => engine,
            Source::Cluster(cluster) => &cluster.primaries()[1],
        }
    }

    /// Where the plan says that the source is.
    pub(crate) fn named(&self) -> &EngineProcess {
        match self {
            Source::Alone(engine) => engine,
            Source::Cluster(cluster) => &cluster.primaries()[0],
        }
    }

    /// All its engines, in the order of their slots.
    pub(crate) fn engines(&self) -> &[EngineProcess] {
        match self {
            Source::Alone(engine) => std::slice::from_ref(engine),
            Source::Cluster(cluster) => cluster.primaries(),
        }
    }

    /// Where clients write, and how a key must end to belong there.
    pub(crate) fn places(&self) -> Vec<Place> {
        let tag_of = |engine: &EngineProcess| match self {
            Source::Alone(_) => Some(String::new()),
            Source::Cluster(cluster) => cluster
                .slots()
                .find(|(owner, _)| owner.address() == engine.address())
                .map(|(_, tag)| format!("{{{tag}}}")),
        };
        self.engines()
            .iter()
            .filter_map(|engine| {
                Some(Place {
                    address: engine.address(),
                    port: engine.port(),
                    tag: tag_of(engine)?,
                })
            })
            .collect()
    }
}

async fn fill(place: &Place) -> Result<()> {
    let mut connection = connect(place).await?;
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut pipe = redis::pipe();
    for number in 0..DATASET_KEYS {
        let value: Vec<u8> = (0..125)
            .flat_map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state.to_le_bytes()
            })
            .collect();
        pipe.set(format!("data:{number}{}", place.tag), value).ignore();
    }
    Ok(pipe.query_async(&mut connection).await?)
}

impl Brand {
    /// The version of the target, as ElastiCache names it.
    pub(crate) fn target_version(self) -> &'static str {
        match self {
            Brand::Redis => "7.0.7",
            Brand::Valkey => "8.0",
        }
    }
}
