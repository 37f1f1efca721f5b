//! Cache parameters: the ones that a migration looks at, as DescribeCacheParameters shows them.
//!
//! Names and the fixed `repl-timeout` are from ElastiCache's pages; descriptions and ranges are in their manner.

use super::{Engine, Group, GroupSpec};
use crate::wire::ApiError;

/// Where a parameter's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParameterSource {
    User,
    System,
}

impl ParameterSource {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::System => "system",
        }
    }
}

/// One parameter with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    pub(crate) description: &'static str,
    pub(crate) data_type: &'static str,
    pub(crate) allowed: &'static str,
    pub(crate) modifiable: bool,
    pub(crate) at_once: bool,
    pub(crate) source: ParameterSource,
}

/// Name, default, type, allowed values, modifiable, at once (else after a reboot), description.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    bool,
    bool,
    &'static str,
);

const POLICIES: &str = "volatile-lru,allkeys-lru,volatile-lfu,allkeys-lfu,volatile-random,allkeys-random,volatile-ttl,noeviction";

#[rustfmt::skip] // one row a line
const TABLE: [Row; 26] = [
    ("activedefrag", "no", "string", "yes,no", true, true, "Enabled active memory defragmentation"),
    ("activerehashing", "yes", "string", "yes,no", true, false, "Apply rehashing or not."),
    ("appendfsync", "everysec", "string", "always,everysec,no", false, true, "fsync policy for AOF persistence"),
    ("appendonly", "no", "string", "yes,no", false, true, "Enable the append only file."),
    ("client-output-buffer-limit-normal-hard-limit", "0", "integer", "0-", true, true, "Normal client output buffer hard limit in bytes."),
    ("client-output-buffer-limit-normal-soft-limit", "0", "integer", "0-", true, true, "Normal client output buffer soft limit in bytes."),
    ("client-output-buffer-limit-normal-soft-seconds", "0", "integer", "0-", true, true, "Normal client output buffer soft limit in seconds."),
    ("client-output-buffer-limit-replica-hard-limit", "0", "integer", "0-", false, true, "Replica client output buffer hard limit in bytes."),
    ("client-output-buffer-limit-replica-soft-limit", "0", "integer", "0-", false, true, "Replica client output buffer soft limit in bytes."),
    ("client-output-buffer-limit-replica-soft-seconds", "60", "integer", "0-", false, true, "Replica client output buffer soft limit in seconds."),
    ("close-on-replica-write", "yes", "string", "yes,no", true, true, "If enabled, clients who attempt to write to a read-only replica will be disconnected."),
    ("cluster-enabled", "no", "string", "yes,no", true, false, "Enable cluster mode"),
    ("databases", "16", "integer", "1-1200000", true, false, "Set the number of databases."),
    ("hash-max-listpack-entries", "512", "integer", "0-", true, true, "The maximum number of hash entries in order for the dataset to be compressed."),
    ("lfu-decay-time", "1", "integer", "0-", true, true, "The amount of time in minutes to decrement the key counter for LFU eviction policy."),
    ("lua-replicate-commands", "yes", "string", "yes,no", false, false, "Always enable Lua effect replication or not"),
    ("maxmemory-policy", "volatile-lru", "string", POLICIES, true, true, "Max memory policy."),
    ("maxmemory-samples", "3", "integer", "1-", true, true, "Max memory samples."),
    ("min-replicas-max-lag", "10", "integer", "0-", true, true, "The maximum amount of replica lag in seconds beyond which the primary would stop taking writes."),
    ("min-replicas-to-write", "0", "integer", "0-", true, true, "The minimum number of replicas that must be present with lag no greater than min-replicas-max-lag for the primary to take writes."),
    ("notify-keyspace-events", "", "string", "", true, true, "The keyspace events to notify Pub/Sub clients about."),
    ("repl-backlog-size", "1048576", "integer", "16384-", true, true, "The replication backlog size in bytes for PSYNC."),
    ("repl-timeout", "60", "integer", "11-", false, true, "The replication timeout in seconds."),
    ("reserved-memory-percent", "25", "integer", "0-100", true, true, "The percent of memory reserved for non-cache memory usage."),
    ("tcp-keepalive", "300", "integer", "0-", true, true, "If non-zero, send ACKs every given number of seconds."),
    ("timeout", "0", "integer", "0,20-", true, true, "Close connection if client is idle for a given number of seconds, or never if 0."),
];

/// Memory of node types, in bytes: the node-type specific parameter `maxmemory`.
pub(crate) const NODE_TYPES: [(&str, u64); 7] = [
    ("cache.t4g.micro", 536_870_912),
    ("cache.t4g.small", 1_471_026_299),
    ("cache.t3.medium", 3_317_862_236),
    ("cache.t4g.medium", 3_317_862_236),
    ("cache.m7g.large", 6_854_542_746),
    ("cache.r7g.large", 14_037_181_030),
    ("cache.r7g.xlarge", 28_261_849_702),
];

