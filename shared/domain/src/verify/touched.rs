//! Which keys were touched since the approval, as an engine tells it: by how long ago each was used last (OBJECT IDLETIME).
//! That is more than what was written, because a read is a use too, and it is never less, with what is said here.
//!
//! Where an engine does not keep these times, nothing can be told so, and a sample of all keys is compared instead. A key
//! that was deleted has no time: that its deletion arrived is for the proof by offsets to show.

use super::{Counts, Mode, PairProgress, Phase};
use crate::Seconds;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How much older than the approval a use may look and still count as later. An engine keeps whole seconds, reads its own
/// clock once a second at the least (`hz 1`), and the clocks of two Lambdas are not the same to the second. In seconds.
/// Source: `LRU_CLOCK_RESOLUTION` in `src/server.h`.
const MARGIN: u64 = 5;

/// OBJECT REFCOUNT of a number from 0 to 9999 that an engine keeps once for all keys (`OBJ_SHARED_REFCOUNT`). Its time of
/// last use is nobody's. Source: `src/server.h`.
const SHARED: i64 = i32::MAX as i64;

/// How many of all keys are compared where nothing can be told and the plan names no number.
const INSTEAD: u64 = 30_000;

/// What was found of when the keys of a source were used last, so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Touched {
    /// When the approval was given.
    pub since: Timestamp,
    /// How many keys there were to look through.
    pub of: u64,
    /// How many were looked through. SCAN may give a key twice; then it counts twice.
    pub looked_through: u64,
    /// How many of those were touched since, or may have been.
    pub touched: u64,
    /// How many of these hold a small number, of which the engine does not keep when it was used.
    pub untimed: u64,
    /// Whether as many as the plan wants were found before all were looked through.
    pub cut: bool,
}

/// What an engine tells of one key's last use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Before the approval, or there is no such key any more.
    Earlier,
    /// Since then, as far as whole seconds tell.
    Since,
    /// Nobody knows: it counts as since.
    Untimed,
}

impl Touched {
    /// Nothing looked through yet.
    #[must_use]
    pub fn since(since: Timestamp, of: u64) -> Touched {
        Touched {
            since,
            of,
            looked_through: 0,
            touched: 0,
            untimed: 0,
            cut: false,
        }
    }

    /// Two sources' together.
    #[must_use]
    pub fn plus(mut self, other: &Touched) -> Touched {
        self.since = self.since.min(other.since);
        self.of += other.of;
        self.looked_through += other.looked_through;
        self.touched += other.touched;
        self.untimed += other.untimed;
        self.cut |= other.cut;
        self
    }
}

impl Use {
    /// Judges the answers to OBJECT IDLETIME (in seconds; none where there is no such key) and OBJECT REFCOUNT (none where it
    /// was not asked), which came at `now`.
    #[must_use]
    pub fn of(idle: Option<u64>, references: Option<i64>, since: Timestamp, now: Timestamp) -> Use {
        let Some(idle) = idle else { return Use::Earlier };
        if references.is_some_and(|references| references >= SHARED) {
            return Use::Untimed;
        }
        let Seconds(ago) = Seconds::between(since, now);
        if idle <= ago.saturating_add(MARGIN) {
            Use::Since
        } else {
            Use::Earlier
        }
    }
}

impl PairProgress {
    /// Begins a comparison of what was touched since the approval, or says why it is one of all keys.
    pub fn look_for_touched(&mut self, since: Timestamp, keys: u64, untold: Option<&str>) {
        match untold {
            None => self.touched = Some(Touched::since(since, keys)),
            Some(why) => self.compare_all(why),
        }
    }

    /// Begins again, with a sample of all keys: what was touched cannot be told.
    pub fn compare_all(&mut self, why: &str) {
        self.untold = Some(why.to_owned());
        self.touched = None;
        if self.mode == Mode::Full {
            self.mode = Mode::Sample(INSTEAD);
        }
        self.counts = Counts::default();
        self.first.clear();
        self.pending.clear();
        self.digest.clear();
        self.begin(Phase::Source, 0);
    }
}

/// Why nothing can be told of a source's keys; none where something can.
#[must_use]
pub fn why_untold(ages_kept: bool, evicts_by_lfu: bool) -> Option<&'static str> {
    if evicts_by_lfu {
        return Some("the source evicts by LFU, and keeps no times of use");
    }
    (!ages_kept).then_some(
        "it is not known that the source had no child process (a snapshot, a rewrite, a sync) between the approval and the \
         fence, and with one an engine keeps no times of use",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    #[test]
    fn a_small_number_may_always_have_been_written_and_a_key_that_is_gone_is_not_looked_up() {
        let shared = Some(SHARED);
        assert_eq!(Use::of(Some(1_000_000), shared, at(100), at(110)), Use::Untimed);
        assert_eq!(Use::of(Some(1_000_000), Some(1), at(100), at(110)), Use::Earlier);
        assert_eq!(Use::of(None, shared, at(100), at(110)), Use::Earlier);
        assert_eq!(Use::of(Some(9), None, at(100), at(110)), Use::Since);
    }

    #[test]
    fn where_no_times_are_kept_it_is_said_why() {
        assert_eq!(why_untold(true, false), None);
        assert!(why_untold(true, true).is_some_and(|why| why.contains("LFU")));
        assert!(why_untold(false, false).is_some_and(|why| why.contains("child process")));
    }

    proptest! {
        /// A use at or after the approval always counts, although the engine's clock is up to a second old when it notes the
        /// use and whole seconds are subtracted; one that is long before never does.
        #[test]
        fn a_later_use_always_counts(
            approved in 0i64..1_000, after in 0i64..500, until_asked in 0i64..500, stale in 0i64..=1, before in 8i64..500,
        ) {
            let now = at(approved + after + until_asked);
            let idle = |used: i64| u64::try_from(approved + after + until_asked - used).ok();
            let later = idle(approved + after - stale).map(|idle| idle + 1);
            prop_assert_eq!(Use::of(later, Some(1), at(approved), now), Use::Since);
            prop_assert_eq!(Use::of(idle(approved - before), Some(1), at(approved), now), Use::Earlier);
        }
    }
}
