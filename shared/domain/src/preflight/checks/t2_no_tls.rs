//! T2: no encryption in transit, and no password, on the target.

use super::super::{Check, Facts, Verdict};
use super::PREPARE;

pub(super) const CHECK: Check = Check {
    id: "T2",
    cause: "target_has_tls_or_auth",
    title: "The target has encryption in transit and AUTH off",
    why: "StartMigration refuses a group with encryption in transit, even in mode preferred; AUTH needs encryption.",
    reference: PREPARE,
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let group = match facts.target.group() {
        Ok(group) => group,
        Err(verdict) => return verdict,
    };
    if group.transit_encryption || group.auth_token {
        let what = if group.transit_encryption {
            "encryption in transit"
        } else {
            "an AUTH token"
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
    Verdict::pass(format!("{} has neither", group.id))
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::with_group;
    use super::*;

    #[test]
    fn tls_or_auth_on_the_target_stops_the_start() {
        assert_eq!(
            rule(&with_group(|group| group.transit_encryption = true)).outcome,
            Outcome::Fail
        );
        assert_eq!(
            rule(&with_group(|group| group.auth_token = true)).outcome,
            Outcome::Fail
        );
    }
}
