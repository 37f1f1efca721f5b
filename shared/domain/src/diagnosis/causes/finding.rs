//! A check that failed is the cause itself, under the name that the check gives it. One that warned of the way from the
//! target to the source is a cause where the target does not get there.

use super::super::{Cause, Confidence, Evidence};
use super::NOT_REACHED;
use crate::engine::EngineFault;
use crate::preflight::{Finding, Outcome};
use crate::progress::Phase;

pub(super) fn causes(evidence: &Evidence) -> Vec<Cause> {
    let ways_now = evidence.ways_now();
    let known_now = ways_now.iter().any(|way| way.outcome != Outcome::Unknown);
    let shut_now = ways_now.iter().filter_map(|way| shut_now(evidence, way));
    let Some(report) = &evidence.preflight else {
        return shut_now.collect();
    };
    let failed = report
        .with(Outcome::Fail)
        .map(|finding| cause(finding, Confidence::Certain, finding.evidence.clone()));
    // What the rules were then does not count where it is known what they are now.
    let warned = report
        .with(Outcome::Warn)
        .filter(|finding| finding.id == "N1" && !known_now);
    let in_the_way = warned.filter_map(|finding| {
        let seen = format!("seen by preflight at {}: {}", report.at, finding.evidence);
        Some(cause(finding, not_reached(evidence)?, seen))
    });
    failed.chain(shut_now).chain(in_the_way).collect()
}

/// A way that the rules of the VPC shut now. Where they let everything through, a source that answers nobody is only warned
/// of, and is another cause.
fn shut_now(evidence: &Evidence, way: &Finding) -> Option<Cause> {
    let confidence = match way.outcome {
        Outcome::Fail => Confidence::Certain,
        Outcome::Warn if !is_silent(evidence) => not_reached(evidence)?,
        Outcome::Warn | Outcome::Pass | Outcome::Unknown => return None,
    };
    Some(cause(
        way,
        confidence,
        format!("seen after the failure: {}", way.evidence),
    ))
}

/// Whether something was seen that a way that is shut would explain.
pub(in super::super) fn way_is_in_doubt(evidence: &Evidence) -> bool {
    evidence.plan.is_some() && not_reached(evidence).is_some()
}

fn cause(finding: &Finding, confidence: Confidence, evidence: String) -> Cause {
    Cause {
        id: finding.cause().unwrap_or("preflight").to_owned(),
        confidence,
        evidence,
        fix: finding.remedy.clone(),
    }
}

/// How well what was seen fits a way that is shut: the target does not reach a source that answers a function nearby. None
/// where the target got there. A source that answers nobody is rather itself what is wrong.
fn not_reached(evidence: &Evidence) -> Option<Confidence> {
    let told = evidence.told(&NOT_REACHED).is_some();
    let never_connected = evidence.observation.as_ref().is_some_and(|observation| {
        let mut shards = observation.shards.iter();
        shards.any(|shard| shard.phase == Phase::Connecting && !shard.followed)
    });
    match (told || never_connected, is_silent(evidence)) {
        (_, true) => Some(Confidence::Possible),
        (true, false) => Some(Confidence::Likely),
        (false, false) => None,
    }
}

