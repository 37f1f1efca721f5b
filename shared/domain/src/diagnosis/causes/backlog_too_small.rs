//! A short loss of the link costs a whole new sync: the backlog is too small.

use super::super::Evidence;
use super::{CauseRule, Explained, REPLICATION, by_source};

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "backlog_too_small",
    title: "A short loss of the link costs a whole new sync: the backlog is too small",
    why: "A replica that comes back is given what it missed only if the source's backlog still holds it.",
    fix: "on the source: redis-cli CONFIG SET repl-backlog-size 256mb (write rate times the longest loss to survive)",
    reference: REPLICATION,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    if let Some(line) = evidence.log(&["lack of backlog", "unable to partial resync"]) {
        return Some(Explained::certain(line));
    }
    // A backlog is for a target that has followed before: without that, several syncs are a loop of another kind.
    by_source(evidence, |source| {
        let info = source.known().filter(|_| evidence.has_followed())?;
        let refused = info.count("sync_partial_err").filter(|refused| *refused > 1)?;
        let full = info.count("sync_full").filter(|full| *full > 1)?;
        let at = &source.endpoint;
        Some(Explained::possible(format!(
            "the source {at} refused {refused} partial syncs and made {full} full ones"
        )))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::Side;
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(
            explains(&seen("Observe").log_line_of(
                Side::Target,
                "Unable to partial resync with replica 10.0.1.5:6379 for lack of backlog"
            ))
            .is_some()
        );
        assert!(
            explains(
                &seen("Observe")
                    .looked("x")
                    .followed()
                    .source_says("sync_partial_err:3\r\nsync_full:4")
            )
            .is_some()
        );
        assert!(
            explains(
                &seen("Observe")
                    .looked("x")
                    .followed()
                    .source_says("sync_partial_err:1\r\nsync_full:1")
            )
            .is_none()
        );
        assert!(explains(&seen("Observe")).is_none());
    }
}
