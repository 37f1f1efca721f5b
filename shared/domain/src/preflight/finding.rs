//! One preflight result, and the shape of the check that gives it.

use super::{Facts, Narrower, checks};
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
    /// A name for it that tells more than the check's own.
    pub narrower: Option<&'static str>,
}

impl Verdict {
    /// The rule holds.
    pub fn pass(evidence: impl Into<String>) -> Verdict {
        Verdict {
            outcome: Outcome::Pass,
            evidence: evidence.into(),
            remedy: String::new(),
            narrower: None,
        }
    }

    /// The migration may go on.
    pub fn warn(evidence: impl Into<String>, remedy: impl Into<String>) -> Verdict {
        Verdict {
            outcome: Outcome::Warn,
            evidence: evidence.into(),
            remedy: remedy.into(),
            narrower: None,
        }
    }

    /// The migration must not start.
    pub fn fail(evidence: impl Into<String>, remedy: impl Into<String>) -> Verdict {
        Verdict {
            outcome: Outcome::Fail,
            evidence: evidence.into(),
            remedy: remedy.into(),
            narrower: None,
        }
    }

    /// It could not be looked at.
    pub fn unknown(evidence: impl Into<String>, remedy: impl Into<String>) -> Verdict {
        Verdict {
            outcome: Outcome::Unknown,
            evidence: evidence.into(),
            remedy: remedy.into(),
            narrower: None,
        }
    }

    /// It goes by a name that tells more than the check's own.
    #[must_use]
    pub fn narrowed(self, way: &Narrower) -> Verdict {
        Verdict {
            narrower: Some(way.cause),
            ..self
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
        self.finding((self.rule)(facts))
    }

    /// Puts a verdict together with the check's own texts.
    pub(super) fn finding(&self, verdict: Verdict) -> Finding {
        let Verdict {
            outcome,
            evidence,
            remedy,
            narrower,
        } = verdict;
        Finding {
            id: self.id.to_owned(),
            title: self.title.to_owned(),
            outcome,
            evidence,
            remedy,
            cause: narrower.map(str::to_owned),
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
    /// What a diagnosis calls it, where that is not the name that the check goes by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

impl Finding {
    /// What a diagnosis calls it; none where this version knows no such check.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        let own = || checks::ALL.iter().find(|check| check.id == self.id);
        self.cause.as_deref().or_else(|| Some(own()?.cause))
    }
}
