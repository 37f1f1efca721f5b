//! The transfer timed out.

use super::super::Evidence;
use super::{CauseRule, Explained, REPLICATION};

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "transfer_timed_out",
    title: "The transfer timed out",
    why: "The source or the target heard nothing for repl-timeout (60 s, fixed on ElastiCache) during the full sync.",
    fix: "on the source: redis-cli CONFIG SET repl-timeout 300, and CONFIG SET repl-diskless-sync yes; look for a slow disk or a link that stalls",
    reference: REPLICATION,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    evidence
        .told(&[
            "timeout receiving bulk data",
            "disconnecting timedout",
            "bulk data",
            "repl-timeout",
        ])
        .map(Explained::likely)
}

#[cfg(test)]
mod tests {
    use super::super::super::Side;
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(
            explains(
                &seen("Observe").log_line_of(Side::Target, "# Timeout receiving bulk data from MASTER...")
            )
            .is_some()
        );
        assert!(
            explains(
                &seen("Observe").log_line_of(Side::Target, "# Disconnecting timedout replica (full sync)")
            )
            .is_some()
        );
        assert!(explains(&seen("Observe").event(&Evidence::failure_text("invalid RDB received"))).is_none());
        assert!(explains(&seen("Observe")).is_none());
    }
}
