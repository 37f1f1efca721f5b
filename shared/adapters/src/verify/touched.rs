//! Which of the keys that a SCAN gave were used since the approval: asks for each how long ago it was used, which is itself
//! no use of it (`LOOKUP_NOTOUCH` in `src/object.c`). What an answer means is `domain::verify::Use`.

use super::keys::Keys;
use super::side::Side;
use super::wire::{Reply, Unread};
use crate::clock;
use domain::verify::Use;
use jiff::Timestamp;

/// Those of a batch that were touched.
#[derive(Debug, Default)]
pub(super) struct Recent {
    pub(super) keys: Keys,
    /// How many of them have no time.
    pub(super) untimed: u64,
}

/// What came of asking.
#[derive(Debug)]
pub(super) enum Asked {
    Recent(Recent),
    /// The engine does not answer such questions, with its own words.
    Refused(String),
}

/// Asks for a batch of keys.
pub(super) async fn recent(source: &mut Side, keys: &Keys, since: Timestamp) -> Result<Asked, Unread> {
    let shares = source.traits.shares_numbers;
    for key in keys.iter() {
        source.wire.send(&[b"OBJECT", b"IDLETIME", key]);
        if shares {
            source.wire.send(&[b"OBJECT", b"REFCOUNT", key]);
        }
    }
    let replies = source.wire.exchange().await?;
    let now = clock::now();
    let width = 1 + usize::from(shares);
    let mut recent = Recent::default();
    for (number, key) in keys.iter().enumerate() {
        let idle = match replies.get(number * width) {
            // A key that is gone by now: an engine before 7.0 answers with an error that says so.
            Reply::Error(text) if text.ends_with(b"no such key") => None,
            Reply::Error(text) => return Ok(Asked::Refused(String::from_utf8_lossy(text).into_owned())),
            reply => reply.integer().and_then(|idle| u64::try_from(idle).ok()),
        };
        let references = shares
            .then(|| replies.get(number * width + 1).integer())
            .flatten();
        match Use::of(idle, references, since, now) {
            Use::Earlier => continue,
            Use::Since => {}
            Use::Untimed => recent.untimed += 1,
        }
        recent.keys.push(key);
    }
    Ok(Asked::Recent(recent))
}
