//! What the target holds of what was written: the writes that were acknowledged, the keys that were there before, and
//! how many there are. Nothing here trusts the migration's own proof.

mod dataset;
mod expectation;
mod keys;
mod tally;
mod writes;

#[cfg(test)]
mod tests;

pub(crate) use dataset::check_dataset;
pub(crate) use keys::{KeyCount, count_keys, wait_for_replica};
pub(crate) use tally::Tally;
pub(crate) use writes::check_writes;

use redis::aio::MultiplexedConnection;
use redis::{Pipeline, RedisResult, Value};

/// The replies to a pipeline, each for itself.
async fn replies(
    pipe: &mut Pipeline,
    connection: &mut MultiplexedConnection,
) -> anyhow::Result<impl Iterator<Item = RedisResult<Value>> + use<>> {
    let replies: Vec<RedisResult<Value>> = if pipe.is_empty() {
        vec![]
    } else {
        pipe.ignore_errors().query_async(connection).await?
    };
    Ok(replies.into_iter())
}
