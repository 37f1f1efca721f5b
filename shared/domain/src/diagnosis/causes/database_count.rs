//! The source uses a logical database that the target does not have.

use super::super::Evidence;
use super::{CauseRule, Explained, PREPARE};

/// `databases` of an engine, and of ElastiCache's default parameter groups.
/// Sources: redis.conf, valkey.conf, <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ParameterGroups.Engine.html>.
const DATABASES_BY_DEFAULT: u32 = 16;

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "database_count",
    title: "The source uses a logical database that the target does not have",
    why: "An engine that loads a key of a database it was not configured for ends itself.",
    fix: "give the target's parameter group as many databases as the source (aws elasticache modify-cache-parameter-group, parameter databases, before a cluster uses it), or empty the databases above",
    reference: PREPARE,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    if let Some(line) = evidence.log(&["configured to handle more than"]) {
        return Some(Explained::certain(line));
    }
    let highest = evidence
        .source_infos()
        .flat_map(|info| info.databases())
        .map(|database| database.index)
        .max()?;
    let event = evidence.failure()?;
    (highest >= DATABASES_BY_DEFAULT).then(|| {
        Explained::likely(format!("{event}; the source has keys in database {highest}, and a target has {DATABASES_BY_DEFAULT} by default"))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::Side;
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(explains(&seen("Observe").log_line_of(Side::Target, "FATAL: Data file was created with a Valkey server configured to handle more than 16 databases. Exiting")).is_some());
        assert!(
            explains(
                &seen("Observe")
                    .event(&Evidence::failure_text("x"))
                    .source_says("db17:keys=1,expires=0")
            )
            .is_some()
        );
        assert!(
            explains(
                &seen("Observe")
                    .event(&Evidence::failure_text("x"))
                    .source_says("db15:keys=1,expires=0")
            )
            .is_none()
        );
        assert!(explains(&seen("Observe").source_says("db17:keys=1,expires=0")).is_none());
    }
}
