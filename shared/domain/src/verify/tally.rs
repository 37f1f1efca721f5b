//! The results of the shard pairs that are through, added up as they come: what is carried while the others are compared.

use super::progress::short_digest;
use super::{Counts, Difference, Mode, PairResult, Stopped, Touched};
use crate::Seconds;
use serde::{Deserialize, Serialize};

/// The pairs that are through, together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Tally {
    /// How many.
    pub pairs: usize,
    /// How many of them were asked not to compare anything.
    pub off: usize,
    /// Whether one of them took a sample.
    pub sampled: bool,
    /// Their counts.
    pub counts: Counts,
    /// Their first differences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub first: Vec<Difference>,
    /// Names their results: a chain of SHA-256 over them.
    pub digest: String,
    /// The slowest one's time.
    pub seconds: Seconds,
    /// The longest that a source took to answer a PING meanwhile.
    pub worst_source_latency_ms: u64,
    /// Whether one stopped because it had found as many differences as it may report.
    pub stopped: bool,
    /// How many had no time to come to their end.
    pub unfinished: usize,
    /// Why, where that was not the time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_unfinished: Option<String>,
    /// What was found of which keys were touched since the approval, where those alone were compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub touched: Option<Touched>,
    /// How many pairs were compared with all keys although only those were asked for.
    pub untold: usize,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_untold: Option<String>,
}

impl Tally {
    /// The most differences named.
    const SHOWN: usize = 20;

    /// Adds a pair that is through.
    pub fn add(&mut self, pair: &PairResult) {
        self.pairs += 1;
        self.off += usize::from(pair.mode == Mode::Off);
        self.sampled |= pair.is_sample();
        self.counts = std::mem::take(&mut self.counts).plus(&pair.counts);
        let room = Self::SHOWN.saturating_sub(self.first.len());
        self.first.extend(pair.first.iter().take(room).cloned());
        self.digest = short_digest(&format!(
            "{}\n{} {:?} {} {}",
            self.digest,
            pair.shard,
            pair.mode,
            pair.counts.all_differences(),
            pair.digest
        ));
        self.seconds = self.seconds.max(Seconds(pair.seconds));
        self.worst_source_latency_ms = self.worst_source_latency_ms.max(pair.worst_source_latency_ms);
        self.stopped |= pair.stopped == Some(Stopped::TooManyDifferences);
        self.unfinished += usize::from(pair.stopped == Some(Stopped::OutOfTime));
        if let Some(touched) = &pair.touched {
            let so_far = self.touched.take();
            self.touched = Some(so_far.map_or_else(|| touched.clone(), |so_far| so_far.plus(touched)));
        }
        if let Some(why) = &pair.untold {
            self.untold += 1;
            self.why_untold = Some(why.clone());
        }
    }
}
