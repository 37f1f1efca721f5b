//! A self-managed cluster: the source of a migration into a group with cluster mode enabled.

use std::ops::RangeInclusive;

use super::EngineError;
use super::cluster::{self, Member};
use super::process::{EngineOptions, EngineProcess};
use crate::state::{Layout, tags};

/// A running cluster of primaries without replicas. Dropping it kills them all.
#[derive(Debug)]
pub struct EngineCluster {
    primaries: Vec<EngineProcess>,
    layout: Layout,
}

impl EngineCluster {
    /// Starts as many primaries as told, with even slots, and waits until the cluster is in order. `options.port` and
    /// `options.cluster` are not heeded; the engines announce the address that they listen on, which Redis 4.0 and
    /// later can.
    pub async fn start(options: EngineOptions, primaries: usize) -> Result<Self, EngineError> {
        Self::form(options, primaries, &Layout::even(primaries)).await
    }

    /// The same with slots of the test's choice: each primary's ranges, from 0 to 16383. Every slot must occur once.
    pub async fn start_with_slots(
        options: EngineOptions,
        slots: &[Vec<RangeInclusive<usize>>],
    ) -> Result<Self, EngineError> {
        let layout = Layout::of(slots.iter().map(Vec::as_slice)).ok_or_else(|| {
            EngineError::Cluster("a slot without owner or with two, or a primary without slots".to_owned())
        })?;
        Self::form(options, slots.len(), &layout).await
    }

    async fn form(options: EngineOptions, number: usize, layout: &Layout) -> Result<Self, EngineError> {
        let mut config = vec![format!("cluster-announce-ip {}", options.bind)];
        config.extend(options.config.iter().cloned());
        let options = EngineOptions {
            port: None,
            cluster: true,
            config,
            ..options
        };
        let mut primaries = Vec::new();
        for _ in 0..number {
            primaries.push(EngineProcess::start(options.clone()).await?);
        }
        let members: Vec<_> = primaries
            .iter()
            .enumerate()
            .map(|(shard, process)| Member {
                name: format!("the source's shard {shard}"),
                address: process.address(),
                port: process.port(),
                shard,
                primary: true,
                control: process.control(),
                migrate: "MIGRATE".to_owned(),
            })
            .collect();
        cluster::form(&members, layout).await?;
        let layout = layout.clone();
        Ok(Self { primaries, layout })
    }

    /// The primaries, in the order of their creation.
    pub fn primaries(&self) -> &[EngineProcess] {
        &self.primaries
    }

    /// For every slot, in order, the primary that had it from the start, and a tag: keys with `{tag}` in them are in it.
    pub fn slots(&self) -> impl Iterator<Item = (&EngineProcess, String)> {
        tags()
            .into_iter()
            .enumerate()
            .map(|(slot, tag)| (&self.primaries[self.layout.owner(slot)], tag))
    }
}
