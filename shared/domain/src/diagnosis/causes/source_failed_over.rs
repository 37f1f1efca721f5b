//! The source failed over or was restarted.

use super::super::Evidence;
use super::{CauseRule, Explained, REPLICATION};
use crate::engine::Replication;

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "source_failed_over",
    title: "The source failed over or was restarted",
    why: "Another history began at the source: what the target holds may not be what the source has.",
    fix: "find the source's present primary (redis-cli INFO replication), give its address, and start again",
    reference: REPLICATION,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    let source = Replication::from_info(evidence.source_info()?)?;
    if let Some(link) = source.link().filter(|link| !link.up) {
        return Some(Explained::likely(format!(
            "the source is a replica now, of {}:{}, and its own link is down",
            link.host, link.port
        )));
    }
    let before = evidence
        .observation
        .as_ref()?
        .shards
        .iter()
        .find_map(|shard| shard.source_id.clone())?;
    let now = source.id?;
    (before != now).then(|| {
        Explained::likely(format!(
            "the source's replication id was {before} at the last look and is {now}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(
            explains(&seen("Observe").source_says(
                "role:slave\r\nmaster_host:10.0.0.9\r\nmaster_port:6379\r\nmaster_link_status:down"
            ))
            .is_some()
        );
        assert!(
            explains(
                &seen("Observe")
                    .looked("x")
                    .source_was("aa")
                    .source_says("role:master\r\nmaster_replid:bb")
            )
            .is_some()
        );
        assert!(
            explains(
                &seen("Observe")
                    .looked("x")
                    .source_was("bb")
                    .source_says("role:master\r\nmaster_replid:bb")
            )
            .is_none()
        );
        assert!(explains(&seen("Observe")).is_none());
    }
}
