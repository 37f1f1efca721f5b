//! Making the template's resources: topics, subscriptions, state machines. Functions need nothing: the host has them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use aws_sdk_sfn::error::DisplayErrorContext;
use aws_types::SdkConfig;

use crate::arn;
use crate::template::{SecretSpec, StateMachineSpec, Template, TopicSpec};

/// Why the template's resources could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// The ASL file is not there.
    #[error("cannot read the state machine {file}")]
    ReadDefinition {
        /// The ASL file.
        file: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A placeholder without a value: CloudFormation would leave it, and every call to it would fail.
    #[error("{file} uses ${{{placeholder}}}: give it a value in DefinitionSubstitutions")]
    MissingSubstitution {
        /// The ASL file.
        file: PathBuf,
        /// The name between the braces.
        placeholder: String,
    },
    /// moto refused a resource.
    #[error("cannot make {resource}: {problem}")]
    Refused {
        /// What was to be made.
        resource: String,
        /// The error with all its causes.
        problem: String,
    },
}

pub(super) async fn deploy(template: &Template, sdk_config: &SdkConfig) -> Result<(), DeployError> {
    let sns = aws_sdk_sns::Client::new(sdk_config);
    for topic in &template.topics {
        make_topic(&sns, topic).await?;
    }
    let secrets = aws_sdk_secretsmanager::Client::new(sdk_config);
    for secret in &template.secrets {
        make_secret(&secrets, secret).await?;
    }
    let step_functions = aws_sdk_sfn::Client::new(sdk_config);
    for machine in &template.state_machines {
        make_state_machine(&step_functions, machine).await?;
    }
    Ok(())
}

async fn make_topic(sns: &aws_sdk_sns::Client, topic: &TopicSpec) -> Result<(), DeployError> {
    sns.create_topic()
        .name(&topic.name)
        .send()
        .await
        .map_err(|error| DeployError::Refused {
            resource: format!("the topic {}", topic.name),
            problem: DisplayErrorContext(error).to_string(),
        })?;
    for subscription in &topic.subscriptions {
        // moto keeps those whom nobody calls, so that they can be listed. It would deliver to the others itself.
        if !subscription.protocol.starts_with("email") {
            continue;
        }
        sns.subscribe()
            .topic_arn(arn::topic(&topic.name))
            .protocol(&subscription.protocol)
            .endpoint(&subscription.endpoint)
            .send()
            .await
            .map_err(|error| DeployError::Refused {
                resource: format!("the subscription of {} to {}", subscription.endpoint, topic.name),
                problem: DisplayErrorContext(error).to_string(),
            })?;
    }
    Ok(())
}

async fn make_secret(
    secrets: &aws_sdk_secretsmanager::Client,
    secret: &SecretSpec,
) -> Result<(), DeployError> {
    let mut value = String::new();
    while value.len() < secret.length {
        value.push_str(&uuid::Uuid::new_v4().simple().to_string());
    }
    value.truncate(secret.length);
    secrets
        .create_secret()
        .name(&secret.name)
        .secret_string(value)
        .send()
        .await
        .map_err(|error| DeployError::Refused {
            resource: format!("the secret {}", secret.name),
            problem: DisplayErrorContext(error).to_string(),
        })?;
    Ok(())
}

async fn make_state_machine(
    step_functions: &aws_sdk_sfn::Client,
    machine: &StateMachineSpec,
) -> Result<(), DeployError> {
    let file = &machine.definition;
    let text = std::fs::read_to_string(file).map_err(|source| DeployError::ReadDefinition {
        file: file.clone(),
        source,
    })?;
    let definition =
        render(&text, &machine.substitutions).map_err(|placeholder| DeployError::MissingSubstitution {
            file: file.clone(),
            placeholder,
        })?;
    step_functions
        .create_state_machine()
        .name(&machine.name)
        .role_arn(arn::role(&machine.name))
        .definition(definition)
        .send()
        .await
        .map_err(|error| DeployError::Refused {
            resource: format!("the state machine {}", machine.name),
            problem: DisplayErrorContext(error).to_string(),
        })?;
    Ok(())
}

/// Replaces `${Name}`; the name of a placeholder without a value is the error.
fn render(text: &str, values: &BTreeMap<String, String>) -> Result<String, String> {
    let mut rendered = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        rendered.push_str(before);
        let name: String = after
            .chars()
            .take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
            .collect();
        match after[name.len()..].strip_prefix('}') {
            Some(remaining) if !name.is_empty() => {
                rendered.push_str(values.get(&name).ok_or_else(|| name.clone())?);
                rest = remaining;
            }
            // Not a placeholder: JSONata may have a brace after a dollar.
            _ => {
                rendered.push_str("${");
                rest = after;
            }
        }
    }
    rendered.push_str(rest);
    Ok(rendered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_replaced_and_other_braces_stay() {
        let values = BTreeMap::from([("Start".to_owned(), "arn:start".to_owned())]);
        let rendered = render(r#"{"Resource":"${Start}","Output":"{% ${ 'a': 1 } %}"}"#, &values);
        assert_eq!(
            rendered.as_deref(),
            Ok(r#"{"Resource":"arn:start","Output":"{% ${ 'a': 1 } %}"}"#)
        );
    }

    #[test]
    fn a_placeholder_without_a_value_is_named() {
        assert_eq!(
            render("x ${Verify} y", &BTreeMap::new()),
            Err("Verify".to_owned())
        );
    }
}
