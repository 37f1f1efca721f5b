//! What is kept of a shard pair's verification between two invocations: where it is, what it counted, and what is still to
//! be looked at again. Small by construction, because Step Functions carries it.

use super::recheck::Outcome;
use super::{Difference, DifferenceKind, Direction, Mode, Pending, ShardPair, Touched, VerifyRule};
use crate::ShardId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Which keys are being gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// The source's: is each on the target, and equal?
    Source,
    /// The target's: is each on the source?
    Target,
    /// None any more; only what differed is looked at again.
    Rechecks,
    /// Nothing is left to do.
    Done,
}

/// How much of one database a sample wants. SCAN walks the hash table, whose order is that of keyed hashes: a stretch of it
/// from a random start is a random sample of the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SampleSpan {
    /// Keys wanted.
    pub want: u64,
    /// Keys taken.
    pub taken: u64,
    /// Whether the walk came to the table's end and went on from its beginning.
    pub wrapped: bool,
}

/// Where a verification is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// Whose keys.
    pub phase: Phase,
    /// The logical database.
    pub db: u32,
    /// SCAN's cursor, a text because it may use all 64 bits; none where the database was not begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// In a sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<SampleSpan>,
    /// `run_id` of the engine that gave the cursor: to another process it means nothing.
    #[serde(default)]
    pub run_id: String,
}

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Counts {
    /// Keys of the source that were compared. SCAN may give a key twice; then it counts twice.
    pub source_keys: u64,
    /// Keys of the target that were looked up on the source.
    pub target_keys: u64,
    /// Keys that were read in pieces because of their size.
    pub big_keys: u64,
    /// Bytes read from both sides.
    pub bytes: u64,
    /// Looks again, of keys that differed at first sight.
    pub rechecks: u64,
    /// Keys that differed at first sight and turned out equal: the lag, an expiry, a write.
    pub settled: u64,
    /// Keys that changed at every look: neither equal nor different can be said.
    pub unsettled: u64,
    /// Keys whose type cannot be compared: a module's, with other bytes on both sides.
    pub not_compared: u64,
    /// Differences that held, by kind.
    pub differences: BTreeMap<DifferenceKind, u64>,
}

impl Counts {
    /// All differences.
    #[must_use]
    pub fn all_differences(&self) -> u64 {
        self.differences.values().sum()
    }

    /// Both together.
    #[must_use]
    pub fn plus(mut self, other: &Counts) -> Counts {
        self.source_keys += other.source_keys;
        self.target_keys += other.target_keys;
        self.big_keys += other.big_keys;
        self.bytes += other.bytes;
        self.rechecks += other.rechecks;
        self.settled += other.settled;
        self.unsettled += other.unsettled;
        self.not_compared += other.not_compared;
        for (kind, count) in &other.differences {
            *self.differences.entry(*kind).or_default() += count;
        }
        self
    }
}

/// Why a verification ended before its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stopped {
    /// It had found as many differences as it may report.
    TooManyDifferences,
    /// Its time was over.
    OutOfTime,
}

/// A shard pair's verification so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PairProgress {
    /// The target's shard.
    pub shard: ShardId,
    /// How many keys it wants.
    pub mode: Mode,
    /// Where it is.
    pub position: Position,
    /// What it counted.
    pub counts: Counts,
    /// The first differences.
    pub first: Vec<Difference>,
    /// How many of them it keeps.
    pub show: usize,
    /// Names all differences reported so far: a chain of SHA-256 over them.
    pub digest: String,
    /// What is to be looked at again.
    pub pending: Vec<Pending>,
    /// When it began.
    pub started_at: Timestamp,
    /// When this was written.
    pub at: Timestamp,
    /// The longest that the source took to answer a PING meanwhile.
    pub worst_source_latency_ms: u64,
    /// Why it ended early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// Whose keys are gone through.
    #[serde(default, skip_serializing_if = "Direction::is_both")]
    pub direction: Direction,
    /// The most bytes of JSON that the keys to be looked at again may be on the way to the next invocation.
    #[serde(default = "most_carried_bytes")]
    pub carry: usize,
    /// What was found of which keys were touched since the approval, where those alone are compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub touched: Option<Touched>,
    /// Why all keys are compared although only those touched since the approval were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untold: Option<String>,
}

