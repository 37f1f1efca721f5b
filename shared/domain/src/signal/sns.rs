//! ElastiCache's SNS messages: a JSON object such as `{"ElastiCache:FailoverComplete": "my-cluster"}`, in practice with
//! other cases, more entries, or free text. Source:
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ElastiCacheSNS.html>.

use serde_json::Value;

/// One thing that ElastiCache reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElastiCacheNotice {
    /// The event's name without its prefix, or the free text.
    pub name: String,
    /// What it is about: a cache cluster, a replication group, or a text that names one.
    pub about: String,
}

/// Reads a message body. What cannot be read as notices gives none; the caller logs it.
#[must_use]
pub fn read_notices(message: &str) -> Vec<ElastiCacheNotice> {
    let Ok(Value::Object(entries)) = serde_json::from_str::<Value>(message) else {
        return vec![];
    };
    entries
        .into_iter()
        .filter_map(|(name, about)| {
            let (prefix, event) = name.split_once(':')?;
            prefix
                .eq_ignore_ascii_case("ElastiCache")
                .then(|| ElastiCacheNotice {
                    name: event.trim().to_owned(),
                    about: about.as_str().map_or_else(|| about.to_string(), str::to_owned),
                })
        })
        .collect()
}

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
        self.about
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
            .any(|word| is_member(&word.to_ascii_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_form_that_was_seen_is_read() {
        let notices = read_notices(
            r#"{"ElastiCache:CacheNodeReplaceStarted": "orders-cache-001", "x": 1, "elasticache:Y": {"a": "orders-cache"}}"#,
        );
        assert_eq!(notices.len(), 2);
        assert!(notices.iter().all(|notice| notice.is_about("orders-cache")));
        assert!(read_notices("free text").is_empty());
        assert!(read_notices("[1]").is_empty());
    }

    #[test]
    fn a_group_is_not_taken_for_another_with_a_longer_name() {
        let notice = |about: &str| ElastiCacheNotice {
            name: "X".to_owned(),
            about: about.to_owned(),
        };
        assert!(notice("orders-0001-002").is_about("orders"));
        assert!(
            notice("Migration operation failed for replication group orders because of x").is_about("orders")
        );
        assert!(!notice("orders-cache-001").is_about("orders"));
        assert!(!notice("my-orders").is_about("orders"));
    }

    proptest! {
        #[test]
        fn any_message_is_read_without_a_panic(message in any::<String>(), group in "[a-z-]{0,8}") {
            for notice in read_notices(&message) {
                let _ = notice.is_about(&group);
            }
        }
    }
}
