//! The source failed over or was restarted.

use super::super::{Evidence, SourceSeen};
use super::{CauseRule, Explained, REPLICATION, by_source};
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
    by_source(evidence, lost_its_primary).or_else(|| another_history(evidence))
}

fn lost_its_primary(source: &SourceSeen) -> Option<Explained> {
    let replication = Replication::from_info(source.known()?)?;
    let link = replication.link().filter(|link| !link.up)?;
    Some(Explained::likely(format!(
        "the source {} is a replica now, of {}:{}, and its own link is down",
        source.endpoint, link.host, link.port
    )))
}

/// A history of the last look that none of the source's primaries has any more. Where one of them did not answer, or not
/// as many are known as were followed, it may be the one that has it.
fn another_history(evidence: &Evidence) -> Option<Explained> {
    let now = evidence
        .sources
        .iter()
        .map(|source| Replication::from_info(source.known()?)?.id)
        .collect::<Option<Vec<String>>>()?;
    let shards = &evidence.observation.as_ref()?.shards;
    let shard = shards
        .iter()
        .find(|shard| {
            shard
                .source_id
                .as_ref()
                .is_some_and(|before| !now.contains(before))
        })
        .filter(|_| now.len() >= shards.len())?;
    Some(Explained::likely(format!(
        "the replication id of shard {}'s source was {} at the last look; now there is {}",
        shard.shard,
        shard.source_id.as_deref().unwrap_or_default(),
        now.join(", ")
    )))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;
    use crate::engine::EngineFault;

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

    #[test]
    fn a_history_is_looked_for_on_every_primary_of_a_cluster() {
        let primary = |id: &str| format!("role:master\r\nmaster_replid:{id}");
        let looked = seen("Observe").looked("x").source_was("bb");
        // The plan's own endpoint is another shard's source: its history is none of this shard's.
        let whole = looked
            .clone()
            .source_says(&primary("aa"))
            .source_says(&primary("bb"));
        assert!(explains(&whole).is_none());
        let lost = looked
            .clone()
            .source_says(&primary("aa"))
            .source_says(&primary("cc"));
        assert!(explains(&lost).is_some_and(|why| why.evidence.contains("was bb")));
        let silent = looked
            .source_says(&primary("aa"))
            .source_does(EngineFault::TimedOut("3 s".to_owned()));
        assert!(explains(&silent).is_none(), "the one that is silent may have it");
    }
}