fn is_silent(evidence: &Evidence) -> bool {
    let mut faults = evidence.sources.iter().filter_map(|source| source.fault());
    faults.any(EngineFault::is_silence)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::super::super::{Confidence, Diagnosis, Evidence, diagnose};
    use crate::engine::EngineFault;
    use crate::preflight::network::Described;
    use crate::preflight::{PreflightReport, judge, testing};
    use serde_json::{Value, json};

    /// Preflight of the clean pair in a VPC that was changed in one way.
    fn preflight(change: impl FnOnce(&mut Value)) -> PreflightReport {
        let mut answers = testing::vpc();
        change(&mut answers);
        let mut facts = testing::clean();
        facts.network = serde_json::from_value::<Described>(answers)
            .expect("of the shape that the state machine passes")
            .into();
        judge(&facts)
    }

    fn diagnosed(report: PreflightReport, mut evidence: Evidence) -> Diagnosis {
        evidence.preflight = Some(report);
        diagnose(&evidence)
    }

    fn ids(diagnosis: &Diagnosis) -> Vec<&str> {
        diagnosis.causes.iter().map(|cause| cause.id.as_str()).collect()
    }

    fn acl_of_one_subnet(answers: &mut Value) {
        answers["networkAcls"]["NetworkAcls"][0]["Entries"][0] = json!({"RuleNumber": 50, "Protocol": "6",
            "RuleAction": "deny", "Egress": true, "CidrBlock": "10.0.0.0/16", "PortRange": {"From": 6379, "To": 6379}});
    }

    fn security_group(answers: &mut Value) {
        answers["securityGroups"]["SecurityGroups"][1]["IpPermissions"] = json!([]);
    }

    fn no_route(answers: &mut Value) {
        answers["mainRouteTables"]["RouteTables"][0]["Routes"] = json!([]);
    }

    #[test]
    fn a_security_group_is_named_with_the_rule_that_it_lacks() {
        let diagnosis = diagnosed(preflight(security_group), seen("Preflight"));
        let best = &diagnosis.causes[0];
        assert_eq!(
            (best.id.as_str(), best.confidence),
            ("security_group_blocks", Confidence::Certain)
        );
        assert!(
            best.evidence.starts_with("sg-source does not let"),
            "{}",
            best.evidence
        );
        assert!(
            best.fix
                .contains("authorize-security-group-ingress --group-id sg-source"),
            "{}",
            best.fix
        );
    }

    #[test]
    fn what_preflight_warned_of_is_named_when_the_target_does_not_get_there() {
        for (change, id, rule, fix) in [
            (
                acl_of_one_subnet as fn(&mut Value),
                "network_acl_blocks",
                "(rule 50)",
                "create-network-acl-entry --network-acl-id acl-",
            ),
            (
                no_route,
                "route_missing",
                "rtb-main has no route to",
                "create-route --route-table-id rtb-main",
            ),
        ] {
            let told = seen("Observe")
                .source_says("role:master")
                .event(&Evidence::failure_text("the source was not reached"));
            let never_connected = seen("Observe").source_says("role:master").looked("no link");
            for evidence in [told, never_connected] {
                let diagnosis = diagnosed(preflight(change), evidence);
                let best = &diagnosis.causes[0];
                assert_eq!(
                    (best.id.as_str(), best.confidence),
                    (id, Confidence::Likely),
                    "{diagnosis:#?}"
                );
                assert!(best.evidence.contains(rule), "{}", best.evidence);
                assert!(best.fix.contains(fix), "{}", best.fix);
            }
        }
    }

    #[test]
    fn a_source_that_answers_nobody_comes_first() {
        let silent = seen("Observe").source_does(EngineFault::TimedOut("3 s".to_owned()));
        let diagnosis = diagnosed(preflight(acl_of_one_subnet), silent.looked("no link"));
        assert_eq!(ids(&diagnosis), ["source_not_reached", "network_acl_blocks"]);
    }

    #[test]
    fn a_way_that_was_gone_explains_nothing() {
        let followed = seen("Observe")
            .source_says("role:master")
            .looked("lag")
            .followed();
        let diagnosis = diagnosed(preflight(acl_of_one_subnet), followed);
        assert_eq!(ids(&diagnosis), ["unknown"]);
    }

    #[test]
    fn gates_of_several_kinds_go_by_the_name_of_the_check() {
        let both = |answers: &mut Value| {
            security_group(answers);
            no_route(answers);
        };
        let diagnosis = diagnosed(preflight(both), seen("Preflight"));
        // subnet-a has a route table of its own.
        assert_eq!(ids(&diagnosis), ["security_group_blocks", "network_path_blocked"]);
    }

    #[test]
    fn a_security_group_that_was_shut_since_is_named_once_ec2_was_asked_again() {
        let silent = seen("Observe").source_does(EngineFault::TimedOut("3 s".to_owned()));
        let first = diagnosed(preflight(|_| {}), silent.clone().looked("lag").followed());
        assert_eq!(ids(&first), ["source_not_reached"]);
        assert!(first.asks_network);
        let again = diagnosed(preflight(|_| {}), silent.network_now(security_group));
        let best = &again.causes[0];
        assert_eq!(
            (best.id.as_str(), best.confidence),
            ("security_group_blocks", Confidence::Certain),
            "{again:#?}"
        );
        assert!(!again.asks_network, "once is enough");
    }

    #[test]
    fn rules_that_let_everything_through_by_now_are_no_cause() {
        let silent = seen("Observe").source_does(EngineFault::TimedOut("3 s".to_owned()));
        let diagnosis = diagnosed(preflight(acl_of_one_subnet), silent.network_now(|_| {}));
        assert_eq!(ids(&diagnosis), ["source_not_reached"]);
    }

    #[test]
    fn ec2_is_not_asked_again_for_what_has_another_cause() {
        let refused = seen("Observe").source_does(EngineFault::AuthRequired);
        assert!(!diagnose(&refused).asks_network);
    }
}
