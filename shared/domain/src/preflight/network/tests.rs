//! Whole paths, as EC2's answers describe them: the clean example of `testing.rs`, broken in one way.

use super::super::Outcome;
use super::super::testing::{clean, vpc};
use super::*;
use crate::engine::EngineFault;
use serde_json::{Value, json};

/// The findings where EC2 answers as in the clean example, but for one change.
fn found(change: impl FnOnce(&mut Value)) -> Vec<Finding> {
    let mut answers = vpc();
    change(&mut answers);
    let mut facts = clean();
    let described: Described =
        serde_json::from_value(answers).expect("of the shape that the state machine passes");
    facts.network = described.into();
    ways(&facts)
}

fn ways(facts: &Facts) -> Vec<Finding> {
    each_subnet(&facts.network, facts.plan.source.port, &facts.source.info)
}

fn outcomes(findings: &[Finding]) -> Vec<Outcome> {
    findings.iter().map(|finding| finding.outcome).collect()
}

#[test]
fn a_vpc_that_lets_it_through_passes_for_each_subnet() {
    let findings = found(|_| {});
    assert_eq!(
        outcomes(&findings),
        [Outcome::Pass, Outcome::Pass],
        "{findings:#?}"
    );
    assert!(findings[0].title.ends_with("subnet-a") && findings[1].title.ends_with("subnet-b"));
}

#[test]
fn a_source_whose_security_group_does_not_name_the_target_fails_though_the_probe_was_answered() {
    let findings =
        found(|answers| answers["securityGroups"]["SecurityGroups"][1]["IpPermissions"] = json!([]));
    assert_eq!(outcomes(&findings), [Outcome::Fail, Outcome::Fail]);
    assert!(
        findings[0]
            .remedy
            .contains("--group-id sg-source --protocol tcp --port 6379 --source-group sg-target"),
        "{}",
        findings[0].remedy
    );
}

#[test]
fn a_target_that_may_not_go_out_fails() {
    let findings =
        found(|answers| answers["securityGroups"]["SecurityGroups"][0]["IpPermissionsEgress"] = json!([]));
    assert_eq!(outcomes(&findings), [Outcome::Fail, Outcome::Fail]);
    assert!(
        findings[0]
            .remedy
            .contains("authorize-security-group-egress --group-id sg-target")
    );
}

#[test]
fn an_acl_of_one_subnet_concerns_that_subnet_and_the_probe_decides_between_warn_and_fail() {
    let deny = |answers: &mut Value| {
        answers["networkAcls"]["NetworkAcls"][0]["Entries"][0] = json!({"RuleNumber": 50, "Protocol": "6", "RuleAction": "deny", "Egress": true, "CidrBlock": "10.0.0.0/16",
                   "PortRange": {"From": 6379, "To": 6379}});
    };
    let findings = found(deny);
    assert_eq!(
        outcomes(&findings),
        [Outcome::Warn, Outcome::Pass],
        "{findings:#?}"
    );
    let mut answers = vpc();
    deny(&mut answers);
    let mut facts = clean();
    facts.network = serde_json::from_value::<Described>(answers)
        .expect("answers")
        .into();
    facts.source.info = Err(EngineFault::TimedOut("3 s".to_owned()));
    assert_eq!(outcomes(&ways(&facts)), [Outcome::Fail, Outcome::Warn]);
}

#[test]
fn answers_that_may_not_come_back_are_stopped_too() {
    let findings = found(|answers| {
        // Inward only the source's port, which no answer comes to.
        answers["networkAcls"]["NetworkAcls"][0]["Entries"][1]["Protocol"] = json!("6");
        answers["networkAcls"]["NetworkAcls"][0]["Entries"][1]["PortRange"] =
            json!({"From": 6379, "To": 6379});
    });
    assert_eq!(
        outcomes(&findings),
        [Outcome::Warn, Outcome::Pass],
        "{findings:#?}"
    );
    assert!(findings[0].remedy.contains("--ingress") && findings[0].remedy.contains("From=1024,To=65535"));
}

