//! S14: the source's addresses, each one that its cluster announces included, are private and answer from the target's
//! subnets.

use super::super::{Check, Facts, Verdict};
use super::PREPARE;
use crate::Observed;
use crate::engine::EngineFault;
use std::net::IpAddr;

pub(super) const CHECK: Check = Check {
    id: "S14",
    cause: "source_address_not_private",
    title: "Every address of the source is private and answers from the target's subnets",
    why: "ElastiCache's nodes have private addresses only. They are given one endpoint and learn the others from the \
          cluster itself, by the addresses that its nodes announce.",
    reference: PREPARE,
    rule,
};

/// What a range of addresses is good for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// RFC 1918, RFC 6598 (which a VPC may use) or an IPv6 unique local address.
    Private,
    /// The host itself, or its own link: nobody else gets there.
    Local,
    /// Anything else.
    Public,
}

fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(v4) if v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() => Reach::Local,
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            let shared = first == 100 && (64..128).contains(&second);
            if v4.is_private() || shared {
                Reach::Private
            } else {
                Reach::Public
            }
        }
        IpAddr::V6(v6) if v6.is_loopback() || v6.is_unicast_link_local() || v6.is_unspecified() => {
            Reach::Local
        }
        IpAddr::V6(v6) if v6.is_unique_local() => Reach::Private,
        IpAddr::V6(v6) => v6
            .to_ipv4_mapped()
            .map_or(Reach::Public, |v4| reach(IpAddr::V4(v4))),
    }
}

fn rule(facts: &Facts) -> Verdict {
    let cluster = match &facts.source.cluster {
        Observed::Known(cluster) => cluster.as_ref(),
        Observed::Unknown(why) => {
            return Verdict::unknown(
                format!("whether the source is a cluster could not be seen: {why}"),
                "",
            );
        }
    };
    let entry = match &facts.source.addresses {
        Observed::Known(addresses) if !addresses.is_empty() => addresses.as_slice(),
        Observed::Known(_) => return Verdict::unknown(format!("{} has no address", facts.plan.source), ""),
        Observed::Unknown(why) => {
            return Verdict::unknown(format!("{} could not be resolved: {why}", facts.plan.source), "");
        }
    };
    let members = cluster
        .map(|cluster| cluster.members.as_slice())
        .unwrap_or_default();
    let silent: Vec<String> = members
        .iter()
        .filter_map(|member| {
            let fault = member.info.as_ref().err()?;
            let absent = fault.is_silence() || matches!(fault, EngineFault::NotRedis(_));
            absent.then(|| format!("{} ({fault})", member.endpoint))
        })
        .collect();
    if !silent.is_empty() {
        return Verdict::fail(
            format!(
                "the cluster announces addresses that do not answer from here: {}",
                first_few(&silent)
            ),
            format!(
                "let each node announce its private address: redis-cli -h <node> -p {port} CONFIG SET \
                 cluster-announce-ip <its private address> (before 7.0: in redis.conf and a restart), and open its \
                 security group: aws ec2 authorize-security-group-ingress --group-id <source's group> --protocol tcp \
                 --port {port} --cidr <target's subnet>",
                port = facts.plan.source.port
            ),
        );
    }
    // A name that a node announces was reached, or it would be among the silent; what it resolves to is not looked at.
    let announced = members
        .iter()
        .filter_map(|member| member.endpoint.address.parse::<IpAddr>().ok());
    let all: Vec<IpAddr> = entry.iter().copied().chain(announced).collect();
    let of = |kind: Reach| -> Vec<String> {
        let matching = all.iter().filter(|address| reach(**address) == kind);
        matching.map(ToString::to_string).collect()
    };
    let (local, public) = (of(Reach::Local), of(Reach::Public));
    let entry_is_local = entry.iter().all(|address| reach(*address) == Reach::Local);
    if !local.is_empty() && !entry_is_local {
        return Verdict::fail(
            format!(
                "the cluster announces addresses that mean the node's own host: {}",
                first_few(&local)
            ),
            "CONFIG SET cluster-announce-ip <private address> on each of these nodes",
        );
    }
    if !local.is_empty() || !public.is_empty() {
        return Verdict::warn(
            format!(
                "not private, though they answered: {}",
                first_few(&[local, public].concat())
            ),
            "AWS asks for private addresses: make sure that ElastiCache's nodes, which have no public address, get there",
        );
    }
    Verdict::pass(format!("{} addresses, all private, all answer", all.len()))
}

fn first_few(texts: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = texts.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match texts.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::{clean, with_cluster};
    use super::*;
    use crate::Endpoint;

    fn with_address(address: &str) -> Facts {
        let mut facts = clean();
        facts.source.addresses = Observed::Known(vec![address.parse().expect("an address")]);
        facts
    }

    #[test]
    fn private_ranges_pass_and_others_are_told() {
        for (address, outcome) in [
            ("10.0.0.1", Outcome::Pass),
            ("172.31.255.1", Outcome::Pass),
            ("192.168.1.1", Outcome::Pass),
            ("100.64.0.1", Outcome::Pass),
            ("fd00::1", Outcome::Pass),
            ("172.32.0.1", Outcome::Warn),
            ("8.8.8.8", Outcome::Warn),
            ("2001:db8::1", Outcome::Warn),
            ("127.0.0.1", Outcome::Warn),
        ] {
            assert_eq!(rule(&with_address(address)).outcome, outcome, "{address}");
        }
    }

    #[test]
    fn an_announced_address_that_does_not_answer_or_means_the_host_itself_stops_the_start() {
        let silent = with_cluster(|cluster| {
            cluster.members[0].info = Err(EngineFault::TimedOut("3 s".to_owned()));
        });
        let verdict = rule(&silent);
        assert_eq!(verdict.outcome, Outcome::Fail);
        assert!(
            verdict.evidence.contains("10.0.0.242:6379"),
            "{}",
            verdict.evidence
        );
        let local = with_cluster(|cluster| {
            cluster.members[0].endpoint = Endpoint::new("127.0.0.1", 6379).expect("an address");
        });
        assert_eq!(rule(&local).outcome, Outcome::Fail);
        assert_eq!(rule(&with_cluster(|_| {})).outcome, Outcome::Pass);
    }

    #[test]
    fn a_name_that_does_not_resolve_is_unknown() {
        let mut facts = clean();
        facts.source.addresses = Observed::Unknown("no such host".to_owned());
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
    }
}
