//! The handle that tests hold.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::calls::Call;
use crate::engines::{EngineError, GroupNodes};
use crate::faults::Faults;
use crate::server::{ControlPlane, serve};
use crate::settings::Settings;
use crate::snapshot::{GroupSnapshot, NodeRole, NodeSnapshot};
use crate::state::{Event, Group, GroupSpec, NodeFacts, Phase, SourceType, UpdateAction};

/// A running stand-in. Clones are handles to the same one; dropping the last ends it and all its processes.
#[derive(Debug, Clone)]
pub struct StandIn(Arc<Running>);

#[derive(Debug)]
struct Running {
    plane: Arc<ControlPlane>,
    endpoint: String,
    server: JoinHandle<()>,
}

/// Why the stand-in could not do what a test asked.
#[derive(Debug, thiserror::Error)]
pub enum StandInError {
    /// The API could not listen.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The spec makes no sense.
    #[error("a replication group cannot be like this: {0}")]
    Spec(String),
    /// An engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// There is no such group or node.
    #[error("there is no {0}")]
    Unknown(String),
    /// What was waited for did not come.
    #[error("waited in vain for {what}; last seen: {last}")]
    Waited {
        /// What was waited for.
        what: String,
        /// What there was instead.
        last: String,
    },
}

/// Something that ElastiCache would make known: an event, and perhaps a message to the group's topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// The group whose topic is published to, and that the event is about, unless `cluster` is given.
    pub group: String,
    /// The member cluster that the event is about.
    pub cluster: Option<String>,
    /// The event's text.
    pub message: String,
    /// The name of the SNS message, such as `CacheNodeReplaceStarted`; its value is the group or the cluster.
    pub sns_name: Option<String>,
}

impl StandIn {
    /// Starts the API.
    pub async fn start(settings: Settings) -> Result<Self, StandInError> {
        let address = format!("{}:{}", settings.bind, settings.port);
        let listen = |source| StandInError::Listen {
            address: address.clone(),
            source,
        };
        let listener = TcpListener::bind((settings.bind, settings.port))
            .await
            .map_err(listen)?;
        let endpoint = format!("http://{}", listener.local_addr().map_err(listen)?);
        let plane = Arc::new(ControlPlane::new(settings));
        let served = serve(listener, plane.clone());
        let server = tokio::spawn(async move {
            served.await;
        });
        Ok(Self(Arc::new(Running {
            plane,
            endpoint,
            server,
        })))
    }

    /// The URL to give to an SDK as ElastiCache's endpoint.
    pub fn endpoint_url(&self) -> String {
        self.0.endpoint.clone()
    }

    /// Creates a group with all its processes; it is `available` when this returns.
    pub async fn create_replication_group(&self, spec: GroupSpec) -> Result<GroupSnapshot, StandInError> {
        self.check(&spec)?;
        let settings = self.plane().settings.get();
        let nodes = GroupNodes::start(&spec, &settings).await?;
        let zones = &spec.subnet_group.subnets;
        let facts = nodes
            .all()
            .iter()
            .enumerate()
            .map(|(number, node)| NodeFacts {
                cluster_id: node.cluster_id.clone(),
                shard: node.shard,
                primary: node.primary,
                address: node.process.address(),
                port: node.process.port(),
                zone: zones
                    .get(number % zones.len().max(1))
                    .map(|(_, zone)| zone.clone())
                    .unwrap_or_default(),
            })
            .collect();
        let id = spec.id.clone();
        let group = Group::new(spec, facts, nodes.slots(), Timestamp::now());
        self.plane().add(group, nodes);
        self.group(&id).ok_or(StandInError::Unknown(id))
    }

    /// Ends a group and its processes. What it left in the event log stays.
    pub async fn delete_replication_group(&self, id: &str) -> Result<(), StandInError> {
        if self.plane().delete(id).await {
            Ok(())
        } else {
            Err(StandInError::Unknown(id.to_owned()))
        }
    }

    /// A group as it is now.
    pub fn group(&self, id: &str) -> Option<GroupSnapshot> {
        let test_status = self
            .plane()
            .settings
            .with(|settings| settings.test_status.clone());
        let nodes = self.plane().nodes(id)?;
        self.plane().world.with(|world| {
            let group = world.groups.get(id)?;
            let nodes = nodes.all().iter().map(|node| NodeSnapshot {
                cluster_id: node.cluster_id.clone(),
                shard: format!("{:04}", node.shard + 1),
                role: if node.primary {
                    NodeRole::Primary
                } else {
                    NodeRole::Replica
                },
                address: node.process.address(),
                port: node.process.port(),
                pid: node.process.pid(),
                log_path: node.process.log(),
            });
            Some(GroupSnapshot {
                id: id.to_owned(),
                status: group.status(&test_status),
                source: group.source().map(|source| (source.address.clone(), source.port)),
                tags: group.tags.clone(),
                nodes: nodes.collect(),
            })
        })
    }

