//! What the verification of all shard pairs came to: small, and in one sentence for people.

use super::progress::short_digest;
use super::statement::statement;
use super::{Counts, Difference, Mode, PairProgress, Stopped, Tally, Touched, upper_bound};
use crate::ShardId;
use serde::{Deserialize, Serialize};

/// What is known after a verification. Only `Same` may lead to a cutover without anybody's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Every key that was compared is equal.
    Same,
    /// Some are not.
    Differs,
    /// None was found to differ, and some could not be judged, or nothing was compared that should have been.
    Unsure,
    /// Nothing was compared, as asked.
    Off,
}

/// One pair's result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PairResult {
    /// The target's shard.
    pub shard: ShardId,
    /// How many keys it wanted.
    pub mode: Mode,
    /// What it counted.
    pub counts: Counts,
    /// The first differences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first: Vec<Difference>,
    /// Names its differences; empty where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub digest: String,
    /// How long it took, in seconds.
    pub seconds: u64,
    /// The longest that the source took to answer a PING meanwhile.
    pub worst_source_latency_ms: u64,
    /// Why it ended early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// What was found of which keys were touched since the approval, where those alone were compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub touched: Option<Touched>,
    /// Why all keys were compared although only those were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untold: Option<String>,
}

impl PairResult {
    /// Whether not all of the keys that were to be compared were.
    pub(super) fn is_sample(&self) -> bool {
        match &self.touched {
            Some(touched) => touched.cut,
            None => matches!(self.mode, Mode::Sample(_)),
        }
    }
}

impl From<PairProgress> for PairResult {
    fn from(progress: PairProgress) -> PairResult {
        PairResult {
            seconds: crate::Seconds::between(progress.started_at, progress.at).0,
            shard: progress.shard,
            mode: progress.mode,
            counts: progress.counts,
            first: progress.first,
            digest: progress.digest,
            worst_source_latency_ms: progress.worst_source_latency_ms,
            stopped: progress.stopped,
            touched: progress.touched,
            untold: progress.untold,
        }
    }
}

/// The whole group's result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// What is known.
    pub verdict: Verdict,
    /// The same in a sentence.
    pub statement: String,
    /// All pairs' counts together.
    pub counts: Counts,
    /// At 95 % confidence, the share of the source's keys that may differ; none after a full comparison, which proves it
    /// for every key it read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<f64>,
    /// After the promotion: what was found of which keys were touched since the approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub touched: Option<Touched>,
    /// The first differences.
    pub first: Vec<Difference>,
    /// Names this result: what an approval approves.
    pub digest: String,
    /// The slowest pair's time, in seconds.
    pub seconds: u64,
    /// The longest that a source took to answer a PING meanwhile.
    pub worst_source_latency_ms: u64,
}

impl Verification {
    /// Sums up the pairs.
    #[must_use]
    pub fn of(pairs: &[PairResult]) -> Verification {
        let mut tally = Tally::default();
        for pair in pairs {
            tally.add(pair);
        }
        Verification::from(&tally)
    }

    /// What a plan that compares nothing comes to.
    #[must_use]
    pub fn off() -> Verification {
        let nothing = Tally {
            pairs: 1,
            off: 1,
            ..Tally::default()
        };
        Verification::from(&nothing)
    }
}

impl From<&Tally> for Verification {
    fn from(tally: &Tally) -> Verification {
        let counts = &tally.counts;
        let off = tally.pairs > 0 && tally.off == tally.pairs;
        let differences = counts.all_differences();
        let verdict = if off {
            Verdict::Off
        } else if differences > 0 {
            Verdict::Differs
        } else if tally.pairs == 0 || tally.unfinished > 0 || counts.unsettled > 0 || counts.not_compared > 0
        {
            Verdict::Unsure
        } else {
            Verdict::Same
        };
        let bound = (tally.sampled && !off).then(|| upper_bound(differences, counts.source_keys));
        Verification {
            verdict,
            statement: statement(verdict, tally, bound),
            bound,
            first: tally.first.clone(),
            digest: short_digest(&format!(
                "{verdict:?} {bound:?} {} {} {} {}",
                tally.pairs, counts.unsettled, counts.not_compared, tally.digest
            )),
            seconds: tally.seconds.0,
            worst_source_latency_ms: tally.worst_source_latency_ms,
            counts: counts.clone(),
            touched: tally.touched.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::DifferenceKind;

    fn pair(mode: Mode, counts: Counts) -> PairResult {
        PairResult {
            shard: ShardId("0001".to_owned()),
            mode,
            counts,
            first: vec![],
            digest: String::new(),
            seconds: 3,
            worst_source_latency_ms: 1,
            stopped: None,
            touched: None,
            untold: None,
        }
    }

    #[test]
    fn a_sample_says_what_it_proves() {
        let looked = Counts {
            source_keys: 30_000,
            target_keys: 30_000,
            ..Counts::default()
        };
        let result = Verification::of(&[pair(Mode::Sample(30_000), looked)]);
        assert_eq!(
            result.statement,
            "0 of 30,000 differ: below 0.01 % at 95 % confidence"
        );
        assert_eq!(result.verdict, Verdict::Same);
    }

    #[test]
    fn what_could_not_be_judged_is_never_the_same() {
        let unsure = Counts {
            source_keys: 10,
            unsettled: 1,
            ..Counts::default()
        };
        let result = Verification::of(&[pair(Mode::Full, unsure)]);
        assert_eq!(result.verdict, Verdict::Unsure);
        insta::assert_snapshot!(result.statement, @"0 of 10 differ; 1 changed at every look and could not be judged");
        assert_eq!(Verification::of(&[]).verdict, Verdict::Unsure);
        assert_eq!(
            Verification::of(&[pair(Mode::Off, Counts::default())]).verdict,
            Verdict::Off
        );
    }

    #[test]
    fn one_pair_that_differs_decides_and_changes_the_digest() {
        let same = pair(Mode::Full, Counts::default());
        let mut differs = same.clone();
        differs.counts.differences.insert(DifferenceKind::Ttl, 2);
        differs.digest = "ab".to_owned();
        let good = Verification::of(&[same.clone(), same.clone()]);
        let bad = Verification::of(&[same, differs]);
        assert_eq!((good.verdict, bad.verdict), (Verdict::Same, Verdict::Differs));
        assert_ne!(good.digest, bad.digest);
    }

    #[test]
    fn five_hundred_pairs_fit_into_one_state() {
        let mut full = pair(
            Mode::Full,
            Counts {
                source_keys: u64::MAX / 1_000,
                bytes: u64::MAX / 1_000,
                ..Counts::default()
            },
        );
        full.counts.differences.insert(DifferenceKind::Value, 1_000);
        full.first.push(Difference {
            db: 15,
            key: crate::verify::KeyName::of(&[0xff; 4_000]),
            kind: DifferenceKind::Value,
            age: crate::Seconds(100),
            rechecks: 3,
        });
        full.stopped = Some(Stopped::TooManyDifferences);
        let size = serde_json::to_string(&vec![full; 500]).expect("written").len();
        assert!(size < 256 * 1024, "{size} bytes");
    }
}
