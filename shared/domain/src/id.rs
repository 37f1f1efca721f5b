//! Names of things, checked where they enter: a value of these types is well-formed.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a name was refused, in words that say what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidId(pub String);

/// The id of a replication group: 1 to 40 letters, digits and hyphens, a letter first, no hyphen last and no two in a
/// row. ElastiCache stores it in lower case, so does this.
/// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html>.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReplicationGroupId(String);

impl ReplicationGroupId {
    /// The id as ElastiCache prints it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ReplicationGroupId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        let well_formed = (1..=40).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !text.ends_with('-')
            && !text.contains("--");
        if well_formed {
            Ok(ReplicationGroupId(text.to_ascii_lowercase()))
        } else {
            Err(InvalidId(
                "must be 1 to 40 letters, digits and hyphens, with a letter first, no hyphen last and no two hyphens \
                 in a row"
                    .to_owned(),
            ))
        }
    }
}

impl From<ReplicationGroupId> for String {
    fn from(id: ReplicationGroupId) -> String {
        id.0
    }
}

impl fmt::Display for ReplicationGroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of a node group (shard) as ElastiCache numbers them: `0001`.
/// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_NodeGroup.html>.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ShardId(pub String);

impl fmt::Display for ShardId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where an engine listens. The address is an IP address or a DNS name, never a URL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Endpoint {
    /// An IP address or a DNS name.
    pub address: String,
    /// A TCP port.
    pub port: u16,
}

impl Endpoint {
    /// The longest DNS name, in characters (RFC 1035, section 2.3.4).
    const LONGEST_ADDRESS: usize = 253;

    /// An endpoint whose address is an IP address or a DNS name.
    ///
    /// # Errors
    /// Where the address is empty, is a URL, carries a port, or has characters that no host name has.
    pub fn new(address: &str, port: u16) -> Result<Endpoint, InvalidId> {
        let is_ip = address.parse::<std::net::IpAddr>().is_ok();
        let is_name = !address.is_empty()
            && address.len() <= Self::LONGEST_ADDRESS
            && address.split('.').all(|label| {
                !label.is_empty()
                    && label.len() <= 63
                    && !label.starts_with('-')
                    && label
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
            });
        if is_ip || is_name {
            Ok(Endpoint {
                address: address.to_owned(),
                port,
            })
        } else {
            Err(InvalidId(
                "must be an IP address or a DNS name alone, such as 10.0.0.241 or redis.internal: no scheme, no port, \
                 no path"
                    .to_owned(),
            ))
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.address.contains(':') {
            write!(f, "[{}]:{}", self.address, self.port)
        } else {
            write!(f, "{}:{}", self.address, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replication_group_id_follows_elasticaches_rule() {
        for good in ["orders-cache", "A", "o1-2-3"] {
            assert!(ReplicationGroupId::try_from(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "a--b", "1a", "a_b", "a b", &"a".repeat(41)] {
            assert!(ReplicationGroupId::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_is_a_host_and_nothing_more() {
        for good in ["10.0.0.241", "redis.internal", "fd00::1", "redis_1"] {
            assert!(Endpoint::new(good, 6379).is_ok(), "{good}");
        }
        for bad in [
            "",
            "redis://10.0.0.1",
            "10.0.0.1:6379",
            "a b",
            "a/b",
            ".a",
            "user@host",
        ] {
            assert!(Endpoint::new(bad, 6379).is_err(), "{bad}");
        }
    }
}
