//! The source is in protected mode.

use super::super::Evidence;
use super::{CauseRule, Explained, PREPARE, by_source};
use crate::engine::EngineFault;

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "source_in_protected_mode",
    title: "The source is in protected mode",
    why: "It refuses every client from another host as long as it has no password.",
    fix: "on the source: redis-cli CONFIG SET protected-mode no",
    reference: PREPARE,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    by_source(evidence, |source| {
        let fault = source.fault()?;
        (*fault == EngineFault::ProtectedMode).then(|| Explained::likely(source.asked(fault)))
    })
    .or_else(|| {
        evidence
            .told(&["protected mode", "protected-mode", "-denied"])
            .map(Explained::likely)
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::Side;
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(explains(&seen("Observe").source_does(EngineFault::ProtectedMode)).is_some());
        assert!(
            explains(&seen("Observe").log_line_of(
                Side::Target,
                "# Error reply to PING from master: '-DENIED Redis is running in protected mode'"
            ))
            .is_some()
        );
        assert!(explains(&seen("Observe").source_does(EngineFault::AuthRequired)).is_none());
        assert!(explains(&seen("Observe")).is_none());
    }
}