#[test]
fn a_subnet_without_a_route_is_told_by_its_table() {
    let findings = found(|answers| answers["mainRouteTables"]["RouteTables"][0]["Routes"] = json!([]));
    // subnet-a has a table of its own, subnet-b uses the main one.
    assert_eq!(
        outcomes(&findings),
        [Outcome::Pass, Outcome::Warn],
        "{findings:#?}"
    );
    assert!(
        findings[1].remedy.contains("--route-table-id rtb-main"),
        "{}",
        findings[1].remedy
    );
}

#[test]
fn each_missing_answer_is_unknown_and_never_pass() {
    for call in [
        "securityGroups",
        "subnets",
        "routeTables",
        "mainRouteTables",
        "networkAcls",
        "sourceInterfaces",
    ] {
        let findings = found(|answers| {
            answers[call] = json!({"error": "Ec2.Ec2Exception", "cause": "You are not authorized"})
        });
        assert_eq!(
            outcomes(&findings),
            [Outcome::Unknown, Outcome::Unknown],
            "{call}: {findings:#?}"
        );
        let absent = found(|answers| {
            answers.as_object_mut().expect("an object").remove(call);
        });
        assert_eq!(
            outcomes(&absent),
            [Outcome::Unknown, Outcome::Unknown],
            "{call} absent"
        );
    }
}

#[test]
fn a_source_outside_the_account_is_unknown_with_the_probe_beside_it() {
    let findings = found(|answers| answers["sourceInterfaces"]["NetworkInterfaces"] = json!([]));
    assert_eq!(outcomes(&findings), [Outcome::Unknown, Outcome::Unknown]);
    assert!(
        findings[0]
            .evidence
            .contains("no network interface of this account"),
        "{}",
        findings[0].evidence
    );
    assert!(
        findings[0].evidence.contains("was answered by the source"),
        "{}",
        findings[0].evidence
    );
}

#[test]
fn a_load_balancer_without_a_security_group_hides_the_source_behind_it() {
    let findings = found(|answers| answers["sourceInterfaces"]["NetworkInterfaces"][0]["Groups"] = json!([]));
    assert_eq!(outcomes(&findings), [Outcome::Unknown, Outcome::Unknown]);
    assert!(
        findings[0].evidence.contains("eni-1 has no security group"),
        "{}",
        findings[0].evidence
    );
}

#[test]
fn an_ipv6_source_is_not_judged() {
    let findings = found(|answers| answers["location"]["sourceAddress"] = json!("fd00::241"));
    assert_eq!(outcomes(&findings), [Outcome::Unknown]);
}

#[test]
fn one_address_in_two_vpcs_is_the_one_near_the_target_and_two_near_it_are_not_guessed() {
    let another = |vpc: &str| json!({"NetworkInterfaceId": "eni-2", "SubnetId": "subnet-x", "VpcId": vpc, "Groups": []});
    let add = |answers: &mut Value, interface: Value| {
        let interfaces = answers["sourceInterfaces"]["NetworkInterfaces"].as_array_mut();
        interfaces.expect("a list").push(interface);
    };
    assert_eq!(
        outcomes(&found(|answers| add(answers, another("vpc-9")))),
        [Outcome::Pass, Outcome::Pass]
    );
    assert_eq!(
        outcomes(&found(|answers| add(answers, another("vpc-1")))),
        [Outcome::Unknown, Outcome::Unknown]
    );
}

#[test]
fn a_source_in_the_targets_own_subnet_passes_no_acl() {
    let findings = found(|answers| {
        answers["sourceInterfaces"]["NetworkInterfaces"][0]["SubnetId"] = json!("subnet-a");
        answers["networkAcls"]["NetworkAcls"][0]["Entries"] = json!([]);
    });
    // subnet-b crosses the border of subnet-a, whose ACL now lets nothing in.
    assert_eq!(
        outcomes(&findings),
        [Outcome::Pass, Outcome::Warn],
        "{findings:#?}"
    );
}

