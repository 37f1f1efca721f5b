//! The source is short of memory.

use super::super::{Evidence, Side};
use super::{CauseRule, Explained, REPLICATION, by_source, nearly_full};

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "source_out_of_memory",
    title: "The source is short of memory",
    why: "Buffers for the replica and the fork's copies come on top of the data; at maxmemory the source evicts or refuses writes.",
    fix: "give the source memory: redis-cli CONFIG SET maxmemory <more>, or migrate at a time of few writes",
    reference: REPLICATION,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    if let Some(line) = evidence.log_of(
        Side::Source,
        &[
            "out of memory",
            "oom command not allowed",
            "cannot allocate memory",
        ],
    ) {
        return Some(Explained::certain(line));
    }
    by_source(evidence, |source| {
        let full = nearly_full(source.known()?)?;
        Some(Explained::likely(format!(
            "the source {} uses {full}",
            source.endpoint
        )))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(explains(&seen("Observe").source_says("used_memory:990\r\nmaxmemory:1000")).is_some());
        assert!(explains(&seen("Observe").source_says("used_memory:500\r\nmaxmemory:1000")).is_none());
        assert!(explains(&seen("Observe").source_says("used_memory:500\r\nmaxmemory:0")).is_none());
        assert!(explains(&seen("Observe")).is_none());
    }
}
