//! T16: no change of the target waits to be applied.

use super::super::{Check, Facts, Moment, Verdict};
use super::PREPARE;

pub(super) const CHECK: Check = Check {
    id: "T16",
    cause: "target_has_pending_changes",
    title: "No change of the target waits to be applied",
    why: "A change that waits is applied in the maintenance window, which may fall into the migration; and what the group \
          says of itself is not what it will be.",
    reference: PREPARE,
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let group = match facts.target.group() {
        Ok(group) => group,
        Err(verdict) => return verdict,
    };
    let members = match facts.target.members() {
        Ok(members) => members,
        Err(verdict) => return verdict,
    };
    let mut pending: Vec<String> = group.pending.clone();
    for member in members {
        for change in &member.pending {
            pending.push(format!("{} {change}", member.id));
        }
    }
    let Some(first) = pending.first() else {
        return Verdict::pass(format!("{} and its {} nodes have none", group.id, members.len()));
    };
    let more = match pending.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let evidence = format!("{} waits for {first}{more}", group.id);
    if facts.moment == Moment::BeforeCutover {
        // What AWS lists as pending while a group migrates is not documented: no reason to stop a cutover.
        return Verdict::warn(
            evidence,
            "see whether that is part of the migration before you approve again",
        );
    }
    Verdict::fail(
        evidence,
        format!(
            "apply it now, or take it back: aws elasticache modify-replication-group --replication-group-id {} <the same \
             change> --apply-immediately; then aws elasticache wait replication-group-available --replication-group-id {0}",
            group.id
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::{clean, with_group};
    use super::*;
    use crate::Observed;

    #[test]
    fn a_change_that_waits_on_the_group_or_on_a_node_stops_the_start() {
        let verdict = rule(&with_group(|group| {
            group.pending = vec!["AutomaticFailoverStatus=enabled".to_owned()]
        }));
        assert_eq!(verdict.outcome, Outcome::Fail);
        assert!(
            verdict.evidence.contains("AutomaticFailoverStatus=enabled"),
            "{}",
            verdict.evidence
        );
        let mut facts = clean();
        if let Observed::Known(members) = &mut facts.target.clusters {
            members[0].pending = vec!["EngineVersion=8.1".to_owned()];
        }
        assert_eq!(rule(&facts).outcome, Outcome::Fail);
        facts.moment = Moment::BeforeCutover;
        assert_eq!(rule(&facts).outcome, Outcome::Warn);
        facts.target.clusters = Observed::Unknown("denied".to_owned());
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
        assert_eq!(rule(&clean()).outcome, Outcome::Pass);
    }
}
