//! The types of Redis that the demo moves.

use std::fmt;

/// A type of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    String,
    Hash,
    List,
    Set,
    SortedSet,
    Stream,
}

impl Kind {
    pub(crate) const ALL: [Kind; 6] = [
        Kind::String,
        Kind::Hash,
        Kind::List,
        Kind::Set,
        Kind::SortedSet,
        Kind::Stream,
    ];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Kind::String => "string",
            Kind::Hash => "hash",
            Kind::List => "list",
            Kind::Set => "set",
            Kind::SortedSet => "zset",
            Kind::Stream => "stream",
        })
    }
}
