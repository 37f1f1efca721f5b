//! A difference that held, and how its key is shown. A key's name is shown, escaped and shortened; its value never is.

use crate::Seconds;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fmt::Write;

/// In what a key differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DifferenceKind {
    /// The source holds it, the target does not.
    Missing,
    /// The target holds it, the source does not.
    Extra,
    /// Both hold it, as different types.
    Type,
    /// Both hold it with the same type and other contents.
    Value,
    /// The contents are equal, and the times to live are further apart than the lag.
    Ttl,
}

impl fmt::Display for DifferenceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DifferenceKind::Missing => "missing on the target",
            DifferenceKind::Extra => "only on the target",
            DifferenceKind::Type => "another type",
            DifferenceKind::Value => "another value",
            DifferenceKind::Ttl => "another time to live",
        })
    }
}

/// A key's name, fit to be shown: ASCII, at most [`KeyName::LONGEST`] characters and a remark on what was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyName(String);

impl KeyName {
    /// The most characters shown.
    pub const LONGEST: usize = 80;

    /// Escapes every byte that is not printable ASCII as `\xNN`, and the backslash.
    #[must_use]
    pub fn of(key: &[u8]) -> KeyName {
        let mut shown = String::new();
        for byte in key {
            if shown.len() + 4 > Self::LONGEST {
                // Writing to a String cannot fail.
                let _ = write!(shown, "... ({} bytes)", key.len());
                break;
            }
            match byte {
                b'\\' => shown.push_str("\\\\"),
                b' '..=b'~' => shown.push(char::from(*byte)),
                other => {
                    let _ = write!(shown, "\\x{other:02x}");
                }
            }
        }
        KeyName(shown)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A difference that was still there after its rechecks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// The logical database.
    pub db: u32,
    /// The key.
    pub key: KeyName,
    /// In what it differs.
    pub kind: DifferenceKind,
    /// How long it had been there when it was reported, from the first look on.
    pub age: Seconds,
    /// How often it was looked at again.
    pub rechecks: u32,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference {
            db, key, kind, age, ..
        } = self;
        write!(f, "{key} (db {db}): {kind}, for {age}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_is_readable_and_bounded() {
        assert_eq!(KeyName::of(b"user:1").as_str(), "user:1");
        assert_eq!(KeyName::of(b"a\\b\n\xff").as_str(), r"a\\b\x0a\xff");
        let long = KeyName::of(&[b'x'; 5_000]);
        assert!(long.as_str().ends_with("... (5000 bytes)"), "{long}");
    }

    proptest! {
        #[test]
        fn any_key_is_shown_as_short_ascii(key in proptest::collection::vec(any::<u8>(), 0..400)) {
            let shown = KeyName::of(&key);
            prop_assert!(shown.as_str().bytes().all(|b| (b' '..=b'~').contains(&b)));
            prop_assert!(shown.as_str().len() <= KeyName::LONGEST + 30);
        }
    }
}
