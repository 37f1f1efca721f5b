//! An execution's input: of one migration or of a fleet. What is wrong is told, each mistake with its field; what is
//! right becomes a plan that later states read back as it was, and that the published schema allows too.
#![no_main]

use domain::plan::{ApprovalMode, FleetId, FleetList, FleetPlan, Plan};
use jsonschema::Validator;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use std::sync::LazyLock;

static SCHEMA: LazyLock<Validator> =
    LazyLock::new(|| jsonschema::draft202012::new(&domain::plan::schema()).expect("a schema compiles"));

fuzz_target!(|text: &str| {
    // Step Functions takes no input that is no JSON.
    let Ok(input) = serde_json::from_str::<Value>(text) else {
        return;
    };
    match Plan::from_input(&input) {
        Ok(plan) => is_whole(&plan, &input),
        Err(mistakes) => {
            assert!(mistakes.iter().count() > 0, "a refusal says why");
            for mistake in mistakes.iter() {
                assert!(!mistake.to_string().is_empty());
            }
        }
    }
    // A plan that another version wrote may say anything: reading it is no reason to panic.
    if let Ok(plan) = serde_json::from_value::<Plan>(input.clone()) {
        reads_back(&plan);
    }
    if let Ok(FleetPlan {
        list: FleetList::Given(list),
        ..
    }) = FleetPlan::from_input(&input)
    {
        let fleet = FleetId::of("arn:aws:states:eu-west-1:123456789012:execution:fleet:night");
        let plan = FleetPlan::from_input(&input).expect("read twice");
        if let Ok(arranged) = plan.arrange(&fleet, &list) {
            let lanes = arranged.lanes.iter().flat_map(|lane| &lane.migrations);
            let items: Vec<_> = arranged.canaries.iter().chain(lanes).collect();
            assert_eq!(items.len(), list.len(), "every migration once");
            for item in items {
                assert!(
                    Plan::from_input(&item.input).is_ok(),
                    "what is started is valid: {}",
                    item.input
                );
                assert!((1..=80).contains(&item.name.len()), "{:?}", item.name);
            }
        }
    }
});

fn is_whole(plan: &Plan, input: &Value) {
    reads_back(plan);
    assert!(plan.polling.min_seconds <= plan.polling.max_seconds);
    if plan.cutover.approval == ApprovalMode::Automatic {
        assert!(plan.cutover.window.is_some(), "no plan approves at any time");
    }
    let refused: Vec<String> = SCHEMA.iter_errors(input).map(|error| error.to_string()).collect();
    assert!(
        refused.is_empty(),
        "the schema refuses what the reader takes: {refused:?}"
    );
}

fn reads_back(plan: &Plan) {
    let written = serde_json::to_value(plan).expect("a plan is JSON");
    let read: Plan = serde_json::from_value(written).expect("and is read back");
    assert_eq!(&read, plan);
}
