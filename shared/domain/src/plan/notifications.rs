//! The plan's part about telling: whether this stack may set the group's notification topic for the time of the migration
//! (what it then does to the topic, and how it puts it back, is the function `start`'s), and how often people are reminded.

use super::fields::Fields;
use crate::Seconds;
use serde::{Deserialize, Serialize};

/// How the migration hears of ElastiCache's events, and people of the migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Notifications {
    /// What to do with the notification topic of a group that has none.
    pub elasticache_topic: ElastiCacheTopic,
    /// How long a verdict waits for somebody's word before they are reminded of it, each time; 0 never reminds.
    pub reminder: Seconds,
}

/// A day: what waits for a person is seen at the next working hours.
const REMINDER: Seconds = Seconds(86_400);

impl Default for Notifications {
    fn default() -> Notifications {
        Notifications {
            elasticache_topic: ElastiCacheTopic::default(),
            reminder: REMINDER,
        }
    }
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
            // As long as a migration may wait for its approval.
            reminder: Seconds(section.integer("reminderSeconds", REMINDER.0, 0, 7_776_000)),
        };
        root.merge(section);
        heard
    }
}
