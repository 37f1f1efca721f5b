//! A check that failed is the cause itself, under the name that the check gives it.

use super::super::{Cause, Confidence, Evidence};
use crate::preflight::{Outcome, checks};

pub(super) fn causes(evidence: &Evidence) -> Vec<Cause> {
    let Some(report) = &evidence.preflight else {
        return vec![];
    };
    report
        .with(Outcome::Fail)
        .map(|finding| Cause {
            id: checks::ALL
                .iter()
                .find(|check| check.id == finding.id)
                .map_or("preflight", |check| check.cause)
                .to_owned(),
            confidence: Confidence::Certain,
            evidence: finding.evidence.clone(),
            fix: finding.remedy.clone(),
        })
        .collect()
}
