//! The observation, as one who reads the history sees it: only the fields that are shown. Its words are not taken apart,
//! so a word that is new is shown and not refused.

use crate::visit::Visit;
use serde::Deserialize;

/// The state whose function answers with an observation.
pub(crate) const OBSERVE: &str = "Observe";

/// One look at the migration.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Observation {
    pub(crate) stage: Stage,
    pub(crate) phase: String,
    #[serde(default)]
    pub(crate) progress: Option<Progress>,
    /// Bytes of the source's data that have arrived.
    #[serde(default)]
    pub(crate) received: Option<u64>,
    /// Bytes of replication stream that the target is behind.
    #[serde(default)]
    pub(crate) lag: Option<u64>,
    /// Seconds that are left of the phase.
    #[serde(default)]
    pub(crate) eta: Option<u64>,
    #[serde(default)]
    pub(crate) verdict: Option<Verdict>,
    pub(crate) why: String,
}

/// What the migration waits for.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Stage {
    pub(crate) name: String,
}

/// How far the phase is.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Progress {
    /// 0 to 100.
    pub(crate) percent: f64,
}

/// What can be approved.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Verdict {
    pub(crate) digest: String,
    /// What preflight found, counted.
    pub(crate) findings: String,
}

impl Observation {
    /// The observation that a visit ended with.
    pub(crate) fn of(visit: &Visit) -> Option<Observation> {
        let answer = visit.answer.as_ref().filter(|_| visit.state == OBSERVE)?;
        Observation::deserialize(answer).ok()
    }

    /// What may be approved, while the migration waits for that.
    pub(crate) fn approvable(&self) -> Option<&Verdict> {
        self.verdict.as_ref().filter(|_| self.stage.name == "approval")
    }
}
