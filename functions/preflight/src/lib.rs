//! Step `Admit`: is what the user typed a plan? Step `Locate`: where in the network are target and source? Steps
//! `Preflight`, `Recheck` and `RecheckCutover`: is the migration ready to start, or to cut over?
//!
//! Changes nothing, anywhere. Twice is safe: it looks again.

mod gather;

use adapters::aws;
use adapters::elasticache::ElastiCache;
use domain::StepError;
use domain::contract::preflight::{Admitted, Input};
use domain::preflight::network::Location;
use domain::preflight::{PreflightReport, judge};
use serde::Serialize;

/// What this function may call.
#[derive(Debug)]
pub struct Clients {
    elasticache: ElastiCache,
}

/// What it answers, by step.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Output {
    /// To `Admit`.
    Admitted(Box<Admitted>),
    /// To `Locate`.
    Located(Location),
    /// To `Preflight`, `Recheck` and `RecheckCutover`.
    Checked(Box<PreflightReport>),
}

impl Clients {
    /// Builds the clients once per sandbox.
    pub async fn new() -> Clients {
        Clients {
            elasticache: ElastiCache::new(&aws::config().await),
        }
    }
}

/// Answers one invocation.
///
/// # Errors
/// [`StepError::InvalidInput`] with every mistake of the input. A check never fails: it finds.
pub async fn handle(clients: &Clients, input: Input) -> Result<Output, StepError> {
    match input {
        Input::Admit { input, execution } => {
            Admitted::from_input(&input, execution).map(|it| Output::Admitted(Box::new(it)))
        }
        Input::Locate { plan } => Ok(Output::Located(
            gather::location(&clients.elasticache, &plan).await,
        )),
        Input::Check {
            plan,
            moment,
            network,
            listeners,
        } => {
            let elsewhere = gather::Elsewhere { network, listeners };
            let facts = gather::facts(&clients.elasticache, plan, moment, elsewhere).await;
            Ok(Output::Checked(Box::new(judge(&facts))))
        }
    }
}
