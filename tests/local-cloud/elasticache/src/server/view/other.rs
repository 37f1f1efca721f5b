//! Events, parameters, subnet groups, service updates and tags.

use std::collections::BTreeMap;

use super::date;
use crate::state::{Event, NODE_TYPES, Names, Parameter, SubnetGroup, UpdateAction};
use crate::wire::Element;

/// `Event`.
pub(crate) fn event(event: &Event) -> Element {
    Element::new("Event")
        .text("SourceIdentifier", &event.source)
        .text("SourceType", event.source_type.name())
        .text("Message", &event.message)
        .text("Date", date(event.date))
}

/// `Parameter`.
pub(crate) fn parameter(parameter: &Parameter) -> Element {
    Element::new("Parameter")
        .text("ParameterName", parameter.name)
        .text("ParameterValue", &parameter.value)
        .text("Description", parameter.description)
        .text("Source", parameter.source.name())
        .text("DataType", parameter.data_type)
        .text("AllowedValues", parameter.allowed)
        .text("IsModifiable", parameter.modifiable)
        .text("MinimumEngineVersion", "5.0.0")
        .text(
            "ChangeType",
            if parameter.at_once {
                "immediate"
            } else {
                "requires-reboot"
            },
        )
}

/// `CacheNodeTypeSpecificParameters`: the memory of each node type.
pub(crate) fn node_type_parameters() -> Element {
    let value = |(name, bytes): (&'static str, u64)| {
        Element::new("CacheNodeTypeSpecificValue")
            .text("CacheNodeType", name)
            .text("Value", bytes)
    };
    let maxmemory = Element::new("CacheNodeTypeSpecificParameter")
        .text("ParameterName", "maxmemory")
        .text("Description", "The maximum amount of memory available for data.")
        .text("Source", "system")
        .text("DataType", "integer")
        .text("AllowedValues", "0-")
        .text("IsModifiable", false)
        .text("MinimumEngineVersion", "5.0.0")
        .list("CacheNodeTypeSpecificValues", NODE_TYPES.map(value))
        .text("ChangeType", "immediate");
    Element::members("CacheNodeTypeSpecificParameters", [maxmemory])
}

/// `CacheSubnetGroup`.
pub(crate) fn subnet_group(group: &SubnetGroup, names: &Names) -> Element {
    let subnet = |(id, zone): &(String, String)| {
        Element::new("Subnet")
            .text("SubnetIdentifier", id)
            .with(Element::new("SubnetAvailabilityZone").text("Name", zone))
            .strings("SupportedNetworkTypes", "member", ["ipv4"])
    };
    Element::new("CacheSubnetGroup")
        .text("CacheSubnetGroupName", &group.name)
        .text("CacheSubnetGroupDescription", "subnets of the stand-in")
        .text("VpcId", &group.vpc_id)
        .list("Subnets", group.subnets.iter().map(subnet))
        .text("ARN", names.arn("subnetgroup", &group.name))
        .strings("SupportedNetworkTypes", "member", ["ipv4"])
}

/// `UpdateAction`.
pub(crate) fn update_action(update: &UpdateAction) -> Element {
    Element::new("UpdateAction")
        .text("ReplicationGroupId", &update.replication_group)
        .text("ServiceUpdateName", &update.name)
        .text("ServiceUpdateReleaseDate", date(update.released))
        .text("ServiceUpdateSeverity", &update.severity)
        .text("ServiceUpdateStatus", &update.service_update_status)
        .maybe("ServiceUpdateRecommendedApplyByDate", update.apply_by.map(date))
        .text("ServiceUpdateType", "security-update")
        .text("UpdateActionAvailableDate", date(update.released))
        .text("UpdateActionStatus", &update.status)
        .text("NodesUpdated", &update.nodes_updated)
        .text("UpdateActionStatusModifiedDate", date(update.released))
        .text("SlaMet", "n/a")
        .text("EstimatedUpdateTime", "30 minutes per node")
        .text("Engine", &update.engine)
}

/// `TagList`.
pub(crate) fn tags(tags: &BTreeMap<String, String>) -> Element {
    let tag = |(key, value): (&String, &String)| Element::new("Tag").text("Key", key).text("Value", value);
    Element::members("TagList", tags.iter().map(tag))
}
