//! `ReplicationGroup`.

use super::{date, endpoint, part_status, switch};
use crate::settings::Settings;
use crate::state::{Group, Names, NodeFacts, PendingModifications};
use crate::wire::Element;

/// A group, as every operation on groups answers it.
pub(crate) fn replication_group(group: &Group, names: &Names, settings: &Settings) -> Element {
    let spec = &group.spec;
    let status = group.status(&settings.test_status);
    let global = spec
        .global_datastore
        .as_ref()
        .map_or(Element::new("GlobalReplicationGroupInfo"), |id| {
            Element::new("GlobalReplicationGroupInfo")
                .text("GlobalReplicationGroupId", id)
                .text("GlobalReplicationGroupMemberRole", "PRIMARY")
        });
    let mut element = Element::new("ReplicationGroup")
        .text("ReplicationGroupId", group.id())
        .text("Description", &spec.description)
        .with(global)
        .text("Status", &status)
        .with(pending(&spec.pending))
        .strings(
            "MemberClusters",
            "ClusterId",
            group.nodes.iter().map(|node| &node.cluster_id),
        )
        .list("NodeGroups", node_groups(group, &status))
        .text("AutomaticFailover", switch(spec.automatic_failover))
        .text("MultiAZ", switch(spec.multi_az));
    if let (true, Some(first)) = (spec.cluster_enabled, group.nodes.first()) {
        element = element.with(endpoint("ConfigurationEndpoint", &first.address, first.port));
    }
    element
        .text("SnapshotRetentionLimit", spec.snapshot_retention)
        .text("SnapshotWindow", &spec.snapshot_window)
        .text("ClusterEnabled", spec.cluster_enabled)
        .text("CacheNodeType", &spec.node_type)
        .text("AuthTokenEnabled", spec.auth_token)
        .text("TransitEncryptionEnabled", spec.transit_encryption)
        .text("AtRestEncryptionEnabled", spec.at_rest_encryption)
        .text("ARN", names.group(group.id()))
        .strings("UserGroupIds", "member", &spec.user_group_ids)
        .list("LogDeliveryConfigurations", [])
        .text("ReplicationGroupCreateTime", date(group.created))
        .text("DataTiering", switch(spec.data_tiering))
        .text("AutoMinorVersionUpgrade", true)
        .text("NetworkType", "ipv4")
        .text("IpDiscovery", "ipv4")
        .maybe("TransitEncryptionMode", spec.transit_encryption_mode.as_ref())
        .text("ClusterMode", switch(spec.cluster_enabled))
        .text("Engine", spec.engine.name())
}

fn pending(pending: &PendingModifications) -> Element {
    let mut element = Element::new("PendingModifiedValues")
        .maybe("PrimaryClusterId", pending.primary_cluster_id.as_ref())
        .maybe("AutomaticFailoverStatus", pending.automatic_failover.map(switch));
    if let Some(percentage) = pending.resharding_progress {
        let migration = Element::new("SlotMigration").text("ProgressPercentage", format!("{percentage}.0"));
        element = element.with(Element::new("Resharding").with(migration));
    }
    element
        .maybe("TransitEncryptionEnabled", pending.transit_encryption)
        .maybe("TransitEncryptionMode", pending.transit_encryption_mode.as_ref())
}

fn node_groups(group: &Group, status: &str) -> Vec<Element> {
    (0..group.spec.shards)
        .map(|shard| {
            let members: Vec<_> = group.nodes.iter().filter(|node| node.shard == shard).collect();
            node_group(group, shard, &members, part_status(status))
        })
        .collect()
}

fn node_group(group: &Group, shard: usize, members: &[&NodeFacts], status: &str) -> Element {
    let cluster_enabled = group.spec.cluster_enabled;
    let primary = members.iter().find(|node| node.primary);
    let reader = members.iter().find(|node| !node.primary).or(primary);
    let mut element = Element::new("NodeGroup")
        .text("NodeGroupId", format!("{:04}", shard + 1))
        .text("Status", status);
    // With cluster mode on, clients find the shards through the configuration endpoint alone.
    if let (false, Some(primary), Some(reader)) = (cluster_enabled, primary, reader) {
        element = element
            .with(endpoint("PrimaryEndpoint", &primary.address, primary.port))
            .with(endpoint("ReaderEndpoint", &reader.address, reader.port));
    }
    element.maybe("Slots", group.slots.get(shard)).list(
        "NodeGroupMembers",
        members.iter().map(|node| member(node, cluster_enabled)),
    )
}

fn member(node: &NodeFacts, cluster_enabled: bool) -> Element {
    let mut element = Element::new("NodeGroupMember")
        .text("CacheClusterId", &node.cluster_id)
        .text("CacheNodeId", "0001");
    if !cluster_enabled {
        element = element.with(endpoint("ReadEndpoint", &node.address, node.port));
    }
    element = element.text("PreferredAvailabilityZone", &node.zone);
    if !cluster_enabled {
        element = element.text("CurrentRole", if node.primary { "primary" } else { "replica" });
    }
    element
}
