//! Network ACLs: numbered rules, of which the lowest that matches decides; what matches none is denied. They keep no
//! state, so that the answers need a rule of their own, on the ports that the connections came from. Source:
//! <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html>.

use super::super::narrower::NETWORK_ACL;
use super::described::{AclEntry, NetworkAcl, network};
use super::gate::Gate;
use ipnet::IpNet;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// The ports from which Linux connects (its `net.ipv4.ip_local_port_range`); the least that must be let back.
pub(super) const EPHEMERAL: RangeInclusive<u16> = 32_768..=60_999;

/// The rule that stands last in every ACL and cannot be removed.
const LAST_RULE: u32 = 32_767;

/// Which way the packets go, seen from the subnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    In,
    Out,
}

/// What an ACL does with TCP packets of some ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ruling {
    Allowed,
    /// Denied by the rule of this number.
    Denied(u32),
    /// Rules cover only a part of the peer's network.
    Partly,
}

/// What a subnet's ACL does with TCP to or from `peer` on `ports` (the destination's).
pub(super) fn judge(acl: &NetworkAcl, direction: Direction, peer: IpNet, ports: RangeInclusive<u16>) -> Gate {
    let id = &acl.network_acl_id;
    let way = match direction {
        Direction::In => "in from",
        Direction::Out => "out to",
    };
    let (from, to) = (*ports.start(), *ports.end());
    let what = if from == to {
        format!("{way} {peer} on port {from}")
    } else {
        format!("{way} {peer} on ports {from} to {to}")
    };
    match rule_over(&acl.entries, direction, peer, ports) {
        Ruling::Allowed => Gate::Open(format!("{id} lets {what}")),
        Ruling::Partly => Gate::unknown(format!("{id} lets only a part {what}")),
        Ruling::Denied(number) => Gate::Shut {
            by: format!("{id} denies what goes {what} (rule {})", shown(number)),
            remedy: format!(
                "aws ec2 create-network-acl-entry --network-acl-id {id} --{} --rule-number {} --protocol tcp --port-range \
                 From={},To={} --cidr-block {peer} --rule-action allow",
                if direction == Direction::Out {
                    "egress"
                } else {
                    "ingress"
                },
                free_number_before(&acl.entries, direction, number),
                if from == to { from } else { 1024 },
                if from == to { to } else { 65_535 },
            ),
            despite_probe: false,
            way: &NETWORK_ACL,
        },
    }
}

/// The worst ruling over all ports of the range. Between two borders of rules every port fares the same.
fn rule_over(entries: &[AclEntry], direction: Direction, peer: IpNet, ports: RangeInclusive<u16>) -> Ruling {
    let mut rules: Vec<&AclEntry> = entries
        .iter()
        .filter(|entry| entry.egress == (direction == Direction::Out))
        .filter(|entry| matches!(entry.protocol.as_str(), "-1" | "6" | "tcp" | "all"))
        .collect();
    rules.sort_by_key(|entry| entry.rule_number);
    let mut borders = BTreeSet::from([*ports.start()]);
    for range in rules.iter().filter_map(|rule| rule.port_range) {
        borders.insert(range.from);
        borders.extend(range.to.checked_add(1));
    }
    let mut worst = Ruling::Allowed;
    for port in borders.into_iter().filter(|port| ports.contains(port)) {
        match rule_one(&rules, peer, port) {
            denied @ Ruling::Denied(_) => return denied,
            Ruling::Partly => worst = Ruling::Partly,
            Ruling::Allowed => {}
        }
    }
    worst
}

fn rule_one(rules: &[&AclEntry], peer: IpNet, port: u16) -> Ruling {
    let mut partly_allowed = false;
    for rule in rules {
        let on_port = rule.protocol == "-1"
            || rule.protocol == "all"
            || rule
                .port_range
                .is_none_or(|range| (range.from..=range.to).contains(&port));
        let Some(block) = rule.cidr_block.as_deref().and_then(network) else {
            continue; // a rule for IPv6
        };
        if !on_port || !(block.contains(&peer) || peer.contains(&block)) {
            continue;
        }
        let allows = rule.rule_action == "allow";
        match (block.contains(&peer), allows) {
            (true, true) => return Ruling::Allowed,
            (true, false) if partly_allowed => return Ruling::Partly,
            (true, false) | (false, false) => return Ruling::Denied(rule.rule_number),
            (false, true) => partly_allowed = true,
        }
    }
    if partly_allowed {
        Ruling::Partly
    } else {
        Ruling::Denied(LAST_RULE)
    }
}

fn shown(number: u32) -> String {
    if number == LAST_RULE {
        "*".to_owned()
    } else {
        number.to_string()
    }
}

