//! Security groups: what any rule of any group of an interface lets pass, passes, and so does its answer.
//! Source: <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html>.

use super::super::narrower::SECURITY_GROUP;
use super::described::{Permission, SecurityGroup, network};
use super::gate::Gate;
use ipnet::IpNet;

/// The other end of the connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer<'a> {
    /// Its address, or the subnet in which it may be anywhere.
    pub(super) network: IpNet,
    /// Its own security groups, as far as they are known.
    pub(super) groups: &'a [String],
}

/// Whether the target's groups let its nodes out to the source.
pub(super) fn egress(groups: &[&SecurityGroup], source: Peer<'_>, port: u16) -> Gate {
    let names = names(groups);
    let Some(first) = groups.first() else {
        return Gate::unknown("the target's security groups were not described");
    };
    match passes(
        groups.iter().flat_map(|group| &group.ip_permissions_egress),
        source,
        port,
    ) {
        Some(true) => Gate::Open(format!("{names} lets out to {} on port {port}", source.network)),
        None => Gate::unknown(format!(
            "{names} lets out to prefix lists or a part of {} only: they are not looked into",
            source.network
        )),
        Some(false) => Gate::Shut {
            by: format!("{names} lets nothing out to {} on port {port}", source.network),
            remedy: format!(
                "aws ec2 authorize-security-group-egress --group-id {} --ip-permissions \
                 'IpProtocol=tcp,FromPort={port},ToPort={port},IpRanges=[{{CidrIp={}}}]'",
                first.group_id, source.network
            ),
            despite_probe: true,
            way: &SECURITY_GROUP,
        },
    }
}

/// Whether the source's groups let the target's nodes in.
pub(super) fn ingress(groups: &[&SecurityGroup], target: Peer<'_>, port: u16) -> Gate {
    let names = names(groups);
    let Some(first) = groups.first() else {
        return Gate::unknown("the source's security groups were not described");
    };
    match passes(
        groups.iter().flat_map(|group| &group.ip_permissions),
        target,
        port,
    ) {
        Some(true) => Gate::Open(format!("{names} lets the target in on port {port}")),
        None => Gate::unknown(format!(
            "{names} lets in prefix lists or a part of {} only: they are not looked into",
            target.network
        )),
        Some(false) => {
            let from = match target.groups.first() {
                Some(group) => format!("--source-group {group}"),
                None => format!("--cidr {}", target.network),
            };
            Gate::Shut {
                by: format!("{names} does not let {} in on port {port}", target.network),
                remedy: format!(
                    "aws ec2 authorize-security-group-ingress --group-id {} --protocol tcp --port {port} {from}",
                    first.group_id
                ),
                despite_probe: true,
                way: &SECURITY_GROUP,
            }
        }
    }
}

/// Whether a rule lets the peer pass; none where that hangs on what is not known here.
fn passes<'a>(rules: impl Iterator<Item = &'a Permission>, peer: Peer<'_>, port: u16) -> Option<bool> {
    let mut unclear = false;
    for rule in rules.filter(|rule| on_port(rule, port)) {
        let by_group = rule
            .user_id_group_pairs
            .iter()
            .any(|pair| peer.groups.contains(&pair.group_id));
        let blocks = || rule.ip_ranges.iter().filter_map(|range| network(&range.cidr_ip));
        if by_group || blocks().any(|block| block.contains(&peer.network)) {
            return Some(true);
        }
        unclear |= !rule.prefix_list_ids.is_empty() || blocks().any(|block| peer.network.contains(&block));
    }
    (!unclear).then_some(false)
}

fn on_port(rule: &Permission, port: u16) -> bool {
    match rule.ip_protocol.as_str() {
        "-1" => true,
        "tcp" | "6" => {
            let port = i32::from(port);
            rule.from_port.unwrap_or(0) <= port && port <= rule.to_port.unwrap_or(65_535)
        }
        _ => false,
    }
}

fn names(groups: &[&SecurityGroup]) -> String {
    let ids: Vec<&str> = groups.iter().map(|group| group.group_id.as_str()).collect();
    ids.join(" + ")
}

