//! Reads the text of INFO. Total: any text gives an [`Info`], unknown lines are kept, and a field that is missing or is
//! not what it should be reads as "not there".

use crate::Bytes;
use std::collections::BTreeMap;

/// One answer to INFO, field by field. Section headings are dropped: no two sections share a field name.
/// Source of the fields: `genRedisInfoString` in `src/server.c` (2.8, 3.0: `src/redis.c`; Valkey 8: `genValkeyInfoString`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Info(BTreeMap<String, String>);

/// A `slaveN:` line: a replica as its primary sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaLine {
    /// The address from which the replica came, or the one it announced.
    pub address: String,
    /// The port it announced that it listens on.
    pub port: u16,
    /// `wait_bgsave`, `send_bulk`, `bg_transfer`, `online`, or a word of a later version.
    pub state: String,
    /// The last offset the replica acknowledged, in bytes of the stream. Trap: 0 right after `online`, while the replica
    /// still loads.
    pub offset: u64,
    /// Seconds since that acknowledgement. Trap: 0 means nothing unless the state is `online`.
    pub lag: u64,
    /// Valkey 8: `replica`, `main-channel` or `rdb-channel`; a dual-channel sync lists one replica twice.
    pub kind: Option<String>,
}

/// A `dbN:` line of the keyspace section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Database {
    /// N.
    pub index: u32,
    /// How many keys it holds, expired ones that were not yet removed included.
    pub keys: u64,
    /// How many of them have a time to live.
    pub expires: u64,
}

impl Info {
    /// Reads an answer. A line is split at its first colon, because values (IPv6 addresses, paths) hold more.
    #[must_use]
    pub fn parse(text: &str) -> Info {
        let fields = text
            .lines()
            .map(|line| line.trim_end_matches('\r'))
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Info(fields)
    }

    /// Puts several answers (one per section, as engines before 7.0 want to be asked) together.
    #[must_use]
    pub fn merge(mut self, other: Info) -> Info {
        self.0.extend(other.0);
        self
    }

    /// A field's text.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(String::as_str)
    }

    /// A field that counts something; a negative or broken value reads as not there.
    #[must_use]
    pub fn count(&self, field: &str) -> Option<u64> {
        self.text(field)?.trim().parse().ok()
    }

    /// A field in bytes.
    #[must_use]
    pub fn bytes(&self, field: &str) -> Option<Bytes> {
        self.count(field).map(Bytes)
    }

    /// A percentage; anything outside 0 to 100 (engines print `-0.00` and worse) reads as not there.
    #[must_use]
    pub fn percent(&self, field: &str) -> Option<f64> {
        let value: f64 = self.text(field)?.trim().trim_end_matches('%').parse().ok()?;
        (value.is_finite() && value.is_sign_positive() && value <= 100.0).then_some(value)
    }

    /// Whether a 0/1 field is 1.
    #[must_use]
    pub fn is_set(&self, field: &str) -> bool {
        self.text(field).is_some_and(|value| value.trim() == "1")
    }

    /// The replicas as this engine lists them, in its order.
    #[must_use]
    pub fn replicas(&self) -> Vec<ReplicaLine> {
        self.0
            .iter()
            .filter(|(name, _)| numbered(name, "slave").is_some())
            .filter_map(|(_, value)| ReplicaLine::parse(value))
            .collect()
    }

    /// The logical databases that hold keys, lowest first.
    #[must_use]
    pub fn databases(&self) -> Vec<Database> {
        let mut databases: Vec<Database> = self
            .0
            .iter()
            .filter_map(|(name, value)| {
                let parts = key_values(value);
                Some(Database {
                    index: numbered(name, "db")?,
                    keys: parts.get("keys")?.parse().ok()?,
                    expires: parts
                        .get("expires")
                        .and_then(|text| text.parse().ok())
                        .unwrap_or(0),
                })
            })
            .collect();
        databases.sort_by_key(|database| database.index);
        databases
    }

    /// All keys of all databases.
    #[must_use]
    pub fn key_count(&self) -> u64 {
        self.databases()
            .iter()
            .fold(0, |sum, database| sum.saturating_add(database.keys))
    }
}

impl ReplicaLine {
    fn parse(value: &str) -> Option<ReplicaLine> {
        let parts = key_values(value);
        let number = |name: &str| parts.get(name).and_then(|text| text.parse().ok()).unwrap_or(0);
        Some(ReplicaLine {
            address: (*parts.get("ip")?).to_owned(),
            port: parts.get("port").and_then(|text| text.parse().ok()).unwrap_or(0),
            state: (*parts.get("state")?).to_owned(),
            offset: number("offset"),
            lag: number("lag"),
            kind: parts.get("type").map(|kind| (*kind).to_owned()),
        })
    }
}

/// The number behind a prefix: `slave0` with `slave` is 0.
fn numbered(name: &str, prefix: &str) -> Option<u32> {
    name.strip_prefix(prefix)?.parse().ok()
}

/// `a=1,b=2`, skipping what is not of that form.
fn key_values(text: &str) -> BTreeMap<&str, &str> {
    text.split(',').filter_map(|part| part.split_once('=')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn replicas_and_databases_are_read_whatever_stands_beside_them() {
        let info = Info::parse(
            "# Replication\r\nrole:master\r\n\
             slave0:ip=fe80::1,port=6379,state=online,offset=12,lag=1,type=replica,new=1\r\n\
             slave_repl_offset:3\r\nslave1:nonsense\r\ndb0:keys=3,expires=1,avg_ttl=0\r\ndb11:keys=2,expires=0\r\n",
        );
        assert_eq!(info.replicas().len(), 1);
        assert_eq!(info.replicas()[0].address, "fe80::1");
        assert_eq!(info.replicas()[0].kind.as_deref(), Some("replica"));
        assert_eq!(
            info.databases().iter().map(|d| d.index).collect::<Vec<_>>(),
            [0, 11]
        );
        assert_eq!(info.key_count(), 5);
    }

    #[test]
    fn a_percentage_that_cannot_be_is_not_there() {
        for text in ["-0.00", "-3.1", "nan", "101", "", "x"] {
            assert_eq!(Info::parse(&format!("p:{text}")).percent("p"), None, "{text}");
        }
        assert_eq!(Info::parse("p:12.50%").percent("p"), Some(12.5));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic_and_unknown_fields_are_kept(
            text in any::<String>(), name in "[a-z_]{1,12}", value in "[^\r\n]{0,20}"
        ) {
            let info = Info::parse(&text);
            let _ = (info.replicas(), info.databases(), info.key_count());
            let line = format!("new_{name}:{value}\r\n");
            let parsed = Info::parse(&line);
            prop_assert_eq!(parsed.text(&format!("new_{name}")), Some(value.as_str()));
        }
    }
}
