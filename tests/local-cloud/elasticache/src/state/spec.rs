//! What a test asks for when it creates a replication group. The default is what AWS requires of a migration target.

use std::net::{IpAddr, Ipv4Addr};

/// The engine of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// `valkey`.
    Valkey,
    /// `redis`, which AWS calls Redis OSS.
    Redis,
}

impl Engine {
    /// The API's name of the engine.
    pub fn name(self) -> &'static str {
        match self {
            Self::Valkey => "valkey",
            Self::Redis => "redis",
        }
    }
}

/// A replication group to create. Its nodes are real engine processes; everything else is what the API shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupSpec {
    /// The ReplicationGroupId, in lower case.
    pub id: String,
    /// Free text.
    pub description: String,
    /// Which engine the nodes run.
    pub engine: Engine,
    /// The EngineVersion that the API shows. The process that runs has its own, which INFO tells.
    pub engine_version: String,
    /// The number of shards. More than one needs `cluster_enabled`.
    pub shards: usize,
    /// Replicas behind each shard's primary.
    pub replicas_per_shard: usize,
    /// Cluster mode: a real cluster with all slots assigned.
    pub cluster_enabled: bool,
    /// Logical databases, and the value of the parameter `databases`.
    pub databases: u32,
    /// The engine's `repl-timeout`, in seconds. ElastiCache: 60, fixed.
    pub repl_timeout: u32,
    /// `MultiAZ`.
    pub multi_az: bool,
    /// `AutomaticFailover`.
    pub automatic_failover: bool,
    /// `TransitEncryptionEnabled`. Only shown: the processes speak plain TCP.
    pub transit_encryption: bool,
    /// `TransitEncryptionMode`: `preferred` or `required`.
    pub transit_encryption_mode: Option<String>,
    /// `AtRestEncryptionEnabled`.
    pub at_rest_encryption: bool,
    /// `AuthTokenEnabled`. Only shown.
    pub auth_token: bool,
    /// `UserGroupIds`. Only shown.
    pub user_group_ids: Vec<String>,
    /// `DataTiering`.
    pub data_tiering: bool,
    /// `GlobalReplicationGroupInfo`: the id of the global datastore that the group belongs to.
    pub global_datastore: Option<String>,
    /// `CacheNodeType`.
    pub node_type: String,
    /// The parameter group. `None`: the engine's default one. Its `databases` is this spec's.
    pub parameter_group: Option<String>,
    /// Values of other parameters in that group, by name.
    pub parameters: Vec<(String, String)>,
    /// What waits for the next maintenance window.
    pub pending: PendingModifications,
    /// `PreferredMaintenanceWindow`.
    pub maintenance_window: String,
    /// `SnapshotWindow`.
    pub snapshot_window: String,
    /// `SnapshotRetentionLimit`, in days.
    pub snapshot_retention: u32,
    /// The subnet group.
    pub subnet_group: SubnetGroup,
    /// Ids of the nodes' security groups.
    pub security_groups: Vec<String>,
    /// The topic that events are published to.
    pub notification_topic: Option<NotificationTopic>,
    /// Tags of the group.
    pub tags: Vec<(String, String)>,
    /// The addresses that the nodes listen on, taken in turn, so that hosts can be told apart.
    pub bind_addresses: Vec<IpAddr>,
    /// Further configuration lines of the engines.
    pub config: Vec<String>,
}

/// `PendingModifiedValues`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PendingModifications {
    /// `PrimaryClusterId`.
    pub primary_cluster_id: Option<String>,
    /// `AutomaticFailoverStatus`.
    pub automatic_failover: Option<bool>,
    /// `Resharding.SlotMigration.ProgressPercentage`.
    pub resharding_progress: Option<u8>,
    /// `TransitEncryptionEnabled`.
    pub transit_encryption: Option<bool>,
    /// `TransitEncryptionMode`.
    pub transit_encryption_mode: Option<String>,
    /// `EngineVersion`, which only DescribeCacheClusters shows.
    pub engine_version: Option<String>,
    /// `CacheNodeType`, which only DescribeCacheClusters shows.
    pub node_type: Option<String>,
}

/// A subnet group with its network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubnetGroup {
    /// The name, in lower case.
    pub name: String,
    /// The VPC.
    pub vpc_id: String,
    /// Subnet id and availability zone of each subnet.
    pub subnets: Vec<(String, String)>,
}

/// The topic that events are published to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotificationTopic {
    /// The topic's ARN.
    pub arn: String,
    /// `active` or, after a publish that failed, `inactive`.
    pub active: bool,
}

impl Default for GroupSpec {
    fn default() -> Self {
        Self {
            id: "target".into(),
            description: "a migration target".into(),
            engine: Engine::Valkey,
            engine_version: "8.0.1".into(),
            shards: 1,
            replicas_per_shard: 1,
            cluster_enabled: false,
            databases: 16,
            repl_timeout: 60,
            multi_az: true,
            automatic_failover: true,
            transit_encryption: false,
            transit_encryption_mode: None,
            at_rest_encryption: true,
            auth_token: false,
            user_group_ids: Vec::new(),
            data_tiering: false,
            global_datastore: None,
            node_type: "cache.r7g.large".into(),
            parameter_group: None,
            parameters: Vec::new(),
            pending: PendingModifications::default(),
            maintenance_window: "sun:05:00-sun:06:00".into(),
            snapshot_window: "03:00-04:00".into(),
            snapshot_retention: 0,
            subnet_group: SubnetGroup::default(),
            security_groups: vec!["sg-0123456789abcdef0".into()],
            notification_topic: None,
            tags: Vec::new(),
            bind_addresses: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
            config: Vec::new(),
        }
    }
}

impl Default for SubnetGroup {
    fn default() -> Self {
        Self {
            name: "stand-in-subnets".into(),
            vpc_id: "vpc-0123456789abcdef0".into(),
            subnets: vec![
                ("subnet-0aaaaaaaaaaaaaaaa".into(), "us-east-1a".into()),
                ("subnet-0bbbbbbbbbbbbbbbb".into(), "us-east-1b".into()),
            ],
        }
    }
}
