//! The secrets of a template. Those that get a random value are made; one with a value in the template would be none.

use super::resolver::as_text;
use super::scope::Scope;
use super::{SecretSpec, TemplateError};

/// Secrets Manager's own default.
const DEFAULT_LENGTH: usize = 32;

pub(super) fn read(scope: &Scope<'_>) -> Result<Vec<SecretSpec>, TemplateError> {
    let mut secrets = Vec::new();
    for resource in scope.resources(&["AWS::SecretsManager::Secret"])? {
        let place = resource.property_place("GenerateSecretString");
        let Some(how) = resource.property(scope, "GenerateSecretString")? else {
            return Err(TemplateError::shape(
                place,
                "only secrets with a random value are understood",
            ));
        };
        let length = match how.get("PasswordLength") {
            Some(length) => as_text(length, &place)?
                .parse()
                .map_err(|_| TemplateError::shape(place, "PasswordLength is not a number"))?,
            None => DEFAULT_LENGTH,
        };
        secrets.push(SecretSpec {
            name: scope.name_of(resource.logical_id, resource.body)?,
            length,
        });
    }
    Ok(secrets)
}
