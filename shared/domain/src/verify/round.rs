//! A verification goes in rounds. In each, some shard pairs are compared for a slice of time, all at once; between two
//! rounds the migration looks at itself and listens for a moment, so that an order to give up, an event or a lost link is
//! never more than a slice away. What is carried from one round to the next is small at any number of shards: few pairs
//! are under way at a time, those that wait are addresses, and those that are through are added up.
//!
//! A pair that cannot be read in a round keeps the progress it had. That is no failure yet: the look between the rounds
//! sees why, and only [`Round::PATIENCE`] rounds of it in a row are one.

use super::{Direction, Mode, PairProgress, PairResult, ShardPair, Stopped, Tally, Verification, VerifyRule};
use crate::Seconds;
use crate::plan::Plan;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A verification under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Round {
    /// What is compared: it ends to hold where the copy is another one.
    pub basis: String,
    /// When the first round began.
    pub began_at: Timestamp,
    /// How many rounds are over.
    pub rounds: u32,
    /// Whether this is the comparison after the promotion, in which each pair has one round.
    pub last: bool,
    /// How thoroughly.
    pub rule: VerifyRule,
    /// For how long each pair is compared in this round.
    pub slice: Seconds,
    /// The pairs of this round: one item of the Map each.
    pub compare: Vec<Item>,
    /// The pairs that come after them.
    pub waiting: Vec<ShardPair>,
    /// The pairs that are through.
    pub tally: Tally,
    /// Rounds in a row in which a pair could not be read.
    pub unread: u32,
    /// Why not, at the last of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_unread: Option<String>,
}

/// A pair of a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Which.
    pub pair: ShardPair,
    /// Where it is; none where it was not begun.
    #[serde(default)]
    pub progress: Option<Box<PairProgress>>,
}

/// What a round came to for one pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Which.
    pub pair: ShardPair,
    /// Where it is; none once it is through.
    #[serde(default)]
    pub progress: Option<Box<PairProgress>>,
    /// What came of it, once it is through.
    #[serde(default)]
    pub result: Option<PairResult>,
    /// Why it could not be read in this round, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
}

/// What is known of a verification between two rounds: small, and what looks and people are told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// What was compared.
    pub basis: String,
    /// Whether it came to its end.
    pub done: bool,
    /// All pairs.
    pub pairs: usize,
    /// Those that are through.
    pub through: usize,
    /// Keys of the source compared so far.
    pub source_keys: u64,
    /// Differences found so far.
    pub differences: u64,
    /// Since when it goes on.
    pub began_at: Timestamp,
    /// Rounds in a row in which a pair could not be read.
    pub unread: u32,
    /// Why not, at the last of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_unread: Option<String>,
    /// What it came to, once it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Verification>,
}

impl Round {
    /// Pairs that are compared at a time: their progress, twice, and the addresses of 480 others fit into a state.
    pub const AT_ONCE: usize = 20;
    /// Rounds in a row in which a pair may be out of reach.
    pub const PATIENCE: u32 = 3;
    /// The shortest slice, in seconds: connecting and the moment between two rounds must not be most of it.
    const SHORTEST: u64 = 20;
    /// The longest, in seconds: an invocation lasts 15 minutes, and keeps a third for a big key that was begun.
    /// Source: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
    const LONGEST: u64 = 600;
    /// A slice is this part of the time that the verification has taken so far: an order waits a thirtieth of that at
    /// most, and 500 rounds last for days.
    const SHARE: u64 = 30;
    /// Characters of the reason why a pair could not be read.
    const LONGEST_REASON: usize = 200;

    /// The first round of a verification.
    #[must_use]
    pub fn first(plan: &Plan, basis: String, pairs: Vec<ShardPair>, now: Timestamp) -> Round {
        Round::begin(plan, basis, false, plan.verify.rule.clone(), pairs, now)
    }

    /// The round of the comparison after the promotion: of what was touched since the cutover was approved, or of all keys
    /// where nobody knows when that was.
    #[must_use]
    pub fn last(
        plan: &Plan,
        basis: String,
        approved_at: Option<Timestamp>,
        pairs: Vec<ShardPair>,
        now: Timestamp,
    ) -> Round {
        let rule = VerifyRule {
            mode: plan.verify.last,
            direction: Direction::SourceOnly,
            touched_since: approved_at,
            ..plan.verify.rule.clone()
        };
        Round::begin(plan, basis, true, rule, pairs, now)
    }

    fn begin(
        plan: &Plan,
        basis: String,
        last: bool,
        rule: VerifyRule,
        pairs: Vec<ShardPair>,
        now: Timestamp,
    ) -> Round {
        let mut round = Round {
            basis,
            began_at: now,
            rounds: 0,
            last,
            rule,
            slice: Seconds(0),
            compare: vec![],
            waiting: pairs,
            tally: Tally::default(),
            unread: 0,
            why_unread: None,
        };
        round.draw_up(plan, now);
        round
    }

