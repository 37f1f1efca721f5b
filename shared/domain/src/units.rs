//! Units that must not be mixed up. A [`LagBytes`] is not a [`Bytes`], and neither is a plain number.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An amount of memory or data, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(pub u64);

/// How far the target's stream is behind the source's, in bytes of replication stream. Never negative: a target that
/// was sampled after its source may be ahead of that sample, which counts as zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LagBytes(pub u64);

/// A position in a replication stream (`master_repl_offset`, `slave_repl_offset`), in bytes since its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReplicationOffset(pub u64);

impl ReplicationOffset {
    /// How far `replica` is behind this position of its source; zero where it is not behind.
    #[must_use]
    pub fn lag_of(self, replica: ReplicationOffset) -> LagBytes {
        LagBytes(self.0.saturating_sub(replica.0))
    }
}

/// A span of whole seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub u64);

impl Seconds {
    /// The seconds from `earlier` to `later`; zero where `later` is not later.
    #[must_use]
    pub fn between(earlier: jiff::Timestamp, later: jiff::Timestamp) -> Seconds {
        Seconds(u64::try_from(later.as_second() - earlier.as_second()).unwrap_or(0))
    }
}

impl fmt::Display for Bytes {
    /// Binary multiples with one decimal: `3.2 GiB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const STEPS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
        if self.0 < 1024 {
            return write!(f, "{} B", self.0);
        }
        let mut amount = self.0 as f64 / 1024.0;
        let mut step = 0;
        while amount >= 1024.0 && step + 1 < STEPS.len() {
            amount /= 1024.0;
            step += 1;
        }
        write!(f, "{amount:.1} {}", STEPS[step])
    }
}

impl fmt::Display for LagBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Bytes(self.0).fmt(f)
    }
}

impl fmt::Display for ReplicationOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Seconds {
    /// The two largest units: `2 h 05 min`, `3 min 20 s`, `8 s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, hours, minutes, seconds) = (
            self.0 / 86_400,
            self.0 / 3_600 % 24,
            self.0 / 60 % 60,
            self.0 % 60,
        );
        match (days, hours, minutes) {
            (0, 0, 0) => write!(f, "{seconds} s"),
            (0, 0, _) => write!(f, "{minutes} min {seconds:02} s"),
            (0, _, _) => write!(f, "{hours} h {minutes:02} min"),
            _ => write!(f, "{days} d {hours:02} h"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_amounts_in_the_unit_that_fits() {
        let shown: Vec<String> = [0, 1023, 1024, 3_435_973_837]
            .iter()
            .map(|b| Bytes(*b).to_string())
            .collect();
        assert_eq!(shown, ["0 B", "1023 B", "1.0 KiB", "3.2 GiB"]);
        let shown: Vec<String> = [8, 200, 7_500, 200_000]
            .iter()
            .map(|s| Seconds(*s).to_string())
            .collect();
        assert_eq!(shown, ["8 s", "3 min 20 s", "2 h 05 min", "2 d 07 h"]);
    }

    #[test]
    fn a_target_sampled_later_than_its_source_is_not_behind() {
        assert_eq!(ReplicationOffset(100).lag_of(ReplicationOffset(114)), LagBytes(0));
        assert_eq!(
            ReplicationOffset(114).lag_of(ReplicationOffset(100)),
            LagBytes(14)
        );
    }
}