    /// Waits until a group has a status.
    pub async fn wait_for_status(
        &self,
        id: &str,
        status: &str,
        within: Duration,
    ) -> Result<GroupSnapshot, StandInError> {
        let deadline = Instant::now() + within;
        loop {
            let group = self
                .group(id)
                .ok_or_else(|| StandInError::Unknown(id.to_owned()))?;
            if group.status == status {
                return Ok(group);
            }
            if Instant::now() > deadline {
                let last = format!("{}, events {:?}", group.status, self.events(id));
                return Err(StandInError::Waited {
                    what: format!("{id} to be {status}"),
                    last,
                });
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until a group (or a cluster) has an event whose text contains a piece, and returns the newest such event.
    pub async fn wait_for_event(
        &self,
        id: &str,
        piece: &str,
        within: Duration,
    ) -> Result<Event, StandInError> {
        let deadline = Instant::now() + within;
        loop {
            let events = self.events(id);
            if let Some(event) = events.iter().rev().find(|event| event.message.contains(piece)) {
                return Ok(event.clone());
            }
            if Instant::now() > deadline {
                return Err(StandInError::Waited {
                    what: format!("the event '{piece}'"),
                    last: format!("{events:?}"),
                });
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// The events of a group or a cluster, oldest first, however old.
    pub fn events(&self, id: &str) -> Vec<Event> {
        self.plane().world.with(|world| world.events.of(id))
    }

    /// Every call so far, oldest first.
    pub fn calls(&self) -> Vec<Call> {
        self.plane().calls.get()
    }

    /// The script of faults.
    pub fn faults(&self) -> &Faults {
        &self.0.plane.faults
    }

    /// Changes settings while the stand-in runs.
    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        self.plane().settings.with(change);
    }

    /// Changes what the API shows of a group. The processes stay as they are.
    pub fn change_group(&self, id: &str, change: impl FnOnce(&mut GroupSpec)) -> Result<(), StandInError> {
        self.plane().world.with(|world| {
            let group = world
                .groups
                .get_mut(id)
                .ok_or_else(|| StandInError::Unknown(id.to_owned()))?;
            change(&mut group.spec);
            Ok(())
        })
    }

    /// Shows a status, such as `snapshotting`, until `None` takes it back. Calls that need `available` are refused.
    pub fn impose_status(&self, id: &str, status: Option<&str>) -> Result<(), StandInError> {
        self.plane().world.with(|world| {
            let group = world
                .groups
                .get_mut(id)
                .ok_or_else(|| StandInError::Unknown(id.to_owned()))?;
            group.impose(status.map(str::to_owned));
            Ok(())
        })
    }

    /// What DescribeUpdateActions shows. Nothing, until this is called.
    pub fn set_update_actions(&self, updates: Vec<UpdateAction>) {
        self.plane().world.with(|world| world.updates = updates);
    }

    /// Records an event and publishes to the group's topic, as ElastiCache does of its own accord.
    pub fn announce(&self, announcement: Announcement) {
        let Announcement {
            group,
            cluster,
            message,
            sns_name,
        } = announcement;
        let source = cluster.as_ref().unwrap_or(&group);
        let kind = if cluster.is_some() {
            SourceType::CacheCluster
        } else {
            SourceType::ReplicationGroup
        };
        self.plane()
            .world
            .with(|world| world.events.record(kind, source, message, Timestamp::now()));
        if let Some(name) = sns_name {
            self.plane().notify(&group, &name, source);
        }
    }

    /// Kills a node's process. It stays dead.
    pub fn kill_node(&self, cluster_id: &str) -> Result<(), StandInError> {
        let (_, nodes) = self.owner(cluster_id)?;
        if let Some(node) = nodes.node(cluster_id) {
            node.process.kill();
        }
        Ok(())
    }

    /// Starts a node's process anew, without data. A primary of a group under migration is told to replicate again.
    pub async fn restart_node(&self, cluster_id: &str) -> Result<(), StandInError> {
        let (id, nodes) = self.owner(cluster_id)?;
        let Some(node) = nodes.node(cluster_id) else {
            return Ok(());
        };
        node.renew().await?;
        let under_migration = self.plane().world.with(|world| {
            let phase = world.groups.get(&id).map(Group::phase);
            matches!(phase, Some(Phase::Starting(_) | Phase::Migrating(_)))
        });
        if under_migration && node.primary {
            nodes.replicate_again(node).await?;
        }
        Ok(())
    }

    /// Runs commands on a node behind its replication's back, as no client of ElastiCache could: what they write is a
    /// difference from the source.
    pub async fn tamper(&self, cluster_id: &str, commands: &[&[&str]]) -> Result<(), StandInError> {
        let (_, nodes) = self.owner(cluster_id)?;
        if let Some(node) = nodes.node(cluster_id) {
            node.tamper(commands).await?;
        }
        Ok(())
    }

    /// Ends the API and every process, for all handles.
    pub async fn shutdown(&self) {
        self.0.server.abort();
        self.plane().end();
    }

    fn plane(&self) -> &ControlPlane {
        &self.0.plane
    }

    fn owner(&self, cluster_id: &str) -> Result<(String, Arc<GroupNodes>), StandInError> {
        let unknown = || StandInError::Unknown(cluster_id.to_owned());
        let id = self.plane().world.with(|world| {
            world
                .nodes()
                .find(|(_, node)| node.cluster_id == cluster_id)
                .map(|(group, _)| group.id().to_owned())
        });
        let id = id.ok_or_else(unknown)?;
        let nodes = self.plane().nodes(&id).ok_or_else(unknown)?;
        Ok((id, nodes))
    }

    fn check(&self, spec: &GroupSpec) -> Result<(), StandInError> {
        let wrong = |why: &str| Err(StandInError::Spec(why.to_owned()));
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if spec.id.is_empty() || spec.id.len() > 40 || !spec.id.chars().all(good) {
            return wrong("an id has 1 to 40 lower-case letters, digits and hyphens");
        }
        if self.plane().nodes(&spec.id).is_some() {
            return wrong("there is one with this id");
        }
        if spec.shards == 0 || (spec.shards > 1 && !spec.cluster_enabled) {
            return wrong("cluster mode off has one shard");
        }
        if spec.replicas_per_shard > 5 {
            return wrong("a shard has at most 5 replicas");
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.server.abort();
        self.plane.end();
    }
}
