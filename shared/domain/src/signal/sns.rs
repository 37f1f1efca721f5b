//! ElastiCache's SNS messages: a JSON object such as `{"ElastiCache:FailoverComplete": "my-cluster"}`, in practice with
//! other cases, more entries, values of any kind, or free text alone. Source:
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ElastiCacheSNS.html>.

use crate::ReplicationGroupId;
use serde_json::Value;

/// One thing that ElastiCache reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElastiCacheNotice {
    /// The event's name without its prefix; `message` where the whole message was a free text.
    pub name: String,
    /// What it is about: a cache cluster, a replication group, or a text that names one.
    pub about: String,
}

/// How deep a message is looked into: entries within a list, and no further.
const DEPTH: u8 = 2;

/// Reads a message body. Whatever cannot be read as notices is one notice with the whole text, which may name a group.
#[must_use]
pub fn read_notices(message: &str) -> Vec<ElastiCacheNotice> {
    let read = serde_json::from_str::<Value>(message).map(|value| notices_in(&value, DEPTH));
    match read {
        Ok(notices) if !notices.is_empty() => notices,
        _ if message.trim().is_empty() => vec![],
        _ => vec![ElastiCacheNotice {
            name: "message".to_owned(),
            about: message.to_owned(),
        }],
    }
}

fn notices_in(value: &Value, depth: u8) -> Vec<ElastiCacheNotice> {
    match value {
        Value::Object(entries) => entries
            .iter()
            .filter_map(|(name, about)| {
                let (prefix, event) = name.split_once(':')?;
                prefix
                    .trim()
                    .eq_ignore_ascii_case("ElastiCache")
                    .then(|| ElastiCacheNotice {
                        name: event.trim().to_owned(),
                        about: about.as_str().map_or_else(|| about.to_string(), str::to_owned),
                    })
            })
            .collect(),
        Value::Array(items) if depth > 0 => items
            .iter()
            .flat_map(|item| notices_in(item, depth - 1))
            .collect(),
        // A message that was encoded twice.
        Value::String(text) if depth > 0 => serde_json::from_str(text)
            .map(|value| notices_in(&value, depth - 1))
            .unwrap_or_default(),
        _ => vec![],
    }
}

/// How many groups a text is taken to name; a longer text is no event of ElastiCache's.
const CANDIDATES: usize = 32;

impl ElastiCacheNotice {
    /// Whether the notice is about a replication group: it names the group, or one of its cache clusters
    /// (`<group>-001`, `<group>-0001-001`).
    #[must_use]
    pub fn is_about(&self, group: &str) -> bool {
        let is_member = |name: &str| {
            name.strip_prefix(group).is_some_and(|rest| {
                rest.is_empty()
                    || rest
                        .strip_prefix('-')
                        .is_some_and(|n| n.chars().all(|c| c.is_ascii_digit() || c == '-'))
            })
        };
        self.words().any(|word| is_member(&word))
    }

    /// The groups that the notice may be about, the likeliest first: each word that could be an id, and the same without
    /// the node numbers of a cache cluster's id. Which of them is under migration, only Step Functions knows.
    #[must_use]
    pub fn candidates(&self) -> Vec<ReplicationGroupId> {
        let mut groups: Vec<ReplicationGroupId> = vec![];
        for word in self.words() {
            for name in std::iter::successors(Some(word.as_str()), |name| without_node_number(name)) {
                if let Ok(group) = ReplicationGroupId::try_from(name.to_owned())
                    && !groups.contains(&group)
                    && groups.len() < CANDIDATES
                {
                    groups.push(group);
                }
            }
        }
        // A hyphen is rarer in a language than in an id.
        groups.sort_by_key(|group| !group.as_str().contains('-'));
        groups
    }

    fn words(&self) -> impl Iterator<Item = String> {
        self.about
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_lowercase)
    }
}

