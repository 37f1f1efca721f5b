//! What a person approves: not "go", but "go, on these findings, while that very sync holds".

use crate::preflight::Outcome;
use crate::progress::{Observation, Seen};
use crate::verify::Verdict;
use crate::{LagBytes, Seconds};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// A verdict that can be approved, with the digest that an approval has to name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CutoverVerdict {
    /// Names what was judged: the migration, its findings, what the comparison of the keys came to, the histories that source
    /// and target share, and which time in sync it is. Figures that move at every look, such as the lag, are shown and not part of it.
    pub digest: String,
    /// When it was drawn up.
    pub at: Timestamp,
    /// Until when it can be approved; then a new one is drawn up.
    #[serde(default = "never")]
    pub expires_at: Timestamp,
    /// The largest lag at that look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag: Option<LagBytes>,
    /// The same in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag_seconds: Option<f64>,
    /// How long the pair has been in sync, as far as it was watched in this stage.
    pub held_for: Seconds,
    /// The findings, counted.
    pub findings: String,
    /// What the comparison of the keys came to. None in what an older version wrote: then nothing is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification: Option<Verified>,
}

/// What the comparison came to, as far as an approval rests on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verified {
    /// What is known.
    pub verdict: Verdict,
    /// The same in a sentence.
    pub statement: String,
    /// Names the result.
    pub digest: String,
}

/// What an older version wrote has no end of its own.
fn never() -> Timestamp {
    Timestamp::MAX
}

impl CutoverVerdict {
    /// Why a person has to approve this verdict even where the plan would; none where the plan may.
    #[must_use]
    pub fn needs_a_person(&self) -> Option<String> {
        match &self.verification {
            Some(verified) if verified.verdict == Verdict::Same => None,
            Some(verified) => Some(verified.statement.clone()),
            None => Some("it is not known whether the target holds what the source holds".to_owned()),
        }
    }

    /// Draws up the verdict of a look at which every shard pair is in sync.
    pub(crate) fn of(observation: &Observation, seen: &Seen<'_>) -> CutoverVerdict {
        let mut judged = Sha256::new();
        let mut add = |part: &str| {
            judged.update((part.len() as u64).to_be_bytes());
            judged.update(part.as_bytes());
        };
        add(seen.migration_id);
        for finding in &seen.preflight.findings {
            add(&finding.id);
            add(match finding.outcome {
                Outcome::Pass => "PASS",
                Outcome::Warn => "WARN",
                Outcome::Fail => "FAIL",
                Outcome::Unknown => "UNKNOWN",
            });
        }
        for shard in &observation.shards {
            add(&shard.shard.0);
            add(shard.source_id.as_deref().unwrap_or_default());
        }
        let verification = crate::progress::verified(observation, seen).map(|result| Verified {
            verdict: result.verdict,
            statement: result.statement,
            digest: result.digest,
        });
        add(verification.as_ref().map_or("", |verified| &verified.digest));
        add(&observation.sync_epoch.to_string());
        let digest = judged
            .finalize()
            .iter()
            .take(8)
            .fold(String::new(), |mut hex, byte| {
                // Writing to a String cannot fail.
                let _ = write!(hex, "{byte:02x}");
                hex
            });
        CutoverVerdict {
            digest,
            at: observation.at,
            expires_at: super::end(
                observation.epoch_since.unwrap_or(observation.at),
                seen.plan.cutover.approve_within,
            ),
            lag: observation.lag,
            lag_seconds: observation.lag_seconds,
            held_for: Seconds::between(seen.stage.since, observation.at),
            findings: seen.preflight.summary(),
            verification,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_older_version_wrote_has_no_end_and_was_compared_by_nobody() {
        let old: CutoverVerdict = serde_json::from_value(serde_json::json!({
            "digest": "d", "at": "2026-11-24T00:00:00Z", "heldFor": 5, "findings": "all PASS"
        }))
        .expect("read");
        assert_eq!(old.expires_at, Timestamp::MAX);
        assert!(old.needs_a_person().is_some());
    }
}