fn most_carried_bytes() -> usize {
    PairProgress::MOST_CARRIED_BYTES
}

impl PairProgress {
    /// The most keys that are carried to the next invocation to be looked at again, and the most bytes of JSON they are.
    pub const MOST_CARRIED: usize = 100;
    pub(super) const MOST_CARRIED_BYTES: usize = 32 * 1024;
    /// What a key is in JSON beside its name, which is written in hexadecimal.
    const CARRIED_BESIDE_NAME: usize = 110;

    /// A verification that has not begun.
    #[must_use]
    pub fn new(pair: &ShardPair, rule: &VerifyRule, now: Timestamp) -> PairProgress {
        PairProgress {
            shard: pair.shard.clone(),
            mode: rule.mode,
            position: Position {
                phase: if rule.mode == Mode::Off {
                    Phase::Done
                } else {
                    Phase::Source
                },
                db: 0,
                cursor: None,
                sample: None,
                run_id: String::new(),
            },
            counts: Counts::default(),
            first: vec![],
            show: pair.show,
            digest: String::new(),
            pending: vec![],
            started_at: now,
            at: now,
            worst_source_latency_ms: 0,
            stopped: None,
            direction: rule.direction,
            carry: pair.carry,
            touched: None,
            untold: None,
        }
    }

    /// Whether nothing is left to do.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.position.phase == Phase::Done
    }

    /// Takes in what a recheck led to.
    pub fn take(&mut self, outcome: Outcome, rule: &VerifyRule) {
        match outcome {
            Outcome::Dropped => self.counts.settled += 1,
            Outcome::Unsettled => self.counts.unsettled += 1,
            Outcome::Again(pending) => self.pending.push(pending),
            Outcome::Reported(difference) => self.report(difference, rule),
        }
    }

    fn report(&mut self, difference: Difference, rule: &VerifyRule) {
        *self.counts.differences.entry(difference.kind).or_default() += 1;
        let link = format!(
            "{}\n{}\n{}\n{}\n{:?}",
            self.digest, self.shard, difference.db, difference.key, difference.kind
        );
        self.digest = short_digest(&link);
        if self.first.len() < self.show {
            self.first.push(difference);
        }
        if self.counts.all_differences() >= rule.stop_at_differences {
            self.stopped = Some(Stopped::TooManyDifferences);
            self.pending.clear();
            self.position.phase = Phase::Done;
        }
    }

    /// Goes on to the next phase, or within one to the next of `databases` (ascending).
    pub fn next_database(&mut self, databases: &[u32]) {
        let later = databases.iter().find(|db| **db > self.position.db);
        match (later, self.position.phase) {
            (Some(db), _) => self.begin(self.position.phase, *db),
            (None, Phase::Source) if self.direction == Direction::Both => self.begin(Phase::Target, 0),
            (None, Phase::Source) => self.begin(Phase::Rechecks, 0),
            (None, Phase::Target | Phase::Rechecks) => self.begin(Phase::Rechecks, 0),
            (None, Phase::Done) => {}
        }
    }

    pub(super) fn begin(&mut self, phase: Phase, db: u32) {
        self.position = Position {
            phase,
            db,
            cursor: None,
            sample: None,
            run_id: String::new(),
        };
    }

    /// Ends the verification once nothing is pending after all keys were gone through.
    pub fn finish_if_settled(&mut self) {
        if self.position.phase == Phase::Rechecks && self.pending.is_empty() {
            self.position.phase = Phase::Done;
        }
    }

    /// Makes the progress small enough to be carried. What does not fit counts as unsettled: it is not forgotten.
    #[must_use]
    pub fn carried(mut self, now: Timestamp) -> PairProgress {
        self.at = now;
        let mut bytes = 0;
        let all = self.pending.len();
        self.pending = std::mem::take(&mut self.pending)
            .into_iter()
            .filter(|pending| {
                let size = Self::CARRIED_BESIDE_NAME + 2 * pending.key.len();
                let fits = bytes + size <= self.carry;
                bytes += if fits { size } else { 0 };
                fits
            })
            .take(Self::MOST_CARRIED)
            .collect();
        self.counts.unsettled += (all - self.pending.len()) as u64;
        self
    }
}