/// `orders-0001-002` is a node of `orders-0001` or of `orders`: numbers of three digits and more are taken off one by one.
fn without_node_number(name: &str) -> Option<&str> {
    let (front, back) = name.rsplit_once('-')?;
    (back.len() >= 3 && back.chars().all(|c| c.is_ascii_digit())).then_some(front)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn notice(about: &str) -> ElastiCacheNotice {
        ElastiCacheNotice {
            name: "X".to_owned(),
            about: about.to_owned(),
        }
    }

    #[test]
    fn every_form_that_was_seen_is_read() {
        for (message, expected) in [
            (
                r#"{"ElastiCache:SnapshotComplete": "orders-cache"}"#,
                vec![("SnapshotComplete", "orders-cache")],
            ),
            (
                r#"{"elasticache:cachenodereplacestarted": "orders-cache-001"}"#,
                vec![("cachenodereplacestarted", "orders-cache-001")],
            ),
            (
                r#"{"ElastiCache:A": "orders-cache-001", "x": 1, "ElastiCache:B": {"id": "orders-cache"}}"#,
                vec![("A", "orders-cache-001"), ("B", r#"{"id":"orders-cache"}"#)],
            ),
            (
                r#"[{"ElastiCache:A": "orders-cache"}]"#,
                vec![("A", "orders-cache")],
            ),
            (
                r#""{\"ElastiCache:A\": \"orders-cache\"}""#,
                vec![("A", "orders-cache")],
            ),
            (
                "Migration operation failed for replication group orders-cache",
                vec![(
                    "message",
                    "Migration operation failed for replication group orders-cache",
                )],
            ),
            (
                r#"{"event": "orders-cache"}"#,
                vec![("message", r#"{"event": "orders-cache"}"#)],
            ),
            ("", vec![]),
        ] {
            let notices = read_notices(message);
            let read: Vec<_> = notices
                .iter()
                .map(|n| (n.name.as_str(), n.about.as_str()))
                .collect();
            assert_eq!(read, expected, "{message}");
            assert!(
                notices.iter().all(|notice| notice.is_about("orders-cache")),
                "{message}"
            );
        }
    }

    #[test]
    fn a_group_is_not_taken_for_another_with_a_longer_name() {
        assert!(notice("orders-0001-002").is_about("orders"));
        assert!(
            notice("Migration operation failed for replication group orders because of x").is_about("orders")
        );
        assert!(!notice("orders-cache-001").is_about("orders"));
        assert!(!notice("my-orders").is_about("orders"));
    }

    #[test]
    fn a_cache_clusters_event_may_be_about_its_group() {
        for (about, expected) in [
            ("orders-cache", "orders-cache"),
            ("orders-cache-001", "orders-cache"),
            ("Orders-Cache-0002-001", "orders-cache"),
            ("orders-7", "orders-7"),
            (
                "Migration operation failed for replication group orders-cache because of x",
                "orders-cache",
            ),
        ] {
            let candidates = notice(about).candidates();
            assert!(
                candidates.iter().any(|group| group.as_str() == expected),
                "{about}: {candidates:?}"
            );
        }
        let first = notice("failover of orders-cache").candidates();
        assert_eq!(first[0].as_str(), "orders-cache");
    }

    proptest! {
        #[test]
        fn any_message_is_read_without_a_panic(message in any::<String>(), group in "[a-z-]{0,8}") {
            for notice in read_notices(&message) {
                let _ = notice.is_about(&group);
                prop_assert!(notice.candidates().len() <= CANDIDATES);
            }
        }

        #[test]
        fn a_group_that_a_notice_is_about_is_among_its_candidates(group in "[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,4}){0,2}", node in 1..999u16) {
            prop_assume!(ReplicationGroupId::try_from(group.clone()).is_ok());
            let notice = notice(&format!("{group}-{node:03}"));
            prop_assert!(notice.is_about(&group));
            prop_assert!(notice.candidates().iter().any(|candidate| candidate.as_str() == group));
        }
    }
}
