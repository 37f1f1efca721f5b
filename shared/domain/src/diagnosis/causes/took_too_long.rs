//! A stage took longer than the plan allows.

use super::super::Evidence;
use super::{CauseRule, Explained, OWN, has_any};

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "took_too_long",
    title: "A stage took longer than the plan allows",
    why: "The limit of the plan was reached while nothing had failed.",
    fix: "see the causes below for what slowed it down; raise the limit (limits.startMinutes, limits.syncHours, limits.promotionMinutes) if that is its normal pace",
    reference: OWN,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    let why = evidence.why().filter(|why| {
        has_any(why, &[" within "])
            && has_any(why, &["not in sync", "did not", "not promoted", "gave no answer"])
    })?;
    Some(Explained::possible(why))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(explains(&seen("Observe").looked("not in sync within 48 h")).is_some());
        assert!(explains(&seen("Observe").looked("in sync at 5 looks in a row")).is_none());
        assert!(explains(&seen("Observe")).is_none());
    }
}
