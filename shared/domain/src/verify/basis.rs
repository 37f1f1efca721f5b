//! Which copy was verified. Source and target are one stream from the full sync on: what was equal stays equal whatever
//! is written, as long as the target follows. Another source, another process as the target, or another full sync is
//! another copy, and nothing that was verified before says anything about it. A lag or a link that resumed is the same one.

use super::progress::short_digest;
use crate::progress::ShardObservation;

/// Names the copies that the shard pairs are. The source's count of full syncs rises for its other replicas too: then the
/// verification is made once more than it had to be.
#[must_use]
pub(crate) fn basis_of(shards: &[ShardObservation]) -> String {
    let mut named = String::new();
    for shard in shards {
        named.push_str(&format!(
            "{}\n{:?}\n{:?}\n{:?}\n",
            shard.shard, shard.source_id, shard.watch.target_run, shard.watch.full_syncs
        ));
    }
    short_digest(&named)
}
