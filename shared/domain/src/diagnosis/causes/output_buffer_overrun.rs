//! The source cuts the target off: its output buffer limit is too small.

use super::super::{Evidence, SourceSeen};
use super::{CauseRule, Explained, REPLICATION, by_source};
use crate::Bytes;

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "output_buffer_overrun",
    title: "The source cuts the target off: its output buffer limit is too small",
    why: "While the target waits for and loads the RDB, all writes pile up in one buffer; over the limit the source closes the link, and the full sync begins anew, for ever.",
    fix: "on the source: redis-cli CONFIG SET client-output-buffer-limit \"replica 0 0 0\" (slave instead of replica before 5.0) for the time of the migration, with memory for it; put it back after",
    reference: REPLICATION,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    if let Some(line) = evidence.log(&["output buffer limits", "output buffer limit"]) {
        return Some(Explained::certain(line));
    }
    by_source(evidence, |source| by_counters(source, evidence.has_followed()))
}

fn by_counters(source: &SourceSeen, has_followed: bool) -> Option<Explained> {
    let (now, at) = (source.known()?, &source.endpoint);
    if let Some(cut) = now
        .count("client_output_buffer_limit_disconnections")
        .filter(|cut| *cut > 0)
    {
        let text = format!("the source {at} closed {cut} clients over their output buffer limit");
        return Some(match source.grew("client_output_buffer_limit_disconnections") {
            Some(_) => Explained::certain(format!("{text}, and does so now")),
            None => Explained::likely(text),
        });
    }
    let limit = source.probe.replica_hard_limit();
    // One full sync that never ended is a slow one; several are a loop, and a small limit is what loops. Without one a loop
    // may have any reason.
    let text = match (source.grew("sync_full"), now.count("sync_full")) {
        (Some(begun), _) => {
            format!("the source {at} began {begun} more full syncs within a second: the sync loops")
        }
        (None, Some(full @ 2..)) if !has_followed && limit.is_some() => {
            format!("the source {at} began {full} full syncs and the target never followed")
        }
        _ => return None,
    };
    let small = limit
        .zip(now.count("used_memory"))
        .filter(|(limit, holds)| *limit > 0 && limit < holds);
    Some(match small {
        Some((limit, holds)) => Explained::likely(format!(
            "{text}; its output buffer limit for replicas is {}, and it uses {}",
            Bytes(limit),
            Bytes(holds)
        )),
        None => Explained::possible(text),
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::Side;
    use super::super::super::testing::seen;
    use super::super::super::{Confidence, SourceProbe};
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        let loops = |limit: &str| {
            seen("Observe")
                .source_says("sync_full:3\r\nused_memory:3000000")
                .probed(SourceProbe {
                    output_buffer_limit: Some(format!("normal 0 0 0 slave {limit} 65536 1 pubsub 0 0 0")),
                    ..SourceProbe::default()
                })
        };
        let confidence = |evidence: &Evidence| explains(evidence).map(|explained| explained.confidence);
        assert_eq!(confidence(&loops("65536")), Some(Confidence::Likely));
        assert_eq!(confidence(&loops("0")), Some(Confidence::Possible));
        assert_eq!(confidence(&loops("65536").looked("x").followed()), None);
        assert!(
            explains(&seen("Observe").log_line_of(
                Side::Target,
                "# Client closed for overcoming of output buffer limits."
            ))
            .is_some()
        );
        assert!(
            explains(&seen("Observe").source_says("client_output_buffer_limit_disconnections:3")).is_some()
        );
        assert!(
            explains(
                &seen("Observe")
                    .source_says("sync_full:6")
                    .source_said("sync_full:4")
            )
            .is_some()
        );
        assert!(
            explains(
                &seen("Observe").source_says("client_output_buffer_limit_disconnections:0\r\nsync_full:1")
            )
            .is_none()
        );
        assert!(
            explains(
                &seen("Observe")
                    .source_says("sync_full:4")
                    .source_said("sync_full:4")
            )
            .is_none()
        );
        assert!(explains(&seen("Observe")).is_none());
    }
}
