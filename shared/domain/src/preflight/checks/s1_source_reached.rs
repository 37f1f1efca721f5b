//! S1: the source answers from the target's subnets, and is an engine that online migration knows.

use super::super::narrower::{GIVE_AN_ADDRESS, LISTEN, NAME_NOT_RESOLVED, PORT_REFUSED};
use super::super::{Check, Facts, Verdict};
use super::PREPARE;
use crate::engine::{EngineFault, EngineVersion};

pub(super) const CHECK: Check = Check {
    id: "S1",
    cause: "source_not_reached",
    title: "The source answers at the plan's address and runs 2.8.21 or later",
    why: "ElastiCache's nodes connect to the source; the function that looked sits in their subnets, so what it reaches \
          they very likely reach (near-proof, not proof).",
    reference: PREPARE,
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let source = &facts.plan.source;
    let info = match &facts.source.info {
        Ok(info) => info,
        Err(fault) => return judge_fault(source, fault),
    };
    let Some(version) = EngineVersion::from_info(info) else {
        return Verdict::unknown(format!("{source} answers INFO without a version"), "");
    };
    if !version.is_at_least(2, 8, 21) {
        return Verdict::fail(
            format!("{source} runs {version}"),
            "upgrade the source to Redis 2.8.21 or later first",
        );
    }
    // INFO is answered while an engine loads its data; nothing that matters is.
    if info.is_set("loading") {
        return Verdict::fail(
            format!("{source} is loading its data (LOADING)"),
            "wait until it has loaded: redis-cli INFO persistence shows loading_loaded_perc",
        );
    }
    Verdict::pass(format!("{source} answers and runs {version}"))
}

fn judge_fault(source: &crate::Endpoint, fault: &EngineFault) -> Verdict {
    let evidence = format!("{source}: {fault}");
    match fault {
        _ if fault.is_unknown_name() => Verdict::fail(evidence, GIVE_AN_ADDRESS).narrowed(&NAME_NOT_RESOLVED),
        _ if fault.is_refused() => Verdict::fail(evidence, LISTEN).narrowed(&PORT_REFUSED),
        EngineFault::Unreachable(_) => Verdict::fail(
            evidence,
            format!(
                "see that the engine runs and listens on that address (bind), that its security group lets the target's \
                 subnets in (aws ec2 authorize-security-group-ingress --group-id <source's group> --protocol tcp --port \
                 {} --cidr <target's subnet>), and that routes lead both ways",
                source.port
            ),
        ),
        EngineFault::NotRedis(_) => Verdict::fail(
            evidence,
            "the replication link is plain RESP: give the port on which the source speaks without TLS",
        ),
        // These were said by an engine, so it was reached, and each is another check's to fail: naming them here too would
        // have a diagnosis call a source unreachable that answers. Which version it runs it did not say.
        EngineFault::ProtectedMode => told_elsewhere(source, fault, "S4"),
        EngineFault::NotPermitted(_) => told_elsewhere(source, fault, "S3"),
        EngineFault::UnknownCommand(_) => told_elsewhere(source, fault, "S6"),
        // It answers, which is what this check asks; whether it wants a password is S3's question.
        EngineFault::AuthRequired => Verdict::pass(format!("{source} answers (it requires AUTH: see S3)")),
        EngineFault::TimedOut(_)
        | EngineFault::NotReady(_)
        | EngineFault::TooManyClients
        | EngineFault::Other(_) => Verdict::fail(
            evidence,
            "the source must answer INFO and PING to a client without a password before a migration can start",
        ),
    }
}

fn told_elsewhere(source: &crate::Endpoint, fault: &EngineFault, check: &str) -> Verdict {
    Verdict::unknown(
        format!("{source} answers, but not to INFO ({fault}: see {check}), so its version is not known"),
        "",
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::with_source;
    use super::*;

    #[test]
    fn a_source_that_does_not_answer_as_it_must_stops_the_start() {
        for fault in [
            EngineFault::Unreachable("connection refused".to_owned()),
            EngineFault::TimedOut("3 s".to_owned()),
            EngineFault::NotRedis("garbage".to_owned()),
            EngineFault::NotReady("LOADING".to_owned()),
            EngineFault::TooManyClients,
        ] {
            assert_eq!(
                rule(&with_source(Err(fault.clone()))).outcome,
                Outcome::Fail,
                "{fault}"
            );
        }
    }

    #[test]
    fn a_source_that_refuses_in_words_was_reached_and_another_check_names_the_cause() {
        for (fault, cause) in [
            (EngineFault::ProtectedMode, "source_in_protected_mode"),
            (
                EngineFault::NotPermitted("NOPERM".to_owned()),
                "source_acl_restricts",
            ),
            (
                EngineFault::UnknownCommand("ERR unknown command 'INFO'".to_owned()),
                "source_commands_renamed",
            ),
        ] {
            let facts = with_source(Err(fault.clone()));
            assert_eq!(rule(&facts).outcome, Outcome::Unknown, "{fault}");
            let report = super::super::super::judge(&facts);
            let failed: Vec<&str> = report
                .with(Outcome::Fail)
                .filter_map(super::super::super::Finding::cause)
                .collect();
            assert_eq!(failed.first(), Some(&cause), "{fault}: {failed:?}");
        }
    }

    #[test]
    fn the_oldest_source_is_2_8_21() {
        assert_eq!(
            rule(&with_source(Ok("redis_version:2.8.21"))).outcome,
            Outcome::Pass
        );
        assert_eq!(
            rule(&with_source(Ok("redis_version:2.8.19"))).outcome,
            Outcome::Fail
        );
        assert_eq!(rule(&with_source(Ok("nothing:1"))).outcome, Outcome::Unknown);
        assert_eq!(
            rule(&with_source(Ok("redis_version:7.0.15\r\nloading:1"))).outcome,
            Outcome::Fail
        );
    }
}
