//! EC2's answers as the state machine's own tasks give them: the API's field names in Pascal case, of which only those
//! are read that a path is judged by. A field that is missing reads as empty, and a task that failed as `Unknown`.

use crate::Observed;
use ipnet::IpNet;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::net::IpAddr;

/// Where the target's nodes may stand and where the source is: what the EC2 calls are made for. `Locate`'s answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Location {
    /// The subnet group's VPC.
    pub vpc_id: String,
    /// The subnet group's subnets.
    pub subnet_ids: Vec<String>,
    /// The security groups of the target's nodes.
    pub security_group_ids: Vec<String>,
    /// The source's IP address, its name resolved from within the VPC; empty where it does not resolve.
    pub source_address: String,
    /// What could not be found out, and why; empty where nothing.
    pub untold: Vec<String>,
}

/// What the state machine found out about the VPC: one answer per task, or `{"error": .., "cause": ..}` of a task that
/// failed.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Described {
    /// What was asked for.
    pub location: Location,
    /// DescribeNetworkInterfaces, by the source's private address.
    #[serde(default)]
    pub source_interfaces: Value,
    /// DescribeSecurityGroups, the target's and the source's.
    #[serde(default)]
    pub security_groups: Value,
    /// DescribeSubnets, the target's and the source's.
    #[serde(default)]
    pub subnets: Value,
    /// DescribeRouteTables that are associated with one of these subnets.
    #[serde(default)]
    pub route_tables: Value,
    /// DescribeRouteTables, the main ones of the VPCs.
    #[serde(default)]
    pub main_route_tables: Value,
    /// DescribeNetworkAcls of these subnets.
    #[serde(default)]
    pub network_acls: Value,
}

/// A network interface that has the source's address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Interface {
    pub(super) network_interface_id: String,
    pub(super) subnet_id: String,
    pub(super) vpc_id: String,
    pub(super) groups: Vec<GroupId>,
}

/// The id of a security group, as lists of groups hold it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct GroupId {
    pub(super) group_id: String,
}

/// A security group.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SecurityGroup {
    pub(super) group_id: String,
    pub(super) ip_permissions: Vec<Permission>,
    pub(super) ip_permissions_egress: Vec<Permission>,
}

/// A security group's rule: all of these peers, on these ports.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Permission {
    /// `tcp`, another name or number, or `-1` for all.
    pub(super) ip_protocol: String,
    pub(super) from_port: Option<i32>,
    pub(super) to_port: Option<i32>,
    pub(super) ip_ranges: Vec<IpRange>,
    pub(super) user_id_group_pairs: Vec<GroupId>,
    pub(super) prefix_list_ids: Vec<Value>,
}

/// One range of a rule.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct IpRange {
    pub(super) cidr_ip: String,
}

/// A subnet.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Subnet {
    pub(super) subnet_id: String,
    pub(super) vpc_id: String,
    pub(super) cidr_block: String,
    pub(super) availability_zone: String,
}

/// A route table.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RouteTable {
    pub(super) route_table_id: String,
    pub(super) vpc_id: String,
    pub(super) associations: Vec<Association>,
    pub(super) routes: Vec<Route>,
}

/// Which subnet a route table or a network ACL is for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Association {
    pub(super) subnet_id: Option<String>,
}

/// A route.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Route {
    pub(super) destination_cidr_block: Option<String>,
    pub(super) destination_prefix_list_id: Option<String>,
    /// `active` or `blackhole`.
    pub(super) state: Option<String>,
    /// `local`, `igw-..`, `vgw-..` or `vpce-..`.
    pub(super) gateway_id: Option<String>,
    pub(super) nat_gateway_id: Option<String>,
    pub(super) transit_gateway_id: Option<String>,
    pub(super) vpc_peering_connection_id: Option<String>,
    pub(super) network_interface_id: Option<String>,
    pub(super) core_network_arn: Option<String>,
    pub(super) local_gateway_id: Option<String>,
}

/// A network ACL.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NetworkAcl {
    pub(super) network_acl_id: String,
    pub(super) associations: Vec<Association>,
    pub(super) entries: Vec<AclEntry>,
}

/// A numbered rule of a network ACL.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct AclEntry {
    pub(super) rule_number: u32,
    /// `6` for TCP, `-1` for all.
    pub(super) protocol: String,
    /// `allow` or `deny`.
    pub(super) rule_action: String,
    pub(super) egress: bool,
    pub(super) cidr_block: Option<String>,
    pub(super) port_range: Option<PortRange>,
}

/// The ports of an ACL's rule.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct PortRange {
    pub(super) from: u16,
    pub(super) to: u16,
}

/// Reads the list that an answer holds under `name`.
pub(super) fn list<T: DeserializeOwned>(answer: &Value, name: &str) -> Observed<Vec<T>> {
    if let Some(error) = answer.get("error").and_then(Value::as_str) {
        let cause = answer.get("cause").and_then(Value::as_str).unwrap_or_default();
        return Observed::Unknown(format!("{error}: {cause}"));
    }
    match answer.get(name) {
        None => Observed::Unknown(format!("the answer holds no {name}")),
        Some(items) => Observed::from(Vec::<T>::deserialize(items)),
    }
}

/// A network, or an address as a network of one.
pub(super) fn network(text: &str) -> Option<IpNet> {
    text.parse()
        .ok()
        .or_else(|| Some(IpNet::from(text.parse::<IpAddr>().ok()?)))
}
