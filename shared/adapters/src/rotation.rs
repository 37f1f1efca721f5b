//! The calls by which Secrets Manager's rotation makes a new version of a secret the current one.
//! Source: <https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html>

use crate::aws::{Lazy, lazily, step_error};
use domain::StepError;

/// Letters and digits alone: 64 of them are 380 bits.
const LENGTH: i64 = 64;
const CURRENT: &str = "AWSCURRENT";
const PENDING: &str = "AWSPENDING";

/// One secret that is being rotated.
#[derive(Clone, Debug)]
pub struct Rotation {
    client: Lazy<aws_sdk_secretsmanager::Client>,
}

impl Rotation {
    /// A client for the secrets that its role allows.
    #[must_use]
    pub fn new(config: &aws_types::SdkConfig) -> Rotation {
        Rotation {
            client: lazily(config, aws_sdk_secretsmanager::Client::new),
        }
    }

    /// The value of a version that waits to become the current one; none where there is none yet.
    ///
    /// # Errors
    /// Where Secrets Manager does not answer or refuses.
    pub async fn pending(&self, secret: &str, version: &str) -> Result<Option<String>, StepError> {
        let read = self
            .client
            .get_secret_value()
            .secret_id(secret)
            .version_id(version)
            .version_stage(PENDING)
            .send()
            .await;
        match read {
            Ok(value) => Ok(value.secret_string),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_resource_not_found_exception()) =>
            {
                Ok(None)
            }
            Err(error) => Err(step_error("secretsmanager:GetSecretValue", &error)),
        }
    }

    /// Puts a new random value there, as a version that waits.
    ///
    /// # Errors
    /// Where Secrets Manager does not answer or refuses.
    pub async fn put_random(&self, secret: &str, version: &str) -> Result<(), StepError> {
        let random = self
            .client
            .get_random_password()
            .password_length(LENGTH)
            .exclude_punctuation(true)
            .send()
            .await
            .map_err(|error| step_error("secretsmanager:GetRandomPassword", &error))?;
        self.client
            .put_secret_value()
            .secret_id(secret)
            .client_request_token(version)
            .secret_string(random.random_password.unwrap_or_default())
            .version_stages(PENDING)
            .send()
            .await
            .map_err(|error| step_error("secretsmanager:PutSecretValue", &error))?;
        Ok(())
    }

    /// Makes a version the current one; the one that was becomes the previous one. True where it was that already.
    ///
    /// # Errors
    /// Where Secrets Manager does not answer or refuses.
    pub async fn make_current(&self, secret: &str, version: &str) -> Result<bool, StepError> {
        let described = self
            .client
            .describe_secret()
            .secret_id(secret)
            .send()
            .await
            .map_err(|error| step_error("secretsmanager:DescribeSecret", &error))?;
        let current = described
            .version_ids_to_stages()
            .into_iter()
            .flatten()
            .find(|(_, stages)| stages.iter().any(|stage| stage == CURRENT))
            .map(|(id, _)| id.clone());
        if current.as_deref() == Some(version) {
            return Ok(true);
        }
        self.client
            .update_secret_version_stage()
            .secret_id(secret)
            .version_stage(CURRENT)
            .move_to_version_id(version)
            .set_remove_from_version_id(current)
            .send()
            .await
            .map_err(|error| step_error("secretsmanager:UpdateSecretVersionStage", &error))?;
        Ok(false)
    }
}
