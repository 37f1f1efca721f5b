//! YAML with CloudFormation's tags, as plain JSON: `!Sub x` becomes `{"Fn::Sub": "x"}`, the long form of the same.

use serde_json::{Map, Value, json};
use serde_norway::Value as Yaml;

use super::TemplateError;

/// Reads YAML into its long form.
pub(super) fn parse(text: &str) -> Result<Value, TemplateError> {
    let yaml: Yaml = serde_norway::from_str(text).map_err(TemplateError::Yaml)?;
    long_form(yaml, "")
}

fn long_form(yaml: Yaml, place: &str) -> Result<Value, TemplateError> {
    match yaml {
        Yaml::Null => Ok(Value::Null),
        Yaml::Bool(value) => Ok(Value::Bool(value)),
        Yaml::String(value) => Ok(Value::String(value)),
        Yaml::Number(value) => {
            serde_json::to_value(value).map_err(|error| TemplateError::shape(place, error.to_string()))
        }
        Yaml::Sequence(items) => items
            .into_iter()
            .enumerate()
            .map(|(index, item)| long_form(item, &format!("{place}[{index}]")))
            .collect::<Result<_, _>>()
            .map(Value::Array),
        Yaml::Mapping(entries) => {
            let mut map = Map::new();
            for (key, value) in entries {
                let key = key_text(key, place)?;
                let inner = if place.is_empty() {
                    key.clone()
                } else {
                    format!("{place}.{key}")
                };
                map.insert(key, long_form(value, &inner)?);
            }
            Ok(Value::Object(map))
        }
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let tag = tag.trim_start_matches('!');
            let value = long_form(tagged.value, place)?;
            Ok(match (tag, value) {
                ("Ref", value) => json!({ "Ref": value }),
                ("Condition", value) => json!({ "Condition": value }),
                // `!GetAtt A.B.C` names the resource A and its attribute B.C.
                ("GetAtt", Value::String(path)) => match path.split_once('.') {
                    Some((resource, attribute)) => json!({ "Fn::GetAtt": [resource, attribute] }),
                    None => {
                        return Err(TemplateError::shape(
                            place,
                            format!("!GetAtt {path} names no attribute"),
                        ));
                    }
                },
                (name, value) => json!({ (format!("Fn::{name}")): value }),
            })
        }
    }
}

fn key_text(key: Yaml, place: &str) -> Result<String, TemplateError> {
    match key {
        Yaml::String(text) => Ok(text),
        // Account ids as keys of a mapping are numbers to YAML.
        Yaml::Number(number) => Ok(number.to_string()),
        Yaml::Bool(value) => Ok(value.to_string()),
        other => Err(TemplateError::shape(place, format!("{other:?} cannot be a key"))),
    }
}
