//! States `PairShards`, `Compare` and `SumUp`: pair the shards, compare them in rounds (a Map), and add up what each round
//! came to.

use super::Migration;
use crate::plan::Plan;
use crate::progress::ShardObservation;
use crate::verify::{Answer, PairProgress, Round, ShardPair, Standing, VerifyRule};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the function is asked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "step")]
pub enum Input {
    /// Which source shard belongs to which target shard. Answers with [`Rounds`].
    Pair {
        /// What the user asked for.
        plan: Box<Plan>,
        /// Names the copy that is compared, as the look that led here saw it.
        #[serde(default)]
        basis: Option<String>,
        /// Whether this is the comparison after the promotion.
        #[serde(default)]
        last: bool,
        /// When the cutover was approved; none before that.
        #[serde(default)]
        approved_at: Option<Timestamp>,
        /// What the look that led here saw of each shard.
        #[serde(default)]
        shards: Vec<ShardObservation>,
    },
    /// Compare one pair for a slice of time. Answers with an [`Answer`].
    Compare {
        /// Who asks; a sample's random start follows from it.
        migration: Box<Migration>,
        /// The pair.
        pair: Box<ShardPair>,
        /// How thoroughly.
        #[serde(default)]
        rule: VerifyRule,
        /// What the last invocation answered; none in the first.
        #[serde(default)]
        progress: Option<Box<PairProgress>>,
        /// How long, in seconds; without it as long as the invocation allows.
        #[serde(default)]
        seconds: Option<u64>,
    },
    /// What a round came to. Answers with [`Rounds`].
    Sum {
        /// What the user asked for.
        plan: Box<Plan>,
        /// The round.
        round: Box<Round>,
        /// What its pairs came to.
        answers: Vec<Answer>,
    },
}

/// The answer to `Pair` and to `Sum`: the round that comes, and what is known before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rounds {
    /// The round that comes; with nothing in it once all is through.
    pub round: Round,
    /// What is known so far.
    pub standing: Standing,
}

impl From<Round> for Rounds {
    fn from(round: Round) -> Rounds {
        Rounds {
            standing: round.standing(),
            round,
        }
    }
}

impl Answer {
    /// What a pair came to in one invocation.
    #[must_use]
    pub fn of(pair: ShardPair, progress: PairProgress) -> Answer {
        let (progress, result) = if progress.is_done() {
            (None, Some(progress.into()))
        } else {
            (Some(Box::new(progress)), None)
        };
        Answer {
            pair,
            progress,
            result,
            unread: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::Mode;
    use crate::{Endpoint, ShardId};
    use serde_json::json;

    fn pair() -> ShardPair {
        ShardPair {
            shard: ShardId("0001".to_owned()),
            source: Endpoint::new("10.0.0.241", 6379).expect("an address"),
            target: Endpoint::new("orders.abc.0001.use1.cache.amazonaws.com", 6379).expect("an address"),
            show: 20,
            carry: 16_384,
            ages_kept: false,
        }
    }

    #[test]
    fn what_the_state_machine_carries_stays_as_it_is() {
        let begun = PairProgress::new(&pair(), &VerifyRule::default(), Timestamp::UNIX_EPOCH);
        insta::assert_json_snapshot!("answer_under_way", Answer::of(pair(), begun.clone()));
        let mut done = begun;
        done.position.phase = crate::verify::Phase::Done;
        done.counts.source_keys = 30_000;
        let answer = Answer::of(pair(), done);
        insta::assert_json_snapshot!("answer_of_a_pair_that_is_through", answer);
        let plan = Plan::from_input(&json!({
            "replicationGroupId": "orders", "source": {"address": "10.0.0.241"}
        }))
        .expect("valid");
        let round = Round::first(&plan, "basis".to_owned(), vec![pair()], Timestamp::UNIX_EPOCH);
        insta::assert_json_snapshot!("rounds_before_the_first", Rounds::from(round.clone()));
        let rounds = Rounds::from(round.next(&plan, vec![answer], Timestamp::UNIX_EPOCH));
        insta::assert_json_snapshot!("rounds_after_the_last", rounds);
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
