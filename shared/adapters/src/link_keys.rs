//! The secret that signs the page's links, in Secrets Manager: its current version and the one before it.

use crate::aws::{Lazy, lazily, step_error};
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueOutput;
use domain::StepError;
use domain::page::{Key, Keys};
use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};

/// How long a sandbox relies on what it read: short against a rotation, long against a page that refreshes itself.
const KEPT_FOR: SignedDuration = SignedDuration::from_secs(60);

/// How old it is at least before a link of an unknown key makes it be read again: strangers' links are of unknown keys too.
const OLD_ENOUGH: SignedDuration = SignedDuration::from_secs(5);

/// The secret. It is named by its ARN, and read when it is needed.
#[derive(Clone, Debug)]
pub struct LinkKeys {
    client: Lazy<aws_sdk_secretsmanager::Client>,
    secret_arn: String,
    read: Arc<Mutex<Option<(Timestamp, Keys)>>>,
}

impl LinkKeys {
    /// A client for one secret.
    #[must_use]
    pub fn new(config: &aws_types::SdkConfig, secret_arn: String) -> LinkKeys {
        LinkKeys {
            client: lazily(config, aws_sdk_secretsmanager::Client::new),
            secret_arn,
            read: Arc::default(),
        }
    }

    /// Both versions, as they were a minute ago at most.
    ///
    /// # Errors
    /// Where Secrets Manager does not answer or refuses, or where the secret is too short.
    pub async fn get(&self, now: Timestamp) -> Result<Keys, StepError> {
        if let Some((at, keys)) = self.known()
            && now.duration_since(at) < KEPT_FOR
        {
            return Ok(keys);
        }
        self.read(now).await
    }

    /// The same, read some seconds ago at most: for a link of a key that this sandbox does not know.
    ///
    /// # Errors
    /// As [`LinkKeys::get`].
    pub async fn get_newer(&self, now: Timestamp) -> Result<Keys, StepError> {
        if let Some((at, keys)) = self.known()
            && now.duration_since(at) < OLD_ENOUGH
        {
            return Ok(keys);
        }
        self.read(now).await
    }

    async fn read(&self, now: Timestamp) -> Result<Keys, StepError> {
        let current = self.version("AWSCURRENT").await?;
        let keys = Keys {
            current: key(&current.ok_or_else(|| {
                StepError::Precondition(
                    "the secret that signs links has no current version: rotate it".to_owned(),
                )
            })?)?,
            previous: self.version("AWSPREVIOUS").await?.as_ref().map(key).transpose()?,
        };
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        *read = Some((now, keys.clone()));
        Ok(keys)
    }

    fn known(&self) -> Option<(Timestamp, Keys)> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn version(&self, stage: &str) -> Result<Option<GetSecretValueOutput>, StepError> {
        let read = self
            .client
            .get_secret_value()
            .secret_id(&self.secret_arn)
            .version_stage(stage)
            .send()
            .await;
        match read {
            Ok(version) => Ok(Some(version)),
            // Before the first rotation there is no previous version.
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
}

fn key(version: &GetSecretValueOutput) -> Result<Key, StepError> {
    let secret = version.secret_string().unwrap_or_default();
    Key::new(version.version_id().unwrap_or_default(), secret.as_bytes()).map_err(StepError::Precondition)
}
