//! The topic that a group's events are published to, and what a migration does with it. A group has one topic; AWS shows it
//! on each cache cluster (`NotificationConfiguration`) and changes it on the group (ModifyReplicationGroup). Source:
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ECEvents.SNS.html>.

use super::Notification;
use crate::plan::ElastiCacheTopic;
use serde::{Deserialize, Serialize};

/// What the migration does with the group's topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TopicAction {
    /// Sets this stack's topic, and puts back what was there at the end.
    Set,
    /// Nothing: events are read at each look, and nothing wakes the migration.
    Leave,
    /// Nothing: the group publishes to this stack's topic already.
    Keep,
}

/// What was there before the migration touched it, and what follows from it. Stays in the execution until its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicPlan {
    /// What the migration does.
    pub action: TopicAction,
    /// What was there; none where the group had no topic.
    #[serde(default)]
    pub before: Option<Notification>,
    /// Why, in a sentence for people.
    pub why: String,
}

impl TopicPlan {
    /// Decides. A topic of somebody else's, active or not, is left alone: whoever set it expects to find it.
    #[must_use]
    pub fn new(before: Option<Notification>, ours: &str, wish: ElastiCacheTopic) -> TopicPlan {
        let (action, why) = match (&before, wish) {
            (Some(topic), _) if topic.topic_arn == ours && topic.is_active() => (
                TopicAction::Keep,
                "the group publishes its events to this stack's topic already".to_owned(),
            ),
            (Some(topic), _) if topic.topic_arn != ours => (
                TopicAction::Leave,
                format!(
                    "the group publishes its events to {}, which stays as it is: they are read at each look and do not \
                     wake the migration; forward that topic to the signal function for that",
                    topic.topic_arn
                ),
            ),
            (_, ElastiCacheTopic::Leave) => (
                TopicAction::Leave,
                "the plan leaves the group's topic alone: events are read at each look".to_owned(),
            ),
            (_, ElastiCacheTopic::Set) => (
                TopicAction::Set,
                "the group publishes its events nowhere: this stack's topic is set for the time of the migration".to_owned(),
            ),
        };
        TopicPlan { action, before, why }
    }

    /// What the group's topic is to be at the end. AWS has no call that takes a topic away from a group: one that had none
    /// is left with ours, inactive.
    #[must_use]
    pub fn at_the_end(&self, ours: &str) -> Notification {
        self.before
            .clone()
            .unwrap_or_else(|| Notification::to(ours, false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "arn:aws:sns:us-east-1:123456789012:ours";

    fn topic(arn: &str, active: bool) -> Option<Notification> {
        Some(Notification::to(arn, active))
    }

    #[test]
    fn only_a_group_that_publishes_nowhere_gets_our_topic() {
        let (set, leave) = (ElastiCacheTopic::Set, ElastiCacheTopic::Leave);
        for (before, wish, action) in [
            (None, set, TopicAction::Set),
            (None, leave, TopicAction::Leave),
            (topic("theirs", true), set, TopicAction::Leave),
            (topic("theirs", false), set, TopicAction::Leave),
            (topic(OURS, true), set, TopicAction::Keep),
            (topic(OURS, true), leave, TopicAction::Keep),
            // What an earlier migration left.
            (topic(OURS, false), set, TopicAction::Set),
            (topic(OURS, false), leave, TopicAction::Leave),
        ] {
            assert_eq!(
                TopicPlan::new(before.clone(), OURS, wish).action,
                action,
                "{before:?} {wish:?}"
            );
        }
    }

    #[test]
    fn at_the_end_stands_what_stood_there() {
        let had_none = TopicPlan::new(None, OURS, ElastiCacheTopic::Set);
        assert_eq!(Some(had_none.at_the_end(OURS)), topic(OURS, false));
        let had_one = TopicPlan::new(topic("theirs", true), OURS, ElastiCacheTopic::Set);
        assert_eq!(Some(had_one.at_the_end(OURS)), topic("theirs", true));
    }
}
