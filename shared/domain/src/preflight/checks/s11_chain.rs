//! S11: the source is a primary, or a replica whose own link is up and whose primary is known.

use super::super::{Check, Facts, Verdict};
use crate::engine::{EngineVersion, Info, Replication};

pub(super) const CHECK: Check = Check {
    id: "S11",
    cause: "source_is_a_replica",
    title: "The source is a primary, or a replica in sync with one that was found",
    why: "A replica may serve as the source (chained replication), but the target's link stays up when the replica loses \
          its own primary; so the primary at the top has to be watched too, and it is the one to fence at the cutover.",
    reference: "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Migration-Initiate.html",
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let source = &facts.plan.source;
    let info = match facts.source.info() {
        Ok(info) => info,
        Err(verdict) => return verdict,
    };
    let Some(replication) = Replication::from_info(info) else {
        return Verdict::unknown(format!("INFO of {source} has no role"), "");
    };
    let Some(link) = replication.link() else {
        return Verdict::pass(format!("{source} is a primary"));
    };
    if info.is_set("cluster_enabled") {
        return Verdict::pass(format!(
            "{source} is a replica in a cluster: ElastiCache learns each shard's primary from the cluster"
        ));
    }
    let follows = format!("{source} is a replica of {}:{}", link.host, link.port);
    if !link.up {
        return Verdict::fail(
            format!("{follows}, and its link is down: it refuses replicas of its own (NOMASTERLINK)"),
            "mend that link first, or give the primary as the source",
        );
    }
    // Before 4.0 (PSYNC2) a replica's own stream has offsets of its own: what the target applied of it cannot be compared
    // with where the primary at the top is, at the cutover. <https://valkey.io/topics/replication/>
    let hops = facts.source.chain.iter();
    let engines = std::iter::once(info).chain(hops.filter_map(|hop| hop.info.as_ref().ok()));
    let old =
        |info: &Info| EngineVersion::from_info(info).is_some_and(|version| !version.is_at_least(4, 0, 0));
    if engines.into_iter().any(old) {
        return Verdict::fail(
            format!(
                "{follows}, and one of them is older than 4.0: at the cutover nothing can tell what has arrived"
            ),
            "give the primary as the source",
        );
    }
    // Each replica on the way has to be in sync too.
    for hop in &facts.source.chain {
        let at = &hop.endpoint;
        let info = match &hop.info {
            Ok(info) => info,
            Err(fault) => {
                return Verdict::unknown(
                    format!("{follows}; {at} on the way to its primary could not be asked: {fault}"),
                    format!("let the functions reach {at} too, or give the primary as the source"),
                );
            }
        };
        if Replication::from_info(info)
            .as_ref()
            .and_then(Replication::link)
            .is_some_and(|link| !link.up)
        {
            return Verdict::fail(
                format!("{follows}; {at} on the way has lost its own primary"),
                "mend that link first, or give the primary as the source",
            );
        }
    }
    match super::super::source::root(&facts.source.chain) {
        Some(root) => Verdict::warn(
            format!("{follows}; the primary at the top is {}", root.endpoint),
            format!(
                "give {} as the source where ElastiCache's nodes can reach it: each hop adds lag",
                root.endpoint
            ),
        ),
        None => Verdict::unknown(
            format!("{follows}, and no primary was found above it"),
            "give the primary as the source",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::{clean, with_info};
    use super::super::super::{ChainLink, judge};
    use super::*;
    use crate::Endpoint;
    use crate::engine::EngineFault;

    const REPLICA: &str =
        "role:slave\r\nmaster_host:10.0.0.9\r\nmaster_port:6379\r\nmaster_link_status:up\r\n";

    fn link(address: &str, info: Result<&str, EngineFault>) -> ChainLink {
        ChainLink {
            endpoint: Endpoint::new(address, 6379).expect("an address"),
            info: info.map(Info::parse),
        }
    }

    #[test]
    fn a_replica_in_sync_is_told_of_and_its_primary_is_remembered() {
        let mut facts = with_info(REPLICA);
        facts.source.chain = vec![
            link(
                "10.0.0.9",
                Ok("role:slave\r\nmaster_host:10.0.0.10\r\nmaster_link_status:up"),
            ),
            link("10.0.0.10", Ok("role:master")),
        ];
        assert_eq!(rule(&facts).outcome, Outcome::Warn);
        let root = judge(&facts).source_root.expect("the root is remembered");
        assert_eq!(root.endpoint.address, "10.0.0.10");
        assert_eq!(root.via.len(), 1);
    }

    #[test]
    fn a_broken_link_anywhere_on_the_way_stops_the_start() {
        assert_eq!(
            rule(&with_info(&REPLICA.replace(":up", ":down"))).outcome,
            Outcome::Fail
        );
        let mut facts = with_info(REPLICA);
        facts.source.chain = vec![link(
            "10.0.0.9",
            Ok("role:slave\r\nmaster_host:10.0.0.10\r\nmaster_link_status:down"),
        )];
        assert_eq!(rule(&facts).outcome, Outcome::Fail);
    }

    #[test]
    fn a_chain_with_an_engine_of_before_4_0_stops_the_start() {
        let mut facts = with_info(REPLICA);
        for (version, outcome) in [("3.2.12", Outcome::Fail), ("4.0.0", Outcome::Warn)] {
            let top = format!("redis_version:{version}\r\nrole:master");
            facts.source.chain = vec![link("10.0.0.9", Ok(&top))];
            assert_eq!(rule(&facts).outcome, outcome, "{version}");
        }
        facts.source.info = Ok(Info::parse(&format!("redis_version:3.2.12\r\n{REPLICA}")));
        assert_eq!(rule(&facts).outcome, Outcome::Fail);
    }

    #[test]
    fn a_primary_that_was_not_reached_is_unknown_and_is_not_remembered() {
        let mut facts = with_info(REPLICA);
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
        facts.source.chain = vec![link("10.0.0.9", Err(EngineFault::TimedOut("3 s".to_owned())))];
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
        assert_eq!(judge(&facts).source_root, None);
        assert_eq!(rule(&clean()).outcome, Outcome::Pass);
    }
}