#[cfg(test)]
mod tests {
    use super::super::described::{GroupId, IpRange};
    use super::*;
    use proptest::prelude::*;

    fn group(rules: Vec<Permission>) -> SecurityGroup {
        SecurityGroup {
            group_id: "sg-source".to_owned(),
            ip_permissions: rules.clone(),
            ip_permissions_egress: rules,
        }
    }

    fn tcp(from: i32, to: i32, cidr: &str) -> Permission {
        Permission {
            ip_protocol: "tcp".to_owned(),
            from_port: Some(from),
            to_port: Some(to),
            ip_ranges: vec![IpRange {
                cidr_ip: cidr.to_owned(),
            }],
            ..Permission::default()
        }
    }

    fn in_from(rules: Vec<Permission>, subnet: &str, groups: &[String]) -> Gate {
        let peer = Peer {
            network: network(subnet).expect("a network"),
            groups,
        };
        ingress(&[&group(rules)], peer, 6379)
    }

    #[test]
    fn a_rule_lets_in_by_network_or_by_group() {
        assert!(matches!(
            in_from(vec![tcp(6379, 6379, "10.0.0.0/16")], "10.0.1.0/24", &[]),
            Gate::Open(_)
        ));
        let by_group = Permission {
            ip_protocol: "-1".to_owned(),
            user_id_group_pairs: vec![GroupId {
                group_id: "sg-target".to_owned(),
            }],
            ..Permission::default()
        };
        let target = ["sg-target".to_owned()];
        assert!(matches!(
            in_from(vec![by_group.clone()], "10.0.1.0/24", &target),
            Gate::Open(_)
        ));
        assert!(matches!(
            in_from(vec![by_group], "10.0.1.0/24", &[]),
            Gate::Shut { .. }
        ));
    }

    #[test]
    fn what_no_rule_lets_in_is_stopped_and_the_missing_line_has_the_real_ids() {
        let target = ["sg-target".to_owned()];
        let Gate::Shut { remedy, .. } = in_from(vec![tcp(22, 22, "0.0.0.0/0")], "10.0.1.0/24", &target)
        else {
            panic!("port 6379 is not let in");
        };
        assert_eq!(
            remedy,
            "aws ec2 authorize-security-group-ingress --group-id sg-source --protocol tcp --port 6379 --source-group sg-target"
        );
        assert!(matches!(
            in_from(vec![tcp(6379, 6379, "10.9.0.0/16")], "10.0.1.0/24", &[]),
            Gate::Shut { .. }
        ));
    }

    #[test]
    fn prefix_lists_and_parts_of_a_subnet_are_unknown() {
        let listed = Permission {
            ip_protocol: "-1".to_owned(),
            prefix_list_ids: vec![serde_json::json!({"PrefixListId": "pl-1"})],
            ..Permission::default()
        };
        assert!(matches!(
            in_from(vec![listed], "10.0.1.0/24", &[]),
            Gate::Unknown(_)
        ));
        assert!(matches!(
            in_from(vec![tcp(6379, 6379, "10.0.1.0/25")], "10.0.1.0/24", &[]),
            Gate::Unknown(_)
        ));
        assert!(matches!(
            ingress(
                &[],
                Peer {
                    network: network("10.0.1.0/24").expect("a network"),
                    groups: &[]
                },
                1
            ),
            Gate::Unknown(_)
        ));
    }

    proptest! {
        /// CIDR matching against arithmetic done by hand.
        #[test]
        fn an_address_is_let_out_just_where_its_prefix_is_the_rules(base in any::<u32>(), length in 0_u8..=32, address in any::<u32>()) {
            let cidr = format!("{}/{length}", std::net::Ipv4Addr::from(base));
            let peer = Peer { network: network(&std::net::Ipv4Addr::from(address).to_string()).expect("an address"), groups: &[] };
            let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
            let open = matches!(egress(&[&group(vec![tcp(1, 65_535, &cidr)])], peer, 6379), Gate::Open(_));
            prop_assert_eq!(open, base & mask == address & mask);
        }
    }
}
