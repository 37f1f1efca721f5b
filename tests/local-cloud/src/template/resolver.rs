//! CloudFormation's intrinsic functions.

use serde_json::{Map, Value};

use super::TemplateError;
use super::scope::Scope;

/// A value with all its intrinsics worked out; `None` for `AWS::NoValue`, which removes what it is the value of.
pub(super) fn resolve(scope: &Scope<'_>, value: &Value, place: &str) -> Result<Option<Value>, TemplateError> {
    match value {
        Value::Array(items) => resolve_items(scope, items, place).map(|items| Some(Value::Array(items))),
        Value::Object(map) => match intrinsic(map) {
            Some((name, argument)) => apply(scope, name, argument, place),
            None => resolve_entries(scope, map, place).map(|map| Some(Value::Object(map))),
        },
        plain => Ok(Some(plain.clone())),
    }
}

/// The same as text: a number or a switch is written as CloudFormation would.
pub(super) fn text(scope: &Scope<'_>, value: &Value, place: &str) -> Result<Option<String>, TemplateError> {
    match resolve(scope, value, place)? {
        None => Ok(None),
        Some(value) => as_text(&value, place).map(Some),
    }
}

/// Whether a named condition holds.
pub(super) fn condition(scope: &Scope<'_>, name: &str, place: &str) -> Result<bool, TemplateError> {
    match scope.conditions.get(name) {
        Some(body) => truth(scope, body, &format!("Conditions.{name}")),
        None => Err(TemplateError::UnknownName {
            place: place.to_owned(),
            name: name.to_owned(),
        }),
    }
}

/// A scalar as CloudFormation writes it into an environment variable or a substitution.
pub(super) fn as_text(value: &Value, place: &str) -> Result<String, TemplateError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        other => Err(TemplateError::shape(
            place,
            format!("expected text, found {other}"),
        )),
    }
}

fn resolve_items(scope: &Scope<'_>, items: &[Value], place: &str) -> Result<Vec<Value>, TemplateError> {
    let mut resolved = Vec::new();
    for (index, item) in items.iter().enumerate() {
        resolved.extend(resolve(scope, item, &format!("{place}[{index}]"))?);
    }
    Ok(resolved)
}

fn resolve_entries(
    scope: &Scope<'_>,
    map: &Map<String, Value>,
    place: &str,
) -> Result<Map<String, Value>, TemplateError> {
    let mut resolved = Map::new();
    for (key, value) in map {
        if let Some(value) = resolve(scope, value, &format!("{place}.{key}"))? {
            resolved.insert(key.clone(), value);
        }
    }
    Ok(resolved)
}

/// An object with one key that names a function is a call of it.
fn intrinsic(map: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, argument) = map.iter().next().filter(|_| map.len() == 1)?;
    (name == "Ref" || name.starts_with("Fn::")).then_some((name, argument))
}

fn apply(
    scope: &Scope<'_>,
    name: &str,
    argument: &Value,
    place: &str,
) -> Result<Option<Value>, TemplateError> {
    let place = &format!("{place} ({name})");
    match name {
        "Ref" => scope.reference(string(argument, place)?, place),
        "Fn::GetAtt" => {
            let (resource, attribute) = match argument {
                Value::String(path) => path.split_once('.').unwrap_or((path, "")),
                other => {
                    let [resource, attribute] = exactly(other, place)?;
                    (string(resource, place)?, string(attribute, place)?)
                }
            };
            scope.attribute(resource, attribute, place).map(Some)
        }
        "Fn::Sub" => substitute(scope, argument, place).map(|text| Some(Value::String(text))),
        "Fn::If" => {
            let [name, yes, no] = exactly(argument, place)?;
            let chosen = if condition(scope, string(name, place)?, place)? {
                yes
            } else {
                no
            };
            resolve(scope, chosen, place)
        }
        "Fn::Equals" | "Fn::Not" | "Fn::And" | "Fn::Or" => {
            let call = Value::Object(Map::from_iter([(name.to_owned(), argument.clone())]));
            truth(scope, &call, place).map(|holds| Some(Value::Bool(holds)))
        }
        "Fn::Join" => {
            let [separator, items] = exactly(argument, place)?;
            let items = texts(scope, items, place)?;
            Ok(Some(Value::String(items.join(string(separator, place)?))))
        }
        "Fn::Split" => {
            let [separator, whole] = exactly(argument, place)?;
            let whole = required_text(scope, whole, place)?;
            Ok(Some(
                whole.split(string(separator, place)?).map(Value::from).collect(),
            ))
        }
        "Fn::Select" => {
            let [index, items] = exactly(argument, place)?;
            let index = required_text(scope, index, place)?;
            let items = texts(scope, items, place)?;
            let chosen = index.parse::<usize>().ok().and_then(|index| items.get(index));
            let missing = || TemplateError::shape(place, format!("there is no item {index} in {items:?}"));
            chosen
                .map(|item| Some(Value::String(item.clone())))
                .ok_or_else(missing)
        }
        "Fn::FindInMap" => {
            let [map, first, second] = exactly(argument, place)?;
            let map = required_text(scope, map, place)?;
            let first = required_text(scope, first, place)?;
            let second = required_text(scope, second, place)?;
            let found = scope
                .mappings
                .get(&map)
                .and_then(|map| map.get(&first)?.get(&second));
            let name = format!("Mappings.{map}.{first}.{second}");
            found.cloned().map(Some).ok_or(TemplateError::UnknownName {
                place: place.clone(),
                name,
            })
        }
        unknown => Err(TemplateError::UnknownIntrinsic {
            place: place.clone(),
            intrinsic: unknown.to_owned(),
        }),
    }
}

