//! EventBridge rules: the `EventBridgeRule` events of functions. Patterns of plain values alone are understood; another
//! kind of filter is an error that names its place, because a rule that never matches would look like one that does.

use serde_json::Value;

use super::resolver::resolve;
use super::scope::Scope;
use super::{RuleSpec, TemplateError};
use crate::arn;

pub(super) fn read(scope: &Scope<'_>) -> Result<Vec<RuleSpec>, TemplateError> {
    let mut rules = Vec::new();
    for resource in scope.resources(&["AWS::Serverless::Function"])? {
        let events = resource
            .body
            .get("Properties")
            .and_then(|properties| properties.get("Events"));
        for (name, event) in events.and_then(Value::as_object).into_iter().flatten() {
            if event.get("Type").and_then(Value::as_str) != Some("EventBridgeRule") {
                continue;
            }
            let place = format!("{}.Properties.Events.{name}.Properties.Pattern", resource.place);
            let pattern = event
                .get("Properties")
                .and_then(|properties| properties.get("Pattern"))
                .unwrap_or(&Value::Null);
            let pattern = resolve(scope, pattern, &place)?.unwrap_or_default();
            check(&pattern, &place)?;
            rules.push(RuleSpec {
                function: arn::function(&scope.name_of(resource.logical_id, resource.body)?),
                pattern,
            });
        }
    }
    Ok(rules)
}

fn check(pattern: &Value, place: &str) -> Result<(), TemplateError> {
    let Some(fields) = pattern.as_object().filter(|fields| !fields.is_empty()) else {
        return Err(TemplateError::shape(place, "expected a map of fields"));
    };
    for (name, wanted) in fields {
        let place = format!("{place}.{name}");
        match wanted {
            Value::Array(values)
                if !values.is_empty() && values.iter().all(|v| !v.is_object() && !v.is_array()) => {}
            Value::Object(_) => check(wanted, &place)?,
            _ => {
                return Err(TemplateError::shape(
                    place,
                    "the local cloud understands lists of plain values alone",
                ));
            }
        }
    }
    Ok(())
}
