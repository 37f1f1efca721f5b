//! What preflight looked at. Every fact that needs a call is [`Observed`]: read, or the reason why not.

use super::network::NetworkFacts;
use super::{Access, Moment};
use crate::engine::{EngineFault, Info};
use crate::plan::Plan;
use crate::target::{CacheCluster, Event, Parameters, ReplicationGroup, Slots, SubnetGroup, UpdateAction};
use crate::{Observed, ShardId};
use jiff::Timestamp;

/// Everything the checks judge.
#[derive(Clone, Debug)]
pub struct Facts {
    /// When the facts were gathered.
    pub now: Timestamp,
    /// What they are judged for.
    pub moment: Moment,
    /// What the user asked for.
    pub plan: Plan,
    /// The source.
    pub source: SourceFacts,
    /// The slots of each of the source's masters, where it is a cluster.
    pub source_slots: Observed<Vec<Slots>>,
    /// `databases` of the source's configuration: how many logical databases it may have.
    pub source_databases: Observed<u32>,
    /// The target.
    pub target: TargetFacts,
    /// The VPC between them, as EC2 describes it.
    pub network: NetworkFacts,
}

/// What the source said, asked as ElastiCache's nodes will ask it: plain TCP, no password.
#[derive(Clone, Debug)]
pub struct SourceFacts {
    /// INFO, or what the engine or the network did instead of answering.
    pub info: Result<Info, EngineFault>,
}

/// What AWS and the target's engines said.
#[derive(Clone, Debug)]
pub struct TargetFacts {
    /// DescribeReplicationGroups. `None` where AWS answered that there is no such group.
    pub group: Observed<Option<ReplicationGroup>>,
    /// DescribeCacheClusters, for the group's members.
    pub clusters: Observed<Vec<CacheCluster>>,
    /// DescribeCacheParameters, of the parameter group that the members have.
    pub parameters: Observed<Parameters>,
    /// DescribeCacheSubnetGroups, of the subnet group that the members have.
    pub subnet_group: Observed<Option<SubnetGroup>>,
    /// DescribeUpdateActions: what is not applied to the group yet.
    pub updates: Observed<Vec<UpdateAction>>,
    /// DescribeEvents: what the group told in the last day.
    pub events: Observed<Vec<Event>>,
    /// DescribeServerlessCaches: whether a serverless cache has the plan's name. Asked only where no group has it.
    pub serverless_namesake: Observed<bool>,
    /// Which describe calls were made, and whether they were allowed.
    pub access: Vec<Access>,
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
    /// The members, or the verdict to give where there are none to judge.
    ///
    /// # Errors
    /// `Unknown` where AWS did not answer or gave no member.
    pub(crate) fn members(&self) -> Result<&[CacheCluster], super::Verdict> {
        match &self.clusters {
            Observed::Known(clusters) if !clusters.is_empty() => Ok(clusters),
            Observed::Known(_) => Err(super::Verdict::unknown(
                "DescribeCacheClusters gave no node of the group",
                "",
            )),
            Observed::Unknown(why) => Err(super::Verdict::unknown(
                format!("the group's nodes could not be described: {why}"),
                "",
            )),
        }
    }

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
