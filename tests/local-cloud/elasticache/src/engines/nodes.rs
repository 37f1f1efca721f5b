//! The nodes of a replication group: started together, told together what to replicate, gone together.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::cluster;
use super::node::{Node, Place, Secret};
use super::{EngineError, Role};
use crate::Settings;
use crate::guarded::Guarded;
use crate::state::{GroupSpec, Layout};
use crate::wire::Endpoint;

/// All nodes of a group, shard by shard, each shard's primary first.
#[derive(Debug)]
pub(crate) struct GroupNodes {
    pub(super) nodes: Vec<Node>,
    /// Which shard shall have which slots; `None` with cluster mode off.
    pub(super) layout: Option<Guarded<Layout>>,
    /// What each shard replicates from, or did last.
    sources: Guarded<Vec<Endpoint>>,
}

impl GroupNodes {
    /// Starts every node and waits until the replicas are in sync (and the cluster is formed).
    pub(crate) async fn start(spec: &GroupSpec, settings: &Settings) -> Result<Self, EngineError> {
        let secret = Secret::new();
        let mut nodes: Vec<Node> = Vec::new();
        for shard in 0..spec.shards {
            let first = nodes.len();
            for member in 0..=spec.replicas_per_shard {
                let place = Place::of(spec, settings, nodes.len());
                let name = (cluster_id(spec, shard, member), shard);
                let primary = (member > 0).then(|| &nodes[first]);
                let node = Node::start(spec, place, secret.clone(), name, primary).await?;
                nodes.push(node);
            }
        }
        let layout = spec.cluster_enabled.then(|| Layout::even(spec.shards));
        if let Some(layout) = &layout {
            let members: Vec<_> = nodes.iter().map(Node::member).collect();
            cluster::form(&members, layout).await?;
        }
        let group = Self {
            nodes,
            layout: layout.map(Guarded::new),
            sources: Guarded::default(),
        };
        group.replicas_in_sync(Duration::from_secs(20)).await?;
        Ok(group)
    }

    pub(crate) fn all(&self) -> &[Node] {
        &self.nodes
    }

    pub(crate) fn primaries(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.primary)
    }

    pub(crate) fn node(&self, cluster_id: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.cluster_id == cluster_id)
    }

    /// Which shard has, or is about to have, which slots. `None` with cluster mode off.
    pub(crate) fn layout(&self) -> Option<Layout> {
        self.layout.as_ref().map(Guarded::get)
    }

    /// The slots of each shard, as the API shows them; empty with cluster mode off.
    pub(crate) fn slots(&self) -> Vec<String> {
        let Some(layout) = self.layout() else {
            return Vec::new();
        };
        self.primaries().map(|node| layout.shown(node.shard)).collect()
    }

    /// Makes every primary a replica of its shard's source.
    pub(crate) async fn replicate(&self, sources: Vec<Endpoint>) -> Result<(), EngineError> {
        self.sources.with(|known| *known = sources);
        for primary in self.primaries() {
            self.replicate_again(primary).await?;
        }
        Ok(())
    }

    /// Tells a primary once more what it replicates from, after it was started anew. Nothing, when it was never told.
    pub(crate) async fn replicate_again(&self, primary: &Node) -> Result<(), EngineError> {
        match self.source(primary.shard) {
            Some(source) => primary.replicate(&source.address, source.port).await,
            None => Ok(()),
        }
    }

    /// What a shard replicates from, or did last.
    pub(crate) fn source(&self, shard: usize) -> Option<Endpoint> {
        self.sources.with(|sources| sources.get(shard).cloned())
    }

    /// Makes every primary a primary again and waits until its replicas follow it. A node that has crashed, which some
    /// data makes engines do, is started anew, empty: what ElastiCache does by replacing it.
    pub(crate) async fn promote(&self) -> Result<(), EngineError> {
        if let Some(layout) = self.layout() {
            return self.join(&layout).await;
        }
        for node in &self.nodes {
            if node.process.has_crashed() {
                node.renew().await?;
            } else if node.primary {
                node.promote().await?;
            }
        }
        self.replicas_in_sync(Duration::from_secs(20)).await
    }

    /// Waits until every running replica has its primary's data.
    pub(super) async fn replicas_in_sync(&self, within: Duration) -> Result<(), EngineError> {
        let deadline = Instant::now() + within;
        for replica in self
            .nodes
            .iter()
            .filter(|node| !node.primary && node.process.is_running())
        {
            loop {
                if let Ok(Role::Replica { link, .. }) = replica.role().await
                    && link == "connected"
                {
                    break;
                }
                if Instant::now() > deadline {
                    let (id, log) = (&replica.cluster_id, replica.process.log_end());
                    let what = format!("{id} follows its primary; the end of its log:\n{log}");
                    return Err(EngineError::Timeout { what });
                }
                sleep(Duration::from_millis(20)).await;
            }
        }
        Ok(())
    }
}

/// AWS's naming: `rg-001` with cluster mode off, `rg-0001-001` with it on.
fn cluster_id(spec: &GroupSpec, shard: usize, member: usize) -> String {
    if spec.cluster_enabled {
        format!("{}-{:04}-{:03}", spec.id, shard + 1, member + 1)
    } else {
        format!("{}-{:03}", spec.id, member + 1)
    }
}
