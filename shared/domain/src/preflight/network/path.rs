//! The whole way from one of the target's subnets to the source, gate by gate, and back.

use super::acl::{self, Direction, EPHEMERAL};
use super::described::{Interface, NetworkAcl, SecurityGroup, Subnet, network};
use super::gate::Gate;
use super::groups::{self, Peer};
use super::{NetworkFacts, routes};
use crate::Observed;
use ipnet::IpNet;

/// What is at the other end.
pub(super) struct Source {
    pub(super) address: IpNet,
    pub(super) port: u16,
}

/// Every gate between a subnet of the target and the source.
pub(super) fn gates(facts: &NetworkFacts, subnet_id: &str, source: &Source) -> Vec<Gate> {
    let location = &facts.location;
    let interface = facts.source_interface();
    let source_groups: Vec<String> = interface
        .as_ref()
        .map(|interface| {
            interface
                .groups
                .iter()
                .map(|group| group.group_id.clone())
                .collect()
        })
        .unwrap_or_default();
    let subnet = find(
        &facts.subnets,
        |subnet: &Subnet| subnet.subnet_id == subnet_id,
        subnet_id,
    );

    let mut gates = vec![];
    gates.push(match described_groups(facts, &location.security_group_ids) {
        Ok(groups) => groups::egress(
            &groups,
            Peer {
                network: source.address,
                groups: &source_groups,
            },
            source.port,
        ),
        Err(why) => Gate::Unknown(why),
    });
    gates.push(route(facts, subnet_id, &location.vpc_id, source.address));

    // ACLs stand at the border of a subnet: within one they do not matter.
    let same_subnet = interface
        .as_ref()
        .is_ok_and(|interface| interface.subnet_id == subnet_id);
    if !same_subnet {
        gates.extend(acl_gates(
            facts,
            subnet_id,
            [
                (Direction::Out, source.port..=source.port),
                (Direction::In, EPHEMERAL),
            ],
            source.address,
        ));
    }
    match (interface, subnet) {
        (Ok(interface), Ok(subnet)) => gates.extend(at_source(facts, interface, subnet, source, same_subnet)),
        (Err(why), _) => gates.push(Gate::Unknown(why)),
        (_, Err(why)) => gates.push(Gate::Unknown(why)),
    }
    gates
}

/// What the source's side does with what comes from a subnet of the target.
fn at_source(
    facts: &NetworkFacts,
    interface: &Interface,
    subnet: &Subnet,
    source: &Source,
    same_subnet: bool,
) -> Vec<Gate> {
    let Some(from) = network(&subnet.cidr_block) else {
        return vec![Gate::unknown(format!("{} has no IPv4 network", subnet.subnet_id))];
    };
    let ids: Vec<String> = interface
        .groups
        .iter()
        .map(|group| group.group_id.clone())
        .collect();
    let mut gates = vec![match described_groups(facts, &ids) {
        // A network load balancer may have none; the hosts behind it have, and are not known.
        Ok(groups) if groups.is_empty() => Gate::unknown(format!(
            "{} has no security group: what stands behind it is not seen",
            interface.network_interface_id
        )),
        Ok(groups) => groups::ingress(
            &groups,
            Peer {
                network: from,
                groups: &facts.location.security_group_ids,
            },
            source.port,
        ),
        Err(why) => Gate::Unknown(why),
    }];
    if !same_subnet {
        gates.extend(acl_gates(
            facts,
            &interface.subnet_id,
            [
                (Direction::In, source.port..=source.port),
                (Direction::Out, EPHEMERAL),
            ],
            from,
        ));
    }
    if interface.vpc_id != facts.location.vpc_id {
        gates.push(route(facts, &interface.subnet_id, &interface.vpc_id, from));
    }
    gates
}

fn route(facts: &NetworkFacts, subnet_id: &str, vpc_id: &str, to: IpNet) -> Gate {
    match (&facts.route_tables, &facts.main_route_tables) {
        (Observed::Known(explicit), Observed::Known(main)) => {
            match routes::table_of(explicit, main, subnet_id, vpc_id) {
                Some(table) => routes::judge(table, to),
                None => Gate::unknown(format!("the route table of {subnet_id} was not described")),
            }
        }
        (Observed::Unknown(why), _) | (_, Observed::Unknown(why)) => {
            Gate::unknown(format!("route tables could not be described: {why}"))
        }
    }
}

fn acl_gates(
    facts: &NetworkFacts,
    subnet_id: &str,
    ways: [(Direction, std::ops::RangeInclusive<u16>); 2],
    peer: IpNet,
) -> Vec<Gate> {
    let guards = |acl: &NetworkAcl| {
        acl.associations
            .iter()
            .any(|association| association.subnet_id.as_deref() == Some(subnet_id))
    };
    match find(&facts.network_acls, guards, subnet_id) {
        Ok(guard) => ways
            .into_iter()
            .map(|(direction, ports)| acl::judge(guard, direction, peer, ports))
            .collect(),
        Err(why) => vec![Gate::Unknown(why)],
    }
}

/// All of these groups; one that is missing might be the one that lets it pass.
fn described_groups<'a>(facts: &'a NetworkFacts, ids: &[String]) -> Result<Vec<&'a SecurityGroup>, String> {
    ids.iter()
        .map(|id| {
            find(
                &facts.security_groups,
                |group: &SecurityGroup| group.group_id == *id,
                id,
            )
        })
        .collect()
}

fn find<'a, T>(
    described: &'a Observed<Vec<T>>,
    wanted: impl Fn(&T) -> bool,
    name: &str,
) -> Result<&'a T, String> {
    match described {
        Observed::Known(items) => items
            .iter()
            .find(|item| wanted(item))
            .ok_or_else(|| format!("EC2 described nothing for {name}")),
        Observed::Unknown(why) => Err(format!("{name} could not be described: {why}")),
    }
}