    /// The round after one that came to these answers. A pair that gave none was not read.
    #[must_use]
    pub fn next(mut self, plan: &Plan, answers: Vec<Answer>, now: Timestamp) -> Round {
        let mut compare = std::mem::take(&mut self.compare);
        self.rounds += 1;
        self.why_unread = None;
        // By shard, so that the same results have the same digest in whatever order they came.
        compare.sort_by(|one, other| one.pair.shard.0.cmp(&other.pair.shard.0));
        for mut item in compare {
            match answers.iter().find(|answer| answer.pair.shard == item.pair.shard) {
                Some(Answer {
                    result: Some(result), ..
                }) => {
                    self.tally.add(result);
                    continue;
                }
                Some(Answer {
                    progress,
                    unread: None,
                    ..
                }) => item.progress.clone_from(progress),
                Some(Answer {
                    unread: Some(why), ..
                }) => self.why_unread = Some(shortened(why)),
                None => self.why_unread = Some(format!("shard {} gave no answer", item.pair.shard)),
            }
            self.compare.push(item);
        }
        self.unread = if self.why_unread.is_some() {
            self.unread + 1
        } else {
            0
        };
        if self.last {
            self.end_here(now);
        }
        self.draw_up(plan, now);
        self
    }

    /// Whether every pair is through.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.compare.is_empty() && self.waiting.is_empty()
    }

    /// What is known so far.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let under_way = |count: fn(&PairProgress) -> u64| -> u64 {
            self.compare
                .iter()
                .filter_map(|item| item.progress.as_deref())
                .map(count)
                .sum()
        };
        let counts = &self.tally.counts;
        Standing {
            basis: self.basis.clone(),
            done: self.is_done(),
            pairs: self.tally.pairs + self.compare.len() + self.waiting.len(),
            through: self.tally.pairs,
            source_keys: counts.source_keys + under_way(|progress| progress.counts.source_keys),
            differences: counts.all_differences() + under_way(|progress| progress.counts.all_differences()),
            began_at: self.began_at,
            unread: self.unread,
            why_unread: self.why_unread.clone(),
            result: self.is_done().then(|| Verification::from(&self.tally)),
        }
    }

    /// Fills the round up, and says how long it is.
    fn draw_up(&mut self, plan: &Plan, now: Timestamp) {
        let room = Self::AT_ONCE
            .saturating_sub(self.compare.len())
            .min(self.waiting.len());
        let more = self
            .waiting
            .drain(..room)
            .map(|pair| Item { pair, progress: None });
        self.compare.extend(more);
        let Seconds(taken) = Seconds::between(self.began_at, now);
        let Seconds(most) = plan.polling.max_seconds;
        self.slice = if self.last {
            plan.verify.last_seconds
        } else {
            Seconds(
                (taken / Self::SHARE)
                    .clamp(Self::SHORTEST, Self::LONGEST)
                    .min(most),
            )
        };
    }

    /// What was compared in this round and is not through was not compared to its end, and is said to be so.
    fn end_here(&mut self, now: Timestamp) {
        if self.why_unread.is_some() {
            self.tally.why_unfinished.clone_from(&self.why_unread);
        }
        for item in self.compare.drain(..) {
            let mut progress = item.progress.map_or_else(
                || PairProgress::new(&item.pair, &self.rule, now),
                |progress| *progress,
            );
            progress.counts.unsettled += progress.pending.len() as u64;
            progress.stopped = Some(Stopped::OutOfTime);
            self.tally.add(&progress.into());
        }
    }
}

impl Standing {
    /// In a sentence for people who wait.
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = format!("comparing: {} keys so far", self.source_keys);
        if self.pairs > 1 {
            words.push_str(&format!(", {} of {} shards through", self.through, self.pairs));
        }
        if self.differences > 0 {
            words.push_str(&format!(", {} differ", self.differences));
        }
        if let Some(why) = &self.why_unread {
            words.push_str(&format!("; not read in the last round: {why}"));
        }
        words
    }

    /// Whether a verification in this mode of this copy is what this one is about.
    #[must_use]
    pub fn holds_for(&self, basis: Option<&str>) -> bool {
        basis == Some(self.basis.as_str())
    }
}

impl Mode {
    /// Whether nothing is compared.
    #[must_use]
    pub fn is_off(self) -> bool {
        self == Mode::Off
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(Round::LONGEST_REASON).collect()
}

#[cfg(test)]
#[path = "round_tests.rs"]
mod tests;
