//! Prints template.yaml as the local cloud understands it, for `make check-deploy`, which holds it against what SAM's own
//! transform makes of the same file.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use local_cloud::Options;
use local_cloud::iam::{Policy, Statement};
use local_cloud::template::{FunctionSpec, StateMachineSpec, Template, TemplateError, TopicSpec};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn main() -> Result<(), TemplateError> {
    let options = Options::default();
    let parameters = [
        ("VpcId", "vpc-0123456789abcdef0"),
        ("SubnetIds", "subnet-0123456789abcdef0,subnet-0123456789abcdef1"),
        ("TargetSecurityGroupId", "sg-0123456789abcdef0"),
        ("Console", "function-url"),
        ("ConsoleFront.Outputs.PageUrl", "https://page.example/"),
    ];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let template = Template::read(&options.template, &parameters.into())?;
    let read = json!({
        "functions": template.functions.iter().map(function).collect::<Value>(),
        "stateMachines": template.state_machines.iter().map(state_machine).collect::<Value>(),
        "rules": rules(&template),
        "topics": template.topics.iter().map(topic).collect::<Value>(),
    });
    println!("{read:#}");
    Ok(())
}

fn function(spec: &FunctionSpec) -> (String, Value) {
    let read = json!({
        "name": spec.name,
        "environment": spec.environment,
        "timeout": spec.timeout.as_secs(),
        "memory": spec.memory,
        "statements": statements(spec.policy.as_ref()),
    });
    (spec.logical_id.clone(), read)
}

fn statements(policy: Option<&Policy>) -> Value {
    let statement = |statement: &Statement| {
        let conditions: Vec<Value> = statement
            .conditions
            .iter()
            .map(|condition| json!([condition.operator, condition.key, condition.values]))
            .collect();
        let effect = format!("{:?}", statement.effect);
        json!([effect, statement.actions, statement.resources, conditions])
    };
    policy.map_or(Value::Null, |policy| policy.0.iter().map(statement).collect())
}

fn state_machine(spec: &StateMachineSpec) -> (String, Value) {
    let read = json!({
        "name": spec.name,
        "definition": spec.definition.file_name().map(|name| name.to_string_lossy().into_owned()),
        "substitutions": spec.substitutions,
        "statements": statements(spec.policy.as_ref()),
    });
    (spec.logical_id.clone(), read)
}

/// The patterns of each function's rules, by the function's ARN.
fn rules(template: &Template) -> Value {
    let mut patterns: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for rule in &template.rules {
        patterns.entry(&rule.function).or_default().push(&rule.pattern);
    }
    json!(patterns)
}

fn topic(spec: &TopicSpec) -> (String, Value) {
    let endpoints: Vec<(&str, &str)> = spec
        .subscriptions
        .iter()
        .map(|subscription| (subscription.protocol.as_str(), subscription.endpoint.as_str()))
        .collect();
    (spec.logical_id.clone().unwrap_or_default(), json!(endpoints))
}
