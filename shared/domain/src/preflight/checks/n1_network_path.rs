//! N1: the network lets each subnet of the target reach the source. The judgement is in `preflight/network`.

use super::super::Check;
use super::super::network::worst;

pub(in crate::preflight) const CHECK: Check = Check {
    id: "N1",
    cause: "network_path_blocked",
    title: "Each subnet of the target reaches the source's address and port",
    why: "ElastiCache's nodes connect to the source. After a failover the primary stands in another subnet, so each of them \
          needs the way: security groups, routes and network ACLs, there and back.",
    reference: "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Migration-Prepare.html",
    rule: worst,
};

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::network::NetworkFacts;
    use super::super::super::testing::clean;
    use super::*;

    #[test]
    fn a_vpc_that_lets_everything_through_passes_and_one_that_was_not_described_is_unknown() {
        let mut facts = clean();
        assert_eq!(worst(&facts).outcome, Outcome::Pass);
        facts.network = NetworkFacts::unknown("ec2:DescribeSubnets was denied");
        assert_eq!(worst(&facts).outcome, Outcome::Unknown);
    }
}
