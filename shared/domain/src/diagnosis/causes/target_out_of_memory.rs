//! The target is too small.

use super::super::{Evidence, Side};
use super::{CauseRule, Explained, PREPARE, nearly_full};
use crate::Bytes;

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "target_out_of_memory",
    title: "The target is too small",
    why: "The target must hold all of the source's data within maxmemory, which is its node type's less the reserve.",
    fix: "choose a larger node type: aws elasticache modify-replication-group --replication-group-id <group> --cache-node-type <larger> --apply-immediately",
    reference: PREPARE,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    if let Some(line) = evidence
        .log_of(
            Side::Target,
            &[
                "out of memory",
                "oom command not allowed",
                "cannot allocate memory",
                "short read or oom loading",
            ],
        )
        .or_else(|| evidence.failure_for(&["memory"]))
    {
        return Some(Explained::certain(line));
    }
    for target in evidence.target_infos() {
        if let Some(full) = nearly_full(target) {
            return Some(Explained::likely(format!("the target uses {full}")));
        }
        let holds = evidence
            .source_infos()
            .filter_map(|info| info.count("used_memory"))
            .max();
        let room = target.count("maxmemory").filter(|room| *room > 0);
        if let Some((holds, room)) = holds.zip(room).filter(|(holds, room)| holds > room) {
            return Some(Explained::likely(format!(
                "the source uses {} and the target has room for {}",
                Bytes(holds),
                Bytes(room)
            )));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(explains(&seen("Observe").target_says("used_memory:990\r\nmaxmemory:1000")).is_some());
        assert!(
            explains(
                &seen("Observe")
                    .source_says("used_memory:2000")
                    .target_says("used_memory:10\r\nmaxmemory:1000")
            )
            .is_some()
        );
        assert!(explains(&seen("Observe").event(&Evidence::failure_text("insufficient memory"))).is_some());
        assert!(
            explains(
                &seen("Observe")
                    .source_says("used_memory:200")
                    .target_says("used_memory:10\r\nmaxmemory:1000")
            )
            .is_none()
        );
        assert!(explains(&seen("Observe")).is_none());
    }
}