fn truth(scope: &Scope<'_>, value: &Value, place: &str) -> Result<bool, TemplateError> {
    let call = value.as_object().and_then(|map| map.iter().next());
    match call.map(|(name, argument)| (name.as_str(), argument)) {
        Some(("Condition", name)) => condition(scope, string(name, place)?, place),
        Some(("Fn::Equals", argument)) => {
            let [left, right] = exactly(argument, place)?;
            Ok(text(scope, left, place)? == text(scope, right, place)?)
        }
        Some(("Fn::Not", argument)) => {
            let [inner] = exactly(argument, place)?;
            truth(scope, inner, place).map(|holds| !holds)
        }
        Some(("Fn::And", argument)) => {
            all(scope, argument, place).map(|each| each.into_iter().all(|holds| holds))
        }
        Some(("Fn::Or", argument)) => {
            all(scope, argument, place).map(|each| each.into_iter().any(|holds| holds))
        }
        _ => Err(TemplateError::shape(place, format!("{value} is not a condition"))),
    }
}

fn all(scope: &Scope<'_>, argument: &Value, place: &str) -> Result<Vec<bool>, TemplateError> {
    let parts = argument
        .as_array()
        .ok_or_else(|| TemplateError::shape(place, "expected a list"))?;
    parts.iter().map(|part| truth(scope, part, place)).collect()
}

/// `${Name}`, `${Name.Attribute}` and `${!Literal}` in a text, with the values of its own map first.
fn substitute(scope: &Scope<'_>, argument: &Value, place: &str) -> Result<String, TemplateError> {
    let none = Map::new();
    let (pattern, own) = match argument {
        Value::String(pattern) => (pattern.as_str(), &none),
        other => {
            let [pattern, own] = exactly(other, place)?;
            let own = own
                .as_object()
                .ok_or_else(|| TemplateError::shape(place, "expected a map of values"))?;
            (string(pattern, place)?, own)
        }
    };
    let mut result = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("${") {
        let unclosed = || TemplateError::shape(place, format!("a ${{ is never closed in {pattern:?}"));
        let (name, after) = after.split_once('}').ok_or_else(unclosed)?;
        result.push_str(before);
        rest = after;
        if let Some(literal) = name.strip_prefix('!') {
            result.push_str(&format!("${{{literal}}}"));
            continue;
        }
        let value = match (own.get(name), name.split_once('.')) {
            (Some(value), _) => resolve(scope, value, place)?,
            (None, Some((resource, attribute))) => Some(scope.attribute(resource, attribute, place)?),
            (None, None) => scope.reference(name, place)?,
        };
        let absent = || TemplateError::shape(place, format!("${{{name}}} has no value"));
        result.push_str(&as_text(&value.ok_or_else(absent)?, place)?);
    }
    result.push_str(rest);
    Ok(result)
}

fn required_text(scope: &Scope<'_>, value: &Value, place: &str) -> Result<String, TemplateError> {
    text(scope, value, place)?.ok_or_else(|| TemplateError::shape(place, "AWS::NoValue cannot stand here"))
}

fn texts(scope: &Scope<'_>, value: &Value, place: &str) -> Result<Vec<String>, TemplateError> {
    match resolve(scope, value, place)? {
        Some(Value::Array(items)) => items.iter().map(|item| as_text(item, place)).collect(),
        _ => Err(TemplateError::shape(place, "expected a list")),
    }
}

fn string<'v>(value: &'v Value, place: &str) -> Result<&'v str, TemplateError> {
    value
        .as_str()
        .ok_or_else(|| TemplateError::shape(place, format!("expected text, found {value}")))
}

fn exactly<'v, const N: usize>(value: &'v Value, place: &str) -> Result<&'v [Value; N], TemplateError> {
    value
        .as_array()
        .and_then(|items| items.as_slice().try_into().ok())
        .ok_or_else(|| TemplateError::shape(place, format!("expected a list of {N}, found {value}")))
}
