//! The functions of a template, with `Globals.Function` under their own properties.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::resolver::{as_text, resolve, text};
use super::scope::{Resource, Scope};
use super::{FunctionSpec, TemplateError, permissions};

/// Lambda's own defaults.
const DEFAULT_TIMEOUT_SECONDS: u64 = 3;
const DEFAULT_MEMORY_MB: u64 = 128;

pub(super) fn read(scope: &Scope<'_>) -> Result<Vec<FunctionSpec>, TemplateError> {
    let resources = scope.resources(&["AWS::Serverless::Function"])?;
    resources
        .iter()
        .map(|resource| function(scope, resource))
        .collect()
}

fn function(scope: &Scope<'_>, resource: &Resource<'_>) -> Result<FunctionSpec, TemplateError> {
    let alias = match setting(scope, resource, "AutoPublishAlias")? {
        Some(alias) => Some(as_text(&alias, &resource.property_place("AutoPublishAlias"))?),
        None => None,
    };
    let timeout = number(scope, resource, "Timeout", DEFAULT_TIMEOUT_SECONDS)?;
    let memory = number(scope, resource, "MemorySize", DEFAULT_MEMORY_MB)?;
    Ok(FunctionSpec {
        logical_id: resource.logical_id.to_owned(),
        name: scope.name_of(resource.logical_id, resource.body)?,
        binary: binary(scope, resource)?,
        environment: environment(scope, resource)?,
        timeout: Duration::from_secs(timeout),
        memory: u32::try_from(memory).unwrap_or(u32::MAX),
        alias,
        policy: permissions::read(scope, resource)?,
    })
}

/// The function's own property, else the global one.
fn setting(scope: &Scope<'_>, resource: &Resource<'_>, name: &str) -> Result<Option<Value>, TemplateError> {
    if let Some(own) = resource.property(scope, name)? {
        return Ok(Some(own));
    }
    match scope
        .globals
        .get("Function")
        .and_then(|function| function.get(name))
    {
        Some(global) => resolve(scope, global, &format!("Globals.Function.{name}")),
        None => Ok(None),
    }
}

fn number(
    scope: &Scope<'_>,
    resource: &Resource<'_>,
    name: &str,
    default: u64,
) -> Result<u64, TemplateError> {
    let Some(value) = setting(scope, resource, name)? else {
        return Ok(default);
    };
    let place = resource.property_place(name);
    let text = as_text(&value, &place)?;
    text.parse()
        .map_err(|_| TemplateError::shape(place, format!("{text:?} is not a number")))
}

/// Both maps together; a function's own variable wins.
fn environment(
    scope: &Scope<'_>,
    resource: &Resource<'_>,
) -> Result<BTreeMap<String, String>, TemplateError> {
    let global = scope
        .globals
        .get("Function")
        .and_then(|function| function.get("Environment"));
    let own = resource
        .body
        .get("Properties")
        .and_then(|properties| properties.get("Environment"));
    let sources = [
        (global, "Globals.Function.Environment".to_owned()),
        (own, resource.property_place("Environment")),
    ];
    let mut merged = BTreeMap::new();
    for (source, place) in sources {
        let Some(variables) = source.and_then(|environment| environment.get("Variables")) else {
            continue;
        };
        let Some(variables) = variables.as_object() else {
            return Err(TemplateError::shape(
                format!("{place}.Variables"),
                "expected a map",
            ));
        };
        for (name, value) in variables {
            if let Some(value) = text(scope, value, &format!("{place}.Variables.{name}"))? {
                merged.insert(name.clone(), value);
            }
        }
    }
    Ok(merged)
}

fn binary(scope: &Scope<'_>, resource: &Resource<'_>) -> Result<String, TemplateError> {
    let named = resource
        .body
        .get("Metadata")
        .and_then(|metadata| metadata.get("BuildProperties")?.get("Binary"))
        .and_then(Value::as_str);
    if let Some(binary) = named {
        return Ok(binary.to_owned());
    }
    let place = resource.property_place("CodeUri");
    let code = setting(scope, resource, "CodeUri")?;
    let code = code.as_ref().and_then(Value::as_str).unwrap_or_default();
    match code.trim_end_matches('/').rsplit('/').next() {
        Some(last) if !matches!(last, "" | "." | "..") => Ok(last.to_owned()),
        _ => Err(TemplateError::shape(
            place,
            "names no binary: set Metadata.BuildProperties.Binary, or a CodeUri that ends with its name",
        )),
    }
}
