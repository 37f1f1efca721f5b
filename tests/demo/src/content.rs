//! What a key holds: written to an engine, and read back in a form that can be compared.

use crate::kind::Kind;
use redis::{Pipeline, RedisResult, Value, from_redis_value};
use std::collections::{BTreeMap, BTreeSet};

/// The value of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    String(Vec<u8>),
    Hash(BTreeMap<Vec<u8>, Vec<u8>>),
    List(Vec<Vec<u8>>),
    Set(BTreeSet<Vec<u8>>),
    /// Scores are whole numbers here, so that they compare without rounding.
    SortedSet(BTreeMap<Vec<u8>, i64>),
    Stream {
        /// The id and the one field of each entry.
        entries: Vec<(String, Vec<u8>)>,
        groups: Vec<Group>,
    },
}

/// A consumer group, as far as it survives a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) name: String,
    /// Entries that were delivered and not acknowledged.
    pub(crate) pending: usize,
    pub(crate) last_delivered: String,
}

/// The field of every stream entry.
const FIELD: &str = "v";

impl Content {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Content::String(_) => Kind::String,
            Content::Hash(_) => Kind::Hash,
            Content::List(_) => Kind::List,
            Content::Set(_) => Kind::Set,
            Content::SortedSet(_) => Kind::SortedSet,
            Content::Stream { .. } => Kind::Stream,
        }
    }

    /// Adds the commands that make `key` hold this.
    pub(crate) fn write(&self, key: &str, pipe: &mut Pipeline) {
        match self {
            Content::String(value) => {
                pipe.cmd("SET").arg(key).arg(value);
            }
            Content::Hash(fields) => {
                pipe.cmd("HSET").arg(key);
                for (field, value) in fields {
                    pipe.arg(field).arg(value);
                }
            }
            Content::List(elements) => {
                pipe.cmd("RPUSH").arg(key).arg(elements);
            }
            Content::Set(members) => {
                pipe.cmd("SADD").arg(key).arg(members);
            }
            Content::SortedSet(members) => {
                pipe.cmd("ZADD").arg(key);
                for (member, score) in members {
                    pipe.arg(score).arg(member);
                }
            }
            Content::Stream { entries, groups } => {
                for (id, value) in entries {
                    pipe.cmd("XADD").arg(key).arg(id).arg(FIELD).arg(value);
                }
                for group in groups {
                    pipe.cmd("XGROUP").arg("CREATE").arg(key).arg(&group.name).arg(0);
                    pipe.cmd("XREADGROUP")
                        .arg("GROUP")
                        .arg(&group.name)
                        .arg("a consumer");
                    pipe.arg("COUNT")
                        .arg(group.pending)
                        .arg("STREAMS")
                        .arg(key)
                        .arg(">");
                }
            }
        }
    }

    /// Adds the commands that read a key of this kind; [`Content::answer`] takes as many replies.
    pub(crate) fn ask(kind: Kind, key: &str, pipe: &mut Pipeline) {
        match kind {
            Kind::String => pipe.cmd("GET").arg(key),
            Kind::Hash => pipe.cmd("HGETALL").arg(key),
            Kind::List => pipe.cmd("LRANGE").arg(key).arg(0).arg(-1),
            Kind::Set => pipe.cmd("SMEMBERS").arg(key),
            Kind::SortedSet => pipe.cmd("ZRANGE").arg(key).arg(0).arg(-1).arg("WITHSCORES"),
            Kind::Stream => {
                pipe.cmd("XRANGE").arg(key).arg("-").arg("+");
                pipe.cmd("XINFO").arg("GROUPS").arg(key)
            }
        };
    }

    /// Takes the replies to [`Content::ask`]. None: there is no such key.
    pub(crate) fn answer(
        kind: Kind,
        replies: &mut impl Iterator<Item = RedisResult<Value>>,
    ) -> Result<Option<Content>, String> {
        let mut next = || replies.next().ok_or_else(|| "no reply".to_owned());
        let first = next()?;
        // XINFO is an error for a key that is not there; XRANGE has told that already.
        let second = if kind == Kind::Stream {
            next()?.unwrap_or_default()
        } else {
            Value::Nil
        };
        let value = first.map_err(|error| error.to_string())?;
        let empty = match &value {
            Value::Nil => true,
            Value::Array(items) => items.is_empty(),
            Value::Map(items) => items.is_empty(),
            Value::Set(items) => items.is_empty(),
            _ => false,
        };
        if empty {
            return Ok(None);
        }
        Content::understand(kind, value, second)
            .map(Some)
            .map_err(|error| error.to_string())
    }

    fn understand(kind: Kind, value: Value, groups: Value) -> RedisResult<Content> {
        Ok(match kind {
            Kind::String => Content::String(from_redis_value(value)?),
            Kind::Hash => Content::Hash(from_redis_value(value)?),
            Kind::List => Content::List(from_redis_value(value)?),
            Kind::Set => Content::Set(from_redis_value(value)?),
            Kind::SortedSet => Content::SortedSet(from_redis_value(value)?),
            Kind::Stream => {
                let entries: Vec<(String, Vec<Vec<u8>>)> = from_redis_value(value)?;
                let groups: Vec<BTreeMap<String, Value>> = from_redis_value(groups)?;
                Content::Stream {
                    entries: entries
                        .into_iter()
                        .map(|(id, fields)| (id, fields.into_iter().nth(1).unwrap_or_default()))
                        .collect(),
                    groups: groups
                        .into_iter()
                        .map(Group::understand)
                        .collect::<RedisResult<_>>()?,
                }
            }
        })
    }
}

impl Group {
    fn understand(mut facts: BTreeMap<String, Value>) -> RedisResult<Group> {
        let mut fact = |name| facts.remove(name).unwrap_or_default();
        Ok(Group {
            name: from_redis_value(fact("name"))?,
            pending: from_redis_value(fact("pending"))?,
            last_delivered: from_redis_value(fact("last-delivered-id"))?,
        })
    }
}
