//! A fact that was read, or the reason why it was not. Not knowing is a value, and never counts as good news.

use serde::{Deserialize, Serialize};

/// A fact, or why it could not be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Observed<T> {
    /// It was read.
    Known(T),
    /// It could not be read; the text says why, in words for the person who will read the finding.
    Unknown(String),
}

impl<T> Observed<T> {
    /// The fact, if it was read.
    pub fn known(&self) -> Option<&T> {
        match self {
            Observed::Known(value) => Some(value),
            Observed::Unknown(_) => None,
        }
    }

    /// Why it could not be read, if so.
    pub fn why_unknown(&self) -> Option<&str> {
        match self {
            Observed::Known(_) => None,
            Observed::Unknown(why) => Some(why),
        }
    }

    /// The same, of something that can be derived from the fact.
    pub fn map<U>(self, derive: impl FnOnce(T) -> U) -> Observed<U> {
        match self {
            Observed::Known(value) => Observed::Known(derive(value)),
            Observed::Unknown(why) => Observed::Unknown(why),
        }
    }
}

impl<T, E: std::fmt::Display> From<Result<T, E>> for Observed<T> {
    fn from(read: Result<T, E>) -> Self {
        match read {
            Ok(value) => Observed::Known(value),
            Err(why) => Observed::Unknown(why.to_string()),
        }
    }
}
