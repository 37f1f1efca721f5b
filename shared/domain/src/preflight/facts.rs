//! What preflight looked at. Every fact that needs a call is [`Observed`]: read, or the reason why not.

use super::{ChainLink, ClusterFacts, NodeAnswers};
use crate::engine::{EngineFault, Info};
use crate::plan::Plan;
use crate::target::{CacheCluster, ReplicationGroup};
use crate::{Observed, ShardId};
use jiff::Timestamp;
use std::net::IpAddr;

/// Everything the checks judge.
#[derive(Clone, Debug)]
pub struct Facts {
    /// When the facts were gathered.
    pub now: Timestamp,
    /// What the user asked for.
    pub plan: Plan,
    /// The source.
    pub source: SourceFacts,
    /// The target.
    pub target: TargetFacts,
}

/// What the source said, asked as ElastiCache's nodes will ask it: plain TCP, no password.
#[derive(Clone, Debug)]
pub struct SourceFacts {
    /// INFO, or what the engine or the network did instead of answering.
    pub info: Result<Info, EngineFault>,
    /// The IP addresses behind the plan's address.
    pub addresses: Observed<Vec<IpAddr>>,
    /// The other answers of the same node.
    pub answers: NodeAnswers,
    /// The cluster it is a node of; none where it is no cluster.
    pub cluster: Observed<Option<ClusterFacts>>,
    /// From the engine that the source follows up to the primary; empty where the source is a primary.
    pub chain: Vec<ChainLink>,
}

/// What AWS and the target's engines said.
#[derive(Clone, Debug)]
pub struct TargetFacts {
    /// DescribeReplicationGroups. `None` where AWS answered that there is no such group.
    pub group: Observed<Option<ReplicationGroup>>,
    /// DescribeCacheClusters, for the group's members.
    pub clusters: Observed<Vec<CacheCluster>>,
    /// INFO of each shard's primary.
    pub shards: Vec<TargetShard>,
}

/// What one shard's primary said.
#[derive(Clone, Debug)]
pub struct TargetShard {
    /// Which shard.
    pub shard: ShardId,
    /// INFO, or why there is none.
    pub info: Observed<Info>,
}

impl TargetFacts {
    /// The group, or the verdict to give where there is none to judge.
    ///
    /// # Errors
    /// `Unknown` where AWS did not answer or has no such group: the check "target available" says so itself.
    pub(crate) fn group(&self) -> Result<&ReplicationGroup, super::Verdict> {
        match &self.group {
            Observed::Known(Some(group)) => Ok(group),
            Observed::Known(None) => Err(super::Verdict::unknown(
                "there is no such replication group to look at",
                "",
            )),
            Observed::Unknown(why) => Err(super::Verdict::unknown(
                format!("the replication group could not be described: {why}"),
                "",
            )),
        }
    }
}

impl SourceFacts {
    /// A source that did not answer: nothing more is known of it.
    #[must_use]
    pub fn silent(fault: EngineFault, addresses: Observed<Vec<IpAddr>>) -> SourceFacts {
        let why = format!("the source did not answer INFO: {fault}");
        SourceFacts {
            answers: NodeAnswers::unknown(&why),
            cluster: Observed::Unknown(why),
            info: Err(fault),
            addresses,
            chain: vec![],
        }
    }

    /// INFO, or the verdict to give where there is none to judge.
    ///
    /// # Errors
    /// `Unknown` where the source did not answer: the checks "source reached" and "no password" say why.
    pub(crate) fn info(&self) -> Result<&Info, super::Verdict> {
        self.info.as_ref().map_err(|fault| {
            super::Verdict::unknown(format!("the source's INFO could not be read: {fault}"), "")
        })
    }
}
