//! The state machines of a template.

use std::collections::BTreeMap;
use std::path::Path;

use super::resolver::{as_text, text};
use super::scope::{Resource, Scope};
use super::{StateMachineSpec, TemplateError, permissions};

pub(super) fn read(scope: &Scope<'_>, folder: &Path) -> Result<Vec<StateMachineSpec>, TemplateError> {
    let resources = scope.resources(&["AWS::Serverless::StateMachine"])?;
    resources
        .iter()
        .map(|resource| state_machine(scope, resource, folder))
        .collect()
}

fn state_machine(
    scope: &Scope<'_>,
    resource: &Resource<'_>,
    folder: &Path,
) -> Result<StateMachineSpec, TemplateError> {
    if let Some(kind) = resource.property(scope, "Type")?
        && kind != "STANDARD"
    {
        let problem = "the local cloud runs STANDARD state machines alone";
        return Err(TemplateError::shape(resource.property_place("Type"), problem));
    }
    let place = resource.property_place("DefinitionUri");
    let definition = match resource.property(scope, "DefinitionUri")? {
        Some(uri) => folder.join(as_text(&uri, &place)?),
        None => return Err(TemplateError::shape(place, "expected the ASL file's path")),
    };
    Ok(StateMachineSpec {
        logical_id: resource.logical_id.to_owned(),
        name: scope.name_of(resource.logical_id, resource.body)?,
        definition,
        substitutions: substitutions(scope, resource)?,
        policy: match resource
            .property(scope, "Role")?
            .or(resource.property(scope, "Policies")?)
        {
            Some(_) => permissions::read(scope, resource)?,
            // A template as small as a test's says nothing about permissions.
            None => None,
        },
    })
}

fn substitutions(
    scope: &Scope<'_>,
    resource: &Resource<'_>,
) -> Result<BTreeMap<String, String>, TemplateError> {
    let place = resource.property_place("DefinitionSubstitutions");
    let mut values = BTreeMap::new();
    let given = resource
        .body
        .get("Properties")
        .and_then(|properties| properties.get("DefinitionSubstitutions"));
    let Some(given) = given else {
        return Ok(values);
    };
    let Some(given) = given.as_object() else {
        return Err(TemplateError::shape(place, "expected a map"));
    };
    for (name, value) in given {
        if let Some(value) = text(scope, value, &format!("{place}.{name}"))? {
            values.insert(name.clone(), value);
        }
    }
    Ok(values)
}
