//! `CacheCluster`: one node of a group.

use super::{date, endpoint, part_status};
use crate::settings::Settings;
use crate::state::{Group, GroupSpec, Names, NodeFacts};
use crate::wire::Element;

/// A member cluster, with its node's endpoint if that was asked for.
pub(crate) fn cache_cluster(
    group: &Group,
    node: &NodeFacts,
    show_nodes: bool,
    names: &Names,
    settings: &Settings,
) -> Element {
    let spec = &group.spec;
    let status = group.status(&settings.test_status);
    let status = part_status(&status);
    let mut element = Element::new("CacheCluster")
        .text("CacheClusterId", &node.cluster_id)
        .text(
            "ClientDownloadLandingPage",
            "https://console.aws.amazon.com/elasticache/home#client-download:",
        )
        .text("CacheNodeType", &spec.node_type)
        .text("Engine", spec.engine.name())
        .text("EngineVersion", &spec.engine_version)
        .text("CacheClusterStatus", status)
        .text("NumCacheNodes", 1)
        .text("PreferredAvailabilityZone", &node.zone)
        .text("CacheClusterCreateTime", date(group.created))
        .text("PreferredMaintenanceWindow", &spec.maintenance_window)
        .with(pending(spec));
    if let Some(topic) = &spec.notification_topic {
        let status = if topic.active { "active" } else { "inactive" };
        let configuration = Element::new("NotificationConfiguration")
            .text("TopicArn", &topic.arn)
            .text("TopicStatus", status);
        element = element.with(configuration);
    }
    let parameter_group = Element::new("CacheParameterGroup")
        .text("CacheParameterGroupName", spec.parameter_group_name())
        .text("ParameterApplyStatus", "in-sync")
        .list("CacheNodeIdsToReboot", []);
    element = element
        .list("CacheSecurityGroups", [])
        .with(parameter_group)
        .text("CacheSubnetGroupName", &spec.subnet_group.name);
    if show_nodes {
        element = element.list("CacheNodes", [cache_node(group, node, status)]);
    }
    let security_group = |id: &String| {
        Element::new("member")
            .text("SecurityGroupId", id)
            .text("Status", "active")
    };
    element
        .text("AutoMinorVersionUpgrade", true)
        .list("SecurityGroups", spec.security_groups.iter().map(security_group))
        .text("ReplicationGroupId", group.id())
        .text("SnapshotRetentionLimit", spec.snapshot_retention)
        .text("SnapshotWindow", &spec.snapshot_window)
        .text("AuthTokenEnabled", spec.auth_token)
        .text("TransitEncryptionEnabled", spec.transit_encryption)
        .text("AtRestEncryptionEnabled", spec.at_rest_encryption)
        .text("ARN", names.arn("cluster", &node.cluster_id))
        .text("ReplicationGroupLogDeliveryEnabled", false)
        .list("LogDeliveryConfigurations", [])
        .text("NetworkType", "ipv4")
        .text("IpDiscovery", "ipv4")
        .maybe("TransitEncryptionMode", spec.transit_encryption_mode.as_ref())
}

fn pending(spec: &GroupSpec) -> Element {
    let pending = &spec.pending;
    Element::new("PendingModifiedValues")
        .maybe("EngineVersion", pending.engine_version.as_ref())
        .maybe("CacheNodeType", pending.node_type.as_ref())
        .maybe("TransitEncryptionEnabled", pending.transit_encryption)
        .maybe("TransitEncryptionMode", pending.transit_encryption_mode.as_ref())
}

fn cache_node(group: &Group, node: &NodeFacts, status: &str) -> Element {
    Element::new("CacheNode")
        .text("CacheNodeId", "0001")
        .text("CacheNodeStatus", status)
        .text("CacheNodeCreateTime", date(group.created))
        .with(endpoint("Endpoint", &node.address, node.port))
        .text("ParameterGroupStatus", "in-sync")
        .text("CustomerAvailabilityZone", &node.zone)
}