/// The memory that a group's nodes give to data: the node type's without the reserved part. `None` for a node type
/// that is not in the table; such nodes run without a limit.
pub(crate) fn maxmemory(spec: &GroupSpec) -> Option<u64> {
    let (_, bytes) = NODE_TYPES.iter().find(|(name, _)| *name == spec.node_type)?;
    let reserved: u64 = value(spec, "reserved-memory-percent").parse().unwrap_or(25);
    Some(bytes / 100 * (100 - reserved.min(100)))
}

/// The parameters of a parameter group: one that a group uses, or an engine's default one.
pub(crate) fn describe<'a>(
    name: &str,
    groups: impl IntoIterator<Item = &'a Group>,
) -> Result<Vec<Parameter>, ApiError> {
    let used = groups
        .into_iter()
        .map(|group| group.spec.clone())
        .find(|spec| spec.parameter_group_name() == name);
    let spec = match used {
        Some(spec) => spec,
        None => default_group(name).ok_or_else(|| ApiError::parameter_group_not_found(name))?,
    };
    Ok(TABLE.iter().map(|row| parameter(&spec, row)).collect())
}

fn parameter(spec: &GroupSpec, row: &Row) -> Parameter {
    let (name, default, data_type, allowed, modifiable, at_once, description) = *row;
    let value = value(spec, name);
    let source = if value == default || name == "cluster-enabled" {
        ParameterSource::System
    } else {
        ParameterSource::User
    };
    Parameter {
        name,
        value,
        description,
        data_type,
        allowed,
        modifiable,
        at_once,
        source,
    }
}

fn value(spec: &GroupSpec, name: &str) -> String {
    if let Some((_, value)) = spec.parameters.iter().find(|(given, _)| given == name) {
        return value.clone();
    }
    match name {
        "databases" => spec.databases.to_string(),
        "repl-timeout" => spec.repl_timeout.to_string(),
        "cluster-enabled" => if spec.cluster_enabled { "yes" } else { "no" }.to_owned(),
        _ => TABLE
            .iter()
            .find(|row| row.0 == name)
            .map(|row| row.1.to_owned())
            .unwrap_or_default(),
    }
}

fn default_group(name: &str) -> Option<GroupSpec> {
    let (family, cluster_enabled) = match name.strip_suffix(".cluster.on") {
        Some(family) => (family, true),
        None => (name, false),
    };
    let known = [
        "default.valkey7",
        "default.valkey8",
        "default.redis5.0",
        "default.redis6.x",
        "default.redis7",
    ];
    known.contains(&family).then(|| GroupSpec {
        cluster_enabled,
        ..GroupSpec::default()
    })
}

impl GroupSpec {
    /// The name of the group's parameter group.
    pub fn parameter_group_name(&self) -> String {
        if let Some(name) = &self.parameter_group {
            return name.clone();
        }
        let major = self.engine_version.split('.').next().unwrap_or_default();
        let family = match (self.engine, major) {
            (Engine::Valkey, major) => format!("valkey{major}"),
            (Engine::Redis, "5") => "redis5.0".to_owned(),
            (Engine::Redis, "6") => "redis6.x".to_owned(),
            (Engine::Redis, major) => format!("redis{major}"),
        };
        let mode = if self.cluster_enabled { ".cluster.on" } else { "" };
        format!("default.{family}{mode}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(spec: &GroupSpec, name: &str) -> Parameter {
        let row = TABLE.iter().find(|row| row.0 == name).unwrap();
        parameter(spec, row)
    }

    #[test]
    fn a_group_s_own_values_are_shown() {
        let parameters = vec![("maxmemory-policy".to_owned(), "noeviction".to_owned())];
        let spec = GroupSpec {
            databases: 64,
            parameters,
            ..GroupSpec::default()
        };
        assert_eq!(get(&spec, "databases").value, "64");
        assert_eq!(get(&spec, "databases").source, ParameterSource::User);
        assert_eq!(get(&spec, "maxmemory-policy").value, "noeviction");
        assert_eq!(get(&spec, "repl-timeout").source, ParameterSource::System);
    }

    #[test]
    fn groups_are_found_by_name() {
        let parameters = describe("default.valkey8.cluster.on", []).unwrap();
        assert!(
            parameters
                .iter()
                .any(|one| one.name == "cluster-enabled" && one.value == "yes")
        );
        assert_eq!(
            describe("mine", []).unwrap_err().code,
            "CacheParameterGroupNotFound"
        );
    }

    #[test]
    fn default_names_follow_engine_and_version() {
        assert_eq!(GroupSpec::default().parameter_group_name(), "default.valkey8");
        let redis = GroupSpec {
            engine: Engine::Redis,
            engine_version: "7.1".into(),
            cluster_enabled: true,
            ..GroupSpec::default()
        };
        assert_eq!(redis.parameter_group_name(), "default.redis7.cluster.on");
    }

    #[test]
    fn a_quarter_of_the_memory_is_reserved() {
        assert_eq!(maxmemory(&GroupSpec::default()), Some(140_371_810 * 75));
        let spec = GroupSpec {
            node_type: "cache.unheard.of".into(),
            ..GroupSpec::default()
        };
        assert_eq!(maxmemory(&spec), None);
    }
}