/// The highest free number below the rule that denies, so that what stands before it keeps its meaning.
fn free_number_before(entries: &[AclEntry], direction: Direction, denying: u32) -> u32 {
    let taken: BTreeSet<u32> = entries
        .iter()
        .filter(|entry| entry.egress == (direction == Direction::Out))
        .map(|entry| entry.rule_number)
        .collect();
    (1..denying.min(LAST_RULE))
        .rev()
        .find(|number| !taken.contains(number))
        .unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::super::described::PortRange;
    use super::*;
    use proptest::prelude::*;

    fn entry(number: u32, action: &str, cidr: &str, ports: Option<(u16, u16)>) -> AclEntry {
        AclEntry {
            rule_number: number,
            protocol: if ports.is_some() { "6" } else { "-1" }.to_owned(),
            rule_action: action.to_owned(),
            egress: true,
            cidr_block: Some(cidr.to_owned()),
            port_range: ports.map(|(from, to)| PortRange { from, to }),
        }
    }

    fn acl(entries: Vec<AclEntry>) -> NetworkAcl {
        NetworkAcl {
            network_acl_id: "acl-1".to_owned(),
            associations: vec![],
            entries,
        }
    }

    fn out(entries: Vec<AclEntry>, peer: &str, ports: RangeInclusive<u16>) -> Gate {
        judge(
            &acl(entries),
            Direction::Out,
            network(peer).expect("a network"),
            ports,
        )
    }

    #[test]
    fn the_lowest_rule_that_matches_decides() {
        let deny_first = vec![
            entry(200, "allow", "0.0.0.0/0", None),
            entry(100, "deny", "10.0.0.0/16", Some((6379, 6379))),
        ];
        let Gate::Shut { by, remedy, .. } = out(deny_first, "10.0.0.241", 6379..=6379) else {
            panic!("it is denied");
        };
        assert!(by.contains("rule 100"), "{by}");
        assert_eq!(
            remedy,
            "aws ec2 create-network-acl-entry --network-acl-id acl-1 --egress --rule-number 99 --protocol tcp --port-range \
             From=6379,To=6379 --cidr-block 10.0.0.241/32 --rule-action allow"
        );
        let allow_first = vec![
            entry(100, "allow", "10.0.0.241/32", Some((6000, 7000))),
            entry(200, "deny", "0.0.0.0/0", None),
        ];
        assert!(matches!(
            out(allow_first, "10.0.0.241", 6379..=6379),
            Gate::Open(_)
        ));
    }

    #[test]
    fn what_matches_no_rule_is_denied_and_the_other_direction_does_not_count() {
        assert!(matches!(
            out(vec![], "10.0.0.241", 6379..=6379),
            Gate::Shut { .. }
        ));
        let mut inward = entry(100, "allow", "0.0.0.0/0", None);
        inward.egress = false;
        assert!(matches!(
            out(vec![inward], "10.0.0.241", 6379..=6379),
            Gate::Shut { .. }
        ));
    }

    #[test]
    fn every_port_of_a_range_has_to_be_allowed() {
        let whole = vec![
            entry(100, "allow", "0.0.0.0/0", Some((1024, 40_000))),
            entry(110, "allow", "0.0.0.0/0", Some((40_001, 65_535))),
        ];
        assert!(matches!(out(whole, "10.0.0.0/24", EPHEMERAL), Gate::Open(_)));
        let gap = vec![
            entry(90, "deny", "0.0.0.0/0", Some((50_000, 50_000))),
            entry(100, "allow", "0.0.0.0/0", None),
        ];
        assert!(matches!(out(gap, "10.0.0.0/24", EPHEMERAL), Gate::Shut { .. }));
    }

    #[test]
    fn rules_for_a_part_of_a_subnet_leave_it_open_whether_it_is_reached() {
        let half = vec![entry(100, "allow", "10.0.0.0/25", None)];
        assert!(matches!(out(half, "10.0.0.0/24", 6379..=6379), Gate::Unknown(_)));
        let denied_half = vec![
            entry(90, "deny", "10.0.0.128/25", None),
            entry(100, "allow", "0.0.0.0/0", None),
        ];
        assert!(matches!(
            out(denied_half, "10.0.0.0/24", 6379..=6379),
            Gate::Shut { .. }
        ));
    }

    proptest! {
        /// For one address and one port the ruling is that of the first rule that matches, read naively.
        #[test]
        fn one_address_and_port_fare_as_the_first_matching_rule_says(
            rules in proptest::collection::vec((1_u32..50, any::<bool>(), any::<u32>(), 0_u8..=32, 0_u16..200, 0_u16..200), 0..12),
            address in any::<u32>(), port in 0_u16..250
        ) {
            let entries: Vec<AclEntry> = rules.iter().enumerate().map(|(n, (_, allow, base, length, from, width))| {
                let cidr = format!("{}/{length}", std::net::Ipv4Addr::from(*base));
                // Numbers are unique in an ACL.
                entry(u32::try_from(n).expect("few") + 1, if *allow { "allow" } else { "deny" }, &cidr, Some((*from, from + width)))
            }).collect();
            let naive = rules.iter().find(|(_, _, base, length, from, width)| {
                let mask = u32::MAX.checked_shl(32 - u32::from(*length)).unwrap_or(0);
                base & mask == address & mask && (*from..=from + width).contains(&port)
            }).is_some_and(|rule| rule.1);
            let peer = std::net::Ipv4Addr::from(address).to_string();
            let open = matches!(out(entries, &peer, port..=port), Gate::Open(_));
            prop_assert_eq!(open, naive);
        }
    }
}
