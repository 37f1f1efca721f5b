//! What preflight looked at. Every fact that needs a call is [`Observed`]: read, or the reason why not.

use super::network::NetworkFacts;
use super::{Access, ChainLink, ClusterFacts, Moment, NodeAnswers};
use crate::contract::notify::Listeners;
use crate::engine::{EngineFault, Info};
use crate::plan::Plan;
use crate::target::{
    CacheCluster, Event, Parameters, ReplicationGroup, SlotRange, Slots, SubnetGroup, UpdateAction,
};
use crate::{Observed, ShardId};
use jiff::Timestamp;
use std::net::IpAddr;

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
    /// The target.
    pub target: TargetFacts,
    /// The VPC between them, as EC2 describes it.
    pub network: NetworkFacts,
    /// Who hears of the migration.
    pub listeners: Observed<Listeners>,
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
    /// A target of which nothing is known but whether there is one, for one reason.
    #[must_use]
    pub fn unknown(group: Observed<Option<ReplicationGroup>>, why: &str) -> TargetFacts {
        fn unknown<T>(why: &str) -> Observed<T> {
            Observed::Unknown(why.to_owned())
        }
        TargetFacts {
            group,
            clusters: unknown(why),
            parameters: unknown(why),
            subnet_group: unknown(why),
            updates: unknown(why),
            events: unknown(why),
            serverless_namesake: unknown(why),
            access: vec![],
            shards: vec![],
        }
    }

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
    /// The slots of each of the source's masters.
    pub(crate) fn slots(&self) -> Observed<Vec<Slots>> {
        let map = match &self.cluster {
            Observed::Known(Some(cluster)) => cluster.map.clone(),
            Observed::Known(None) => Observed::Unknown("the source is no cluster".to_owned()),
            Observed::Unknown(why) => Observed::Unknown(why.clone()),
        };
        let range = |(first, last): &(u32, u32)| {
            SlotRange::new(u16::try_from(*first).ok()?, u16::try_from(*last).ok()?)
        };
        map.map(|map| {
            map.shards()
                .map(|node| Slots::of(node.slots.iter().filter_map(range)))
                .collect()
        })
    }

    /// `databases` of the source's configuration: how many logical databases it may have.
    pub(crate) fn database_count(&self) -> Observed<u32> {
        match self
            .answers
            .config
            .option("databases")
            .map(|value| value.map(str::parse))
        {
            Observed::Known(Some(Ok(count))) => Observed::Known(count),
            Observed::Known(_) => Observed::Unknown("CONFIG GET databases gave no number".to_owned()),
            Observed::Unknown(why) => Observed::Unknown(why),
        }
    }

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

#[cfg(test)]
mod tests {
    use super::super::testing::clean;
    use super::*;

    #[test]
    fn a_group_of_which_no_node_is_described_is_not_judged_by_its_nodes() {
        let mut target = clean().target;
        assert_eq!(target.members().map(<[CacheCluster]>::len).ok(), Some(1));
        target.clusters = Observed::Known(vec![]);
        let verdict = target.members().expect_err("none to judge");
        assert!(verdict.evidence.contains("no node"), "{}", verdict.evidence);
        target.clusters = Observed::Unknown("throttled".to_owned());
        let verdict = target.members().expect_err("none to judge");
        assert!(verdict.evidence.contains("throttled"), "{}", verdict.evidence);
    }
}
