//! The plan's part about events: whether this stack may set the group's notification topic for the time of the migration.
//! What it then does to the topic, and how it puts it back, is the function `start`'s.

use super::fields::Fields;
use serde::{Deserialize, Serialize};

/// How the migration hears of ElastiCache's events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notifications {
    /// What to do with the notification topic of a group that has none.
    pub elasticache_topic: ElastiCacheTopic,
}

/// What to do with the notification topic of a group that has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ElastiCacheTopic {
    /// Set this stack's topic before the start, and put back what was there at the end.
    #[default]
    Set,
    /// Leave it as it is.
    Leave,
}

impl ElastiCacheTopic {
    const WORDS: [(&'static str, ElastiCacheTopic); 2] =
        [("set", ElastiCacheTopic::Set), ("leave", ElastiCacheTopic::Leave)];
}

impl Notifications {
    pub(super) fn read(root: &mut Fields<'_>) -> Notifications {
        let mut section = root.section("notifications", false);
        let heard = Notifications {
            elasticache_topic: section.word(
                "elasticacheTopic",
                ElastiCacheTopic::default(),
                &ElastiCacheTopic::WORDS,
            ),
        };
        root.merge(section);
        heard
    }
}
