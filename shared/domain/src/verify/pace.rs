//! How fast to read: never more keys per second than allowed, and slower while the source answers slowly.

/// The pace of one shard pair's reading. Time is given in microseconds of any clock that only runs forward.
#[derive(Clone, Debug)]
pub struct Pace {
    microseconds_per_key: f64,
    latency_cap: u64,
    /// When the next reading may begin by the rate, in microseconds of that clock.
    free_at: f64,
    /// The wait that the latency rule puts between two readings, in microseconds.
    delay: u64,
    worst_latency: u64,
}

impl Pace {
    /// The first wait once the source is slow, and the longest, in microseconds.
    const FIRST_DELAY: u64 = 1_000;
    const LONGEST_DELAY: u64 = 1_000_000;

    /// `keys_per_second` of none is without limit; `latency_cap` is in microseconds.
    #[must_use]
    pub fn new(keys_per_second: Option<u32>, latency_cap: u64) -> Pace {
        Pace {
            microseconds_per_key: keys_per_second.map_or(0.0, |rate| 1e6 / f64::from(rate.max(1))),
            latency_cap,
            free_at: 0.0,
            delay: 0,
            worst_latency: 0,
        }
    }

    /// How many keys to ask for at a time: as many as `most`, and no more than a tenth of a second's worth.
    #[must_use]
    pub fn batch(&self, most: usize) -> usize {
        if self.microseconds_per_key == 0.0 {
            return most;
        }
        ((100_000.0 / self.microseconds_per_key) as usize).clamp(1, most)
    }

    /// Books `keys` and tells how many microseconds to wait before reading them. `now` is in microseconds of that clock.
    pub fn admit(&mut self, keys: usize, now: u64) -> u64 {
        let now = now as f64;
        let start = self.free_at.max(now);
        self.free_at = start + self.microseconds_per_key * keys as f64;
        ((start - now) as u64).max(self.delay)
    }

    /// The wait between two pieces of one big key, in microseconds.
    #[must_use]
    pub fn breath(&self) -> u64 {
        self.delay
    }

    /// Takes in how long the source took to answer a PING: doubles the wait while that is over the cap, halves it after.
    pub fn latency(&mut self, microseconds: u64) {
        self.worst_latency = self.worst_latency.max(microseconds);
        self.delay = if microseconds > self.latency_cap {
            (self.delay * 2).clamp(Self::FIRST_DELAY, Self::LONGEST_DELAY)
        } else if self.delay <= Self::FIRST_DELAY {
            0
        } else {
            self.delay / 2
        };
    }

    /// The longest that the source took, in microseconds.
    #[must_use]
    pub fn worst_latency(&self) -> u64 {
        self.worst_latency
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_slow_source_is_read_ever_more_slowly_until_it_recovers() {
        let mut pace = Pace::new(None, 20_000);
        assert_eq!(pace.admit(1_000, 0), 0);
        for _ in 0..3 {
            pace.latency(50_000);
        }
        assert_eq!((pace.admit(1_000, 0), pace.breath()), (4_000, 4_000));
        for _ in 0..30 {
            pace.latency(50_000);
        }
        assert_eq!(pace.breath(), 1_000_000);
        for _ in 0..11 {
            pace.latency(300);
        }
        assert_eq!((pace.breath(), pace.worst_latency()), (0, 50_000));
    }

    proptest! {
        /// Whoever waits as told never reads more than the rate allows, whatever the batches and pauses.
        #[test]
        fn the_rate_is_never_exceeded(
            rate in 1u32..1_000_000, batches in proptest::collection::vec((1usize..2_000, 0u64..50_000), 2..50),
        ) {
            let mut pace = Pace::new(Some(rate), u64::MAX);
            let (mut now, mut keys) = (0u64, 0usize);
            for (batch, pause) in batches {
                now += pause;
                now += pace.admit(batch, now);
                // The batch that starts now is not yet read; all before it are.
                prop_assert!(keys as f64 <= now as f64 * f64::from(rate) / 1e6 + 2.0 * (1.0 + f64::from(rate) / 1e6));
                keys += batch;
            }
            prop_assert!((1..=1_000).contains(&pace.batch(1_000)));
        }
    }
}
