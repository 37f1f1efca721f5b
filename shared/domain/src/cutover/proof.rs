//! What a promoted engine remembers of the one it followed. It keeps that history's id (`master_replid2`) and the offset
//! at which it left (`second_repl_offset`, one more than the last byte it applied): beside the place where the source's
//! stream was when its writers were stopped that tells how many bytes never arrived. Engine behaviour from 4.0 on
//! (`shiftReplicationId` in `src/replication.c`); that ElastiCache promotes in place, so that both fields survive, is not
//! documented, and where they are missing the proof says "not provable", not "lost".

use super::{FencedPrimary, only_pings};
use crate::engine::Replication;
use crate::{Observed, ReplicationOffset, Seconds, ShardId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The proof of one shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "result")]
pub enum Proof {
    /// The target applied everything that the source acknowledged.
    NothingLost,
    /// The target left the source's stream before the place where the fence went up.
    Lost {
        /// How many bytes of the stream it lacks.
        bytes: u64,
    },
    /// The source's stream went on past the point where the target left it, by more than pings. With a fence those are
    /// expiries, or writes that passed it; without one also writes of clients that nobody stopped.
    SourceWentOn {
        /// By how many bytes, pings included.
        bytes: u64,
    },
    /// One of the figures is missing.
    NotProvable {
        /// Which, and why.
        why: String,
    },
}

/// A shard and its proof, with the figures it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShardProof {
    /// Which shard.
    pub shard: ShardId,
    /// What can be said.
    pub proof: Proof,
    /// How many bytes of the source's stream the target lacks, at most; none where that cannot be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_bytes: Option<u64>,
    /// What it rests on, in a sentence.
    #[serde(default)]
    pub basis: String,
}

/// The figures of one shard after a promotion.
#[derive(Clone, Debug)]
pub struct Promoted<'a> {
    /// When they were read.
    pub now: Timestamp,
    /// The source with its mark; none where no fence was drawn up.
    pub fenced: Option<&'a FencedPrimary>,
    /// The source as it is now.
    pub source: &'a Observed<Replication>,
    /// The target's primary as it is now.
    pub target: &'a Observed<Replication>,
}

impl ShardProof {
    /// Compares the promoted target with its former source.
    #[must_use]
    pub fn of(shard: ShardId, promoted: &Promoted<'_>) -> ShardProof {
        let (proof, basis) = match promoted.prove() {
            Ok(proven) => proven,
            Err(why) => (Proof::NotProvable { why: why.clone() }, why),
        };
        let lost_bytes = match &proof {
            Proof::NothingLost => Some(0),
            Proof::Lost { bytes } | Proof::SourceWentOn { bytes } => Some(*bytes),
            Proof::NotProvable { .. } => None,
        };
        ShardProof {
            shard,
            proof,
            lost_bytes,
            basis,
        }
    }
}

impl Promoted<'_> {
    fn prove(&self) -> Result<(Proof, String), String> {
        let target = match self.target {
            Observed::Known(target) => target,
            Observed::Unknown(why) => return Err(format!("the target could not be read: {why}")),
        };
        let (Some(previous), Some(left)) = (&target.previous_id, target.promoted_at) else {
            return Err(
                "the target does not remember whom it followed: it was not promoted in place".to_owned(),
            );
        };
        let mark = self.fenced.and_then(|fenced| fenced.mark.as_ref());
        let now = self.source.known();
        let history = mark
            .and_then(|mark| mark.history.as_ref())
            .or_else(|| now.and_then(|source| source.id.as_ref()));
        let weaker = match history {
            Some(history) if history != previous => {
                return Err("the target remembers another history than the source's".to_owned());
            }
            Some(_) => "",
            None if mark.is_none() && now.is_none() => {
                return Err(match self.source {
                    Observed::Unknown(why) => format!("the source could not be read: {why}"),
                    Observed::Known(_) => "the source gives no figures".to_owned(),
                });
            }
            None => {
                ". Weaker than elsewhere: before 4.0 the source's history has no id, so offsets alone were compared"
            }
        };
        // `second_repl_offset` is one more than the last byte that was applied.
        let lacking = |offset: ReplicationOffset| (offset.0 + 1).saturating_sub(left.0);
        let applied = left.0.saturating_sub(1);
        if let Some(mark) = mark
            && lacking(mark.offset) > 0
        {
            let bytes = lacking(mark.offset);
            let basis = format!(
                "the target applied up to {applied}, the source was at {} at the fence",
                mark.offset
            );
            return Ok((Proof::Lost { bytes }, basis + weaker));
        }
        let stopped = mark.filter(|_| self.fenced.is_some_and(FencedPrimary::stops_writers));
        let offset = match (now.and_then(|source| source.offset), stopped) {
            (Some(offset), _) => offset,
            (None, Some(mark)) => {
                let basis = format!(
                    "the target applied up to {applied}, the source was at {} at the fence; it could not be asked \
                     again after the promotion",
                    mark.offset
                );
                return Ok((Proof::NothingLost, basis + weaker));
            }
            (None, None) => {
                return Err("the source gives no offset, and its writers were not fenced".to_owned());
            }
        };
        if let (Some(mark), Some(id)) = (
            mark.and_then(|mark| mark.history.as_ref()),
            now.and_then(|s| s.id.as_ref()),
        ) && mark != id
        {
            return Err("the source is in another history than at the fence".to_owned());
        }
        let beyond = lacking(offset);
        let pings = stopped.is_some_and(|mark| only_pings(beyond, Seconds::between(mark.at, self.now)));
        let fence = mark.map_or_else(String::new, |mark| {
            format!(", it was at {} at the fence", mark.offset)
        });
        let basis = format!("the target applied up to {applied}; the source is at {offset} now{fence}");
        Ok(match beyond {
            0 => (Proof::NothingLost, basis + weaker),
            bytes if pings => (
                Proof::NothingLost,
                format!("{basis}; the {bytes} bytes after it are the source's pings{weaker}"),
            ),
            bytes => (Proof::SourceWentOn { bytes }, basis + weaker),
        })
    }
}

#[cfg(test)]
#[path = "proof_tests.rs"]
mod tests;
