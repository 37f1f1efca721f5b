//! What a function may do: the IAM actions that its policies allow.

use serde_json::Value;

use super::TemplateError;
use super::resolver::{as_text, resolve};
use super::scope::{Resource, Scope};

/// Managed policies that say nothing about the services of the local cloud: logs, traces, network interfaces.
const BASIC_POLICIES: [&str; 3] = ["AWSLambda", "AWSXRay", "AWSXray"];

/// The allowed actions, such as `elasticache:Describe*`; none if they cannot be known from the template alone: a role of
/// its own, a managed policy, a policy template of SAM.
pub(super) fn read(scope: &Scope<'_>, resource: &Resource<'_>) -> Result<Option<Vec<String>>, TemplateError> {
    let properties = resource.body.get("Properties");
    if properties.is_some_and(|properties| properties.get("Role").is_some()) {
        return Ok(None);
    }
    let place = resource.property_place("Policies");
    let mut actions = Vec::new();
    for policy in one_or_many(properties.and_then(|properties| properties.get("Policies"))) {
        match (policy.as_str(), policy.get("Statement")) {
            (Some(managed), _) if BASIC_POLICIES.iter().any(|basic| managed.contains(basic)) => {}
            (None, Some(statements)) => {
                for statement in one_or_many(Some(statements)) {
                    if statement.get("Effect").and_then(Value::as_str) != Some("Allow") {
                        continue;
                    }
                    let allowed = statement.get("Action").unwrap_or(&Value::Null);
                    let allowed = resolve(scope, allowed, &format!("{place}.Statement.Action"))?;
                    for action in one_or_many(allowed.as_ref()) {
                        actions.push(as_text(action, &place)?);
                    }
                }
            }
            _ => return Ok(None),
        }
    }
    Ok(Some(actions))
}

fn one_or_many(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Array(items)) => items,
        Some(item) => std::slice::from_ref(item),
        None => &[],
    }
}
