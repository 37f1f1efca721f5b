//! Out of cluster mode and back: how a group with cluster mode enabled replicates from a source.
//!
//! An engine in cluster mode refuses REPLICAOF, so for the time of a migration the nodes run without it. They are
//! stopped and started anew, at the same address and port, with the data that they had; they keep their identity in the
//! cluster in the file that they do not read meanwhile.
//!
//! The way back needs no REPLICAOF NO ONE. A node that is stopped has saved its data together with the id and the
//! offset of the stream that it replicates, and an engine that starts as a primary takes these as its second ones (Redis
//! 7.0 and later: `loadDataFromDisk` in server.c). What INFO shows afterwards as `master_replid2` and
//! `second_repl_offset` is what a promotion in place shows. The moment of saving is the one at which the link is cut.
//!
//! Every step may be the last one before the task that takes it is given up: whoever comes next begins with what is.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::node::Node;
use super::{EngineError, GroupNodes};
use super::{cluster, cluster_nodes};
use crate::state::Layout;

/// How a node runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// In cluster mode.
    Cluster,
    /// Without.
    Alone,
}

const PATIENCE: Duration = Duration::from_secs(20);

impl GroupNodes {
    /// Gives the slots to the shards of a layout. Only in cluster mode. The nodes may take a while to agree: see
    /// [`GroupNodes::settle`].
    pub(crate) async fn arrange(&self, layout: &Layout) -> Result<(), EngineError> {
        // First: who comes next shall bring to an end what is begun here.
        if let Some(known) = &self.layout {
            known.with(|known| known.clone_from(layout));
        }
        cluster::arrange(&self.members(), layout).await
    }

    /// Waits until the cluster is whole and its nodes agree about the slots.
    pub(crate) async fn settle(&self) -> Result<(), EngineError> {
        match self.layout() {
            Some(layout) => cluster::settled(&self.members(), &layout).await,
            None => Ok(()),
        }
    }

    /// Takes the nodes out of cluster mode; replicas follow the primary of their shard.
    pub(crate) async fn leave(&self) -> Result<(), EngineError> {
        self.switch(Mode::Alone).await?;
        self.replicas_in_sync(PATIENCE).await
    }

    /// Brings the nodes back into their cluster, as primaries and replicas with the data that they have.
    pub(super) async fn join(&self, layout: &Layout) -> Result<(), EngineError> {
        self.switch(Mode::Cluster).await?;
        let members = self.members();
        cluster::arrange(&members, layout).await?;
        cluster::settled(&members, layout).await?;
        self.replicas_in_sync(PATIENCE).await
    }

    async fn switch(&self, mode: Mode) -> Result<(), EngineError> {
        // Primaries first, each cut off from its source when it is saved; then the replicas, which have all of it.
        let (primaries, replicas): (Vec<_>, Vec<_>) = self.nodes.iter().partition(|node| node.primary);
        for node in primaries.into_iter().chain(replicas) {
            node.stop_for(mode).await?;
        }
        for node in &self.nodes {
            node.start_in(mode).await?;
        }
        Ok(())
    }

    fn members(&self) -> Vec<cluster::Member> {
        let running = self.nodes.iter().filter(|node| node.process.is_running());
        running.map(Node::member).collect()
    }
}

impl Node {
    /// Saves and stops the node, unless it runs as wanted or is stopped already.
    async fn stop_for(&self, mode: Mode) -> Result<(), EngineError> {
        let state = self.state.get();
        if self.process.has_crashed() {
            // What it was about to load may have killed it: it comes back empty, as if it were replaced.
            self.forget();
        } else if state.between || state.mode == mode || !self.process.is_running() {
            return Ok(());
        } else {
            self.save_if_loaded().await?;
        }
        self.state.with(|state| state.between = true);
        self.process.kill();
        Ok(())
    }

    /// An engine that is loading the source's data has none that is whole.
    async fn save_if_loaded(&self) -> Result<(), EngineError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.save().await {
                Err(EngineError::Command { source, .. }) if source.code() == Some("LOADING") => {
                    self.forget();
                    return Ok(());
                }
                // A child writes for a replica: it will have ended soon.
                Err(EngineError::Command { source, .. })
                    if source.to_string().contains("already in progress") && Instant::now() < deadline =>
                {
                    sleep(Duration::from_millis(20)).await;
                }
                saved => return saved,
            }
        }
    }

    /// Starts a stopped node. One that a test has killed stays dead, and will be in this mode when the test starts it.
    async fn start_in(&self, mode: Mode) -> Result<(), EngineError> {
        self.configure(mode)?;
        if self.state.get().between {
            let file = self.process.dir().join("nodes.conf");
            if let Ok(known) = std::fs::read_to_string(&file) {
                let _ = std::fs::write(&file, cluster_nodes::mend(&known));
            }
            self.process.restart().await?;
            self.forget();
            self.state.with(|state| state.between = false);
        }
        Ok(())
    }
}
