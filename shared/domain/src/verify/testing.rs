//! Verifications for tests of what follows from them. Tests only.

use super::{
    Counts, Difference, DifferenceKind, KeyName, Mode, PairResult, Standing, Tally, Verdict, Verification,
};
use crate::{Seconds, ShardId};
use jiff::Timestamp;

/// A verification of a copy that came to this.
pub(crate) fn compared(basis: &str, verdict: Verdict) -> Standing {
    let mut counts = Counts {
        source_keys: 1_000,
        target_keys: 1_000,
        ..Counts::default()
    };
    let mut first = vec![];
    match verdict {
        Verdict::Same | Verdict::Off => {}
        Verdict::Unsure => counts.unsettled = 1,
        Verdict::Differs => {
            counts.differences.insert(DifferenceKind::Value, 1);
            first.push(Difference {
                db: 0,
                key: KeyName::of(b"planted"),
                kind: DifferenceKind::Value,
                age: Seconds(3),
                rechecks: 3,
            });
        }
    }
    let mut tally = Tally::default();
    tally.add(&PairResult {
        shard: ShardId("0001".to_owned()),
        mode: if verdict == Verdict::Off {
            Mode::Off
        } else {
            Mode::Full
        },
        counts,
        first,
        digest: String::new(),
        seconds: 3,
        worst_source_latency_ms: 1,
        stopped: None,
        touched: None,
        untold: None,
    });
    let result = Verification::from(&tally);
    assert_eq!(result.verdict, verdict);
    Standing {
        basis: basis.to_owned(),
        done: true,
        pairs: 1,
        through: 1,
        source_keys: 1_000,
        differences: result.counts.all_differences(),
        began_at: Timestamp::UNIX_EPOCH,
        unread: 0,
        why_unread: None,
        result: Some(result),
    }
}
