//! `template.yaml` as the local cloud understands it: functions, state machines and topics with every value resolved.
//!
//! Only what runs is read: a function's environment, timeout and binary, a state machine's file and substitutions, the
//! topics and who listens to them. An intrinsic that is not known here is an error naming its place, never a silent
//! empty string, so that a test cannot pass over a configuration that AWS would refuse.

mod document;
mod error;
mod functions;
mod messaging;
mod permissions;
mod resolver;
mod rules;
mod scope;
mod secrets;
mod state_machines;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use error::TemplateError;

use crate::iam::Policy;

/// Values for the template's parameters, by name. A key `Logical.Attribute` gives a `GetAtt` its value instead: that is
/// how the outputs of a nested stack, which is not read, can be given.
pub type Overrides = BTreeMap<String, String>;

/// A template with every value resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// The Lambda functions, in the template's order.
    pub functions: Vec<FunctionSpec>,
    /// The state machines, in the template's order.
    pub state_machines: Vec<StateMachineSpec>,
    /// The topics: those of the template, then those outside it that something here subscribes to.
    pub topics: Vec<TopicSpec>,
    /// The EventBridge rules that invoke functions.
    pub rules: Vec<RuleSpec>,
    /// The names of the buckets.
    pub buckets: Vec<String>,
    /// The secrets whose value is made up.
    pub secrets: Vec<SecretSpec>,
}

/// One secret of Secrets Manager.
#[derive(Debug, Clone, PartialEq)]
pub struct SecretSpec {
    /// Its name.
    pub name: String,
    /// How many random letters and digits it holds.
    pub length: usize,
}

/// One EventBridge rule on the default bus: an `EventBridgeRule` event of a function.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleSpec {
    /// The function's ARN.
    pub function: String,
    /// The event pattern: objects, and lists of the plain values that are wanted.
    pub pattern: serde_json::Value,
}

/// One Lambda function.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionSpec {
    /// Its name in the template.
    pub logical_id: String,
    /// Its name on Lambda: `FunctionName`, else `<stack>-<logical id>`.
    pub name: String,
    /// The file name of the compiled program: `Metadata.BuildProperties.Binary`, else the last part of `CodeUri`.
    pub binary: String,
    /// Its environment variables.
    pub environment: BTreeMap<String, String>,
    /// How long one invocation may take.
    pub timeout: Duration,
    /// Memory in MB. Told to the function, not enforced.
    pub memory: u32,
    /// The alias that `AutoPublishAlias` makes, if any: invocations may be qualified with it.
    pub alias: Option<String>,
    /// What its policies say; none if the template alone does not tell.
    pub policy: Option<Policy>,
}

/// One Standard state machine.
#[derive(Debug, Clone, PartialEq)]
pub struct StateMachineSpec {
    /// Its name in the template.
    pub logical_id: String,
    /// Its name on Step Functions: `Name`, else `<stack>-<logical id>`.
    pub name: String,
    /// The ASL file, absolute.
    pub definition: PathBuf,
    /// What replaces `${Name}` in that file.
    pub substitutions: BTreeMap<String, String>,
    /// What the policies of its role say; none if the template alone does not tell.
    pub policy: Option<Policy>,
}

impl StateMachineSpec {
    /// Who its tasks are in the record of calls. A function may have the machine's name.
    #[must_use]
    pub fn caller(&self) -> String {
        format!("state-machine.{}", self.name)
    }
}

/// One SNS topic.
#[derive(Debug, Clone, PartialEq)]
pub struct TopicSpec {
    /// Its name in the template; none when it is only referred to, by ARN.
    pub logical_id: Option<String>,
    /// Its name on SNS.
    pub name: String,
    /// Who listens.
    pub subscriptions: Vec<SubscriptionSpec>,
}

/// One subscription of a topic.
#[derive(Debug, Clone, PartialEq)]
pub struct SubscriptionSpec {
    /// `lambda`, `email`, `https` and so on.
    pub protocol: String,
    /// A function's ARN, an address, a URL.
    pub endpoint: String,
    /// Which messages it wants, by attribute; empty: all. Only lists of plain strings are understood.
    pub filter: BTreeMap<String, Vec<String>>,
}

impl Template {
    /// Reads a template file. Paths in it are relative to its folder.
    pub fn read(file: &Path, overrides: &Overrides) -> Result<Template, TemplateError> {
        let text = std::fs::read_to_string(file).map_err(|source| TemplateError::Read {
            file: file.to_path_buf(),
            source,
        })?;
        let folder = file.parent().unwrap_or(Path::new("."));
        Template::parse(&text, folder, overrides)
    }

    /// What functions and state machines may do, by the name under which they call; those alone of which the template tells.
    #[must_use]
    pub fn policies(&self) -> BTreeMap<String, Policy> {
        let functions = self
            .functions
            .iter()
            .map(|function| (function.name.clone(), &function.policy));
        let machines = self
            .state_machines
            .iter()
            .map(|machine| (machine.caller(), &machine.policy));
        functions
            .chain(machines)
            .filter_map(|(caller, policy)| Some((caller, policy.clone()?)))
            .collect()
    }

    /// Understands the text of a template whose relative paths start at `folder`.
    pub fn parse(text: &str, folder: &Path, overrides: &Overrides) -> Result<Template, TemplateError> {
        let document = document::parse(text)?;
        let scope = scope::Scope::new(&document, overrides)?;
        let functions = functions::read(&scope)?;
        let state_machines = state_machines::read(&scope, folder)?;
        let topics = messaging::read(&scope)?;
        Ok(Template {
            functions,
            state_machines,
            topics,
            rules: rules::read(&scope)?,
            secrets: secrets::read(&scope)?,
            buckets: scope
                .resources(&["AWS::S3::Bucket"])?
                .iter()
                .map(|bucket| scope.name_of(bucket.logical_id, bucket.body))
                .collect::<Result<_, _>>()?,
        })
    }

    /// A function by logical id, name or ARN.
    pub fn function(&self, reference: &str) -> Option<&FunctionSpec> {
        self.functions.iter().find(|function| {
            function.logical_id == reference
                || function.name == reference
                || crate::arn::function(&function.name) == reference
        })
    }
}
