//! Can each of the target's subnets reach the source? Two kinds of evidence, put together in one finding per subnet: the
//! rules of the VPC as EC2 describes them, and the probe that a function in the target's subnets made. The probe is the
//! better evidence, but it left from one subnet and from another security group than the target's nodes do.

mod acl;
mod described;
mod gate;
mod groups;
mod path;
mod routes;
#[cfg(test)]
mod tests;

pub use described::{Described, Interface, Location, NetworkAcl, RouteTable, SecurityGroup, Subnet};

use super::checks::N1;
use super::{Facts, Finding, Narrower, Outcome, Verdict};
use crate::Observed;
use crate::engine::{EngineFault, Info};
use gate::Gate;
use path::Source;
use std::net::IpAddr;

/// The VPC between target and source, as EC2 describes it. Each call may be missing for itself.
#[derive(Clone, Debug)]
pub struct NetworkFacts {
    /// What was looked for.
    pub location: Location,
    /// The interfaces with the source's address.
    pub source_interfaces: Observed<Vec<Interface>>,
    /// The target's and the source's.
    pub security_groups: Observed<Vec<SecurityGroup>>,
    /// The target's and the source's.
    pub subnets: Observed<Vec<Subnet>>,
    /// Those with a subnet of their own among them.
    pub route_tables: Observed<Vec<RouteTable>>,
    /// The main ones of the VPCs.
    pub main_route_tables: Observed<Vec<RouteTable>>,
    /// Those of the subnets.
    pub network_acls: Observed<Vec<NetworkAcl>>,
}

impl NetworkFacts {
    /// Nothing is known of the VPC.
    #[must_use]
    pub fn unknown(why: &str) -> NetworkFacts {
        fn none<T>(why: &str) -> Observed<Vec<T>> {
            Observed::Unknown(why.to_owned())
        }
        NetworkFacts {
            location: Location {
                untold: vec![why.to_owned()],
                ..Location::default()
            },
            source_interfaces: none(why),
            security_groups: none(why),
            subnets: none(why),
            route_tables: none(why),
            main_route_tables: none(why),
            network_acls: none(why),
        }
    }

    /// The one interface that is the source: the only one with its address, or the only one in the target's VPC.
    /// The same address may stand in several VPCs.
    fn source_interface(&self) -> Result<&Interface, String> {
        let address = &self.location.source_address;
        let interfaces = match &self.source_interfaces {
            Observed::Known(interfaces) => interfaces,
            Observed::Unknown(why) => {
                return Err(format!("the source's interface could not be described: {why}"));
            }
        };
        let mut near = interfaces
            .iter()
            .filter(|interface| interface.vpc_id == self.location.vpc_id);
        match (near.next(), near.next(), interfaces.as_slice()) {
            (Some(only), None, _) => Ok(only),
            (None, _, [only]) => Ok(only),
            (None, _, []) => Err(format!(
                "no network interface of this account and Region has the address {address}: its security group is not seen"
            )),
            _ => Err(format!("several network interfaces have the address {address}")),
        }
    }

    /// The EC2 calls that were denied, with AWS's words.
    pub(super) fn denied(&self) -> Vec<(&'static str, &str)> {
        [
            (
                "ec2:DescribeNetworkInterfaces",
                self.source_interfaces.why_unknown(),
            ),
            ("ec2:DescribeSecurityGroups", self.security_groups.why_unknown()),
            ("ec2:DescribeSubnets", self.subnets.why_unknown()),
            ("ec2:DescribeRouteTables", self.route_tables.why_unknown()),
            ("ec2:DescribeRouteTables", self.main_route_tables.why_unknown()),
            ("ec2:DescribeNetworkAcls", self.network_acls.why_unknown()),
        ]
        .into_iter()
        .filter_map(|(action, why)| Some((action, why?)))
        .filter(|(_, why)| {
            ["not authorized", "UnauthorizedOperation", "AccessDenied"]
                .iter()
                .any(|word| why.contains(word))
        })
        .collect()
    }
}

impl From<Described> for NetworkFacts {
    fn from(answers: Described) -> NetworkFacts {
        NetworkFacts {
            source_interfaces: described::list(&answers.source_interfaces, "NetworkInterfaces"),
            security_groups: described::list(&answers.security_groups, "SecurityGroups"),
            subnets: described::list(&answers.subnets, "Subnets"),
            route_tables: described::list(&answers.route_tables, "RouteTables"),
            main_route_tables: described::list(&answers.main_route_tables, "RouteTables"),
            network_acls: described::list(&answers.network_acls, "NetworkAcls"),
            location: answers.location,
        }
    }
}

/// What the function's own try to connect to the source came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Probe {
    Answered,
    Silent,
}

impl Probe {
    fn of(answer: &Result<Info, EngineFault>) -> Probe {
        match answer {
            Err(fault) if fault.is_silence() => Probe::Silent,
            // Whatever it answered, the connection stood.
            Ok(_) | Err(_) => Probe::Answered,
        }
    }
}

