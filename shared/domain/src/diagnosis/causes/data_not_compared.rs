//! The keys could not be compared: a side was out of reach for too long, or the shards of both sides do not match.

use super::super::Evidence;
use super::{CauseRule, Explained, OWN, has_any};

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "data_not_compared",
    title: "The keys could not be compared",
    why: "Not knowing whether the target holds what the source holds is no reason to go on. The target goes on following the source.",
    fix: "let the function verify reach both sides, as the function poll-lag does, and start again; or start with \"verify\": {\"mode\": \"off\"}, and approve a cutover that nobody has compared",
    reference: OWN,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    let comparing = ["PairShards", "Compare", "SumUp"].contains(&evidence.failed_state.as_str());
    if let Some(error) = evidence.error.as_ref().filter(|_| comparing) {
        return Some(Explained::likely(format!("{}: {}", error.error, error.message())));
    }
    let why = evidence
        .why()
        .filter(|why| has_any(why, &["the keys could not be compared"]))?;
    Some(Explained::likely(why))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;
    use crate::StepError;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        let silent = "the keys could not be compared in 3 rounds in a row: the source did not answer";
        assert!(explains(&seen("Observe").looked(silent)).is_some());
        let error = StepError::Transient("the target 10.0.0.9:6379: no answer".to_owned());
        assert!(explains(&seen("PairShards").error(&error)).is_some());
        assert!(explains(&seen("Observe").error(&error)).is_none());
        assert!(explains(&seen("Observe").looked("comparing: 5 keys so far")).is_none());
        assert!(explains(&seen("Observe")).is_none());
    }
}
