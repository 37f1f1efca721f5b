//! One thing that a connection from the target's nodes to the source has to pass.

use super::super::Narrower;

/// What a gate does with the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    /// It lets it pass; why, in a few words.
    Open(String),
    /// It stops it.
    Shut {
        /// What stops it.
        by: String,
        /// The line that opens it.
        remedy: String,
        /// Whether what stops it belongs to the target's own nodes or names them, so that the functions' probe, which
        /// comes from another security group, says nothing of it.
        despite_probe: bool,
        /// What kind of thing it is.
        way: &'static Narrower,
    },
    /// Not known, and why.
    Unknown(String),
}

impl Gate {
    pub(super) fn unknown(why: impl Into<String>) -> Gate {
        Gate::Unknown(why.into())
    }
}
