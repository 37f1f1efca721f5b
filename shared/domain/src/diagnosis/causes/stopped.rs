//! The last look stopped the migration because it would never end: the rule that did so is the cause, under its own name.
//! The reason was seen; what lies behind it may be told more exactly by another cause.

use super::super::{Cause, Confidence, Evidence};
use crate::progress::stop;

pub(super) fn causes(evidence: &Evidence) -> Vec<Cause> {
    evidence
        .observation
        .as_ref()
        .and_then(|observation| observation.stop.as_ref())
        .map(|stop| Cause {
            id: stop.id.clone(),
            confidence: Confidence::Likely,
            evidence: stop.text.clone(),
            fix: stop::fix_of(&stop.id).to_owned(),
        })
        .into_iter()
        .collect()
}
