//! T20: ElastiCache can wake the migration.

use super::super::{Check, Facts, Verdict};

pub(super) const CHECK: Check = Check {
    id: "T20",
    cause: "notification_topic_not_active",
    title: "The target has a notification topic, and it is active",
    why: "Events of the target (a node replaced, a failover) wake a waiting migration through it. Without it they are \
          seen at the next look.",
    reference: "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ECEvents.SNS.html",
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let members = match facts.target.members() {
        Ok(members) => members,
        Err(verdict) => return verdict,
    };
    let id = &facts.plan.replication_group_id;
    let Some(topic) = members.iter().find_map(|member| member.notification.as_ref()) else {
        return Verdict::warn(
            format!("{id} has no notification topic"),
            format!(
                "aws elasticache modify-replication-group --replication-group-id {id} --notification-topic-arn <this \
                 stack's output ElastiCacheTopicArn> --notification-topic-status active --apply-immediately"
            ),
        );
    };
    let inactive = members
        .iter()
        .filter_map(|member| member.notification.as_ref().map(|topic| (&member.id, topic)))
        .find(|(_, topic)| topic.status != "active");
    match inactive {
        Some((member, topic)) => Verdict::warn(
            format!("{}, the topic of {member}, is {}", topic.topic_arn, topic.status),
            format!(
                "AWS could not publish to it: it must be in this account and Region, not encrypted with a customer managed \
                 key, and let ElastiCache publish. Then: aws elasticache modify-replication-group --replication-group-id {id} \
                 --notification-topic-arn {} --notification-topic-status active --apply-immediately",
                topic.topic_arn
            ),
        ),
        None => Verdict::pass(format!("{} is active", topic.topic_arn)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::clean;
    use super::*;
    use crate::Observed;
    use crate::target::Notification;

    fn with_topic(topic: Option<Notification>) -> Facts {
        let mut facts = clean();
        if let Observed::Known(members) = &mut facts.target.clusters {
            members[0].notification = topic;
        }
        facts
    }

    #[test]
    fn no_topic_or_one_that_is_not_active_is_a_warning() {
        assert_eq!(rule(&with_topic(None)).outcome, Outcome::Warn);
        let verdict = rule(&with_topic(Some(Notification {
            topic_arn: "arn:aws:sns:eu-west-1:123456789012:cache".to_owned(),
            status: "inactive".to_owned(),
        })));
        assert_eq!(verdict.outcome, Outcome::Warn);
        assert!(
            verdict
                .remedy
                .contains("arn:aws:sns:eu-west-1:123456789012:cache"),
            "{}",
            verdict.remedy
        );
        assert_eq!(rule(&clean()).outcome, Outcome::Pass);
        let mut facts = clean();
        facts.target.clusters = Observed::Unknown("denied".to_owned());
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
    }
}
