//! The source answers, and not with what is needed.

use super::super::Evidence;
use super::{CauseRule, Explained, PREPARE, by_source};
use crate::engine::EngineFault;

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "source_not_ready",
    title: "The source answers, and not with what is needed",
    why: "It loads, is busy, takes no more clients, or is no engine that speaks plain RESP.",
    fix: "mend the source so that redis-cli -h <source> INFO answers",
    reference: PREPARE,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    by_source(evidence, |source| match source.fault()? {
        fault @ (EngineFault::NotReady(_)
        | EngineFault::TooManyClients
        | EngineFault::NotRedis(_)
        | EngineFault::Other(_)) => Some(Explained::possible(source.asked(fault))),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(explains(&seen("Observe").source_does(EngineFault::TooManyClients)).is_some());
        assert!(explains(&seen("Observe").source_does(EngineFault::AuthRequired)).is_none());
        assert!(explains(&seen("Observe")).is_none());
    }
}