/// One finding per subnet of the target, by the rules and by what the source answered to a function near the target; a
/// single one where the subnets are not known.
#[must_use]
pub fn each_subnet(
    network: &NetworkFacts,
    source_port: u16,
    answer: &Result<Info, EngineFault>,
) -> Vec<Finding> {
    verdicts(network, source_port, answer)
        .into_iter()
        .map(|(subnet, verdict)| {
            let mut finding = N1.finding(verdict);
            if let Some(subnet) = subnet {
                finding.title = format!("{}: {subnet}", N1.title);
            }
            finding
        })
        .collect()
}

pub(super) fn worst(facts: &Facts) -> Verdict {
    let rank = |outcome: Outcome| match outcome {
        Outcome::Fail => 0,
        Outcome::Unknown => 1,
        Outcome::Warn => 2,
        Outcome::Pass => 3,
    };
    verdicts(&facts.network, facts.plan.source.port, &facts.source.info)
        .into_iter()
        .map(|(_, verdict)| verdict)
        .min_by_key(|verdict| rank(verdict.outcome))
        .unwrap_or_else(|| Verdict::unknown("the target's subnets are not known", ""))
}

fn verdicts<'a>(
    network: &'a NetworkFacts,
    source_port: u16,
    answer: &Result<Info, EngineFault>,
) -> Vec<(Option<&'a str>, Verdict)> {
    let location = &network.location;
    let probe = Probe::of(answer);
    let source = location.source_address.parse::<IpAddr>().map(|address| Source {
        address: address.into(),
        port: source_port,
    });
    let Ok(source) = source else {
        let why = if location.untold.is_empty() {
            "the source's name does not resolve to an address".to_owned()
        } else {
            location.untold.join("; ")
        };
        return vec![(None, unknown(probe, &why))];
    };
    if source.address.addr().is_ipv6() {
        return vec![(
            None,
            unknown(
                probe,
                "the source has an IPv6 address, whose rules are not looked into",
            ),
        )];
    }
    if location.subnet_ids.is_empty() {
        return vec![(None, unknown(probe, &location.untold.join("; ")))];
    }
    location
        .subnet_ids
        .iter()
        .map(|subnet| {
            let gates = path::gates(network, subnet, &source);
            (Some(subnet.as_str()), conclude(&gates, probe))
        })
        .collect()
}

/// What stops the connection counts first, then what is not known; a probe cannot turn either into PASS.
fn conclude(gates: &[Gate], probe: Probe) -> Verdict {
    let mut shut = vec![];
    let mut remedies: Vec<&str> = vec![];
    let mut certain = false;
    let mut ways: Vec<&Narrower> = vec![];
    let mut open = vec![];
    let mut missing: Vec<&str> = vec![];
    for gate in gates {
        match gate {
            Gate::Open(why) => open.push(why.as_str()),
            Gate::Unknown(why) if !missing.contains(&why.as_str()) => missing.push(why),
            Gate::Unknown(_) => {}
            Gate::Shut {
                by,
                remedy,
                despite_probe,
                way,
            } => {
                ways.push(way);
                shut.push(by.as_str());
                remedies.push(remedy);
                certain |= despite_probe;
            }
        }
    }
    if !shut.is_empty() {
        let evidence = format!("{}; {}", shut.join("; "), probe_text(probe));
        let remedy = remedies.join("\n");
        let verdict = if certain || probe == Probe::Silent {
            Verdict::fail(evidence, remedy)
        } else {
            Verdict::warn(evidence, remedy)
        };
        // Where gates of several kinds are shut, opening one of them does not help: the check's own name covers that.
        ways.dedup();
        return match ways.as_slice() {
            [way] => verdict.narrowed(way),
            _ => verdict,
        };
    }
    if !missing.is_empty() {
        return unknown(probe, &missing.join("; "));
    }
    let evidence = format!("{}; {}", open.join("; "), probe_text(probe));
    match probe {
        Probe::Answered => Verdict::pass(evidence),
        Probe::Silent => Verdict::warn(
            evidence,
            "the VPC lets the connection through, so look at the source's host: does the engine run, listen on that address \
             (bind) and port, and does the host's own firewall let it in?",
        ),
    }
}

fn unknown(probe: Probe, why: &str) -> Verdict {
    Verdict::unknown(
        format!("{why}; {}", probe_text(probe)),
        "let the state machine's role describe the VPC (template.yaml does), or check by hand that the subnet's route table, \
         its network ACL, the target's and the source's security group let the connection through",
    )
}

fn probe_text(probe: Probe) -> &'static str {
    match probe {
        Probe::Answered => "a function in the target's subnets was answered by the source",
        Probe::Silent => "a function in the target's subnets was not answered by the source",
    }
}
