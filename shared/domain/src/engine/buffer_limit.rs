//! The limit on what an engine keeps in memory for a replica that does not read as fast as it is written to.

use crate::{Bytes, Seconds};

/// `client-output-buffer-limit` of class `replica`. Default of every version from 2.8 to Valkey 8: 256mb 64mb 60.
/// Source: redis.conf and valkey.conf of these releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputBufferLimit {
    /// The replica is disconnected as soon as this much waits for it; 0 is no limit.
    pub hard: Bytes,
    /// The replica is disconnected when this much waits for it without a break for `soft_for`; 0 is no limit.
    pub soft: Bytes,
    /// How long the soft limit may be exceeded.
    pub soft_for: Seconds,
}

impl OutputBufferLimit {
    /// Reads CONFIG GET's text: `normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60`. The class is
    /// `slave` in every version up to Valkey 8; `replica` is understood too.
    #[must_use]
    pub fn parse(text: &str) -> Option<OutputBufferLimit> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let at = words
            .iter()
            .position(|word| matches!(*word, "slave" | "replica"))?;
        let number = |offset: usize| words.get(at + offset)?.parse().ok();
        Some(OutputBufferLimit {
            hard: Bytes(number(1)?),
            soft: Bytes(number(2)?),
            soft_for: Seconds(number(3)?),
        })
    }

    /// Whether a buffer that grows at `rate` bytes a second for `window` would exceed the limit.
    #[must_use]
    pub fn is_exceeded_by(&self, rate: u64, window: Seconds) -> bool {
        let peak = rate.saturating_mul(window.0);
        let over_hard = self.hard.0 > 0 && peak > self.hard.0;
        let over_soft = self.soft.0 > 0
            && peak > self.soft.0
            && window.0.saturating_sub(self.soft.0 / rate.max(1)) > self.soft_for.0;
        over_hard || over_soft
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DEFAULT: &str = "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60";

    #[test]
    fn the_replicas_class_is_found_by_either_name() {
        let limit = OutputBufferLimit::parse(DEFAULT).expect("the default");
        assert_eq!(
            (limit.hard, limit.soft, limit.soft_for),
            (Bytes(268_435_456), Bytes(67_108_864), Seconds(60))
        );
        assert_eq!(
            OutputBufferLimit::parse(&DEFAULT.replace("slave", "replica")),
            Some(limit)
        );
        assert_eq!(OutputBufferLimit::parse("normal 0 0 0"), None);
        assert_eq!(OutputBufferLimit::parse("slave 1 2"), None);
    }

    #[test]
    fn hard_and_soft_limit_each_end_a_sync_and_zero_is_none() {
        let limit = OutputBufferLimit::parse(DEFAULT).expect("the default");
        // 1 MB/s for 200 s: under the hard limit, but 64 MiB are passed after 64 s and stay passed for 136 s.
        assert!(limit.is_exceeded_by(1_048_576, Seconds(200)));
        assert!(!limit.is_exceeded_by(1_048_576, Seconds(100)));
        assert!(limit.is_exceeded_by(100_000_000, Seconds(3)));
        let none = OutputBufferLimit {
            hard: Bytes(0),
            soft: Bytes(0),
            soft_for: Seconds(0),
        };
        assert!(!none.is_exceeded_by(u64::MAX, Seconds(u64::MAX)));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in any::<String>(), rate in any::<u64>(), window in any::<u64>()) {
            if let Some(limit) = OutputBufferLimit::parse(&text) {
                let _ = limit.is_exceeded_by(rate, Seconds(window));
            }
            let limit = OutputBufferLimit::parse(DEFAULT).expect("the default");
            let _ = limit.is_exceeded_by(rate, Seconds(window));
        }
    }
}
