//! One preflight result, and the shape of the check that gives it.

use super::Facts;
use serde::{Deserialize, Serialize};

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Outcome {
    /// The rule holds, and was seen to hold.
    Pass,
    /// The migration may go on; somebody should know.
    Warn,
    /// The migration would fail or lose data: it does not start.
    Fail,
    /// The facts could not be read.
    Unknown,
}

/// A check's answer before it is put together with the check's own texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What was found.
    pub outcome: Outcome,
    /// What was read, in a sentence.
    pub evidence: String,
    /// What to do, with a command to paste where there is one; empty where nothing is to be done.
    pub remedy: String,
}

impl Verdict {
    /// The rule holds.
    pub fn pass(evidence: impl Into<String>) -> Verdict {
        Verdict {
            outcome: Outcome::Pass,
            evidence: evidence.into(),
            remedy: String::new(),
        }
    }

    /// The migration may go on.
    pub fn warn(evidence: impl Into<String>, remedy: impl Into<String>) -> Verdict {
        Verdict {
            outcome: Outcome::Warn,
            evidence: evidence.into(),
            remedy: remedy.into(),
        }
    }

    /// The migration must not start.
    pub fn fail(evidence: impl Into<String>, remedy: impl Into<String>) -> Verdict {
        Verdict {
            outcome: Outcome::Fail,
            evidence: evidence.into(),
            remedy: remedy.into(),
        }
    }

    /// It could not be looked at.
    pub fn unknown(evidence: impl Into<String>, remedy: impl Into<String>) -> Verdict {
        Verdict {
            outcome: Outcome::Unknown,
            evidence: evidence.into(),
            remedy: remedy.into(),
        }
    }
}

/// A rule: data that a person can read, and one function.
#[derive(Debug)]
pub struct Check {
    /// A stable id: `T` for the target, `S` for the source, by the order of AWS's page "Preparing your source and
    /// target nodes for migration".
    pub id: &'static str,
    /// What a diagnosis calls it when this check fails, in snake case.
    pub cause: &'static str,
    /// What must hold.
    pub title: &'static str,
    /// Why it matters: what happens where it does not hold.
    pub why: &'static str,
    /// Where the rule comes from.
    pub reference: &'static str,
    /// The rule itself.
    pub rule: fn(&Facts) -> Verdict,
}

impl Check {
    /// Applies the rule.
    #[must_use]
    pub fn judge(&self, facts: &Facts) -> Finding {
        let Verdict {
            outcome,
            evidence,
            remedy,
        } = (self.rule)(facts);
        Finding {
            id: self.id.to_owned(),
            title: self.title.to_owned(),
            outcome,
            evidence,
            remedy,
        }
    }
}

/// One result, as messages, pages and the report show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The check's id.
    pub id: String,
    /// What must hold.
    pub title: String,
    /// What was found.
    pub outcome: Outcome,
    /// What was read.
    pub evidence: String,
    /// What to do; empty where nothing is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remedy: String,
}
