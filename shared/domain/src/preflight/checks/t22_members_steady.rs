//! T22: every node of the target is in service and stays so.

use super::super::{Check, Facts, Moment, Verdict};
use crate::Observed;
use crate::target::CacheCluster;

pub(super) const CHECK: Check = Check {
    id: "T22",
    cause: "target_node_unsteady",
    title: "Every node of the target is available, and none is being replaced",
    why: "A node that is being replaced makes CompleteMigration fail; a failover during the copy starts it over.",
    reference: "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Migration-Complete.html",
    rule,
};

/// Words in an event that tell of a node that comes or goes.
const UNSTEADY: [&str; 4] = ["replac", "failover", "recover", "reboot"];

/// What to say of a member that is not available.
fn busy(member: &CacheCluster) -> Option<Verdict> {
    match member.status.as_deref() {
        Some("available") => None,
        Some(status) => Some(Verdict::fail(
            format!("{} is {status}", member.id),
            format!(
                "wait until it is available: aws elasticache wait cache-cluster-available --cache-cluster-id {}",
                member.id
            ),
        )),
        None => Some(Verdict::unknown(format!("{} gives no status", member.id), "")),
    }
}

fn rule(facts: &Facts) -> Verdict {
    let members = match facts.target.members() {
        Ok(members) => members,
        Err(verdict) => return verdict,
    };
    // While it migrates AWS may show the members as busy too: what counts then is the group's own status, T8.
    if facts.moment == Moment::BeforeStart
        && let Some(verdict) = members.iter().find_map(busy)
    {
        return verdict;
    }
    let events = match &facts.target.events {
        Observed::Known(events) => events,
        Observed::Unknown(why) => {
            return Verdict::unknown(
                format!("all nodes are available; DescribeEvents was not answered: {why}"),
                "",
            );
        }
    };
    let told = events.iter().rev().find(|event| {
        let text = event.text.to_ascii_lowercase();
        UNSTEADY.iter().any(|word| text.contains(word))
    });
    match told {
        Some(event) => Verdict::warn(
            format!("{} was told at {}", event.text, event.at),
            format!(
                "see that it is over: aws elasticache describe-events --source-type replication-group --source-identifier {} \
                 --duration 1440",
                facts.plan.replication_group_id
            ),
        ),
        None => Verdict::pass(format!(
            "{} nodes are in service; the last day's events tell of no change",
            members.len()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::clean;
    use super::*;
    use crate::target::Event;

    #[test]
    fn a_node_that_is_busy_stops_the_start_but_not_the_cutover() {
        let mut facts = clean();
        if let Observed::Known(members) = &mut facts.target.clusters {
            members[0].status = Some("rebooting cluster nodes".to_owned());
        }
        assert_eq!(rule(&facts).outcome, Outcome::Fail);
        facts.moment = Moment::BeforeCutover;
        assert_eq!(rule(&facts).outcome, Outcome::Pass);
    }

    #[test]
    fn a_node_without_a_status_is_unknown() {
        let mut facts = clean();
        if let Observed::Known(members) = &mut facts.target.clusters {
            members[0].status = None;
        }
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
    }

    #[test]
    fn an_event_of_a_replacement_is_a_warning_and_events_not_read_are_unknown() {
        let mut facts = clean();
        facts.target.events = Observed::Known(vec![Event {
            at: facts.now,
            text: "Replacing cache node 0001".to_owned(),
        }]);
        assert_eq!(rule(&facts).outcome, Outcome::Warn);
        facts.target.events = Observed::Unknown("denied".to_owned());
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
        assert_eq!(rule(&clean()).outcome, Outcome::Pass);
    }
}
