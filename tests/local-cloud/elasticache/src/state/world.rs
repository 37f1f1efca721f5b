//! All that the control plane knows.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{EventLog, Group, Message, NodeFacts, SourceType, SubnetGroup, UpdateAction};
use crate::wire::ApiError;

/// Groups, events and service updates of one account in one region.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) groups: BTreeMap<String, Group>,
    pub(crate) events: EventLog,
    pub(crate) updates: Vec<UpdateAction>,
}

/// How things are named in ARNs.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    pub(crate) region: String,
    pub(crate) account: String,
}

impl Names {
    pub(crate) fn group(&self, id: &str) -> String {
        self.arn("replicationgroup", id)
    }

    pub(crate) fn arn(&self, kind: &str, name: &str) -> String {
        format!(
            "arn:aws:elasticache:{}:{}:{kind}:{name}",
            self.region, self.account
        )
    }
}

impl World {
    pub(crate) fn group(&self, id: &str) -> Result<&Group, ApiError> {
        self.groups.get(id).ok_or_else(|| ApiError::group_not_found(id))
    }

    pub(crate) fn group_mut(&mut self, id: &str) -> Result<&mut Group, ApiError> {
        self.groups
            .get_mut(id)
            .ok_or_else(|| ApiError::group_not_found(id))
    }

    /// Every node of every group, in the order of the groups.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = (&Group, &NodeFacts)> {
        self.groups
            .values()
            .flat_map(|group| group.nodes.iter().map(move |node| (group, node)))
    }

    /// The subnet groups that some group uses, by name.
    pub(crate) fn subnet_groups(&self) -> Vec<&SubnetGroup> {
        let by_name: BTreeMap<_, _> = self
            .groups
            .values()
            .map(|group| (&group.spec.subnet_group.name, &group.spec.subnet_group))
            .collect();
        by_name.into_values().collect()
    }

    /// Records a group's messages as events.
    pub(crate) fn record(&mut self, id: &str, messages: &[Message], now: Timestamp) {
        for message in messages {
            self.events
                .record(SourceType::ReplicationGroup, id, message.text(id), now);
        }
    }

    /// The group that an ARN names, itself or by one of its clusters. Tags are kept on groups only: a cluster in a
    /// group shows its group's, which is what AWS copies to it.
    pub(crate) fn group_by_arn(&self, names: &Names, arn: &str) -> Result<String, ApiError> {
        let parts: Vec<&str> = arn.splitn(7, ':').collect();
        let ["arn", "aws", "elasticache", region, account, kind, name] = parts.as_slice() else {
            return Err(ApiError::invalid_arn(arn));
        };
        if (*region, *account) != (names.region.as_str(), names.account.as_str()) {
            return Err(ApiError::invalid_arn(arn));
        }
        match *kind {
            "replicationgroup" => self.group(name).map(|group| group.id().to_owned()),
            "cluster" => self
                .nodes()
                .find(|(_, node)| node.cluster_id == *name)
                .map(|(group, _)| group.id().to_owned())
                .ok_or_else(|| ApiError::cluster_not_found(name)),
            _ => Err(ApiError::invalid_arn(arn)),
        }
    }
}
