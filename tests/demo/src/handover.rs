//! What the migration hands over at its end: where the applications connect now.

use crate::address::Address;
use anyhow::{Context, bail};
use local_cloud::ExecutionView;
use serde::Deserialize;

/// The execution's output, as far as an application needs it.
#[derive(Clone, Debug, Deserialize)]
struct Output {
    status: String,
    endpoints: Endpoints,
}

#[derive(Clone, Debug, Deserialize)]
struct Endpoints {
    shards: Vec<Shard>,
}

/// The addresses of the one shard.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Shard {
    /// For writes.
    pub(crate) primary: Address,
    /// For reads.
    #[serde(default)]
    pub(crate) reader: Option<Address>,
}

/// Reads the output of an execution that has succeeded.
pub(crate) fn read(execution: &ExecutionView) -> anyhow::Result<Shard> {
    let output = execution.output.clone().context("the execution has no output")?;
    let output: Output =
        serde_json::from_value(output).context("the execution's output is not understood")?;
    match (output.status.as_str(), output.endpoints.shards.as_slice()) {
        ("done", [shard]) => Ok(shard.clone()),
        (status, shards) => bail!("the execution ended as {status:?} with {} shards", shards.len()),
    }
}
