//! States `Admit`, `Preflight` and `Recheck`.

use super::Migration;
use super::notify::Listeners;
use crate::plan::Plan;
use crate::preflight::Moment;
use crate::preflight::network::Described;
#[cfg(doc)]
use crate::preflight::network::Location;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the function is asked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", tag = "step")]
pub enum Input {
    /// Validate what the user typed. Calls nothing.
    Admit {
        /// The execution's input as it is.
        #[serde(default)]
        input: serde_json::Value,
        /// The execution, as the context object gives it.
        execution: Execution,
    },
    /// Find out where target and source stand in the network, for the state machine's own EC2 tasks. Changes nothing.
    /// Answers with a [`Location`], which says itself what could not be found out.
    Locate {
        /// What to look for.
        plan: Plan,
    },
    /// Look at both sides. Changes nothing. Answers with a [`crate::preflight::PreflightReport`].
    Check {
        /// What to check for.
        plan: Plan,
        /// What the check is made for.
        #[serde(default)]
        moment: Moment,
        /// What the EC2 tasks answered; none in executions that were started before there were any.
        #[serde(default)]
        network: Option<Box<Described>>,
        /// Who hears of the migration; none in executions that were started before it was asked.
        #[serde(default)]
        listeners: Option<Listeners>,
    },
}

/// The context object's `Execution`, as far as it is needed.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Execution {
    /// The ARN.
    pub id: String,
    /// The name.
    pub name: String,
    /// When it was started.
    pub start_time: Timestamp,
}

/// `Admit`'s answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Admitted {
    /// The plan, with every default filled in.
    pub plan: Plan,
    /// Who this migration is.
    pub migration: Migration,
}
