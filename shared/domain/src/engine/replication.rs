//! The replication section of INFO as one value: who an engine follows, how far it is, and who follows it.

use super::Info;
use crate::ReplicationOffset;

/// An engine's role, with what only that role has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// It takes writes.
    Primary,
    /// It follows another engine.
    Replica(Link),
}

/// A replica's link to the engine it follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The address it follows.
    pub host: String,
    /// The port it follows.
    pub port: u16,
    /// Whether it follows the stream: `master_link_status:up`.
    pub up: bool,
    /// Whether a full sync is under way: `master_sync_in_progress:1`.
    pub syncing: bool,
    /// How far it applied the stream. Trap: noise (0, 1, -1) until the link was up once, so it is given only when up.
    pub offset: Option<ReplicationOffset>,
}

/// What INFO says of replication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replication {
    /// The role.
    pub role: Role,
    /// The history this engine is in; none before 4.0.
    pub id: Option<String>,
    /// The history it was in before its promotion; none before 4.0 or where it never was promoted.
    pub previous_id: Option<String>,
    /// The first offset of its own after a promotion: one more than the last that it applied from its former primary.
    pub promoted_at: Option<ReplicationOffset>,
    /// The position of its own stream.
    pub offset: Option<ReplicationOffset>,
    /// Whether it is reading an RDB into memory right now.
    pub loading: bool,
}

impl Replication {
    /// Reads the section; none where INFO has no role, which no engine omits.
    #[must_use]
    pub fn from_info(info: &Info) -> Option<Replication> {
        let role = match info.text("role")? {
            "master" => Role::Primary,
            _ => {
                let up = info.text("master_link_status") == Some("up");
                Role::Replica(Link {
                    host: info.text("master_host").unwrap_or_default().to_owned(),
                    port: info
                        .count("master_port")
                        .and_then(|port| u16::try_from(port).ok())
                        .unwrap_or(0),
                    up,
                    syncing: info.is_set("master_sync_in_progress"),
                    offset: info
                        .count("slave_repl_offset")
                        .filter(|_| up)
                        .map(ReplicationOffset),
                })
            }
        };
        Some(Replication {
            role,
            id: replication_id(info, "master_replid"),
            previous_id: replication_id(info, "master_replid2"),
            promoted_at: info.count("second_repl_offset").map(ReplicationOffset),
            offset: info.count("master_repl_offset").map(ReplicationOffset),
            // 7.0 and later load beside the data they serve (`async_loading`) where the sync is diskless.
            loading: info.is_set("loading") || info.is_set("async_loading"),
        })
    }

    /// The link, where the engine is a replica.
    #[must_use]
    pub fn link(&self) -> Option<&Link> {
        match &self.role {
            Role::Primary => None,
            Role::Replica(link) => Some(link),
        }
    }
}

/// A replication id; forty zeros mean that there is none.
/// Source: `clearReplicationId2` in `src/replication.c`.
fn replication_id(info: &Info, field: &str) -> Option<String> {
    info.text(field)
        .filter(|id| !id.is_empty() && id.chars().any(|c| c != '0'))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_noise_until_the_link_is_up() {
        let info = Info::parse("role:slave\r\nmaster_link_status:down\r\nslave_repl_offset:1\r\n");
        let link = Replication::from_info(&info)
            .expect("a role")
            .link()
            .cloned()
            .expect("a replica");
        assert_eq!(link.offset, None);
    }

    #[test]
    fn a_promoted_engine_remembers_where_it_left_its_primary() {
        let info = Info::parse(
            "role:master\r\nmaster_replid:aa\r\nmaster_replid2:bb\r\nsecond_repl_offset:4628\r\nmaster_repl_offset:4700\r\n",
        );
        let replication = Replication::from_info(&info).expect("a role");
        assert_eq!(replication.previous_id.as_deref(), Some("bb"));
        assert_eq!(replication.promoted_at, Some(ReplicationOffset(4628)));
        let never = Info::parse(&format!(
            "role:master\r\nmaster_replid2:{}\r\nsecond_repl_offset:-1\r\n",
            "0".repeat(40)
        ));
        let never = Replication::from_info(&never).expect("a role");
        assert_eq!((never.previous_id, never.promoted_at), (None, None));
    }
}
