//! What a promoted engine remembers of the one it followed. It keeps that history's id (`master_replid2`) and the offset
//! at which it left (`second_repl_offset`, one more than the last byte it applied): beside the source's own offset that
//! tells how many bytes never arrived. Engine behaviour from 4.0 on; that ElastiCache promotes in place, so that both
//! fields survive, is not documented, and where they are missing the proof says "not provable", not "lost".

use crate::engine::Replication;
use crate::{Observed, ShardId};
use serde::{Deserialize, Serialize};

/// The proof of one shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "result")]
pub enum Proof {
    /// The target applied everything up to the source's present offset.
    NothingLost,
    /// The source's stream went on past the point where the target left it. Without a fence that is no loss by itself:
    /// the engines' own pings (14 bytes each) are in that stream too.
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

/// A shard and its proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShardProof {
    /// Which shard.
    pub shard: ShardId,
    /// What can be said.
    pub proof: Proof,
}

impl Proof {
    /// Compares the promoted target with its former source.
    #[must_use]
    pub fn of(source: &Observed<Replication>, target: &Observed<Replication>) -> Proof {
        let not_provable = |why: &str| Proof::NotProvable { why: why.to_owned() };
        let (source, target) = match (source, target) {
            (Observed::Known(source), Observed::Known(target)) => (source, target),
            (Observed::Unknown(why), _) => {
                return not_provable(&format!("the source could not be read: {why}"));
            }
            (_, Observed::Unknown(why)) => {
                return not_provable(&format!("the target could not be read: {why}"));
            }
        };
        let Some(source_id) = &source.id else {
            return not_provable("the source has no replication id (before 4.0)");
        };
        let (Some(previous), Some(promoted_at)) = (&target.previous_id, target.promoted_at) else {
            return not_provable(
                "the target does not remember whom it followed: it was not promoted in place",
            );
        };
        if previous != source_id {
            return not_provable("the target remembers another history than the source's");
        }
        let Some(offset) = source.offset else {
            return not_provable("the source gives no offset");
        };
        match (offset.0 + 1).saturating_sub(promoted_at.0) {
            0 => Proof::NothingLost,
            bytes => Proof::SourceWentOn { bytes },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Info;

    fn replication(text: &str) -> Observed<Replication> {
        Observed::Known(Replication::from_info(&Info::parse(text)).expect("a role"))
    }

    #[test]
    fn the_offsets_of_a_real_promotion_tell_what_was_lost() {
        let source = replication("role:master\r\nmaster_replid:aa\r\nmaster_repl_offset:4627\r\n");
        let target = |at: u64| {
            replication(&format!(
                "role:master\r\nmaster_replid2:aa\r\nsecond_repl_offset:{at}\r\nmaster_repl_offset:9\r\n"
            ))
        };
        assert_eq!(Proof::of(&source, &target(4628)), Proof::NothingLost);
        assert_eq!(
            Proof::of(&source, &target(4600)),
            Proof::SourceWentOn { bytes: 28 }
        );
    }

    #[test]
    fn a_missing_figure_is_not_a_proof_of_anything() {
        let source = replication("role:master\r\nmaster_replid:aa\r\nmaster_repl_offset:4627\r\n");
        for target in [
            replication("role:master\r\nmaster_replid2:00\r\nsecond_repl_offset:-1\r\n"),
            replication("role:master\r\nmaster_replid2:bb\r\nsecond_repl_offset:4628\r\n"),
            Observed::Unknown("no connection".to_owned()),
        ] {
            assert!(matches!(Proof::of(&source, &target), Proof::NotProvable { .. }));
        }
    }
}