#[test]
fn a_source_in_a_peered_vpc_needs_a_route_back() {
    let peered = |answers: &mut Value, back: Value| {
        answers["sourceInterfaces"]["NetworkInterfaces"][0]["VpcId"] = json!("vpc-2");
        answers["mainRouteTables"]["RouteTables"]
            .as_array_mut()
            .expect("a list")
            .push(json!({"RouteTableId": "rtb-far", "VpcId": "vpc-2", "Associations": [], "Routes": back}));
    };
    let there = found(|answers| {
        peered(
            answers,
            json!([{"DestinationCidrBlock": "10.0.0.0/16", "VpcPeeringConnectionId": "pcx-1", "State": "active"}]),
        );
    });
    assert_eq!(outcomes(&there), [Outcome::Pass, Outcome::Pass], "{there:#?}");
    let lost = found(|answers| peered(answers, json!([])));
    assert_eq!(outcomes(&lost), [Outcome::Warn, Outcome::Warn], "{lost:#?}");
}

#[test]
fn a_name_that_does_not_resolve_and_subnets_that_are_not_known_are_one_unknown_finding() {
    for field in ["sourceAddress", "subnetIds"] {
        let findings = found(|answers| {
            answers["location"][field] = if field == "subnetIds" {
                json!([])
            } else {
                json!("")
            };
        });
        assert_eq!(outcomes(&findings), [Outcome::Unknown], "{field}");
    }
    let mut facts = clean();
    facts.network = NetworkFacts::unknown("not described");
    let findings = ways(&facts);
    assert_eq!(outcomes(&findings), [Outcome::Unknown]);
    assert!(
        findings[0].evidence.starts_with("not described; "),
        "{}",
        findings[0].evidence
    );
    assert_eq!(worst(&facts).outcome, Outcome::Unknown);
}

#[test]
fn a_reason_that_several_gates_share_is_told_once() {
    // The way there and the way back from another VPC need route tables both.
    let findings = found(|answers| {
        answers["sourceInterfaces"]["NetworkInterfaces"][0]["VpcId"] = json!("vpc-2");
        answers["mainRouteTables"] = json!({"error": "Ec2.Ec2Exception", "cause": "You are not authorized"});
    });
    let told = findings[0].evidence.matches("You are not authorized").count();
    assert_eq!(told, 1, "{}", findings[0].evidence);
}

#[test]
fn a_source_that_asks_for_a_password_has_answered() {
    let mut facts = clean();
    facts.source.info = Err(EngineFault::AuthRequired);
    let findings = ways(&facts);
    assert_eq!(outcomes(&findings), [Outcome::Pass, Outcome::Pass]);
    assert!(
        findings[0].evidence.contains("was answered by the source"),
        "{}",
        findings[0].evidence
    );
}

#[test]
fn a_denied_call_is_named() {
    let mut answers = vpc();
    answers["subnets"] =
        json!({"error": "Ec2.Ec2Exception", "cause": "You are not authorized to perform this operation."});
    answers["networkAcls"] = json!({"error": "Ec2.SdkClientException", "cause": "timed out"});
    let facts = NetworkFacts::from(serde_json::from_value::<Described>(answers).expect("answers"));
    let actions: Vec<_> = facts.denied().into_iter().map(|(action, _)| action).collect();
    assert_eq!(actions, ["ec2:DescribeSubnets"]);
}

/// Not made up by this file: what the state machine's own tasks left behind (tests/fixtures/network/README.md).
#[test]
fn answers_that_went_through_the_state_machine_are_read_and_judged() {
    let recorded = include_str!("../../../../../tests/fixtures/network/same_vpc.moto.json");
    let mut facts = clean();
    let answers = |text: &str| serde_json::from_str::<Described>(text).expect("of the shape that is passed");
    facts.network = answers(recorded).into();
    let findings = ways(&facts);
    assert_eq!(
        outcomes(&findings),
        [Outcome::Pass, Outcome::Pass],
        "{findings:#?}"
    );
    // The same VPC, with the source on a port that its security group does not let in.
    facts.plan.source.port = 6380;
    assert_eq!(outcomes(&ways(&facts)), [Outcome::Fail, Outcome::Fail]);
}