/// Sixteen hexadecimal digits that name a text.
pub(super) fn short_digest(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .take(8)
        .fold(String::new(), |mut hex, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

impl Position {
    /// Where a sample starts in a database: anywhere, but the same for every try of one migration.
    #[must_use]
    pub fn sample_start(seed: &str, shard: &ShardId, phase: Phase, db: u32) -> u64 {
        let digest = Sha256::digest(format!("{seed}\n{shard}\n{phase:?}\n{db}").as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        u64::from_be_bytes(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Endpoint;
    use crate::Seconds;
    use crate::verify::{DifferenceKind, KeyName};

    fn begun(rule: &VerifyRule) -> PairProgress {
        let endpoint = Endpoint::new("10.0.0.1", 6379).expect("an address");
        let pair = ShardPair {
            shard: ShardId("0001".to_owned()),
            source: endpoint.clone(),
            target: endpoint,
            show: 20,
            carry: PairProgress::MOST_CARRIED_BYTES,
            ages_kept: false,
        };
        PairProgress::new(&pair, rule, Timestamp::UNIX_EPOCH)
    }

    fn difference(number: u64) -> Outcome {
        Outcome::Reported(Difference {
            db: 15,
            key: KeyName::of(&[0xff; 4_000]),
            kind: DifferenceKind::Value,
            age: Seconds(number),
            rechecks: 3,
        })
    }

    #[test]
    fn every_database_is_gone_through_in_both_directions_and_then_what_differed() {
        let mut progress = begun(&VerifyRule::default());
        let mut way = vec![];
        for _ in 0..7 {
            way.push((progress.position.phase, progress.position.db));
            progress.next_database(&[0, 3, 9]);
        }
        use Phase::{Rechecks, Source, Target};
        assert_eq!(
            way,
            [
                (Source, 0),
                (Source, 3),
                (Source, 9),
                (Target, 0),
                (Target, 3),
                (Target, 9),
                (Rechecks, 0)
            ]
        );
    }

    #[test]
    fn it_stays_small_however_much_differs() {
        let rule = VerifyRule::default();
        let mut progress = begun(&rule);
        for number in 0..999 {
            progress.take(difference(number), &rule);
            let long = Pending::new(15, vec![0xff; 600], Timestamp::UNIX_EPOCH);
            progress.take(Outcome::Again(long), &rule);
        }
        assert!(!progress.is_done());
        let carried = progress.clone().carried(Timestamp::UNIX_EPOCH);
        assert_eq!(carried.counts.unsettled as usize + carried.pending.len(), 999);
        let size = serde_json::to_string(&carried).expect("written").len();
        assert!(size < 48 * 1024, "{size} bytes");
        progress.take(difference(999), &rule);
        assert!(progress.is_done() && progress.stopped == Some(Stopped::TooManyDifferences));
        assert_eq!(progress.first.len(), 20);
    }

    #[test]
    fn a_progress_that_an_older_version_wrote_can_be_read() {
        let written = serde_json::to_value(begun(&VerifyRule::default())).expect("written");
        let read: PairProgress = serde_json::from_value(written.clone()).expect("read");
        assert_eq!(serde_json::to_value(read).expect("written"), written);
    }

    #[test]
    fn nothing_is_compared_when_it_is_off() {
        let off = VerifyRule {
            mode: Mode::Off,
            ..VerifyRule::default()
        };
        assert!(begun(&off).is_done());
    }
}
