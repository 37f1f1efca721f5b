//! State `Verify`: pair the shards, compare each pair (a Map, each item looping until it is done), and sum up.

use super::Migration;
use crate::plan::Plan;
use crate::verify::{PairProgress, PairResult, ShardPair, VerifyRule};
use serde::{Deserialize, Serialize};

/// What the function is asked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", tag = "step")]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one at a time, and it is never moved about"
)]
pub enum Input {
    /// Which source shard belongs to which target shard. Answers with [`Pairs`].
    Pair {
        /// What the user asked for.
        plan: Box<Plan>,
    },
    /// Compare one pair for as long as this invocation lasts. Answers with [`Compared`].
    Compare {
        /// Who asks; a sample's random start follows from it.
        migration: Migration,
        /// The pair.
        pair: ShardPair,
        /// How thoroughly.
        #[serde(default)]
        rule: VerifyRule,
        /// What the last invocation answered; none in the first.
        #[serde(default)]
        progress: Option<Box<PairProgress>>,
    },
    /// What all pairs came to. Answers with a [`crate::verify::Verification`].
    Sum {
        /// What the pairs' last invocations answered as `result`.
        results: Vec<PairResult>,
    },
}

/// `Pair`'s answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pairs {
    /// One item of the Map each.
    pub pairs: Vec<ShardPair>,
}

/// `Compare`'s answer: either `progress`, to be handed back, or the `result`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// Whether the pair is compared to its end.
    pub done: bool,
    /// Where to go on; null once done.
    pub progress: Option<Box<PairProgress>>,
    /// What came of it; null until done.
    pub result: Option<PairResult>,
}

impl From<PairProgress> for Compared {
    fn from(progress: PairProgress) -> Compared {
        if progress.is_done() {
            Compared {
                done: true,
                progress: None,
                result: Some(progress.into()),
            }
        } else {
            Compared {
                done: false,
                progress: Some(Box::new(progress)),
                result: None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::{Mode, Verification};
    use crate::{Endpoint, ShardId};
    use jiff::Timestamp;
    use serde_json::json;

    fn pair() -> ShardPair {
        ShardPair {
            shard: ShardId("0001".to_owned()),
            source: Endpoint::new("10.0.0.241", 6379).expect("an address"),
            target: Endpoint::new("orders.abc.0001.use1.cache.amazonaws.com", 6379).expect("an address"),
            show: 20,
        }
    }

    #[test]
    fn what_the_state_machine_carries_stays_as_it_is() {
        let begun = PairProgress::new(&pair(), &VerifyRule::default(), Timestamp::UNIX_EPOCH);
        insta::assert_json_snapshot!(Compared::from(begun.clone()));
        let mut done = begun;
        done.position.phase = crate::verify::Phase::Done;
        done.counts.source_keys = 30_000;
        let done = Compared::from(done);
        insta::assert_json_snapshot!(done);
        let sum = Verification::of(&[done.result.expect("it is done")]);
        insta::assert_json_snapshot!(sum);
    }

    #[test]
    fn a_rule_may_be_partial_and_its_absence_is_the_default() {
        let asked = |rule: serde_json::Value| {
            let mut input = json!({
                "step": "compare",
                "migration": {"id": "m", "executionArn": "a", "startedAt": "2026-11-24T00:00:00Z"},
                "pair": pair(),
                "progress": null,
            });
            if !rule.is_null() {
                input["rule"] = rule;
            }
            match serde_json::from_value(input).expect("readable") {
                Input::Compare { rule, .. } => rule,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(asked(json!(null)), VerifyRule::default());
        let sampled = asked(json!({"mode": {"sample": 30_000}, "maxKeysPerSecond": 5_000}));
        assert_eq!(
            (sampled.mode, sampled.max_keys_per_second),
            (Mode::Sample(30_000), Some(5_000))
        );
        assert_eq!(asked(json!({"mode": "off"})).mode, Mode::Off);
    }
}
