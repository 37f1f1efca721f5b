//! The clean example that each check's test breaks in one way. Tests only.

use super::{Facts, SourceFacts, TargetFacts, TargetShard};
use crate::engine::{EngineFault, EngineVersion, Info};
use crate::plan::Plan;
use crate::target::{CacheCluster, GroupStatus, ReplicationGroup, Shard};
use crate::{Endpoint, Observed, ReplicationGroupId, ShardId};
use jiff::Timestamp;

/// Redis 7.0 on its way to an empty Valkey 8.0 group that has all that AWS asks for.
pub(crate) fn clean() -> Facts {
    let input = serde_json::json!({
        "replicationGroupId": "orders-cache", "source": {"address": "10.0.0.241", "port": 6379}
    });
    let primary = Endpoint::new("10.0.1.5", 6379).expect("an address");
    Facts {
        now: Timestamp::UNIX_EPOCH,
        plan: Plan::from_input(&input).expect("a valid input"),
        source: SourceFacts {
            info: Ok(Info::parse(
                "redis_version:7.0.15\r\nrole:master\r\ndb0:keys=1000,expires=10\r\n",
            )),
        },
        target: TargetFacts {
            group: Observed::Known(Some(ReplicationGroup {
                id: ReplicationGroupId::try_from("orders-cache".to_owned()).expect("an id"),
                status: GroupStatus::Available,
                engine: Some("valkey".to_owned()),
                shards: vec![Shard {
                    id: ShardId("0001".to_owned()),
                    primary: Some(primary),
                    reader: None,
                    slots: None,
                    nodes: vec![],
                }],
                configuration_endpoint: None,
                cluster_enabled: false,
                multi_az: true,
                automatic_failover: true,
                transit_encryption: false,
                auth_token: false,
                member_clusters: vec!["orders-cache-001".to_owned()],
                resharding: None,
            })),
            clusters: Observed::Known(vec![CacheCluster {
                id: "orders-cache-001".to_owned(),
                version: EngineVersion::from_elasticache("valkey", "8.0.1"),
                version_text: "valkey 8.0.1".to_owned(),
                parameter_group: None,
            }]),
            shards: vec![TargetShard {
                shard: ShardId("0001".to_owned()),
                info: Observed::Known(Info::parse("valkey_version:8.0.1\r\nrole:master\r\n")),
            }],
        },
    }
}

/// The clean example with its group changed.
pub(crate) fn with_group(change: impl FnOnce(&mut ReplicationGroup)) -> Facts {
    let mut facts = clean();
    if let Observed::Known(Some(group)) = &mut facts.target.group {
        change(group);
    }
    facts
}

/// The clean example with a source that answers so.
pub(crate) fn with_source(info: Result<&str, EngineFault>) -> Facts {
    let mut facts = clean();
    facts.source.info = info.map(Info::parse);
    facts
}

/// The clean example with a target of this engine and version.
pub(crate) fn with_target_version(engine: &str, version: &str) -> Facts {
    let mut facts = clean();
    facts.target.clusters = Observed::Known(vec![CacheCluster {
        id: "orders-cache-001".to_owned(),
        version: EngineVersion::from_elasticache(engine, version),
        version_text: format!("{engine} {version}"),
        parameter_group: None,
    }]);
    facts
}
