//! One node of a target: an engine that ordinary clients find as restricted as ElastiCache's.
//!
//! Two means are used. Commands that only an administrator needs are renamed to names that nobody else knows, so a
//! client hears `ERR unknown command`, as on ElastiCache. Renaming SYNC or PSYNC, though, would break the replication
//! between the nodes, and they as well as subcommands are kept from the default user by its ACL (the client hears
//! NOPERM). The stand-in and the replicas log in as another user. Only replicas have `masterauth`: a primary must
//! reach the source of a migration, which has no password, and would fail with its AUTH.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::cluster::Member;
use super::control::{Control, Credentials};
use super::process::{EngineOptions, EngineProcess};
use super::{EngineError, Mode, Role};
use crate::guarded::Guarded;
use crate::state::{Engine, GroupSpec, maxmemory};

/// One node and its control.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) cluster_id: String,
    pub(crate) shard: usize,
    pub(crate) primary: bool,
    pub(crate) process: EngineProcess,
    /// How the process runs, and whether it is between two modes.
    pub(super) state: Guarded<NodeState>,
    /// The configuration that both modes share, but for `own`, which comes last.
    shared: Vec<String>,
    /// The spec's own lines, which win.
    own: Vec<String>,
    /// Where the shard's primary listens, at a replica.
    follows: Option<(String, u16)>,
    secret: Secret,
}

/// See `mode`.
#[derive(Debug, Clone, Copy)]
pub(super) struct NodeState {
    pub(super) mode: Mode,
    /// Stopped with its data saved, or crashed, to be started anew in a mode.
    pub(super) between: bool,
}

/// What an ordinary client does not know.
#[derive(Debug, Clone)]
pub(crate) struct Secret(String);

/// Where a node's engine is and on which address it listens.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) binary: PathBuf,
    pub(crate) bind: IpAddr,
}

const ADMIN: &str = "control-plane";

const RENAMED: [&str; 9] = [
    "config",
    "debug",
    "save",
    "bgsave",
    "bgrewriteaof",
    "slaveof",
    "replicaof",
    "migrate",
    "shutdown",
];

const DENIED: [&str; 22] = [
    "sync",
    "psync",
    "failover",
    "acl|setuser",
    "acl|deluser",
    "acl|load",
    "acl|save",
    "cluster|addslots",
    "cluster|addslotsrange",
    "cluster|bumpepoch",
    "cluster|delslots",
    "cluster|delslotsrange",
    "cluster|failover",
    "cluster|flushslots",
    "cluster|forget",
    "cluster|links",
    "cluster|meet",
    "cluster|replicate",
    "cluster|reset",
    "cluster|saveconfig",
    "cluster|set-config-epoch",
    "cluster|setslot",
];

impl Secret {
    pub(crate) fn new() -> Self {
        Self(uuid::Uuid::new_v4().simple().to_string())
    }

    fn name(&self, command: &str) -> String {
        format!("{command}-{}", self.0)
    }
}

impl Node {
    pub(crate) async fn start(
        spec: &GroupSpec,
        place: Place,
        secret: Secret,
        (cluster_id, shard): (String, usize),
        primary: Option<&Node>,
    ) -> Result<Self, EngineError> {
        let shared = config(spec, place.bind, &secret);
        let follows = primary.map(|primary| (primary.process.address(), primary.process.port()));
        let mode = if spec.cluster_enabled {
            Mode::Cluster
        } else {
            Mode::Alone
        };
        let Place { binary, bind } = place;
        let options = EngineOptions {
            binary,
            bind,
            cluster: mode == Mode::Cluster,
            config: lines(mode, &shared, follows.as_ref(), &secret, &spec.config),
            ..EngineOptions::default()
        };
        let process = EngineProcess::start(options).await?;
        let between = false;
        Ok(Self {
            cluster_id,
            shard,
            primary: primary.is_none(),
            process,
            state: Guarded::new(NodeState { mode, between }),
            shared,
            own: spec.config.clone(),
            follows,
            secret,
        })
    }

    /// Sets how the next start of the process shall be.
    pub(super) fn configure(&self, mode: Mode) -> Result<(), EngineError> {
        let follows = self.follows.as_ref();
        let config = lines(mode, &self.shared, follows, &self.secret, &self.own);
        self.process.configure(mode == Mode::Cluster, &config)?;
        self.state.with(|state| state.mode = mode);
        Ok(())
    }

    /// What it is in its cluster.
    pub(super) fn member(&self) -> Member {
        Member {
            name: self.cluster_id.clone(),
            address: self.process.address(),
            port: self.process.port(),
            shard: self.shard,
            primary: self.primary,
            control: self.control(),
            migrate: self.secret.name("migrate"),
        }
    }

    /// Writes the data into the node's folder, with its place in the stream that it replicates. The node answers nobody
    /// meanwhile.
    pub(super) async fn save(&self) -> Result<(), EngineError> {
        let control = self.control().patient(Duration::from_secs(60));
        control.command(&[&self.secret.name("save")]).await.map(drop)
    }

