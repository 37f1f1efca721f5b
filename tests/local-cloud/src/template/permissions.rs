//! What a function or a state machine may do: the statements of its role, or of the policies that stand in its own
//! properties.

use serde_json::Value;

use super::TemplateError;
use super::resolver::{as_text, resolve};
use super::scope::{Resource, Scope};
use crate::iam::{Condition, Effect, Policy, Statement};

/// AWS's managed policies that say nothing about the services of the local cloud: logs, traces, network interfaces.
const BASIC_POLICIES: [&str; 3] = ["AWSLambda", "AWSXRay", "AWSXray"];

/// The statements; none if they cannot be known from the template alone: a role outside it, one of AWS's managed
/// policies, a policy template of SAM.
pub(super) fn read(scope: &Scope<'_>, resource: &Resource<'_>) -> Result<Option<Policy>, TemplateError> {
    let property = |name| {
        resource
            .body
            .get("Properties")
            .and_then(|properties| properties.get(name))
    };
    let mut statements = Vec::new();
    let known = match property("Role") {
        Some(role) => of_role(scope, role, &mut statements)?,
        None => of_properties(scope, resource, property("Policies"), &mut statements)?,
    };
    Ok(known.then_some(Policy(statements)))
}

/// `Role: !GetAtt X.Arn`, with X in this template. Whether all of it is known.
fn of_role(scope: &Scope<'_>, role: &Value, into: &mut Vec<Statement>) -> Result<bool, TemplateError> {
    let reference = match role.get("Fn::GetAtt") {
        Some(Value::Array(parts)) if parts.get(1).is_some_and(|part| part == "Arn") => parts[0].as_str(),
        _ => None,
    };
    let Some(role) = reference.and_then(|id| scope.resource(id, "AWS::IAM::Role")) else {
        return Ok(false);
    };
    for policy in one_or_many(role.property(scope, "Policies")?.as_ref()) {
        document(role.logical_id, policy.get("PolicyDocument"), &role.place, into)?;
    }
    let managed = role
        .body
        .get("Properties")
        .and_then(|properties| properties.get("ManagedPolicyArns"));
    for policy in one_or_many(managed) {
        if let Some(ours) = policy["Ref"]
            .as_str()
            .and_then(|id| scope.resource(id, "AWS::IAM::ManagedPolicy"))
        {
            let resolved = ours.property(scope, "PolicyDocument")?;
            document(ours.logical_id, resolved.as_ref(), &ours.place, into)?;
        } else if !resolve(scope, policy, &role.place)?.is_some_and(|arn| is_basic(&arn)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// `Policies:` of the resource itself. Whether all of them are known.
fn of_properties(
    scope: &Scope<'_>,
    resource: &Resource<'_>,
    policies: Option<&Value>,
    into: &mut Vec<Statement>,
) -> Result<bool, TemplateError> {
    let place = resource.property_place("Policies");
    for policy in one_or_many(policies) {
        if policy.get("Statement").is_some() {
            let resolved = resolve(scope, policy, &place)?;
            document(resource.logical_id, resolved.as_ref(), &place, into)?;
        } else if !is_basic(policy) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_basic(policy: &Value) -> bool {
    let name = policy.as_str().unwrap_or_default();
    BASIC_POLICIES.iter().any(|basic| name.contains(basic))
}

fn document(
    origin: &str,
    document: Option<&Value>,
    place: &str,
    into: &mut Vec<Statement>,
) -> Result<(), TemplateError> {
    for statement in one_or_many(document.and_then(|document| document.get("Statement"))) {
        let place = format!("{place} (Statement)");
        let effect = match statement["Effect"].as_str() {
            Some("Allow") => Effect::Allow,
            Some("Deny") => Effect::Deny,
            _ => return Err(TemplateError::shape(place, "Effect must be Allow or Deny")),
        };
        into.push(Statement {
            origin: origin.to_owned(),
            effect,
            actions: texts(statement, "Action", &place)?,
            resources: texts(statement, "Resource", &place)?,
            conditions: conditions(statement.get("Condition"), &place)?,
        });
    }
    Ok(())
}

/// A list that has to be there: a statement with `NotAction` or `NotResource` is not understood here.
fn texts(statement: &Value, field: &str, place: &str) -> Result<Vec<String>, TemplateError> {
    let values = one_or_many(statement.get(field));
    if values.is_empty() {
        return Err(TemplateError::shape(
            place,
            format!("a statement without {field} is not understood"),
        ));
    }
    values.iter().map(|value| as_text(value, place)).collect()
}

fn conditions(block: Option<&Value>, place: &str) -> Result<Vec<Condition>, TemplateError> {
    let mut conditions = Vec::new();
    for (operator, keys) in block.and_then(Value::as_object).into_iter().flatten() {
        for (key, values) in keys.as_object().into_iter().flatten() {
            let values = one_or_many(Some(values));
            conditions.push(Condition {
                operator: operator.clone(),
                key: key.clone(),
                values: values
                    .iter()
                    .map(|value| as_text(value, place))
                    .collect::<Result<_, _>>()?,
            });
        }
    }
    Ok(conditions)
}

fn one_or_many(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Array(items)) => items,
        Some(item) => std::slice::from_ref(item),
        None => &[],
    }
}
