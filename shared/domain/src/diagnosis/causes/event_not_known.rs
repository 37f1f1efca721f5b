//! AWS says something of the migration that is not known.

use super::super::Evidence;
use super::{CauseRule, EVENTS, Explained, has_any};
use crate::target::EventKind;

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "event_not_known",
    title: "AWS says something of the migration that is not known",
    why: "A text that fits no class is shown and not guessed at.",
    fix: "read the text; if it names a cause, act on it",
    reference: EVENTS,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    let event = evidence
        .events()
        .iter()
        .rev()
        .find(|event| event.kind() == EventKind::Other && has_any(&event.text, &["migration"]))?;
    Some(Explained::possible(event.text.clone()))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(explains(&seen("Observe").event("Migration is taking a while for orders")).is_some());
        assert!(explains(&seen("Observe").event("Replication group orders created")).is_none());
        assert!(explains(&seen("Observe")).is_none());
    }
}