    /// Removes what was saved, by [`Node::save`] or by a full sync: an engine would load it when it starts.
    pub(super) fn forget(&self) {
        let _ = std::fs::remove_file(self.process.dir().join("dump.rdb"));
    }

    pub(crate) fn control(&self) -> Control {
        let credentials = Credentials {
            user: Some(ADMIN.to_owned()),
            password: self.secret.0.clone(),
        };
        Control::new(self.process.address(), self.process.port(), Some(credentials))
    }

    /// Makes the node a replica of anything.
    pub(crate) async fn replicate(&self, address: &str, port: u16) -> Result<(), EngineError> {
        let command = self.secret.name("replicaof");
        self.control()
            .command(&[&command, address, &port.to_string()])
            .await
            .map(drop)
    }

    /// Makes the node a primary, in place: it keeps its data, and the source's replication id as its second one.
    pub(crate) async fn promote(&self) -> Result<(), EngineError> {
        let command = self.secret.name("replicaof");
        self.control().command(&[&command, "NO", "ONE"]).await.map(drop)
    }

    /// Runs commands though the node is a replica that takes no writes.
    pub(crate) async fn tamper(&self, commands: &[&[&str]]) -> Result<(), EngineError> {
        let (control, config) = (self.control(), self.secret.name("config"));
        control
            .command(&[&config, "SET", "replica-read-only", "no"])
            .await?;
        for command in commands {
            control.command(command).await?;
        }
        control
            .command(&[&config, "SET", "replica-read-only", "yes"])
            .await
            .map(drop)
    }

    /// Starts the process anew, without data.
    pub(crate) async fn renew(&self) -> Result<(), EngineError> {
        self.process.kill();
        // It might die of it again.
        self.forget();
        self.process.restart().await
    }

    pub(crate) async fn role(&self) -> Result<Role, EngineError> {
        self.control().role().await
    }
}

/// The engine's settings, as ElastiCache has them.
fn config(spec: &GroupSpec, bind: IpAddr, secret: &Secret) -> Vec<String> {
    let mut lines = vec![
        "protected-mode no".to_owned(),
        format!(
            "databases {}",
            if spec.cluster_enabled { 1 } else { spec.databases }
        ),
        format!("repl-timeout {}", spec.repl_timeout),
        // The source sees the node by the address that the API shows, also where several share a machine.
        format!("bind-source-addr {bind}"),
        // The delay gathers replicas for one fork. Here it would only make each test 5 s longer.
        "repl-diskless-sync-delay 0".to_owned(),
        "maxmemory-policy volatile-lru".to_owned(),
    ];
    lines.extend(maxmemory(spec).map(|bytes| format!("maxmemory {bytes}")));
    lines.extend(engine_parameters(spec));
    if spec.cluster_enabled {
        lines.push(format!("cluster-announce-ip {bind}"));
        // A primary that has given away its last slot stays a primary: it is to get others.
        lines.push("cluster-allow-replica-migration no".to_owned());
        // A slot that is on its way takes no other with it.
        lines.push("cluster-require-full-coverage no".to_owned());
    }
    lines.extend(RENAMED.map(|command| format!("rename-command {command} {}", secret.name(command))));
    let denied = DENIED.map(|command| format!("-{command}")).join(" ");
    lines.push(format!(
        "user default on nopass sanitize-payload ~* &* +@all {denied}"
    ));
    lines.push(format!("user {ADMIN} on >{} ~* &* +@all", secret.0));
    lines
}

/// The whole configuration in a mode.
fn lines(
    mode: Mode,
    shared: &[String],
    follows: Option<&(String, u16)>,
    secret: &Secret,
    own: &[String],
) -> Vec<String> {
    let mut lines = shared.to_vec();
    // In a cluster any node may come to follow any other.
    if follows.is_some() || mode == Mode::Cluster {
        lines.push(format!("masteruser {ADMIN}"));
        lines.push(format!("masterauth {}", secret.0));
    }
    if let (Some((address, port)), Mode::Alone) = (follows, mode) {
        lines.push(format!("replicaof {address} {port}"));
    }
    lines.extend(own.iter().cloned());
    lines
}

/// The parameter group's values that an engine has under the same name.
fn engine_parameters(spec: &GroupSpec) -> impl Iterator<Item = String> {
    const SAME_NAME: [&str; 5] = [
        "maxmemory-policy",
        "maxmemory-samples",
        "min-replicas-to-write",
        "repl-backlog-size",
        "timeout",
    ];
    spec.parameters
        .iter()
        .filter(|(name, _)| SAME_NAME.contains(&name.as_str()))
        .map(|(name, value)| format!("{name} {value}"))
}

impl Place {
    /// Where the nth node of a group runs.
    pub(crate) fn of(spec: &GroupSpec, settings: &crate::Settings, n: usize) -> Self {
        let binary = match spec.engine {
            Engine::Valkey => settings.valkey_binary.clone(),
            Engine::Redis => settings.redis_binary.clone(),
        };
        let bind = spec
            .bind_addresses
            .get(n % spec.bind_addresses.len().max(1))
            .copied()
            .unwrap_or(settings.bind);
        Self { binary, bind }
    }
}
