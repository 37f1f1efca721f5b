//! T2: no encryption in transit on the target, now or soon.

use super::super::{Check, Facts, Verdict};
use super::PREPARE;

pub(super) const CHECK: Check = Check {
    id: "T2",
    cause: "target_has_tls",
    title: "The target has encryption in transit off",
    why: "StartMigration refuses a group with encryption in transit, even in mode preferred.",
    reference: PREPARE,
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let group = match facts.target.group() {
        Ok(group) => group,
        Err(verdict) => return verdict,
    };
    let waiting = group
        .pending
        .iter()
        .find(|change| change.starts_with("TransitEncryption"));
    if group.transit_encryption || waiting.is_some() {
        let what = match (&group.transit_encryption_mode, waiting) {
            (_, Some(change)) => format!("a change of encryption in transit waiting ({change})"),
            (Some(mode), None) => format!("encryption in transit, mode {mode}"),
            (None, None) => "encryption in transit".to_owned(),
        };
        return Verdict::fail(
            format!("{} has {what}", group.id),
            format!(
                "take it off for the migration and put it back afterwards (first preferred, then required): aws \
                 elasticache modify-replication-group --replication-group-id {} --no-transit-encryption-enabled \
                 --apply-immediately. If the source must keep TLS or AUTH, AWS's migration to ElastiCache Serverless \
                 supports both",
                group.id
            ),
        );
    }
    Verdict::pass(format!("{} has none", group.id))
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::with_group;
    use super::*;

    #[test]
    fn tls_on_the_target_or_on_its_way_there_stops_the_start() {
        let preferred = rule(&with_group(|group| {
            group.transit_encryption = true;
            group.transit_encryption_mode = Some("preferred".to_owned());
        }));
        assert_eq!(preferred.outcome, Outcome::Fail);
        assert!(
            preferred.evidence.contains("mode preferred"),
            "{}",
            preferred.evidence
        );
        let waiting = rule(&with_group(|group| {
            group.pending = vec!["TransitEncryptionEnabled=true".to_owned()];
        }));
        assert_eq!(waiting.outcome, Outcome::Fail);
        assert_eq!(rule(&with_group(|_| {})).outcome, Outcome::Pass);
    }
}
