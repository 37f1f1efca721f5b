//! Gives the secret that signs the page's links a new version, when Secrets Manager asks for it: every month.
//!
//! Changes that secret and nothing else. Twice is safe: a version that waits already is kept, and one that is the current
//! one already stays so. Nobody else holds a copy of the key, so the steps that tell and try one elsewhere have little to
//! do. A link that was signed before outlives one rotation: the version before stays valid until the next.

use adapters::aws;
use adapters::rotation::Rotation;
use domain::StepError;
use domain::page::Key;
use serde::Deserialize;

/// What this function may call.
#[derive(Debug)]
pub struct Clients {
    rotation: Rotation,
}

impl Clients {
    /// Builds the clients once per sandbox.
    pub async fn new() -> Clients {
        Clients {
            rotation: Rotation::new(&aws::config().await),
        }
    }
}

/// One step of a rotation, as Secrets Manager asks for it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Input {
    step: Step,
    /// The secret's ARN.
    secret_id: String,
    /// The new version's id.
    client_request_token: String,
}

#[derive(Clone, Copy, Debug, Deserialize)]
enum Step {
    #[serde(rename = "createSecret")]
    Create,
    #[serde(rename = "setSecret")]
    Set,
    #[serde(rename = "testSecret")]
    Test,
    #[serde(rename = "finishSecret")]
    Finish,
}

/// Answers one invocation.
///
/// # Errors
/// Where Secrets Manager does not answer or refuses, or where the version that waits cannot sign links. Secrets Manager
/// then tries the rotation again, and the current version stays.
pub async fn handle(clients: &Clients, input: Input) -> Result<(), StepError> {
    let Input {
        step,
        secret_id: secret,
        client_request_token: version,
    } = input;
    let rotation = &clients.rotation;
    match step {
        Step::Create => {
            if rotation.pending(&secret, &version).await?.is_none() {
                rotation.put_random(&secret, &version).await?;
            }
        }
        Step::Set => {}
        Step::Test => {
            let value = rotation.pending(&secret, &version).await?.unwrap_or_default();
            Key::new(&version, value.as_bytes()).map_err(StepError::Precondition)?;
        }
        Step::Finish => {
            if !rotation.make_current(&secret, &version).await? {
                tracing::info!(version, "the key that signs links was rotated");
            }
        }
    }
    Ok(())
}
