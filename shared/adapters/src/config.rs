//! The environment, read once before the runtime starts. A missing variable is an error that names it.

use std::env::VarError;

/// A variable that the template sets was not there.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {name} is missing or not text: template.yaml sets it")]
pub struct ConfigError {
    name: &'static str,
    #[source]
    source: VarError,
}

/// What `signal` needs.
#[derive(Clone, Debug)]
pub struct SignalConfig {
    /// The state machine whose executions are migrations. Read from `STATE_MACHINE_ARN`.
    pub state_machine_arn: String,
    /// The functions of this stack that call ElastiCache's API to change something, by name: their calls are not
    /// somebody else's. Read from `CALLING_FUNCTIONS`, separated by commas.
    pub calling_functions: Vec<String>,
}

/// What `start` needs.
#[derive(Clone, Debug)]
pub struct StartConfig {
    /// The topic that a group without one gets for the time of its migration. Read from `ELASTICACHE_TOPIC_ARN`.
    pub elasticache_topic_arn: String,
    /// The state machine whose executions are migrations. Read from `STATE_MACHINE_ARN`.
    pub state_machine_arn: String,
}

/// What `notify` needs.
#[derive(Clone, Debug)]
pub struct NotifyConfig {
    /// The topic that people and programs subscribe to. Read from `TOPIC_ARN`.
    pub topic_arn: String,
    /// The secret that holds a Slack webhook's URL, where there is one. Read from `SLACK_WEBHOOK_SECRET_ARN`; empty where
    /// there is none.
    pub slack_webhook_secret_arn: Option<String>,
    /// The page, where there is one.
    pub page: Option<PageConfig>,
}

/// Where the page is, and what its links are signed with.
#[derive(Clone, Debug)]
pub struct PageConfig {
    /// The page's address, without a slash at its end. Read from `PAGE_URL`.
    pub url: String,
    /// The secret that signs links. Read from `LINK_KEY_ARN`.
    pub link_key_arn: String,
}

/// What `console` needs.
#[derive(Clone, Debug)]
pub struct ConsoleConfig {
    /// The state machine whose executions are migrations. Read from `STATE_MACHINE_ARN`.
    pub state_machine_arn: String,
    /// The function that takes orders. Read from `SIGNAL_FUNCTION`.
    pub signal_function: String,
    /// The secret that signs links. Read from `LINK_KEY_ARN`.
    pub link_key_arn: String,
}

/// What `cutover` needs beside its roles.
#[derive(Clone, Debug)]
pub struct CutoverConfig {
    /// The state machine whose executions are migrations. Read from `STATE_MACHINE_ARN`.
    pub state_machine_arn: String,
    /// The topic that people and programs subscribe to. Read from `TOPIC_ARN`.
    pub topic_arn: String,
    /// The bucket that keeps the reports, for the link to one. Read from `REPORTS_BUCKET`.
    pub reports_bucket: String,
}

/// What `report` and `fleet` need.
#[derive(Clone, Debug)]
pub struct ReportConfig {
    /// The state machine whose executions are migrations. Read from `STATE_MACHINE_ARN`.
    pub state_machine_arn: String,
    /// The bucket that keeps the reports. Read from `REPORTS_BUCKET`.
    pub bucket: String,
    /// Where that bucket answers. Read from `REPORTS_BUCKET_DOMAIN`.
    pub bucket_domain: String,
}

impl ReportConfig {
    /// Reads the environment.
    ///
    /// # Errors
    /// Where a variable is missing.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(ReportConfig {
            state_machine_arn: required("STATE_MACHINE_ARN")?,
            bucket: required("REPORTS_BUCKET")?,
            bucket_domain: required("REPORTS_BUCKET_DOMAIN")?,
        })
    }
}

impl CutoverConfig {
    /// Reads the environment.
    ///
    /// # Errors
    /// Where a variable is missing.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(CutoverConfig {
            state_machine_arn: required("STATE_MACHINE_ARN")?,
            topic_arn: required("TOPIC_ARN")?,
            reports_bucket: required("REPORTS_BUCKET")?,
        })
    }
}

impl SignalConfig {
    /// Reads the environment.
    ///
    /// # Errors
    /// Where a variable is missing.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(SignalConfig {
            state_machine_arn: required("STATE_MACHINE_ARN")?,
            calling_functions: required("CALLING_FUNCTIONS")?
                .split(',')
                .map(|name| name.trim().to_owned())
                .collect(),
        })
    }
}

impl StartConfig {
    /// Reads the environment.
    ///
    /// # Errors
    /// Where a variable is missing.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(StartConfig {
            elasticache_topic_arn: required("ELASTICACHE_TOPIC_ARN")?,
            state_machine_arn: required("STATE_MACHINE_ARN")?,
        })
    }
}

impl NotifyConfig {
    /// Reads the environment.
    ///
    /// # Errors
    /// Where a variable is missing.
    pub fn from_env() -> Result<Self, ConfigError> {
        let secret = required("SLACK_WEBHOOK_SECRET_ARN")?;
        Ok(NotifyConfig {
            topic_arn: required("TOPIC_ARN")?,
            slack_webhook_secret_arn: (!secret.is_empty()).then_some(secret),
            page: PageConfig::from_env(),
        })
    }
}

impl PageConfig {
    /// Reads the environment; none where the stack has no page: then template.yaml leaves both empty.
    #[must_use]
    pub fn from_env() -> Option<Self> {
        Some(PageConfig {
            url: optional("PAGE_URL")?.trim_end_matches('/').to_owned(),
            link_key_arn: optional("LINK_KEY_ARN")?,
        })
    }
}

impl ConsoleConfig {
    /// Reads the environment.
    ///
    /// # Errors
    /// Where a variable is missing.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(ConsoleConfig {
            state_machine_arn: required("STATE_MACHINE_ARN")?,
            signal_function: required("SIGNAL_FUNCTION")?,
            link_key_arn: required("LINK_KEY_ARN")?,
        })
    }
}

/// A variable that the template may leave empty.
fn optional(name: &'static str) -> Option<String> {
    required(name).ok().filter(|value| !value.is_empty())
}

/// The function's own name, which Lambda sets; empty outside Lambda.
#[must_use]
pub fn function_name() -> String {
    std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default()
}

fn required(name: &'static str) -> Result<String, ConfigError> {
    std::env::var(name).map_err(|source| ConfigError { name, source })
}
