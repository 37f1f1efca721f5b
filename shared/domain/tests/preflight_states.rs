//! Holds the states around preflight of statemachine/migrate.asl.json against the Rust types that they speak to.

use domain::preflight::network::{Described, Location, NetworkFacts};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const ASL: &str = include_str!("../../../statemachine/migrate.asl.json");

fn states() -> Map<String, Value> {
    let machine: Value = serde_json::from_str(ASL).expect("JSON");
    machine["States"].as_object().expect("states").clone()
}

/// The states that ask EC2.
fn ec2_states() -> Vec<(String, Value)> {
    states()
        .into_iter()
        .filter(|(_, state)| {
            state["Resource"]
                .as_str()
                .is_some_and(|arn| arn.contains(":aws-sdk:ec2:"))
        })
        .collect()
}

/// The field of `$network` that an expression sets: the first name in its braces.
fn field_set(expression: &Value) -> String {
    let text = expression.as_str().expect("an expression");
    let (_, rest) = text.split_once("{'").expect("an object that is merged in");
    rest.split('\'').next().unwrap_or_default().to_owned()
}

#[test]
fn every_answer_of_ec2_has_a_field_that_is_read_and_a_failure_stops_nothing() {
    let mut set = BTreeSet::new();
    for (name, state) in ec2_states() {
        let field = field_set(&state["Assign"]["network"]);
        let catchers = state["Catch"].as_array().expect("catchers");
        let caught: Vec<&str> = catchers
            .iter()
            .filter_map(|catcher| catcher["ErrorEquals"][0].as_str())
            .collect();
        // `States.ALL` does not catch an answer that is too long.
        assert_eq!(caught, ["States.DataLimitExceeded", "States.ALL"], "{name}");
        for catcher in catchers {
            assert_eq!(field_set(&catcher["Assign"]["network"]), field, "{name}");
            assert_eq!(
                catcher["Next"], state["Next"],
                "{name}: what failed is a missing fact"
            );
        }
        set.insert(field);
    }
    let read = [
        "mainRouteTables",
        "networkAcls",
        "routeTables",
        "securityGroups",
        "sourceInterfaces",
        "subnets",
    ];
    assert_eq!(set.iter().map(String::as_str).collect::<Vec<_>>(), read);
    // Each of them is a field of the type: with an answer in it, no fact is missing.
    let mut answers = json!({"location": Location::default()});
    for field in set {
        answers[field] = json!({"NetworkInterfaces": [], "SecurityGroups": [], "Subnets": [], "RouteTables": [], "NetworkAcls": []});
    }
    let facts = NetworkFacts::from(serde_json::from_value::<Described>(answers).expect("the type"));
    assert!(facts.source_interfaces.known().is_some() && facts.security_groups.known().is_some());
    assert!(facts.subnets.known().is_some() && facts.network_acls.known().is_some());
    assert!(facts.route_tables.known().is_some() && facts.main_route_tables.known().is_some());
}

#[test]
fn an_assessment_reaches_no_state_that_changes_anything_but_the_rehearsal() {
    // Where the plan says "assess", every way out of the first choice leads to its end or to the rehearsal; the looks that
    // follow end there too, because no other stage can be reached without Start.
    let states = states();
    let first = &states["MayStart"]["Choices"][0];
    assert_eq!(first["Next"], "Report");
    assert!(
        first["Condition"]
            .as_str()
            .is_some_and(|condition| condition.contains("$plan.mode = 'assess'"))
    );
    assert_eq!(states["TellAssessed"]["Next"], "Assessed");
    assert_eq!(states["Assessed"]["Type"], "Succeed");
}

#[test]
fn complete_is_reached_by_way_of_the_recheck_and_the_fence_alone() {
    let way = [
        "StillMayCutOver",
        "TellCutover",
        "Arm",
        "Fence",
        "MayDrain",
        "Drain",
        "MayComplete",
        "Complete",
    ];
    for step in way.windows(2) {
        let mut leading = leading_to(step[1]);
        leading.dedup();
        assert_eq!(leading, [step[0]], "to {}", step[1]);
    }
}

/// Every state that has a way to this one.
fn leading_to(wanted: &str) -> Vec<String> {
    let leads = |state: &Value| {
        let nexts = |choices: &Value| {
            choices
                .as_array()
                .is_some_and(|list| list.iter().any(|choice| choice["Next"] == wanted))
        };
        state["Next"] == wanted
            || state["Default"] == wanted
            || nexts(&state["Choices"])
            || nexts(&state["Catch"])
    };
    states()
        .into_iter()
        .filter(|(_, state)| leads(state))
        .map(|(name, _)| name)
        .collect()
}
