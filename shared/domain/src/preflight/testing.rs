//! The clean example that each check's test breaks in one way. Tests only.

use super::{
    ClusterFacts, ClusterMember, Facts, LaterInfo, NodeAnswers, SourceFacts, TargetFacts, TargetShard,
};
use crate::engine::{
    AclUser, ClusterMap, CommandInfo, CommandSeen, CommandTable, DANGEROUS_WRITES, EngineFault,
    EngineVersion, Info, NEEDED_COMMANDS, WRITE_COMMANDS, config,
};
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
            info: Ok(Info::parse(CLEAN_SOURCE)),
            addresses: Observed::Known(vec!["10.0.0.241".parse().expect("an address")]),
            answers: clean_answers(),
            cluster: Observed::Known(None),
            chain: vec![],
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

/// INFO of a quiet Redis 7.0 that has had a replica before.
const CLEAN_SOURCE: &str = "redis_version:7.0.15\r\nrole:master\r\nrun_id:a\r\ncluster_enabled:0\r\n\
    used_memory:10000000\r\nused_memory_rss:12000000\r\ntotal_system_memory:8000000000\r\n\
    maxmemory_policy:volatile-lru\r\nnumber_of_cached_scripts:0\r\n\
    rdb_bgsave_in_progress:0\r\nrdb_last_bgsave_status:ok\r\nrdb_last_bgsave_time_sec:0\r\n\
    aof_enabled:0\r\naof_rewrite_in_progress:0\r\naof_last_bgrewrite_status:ok\r\n\
    repl_backlog_active:1\r\nrepl_backlog_size:1048576\r\nmaster_repl_offset:5000\r\n\
    used_cpu_sys:1.0\r\nused_cpu_user:1.0\r\ndb0:keys=1000,expires=10\r\n";

/// What such an engine answers beside INFO.
pub(crate) fn clean_answers() -> NodeAnswers {
    let asked: Vec<&str> = NEEDED_COMMANDS
        .into_iter()
        .chain(WRITE_COMMANDS)
        .chain(DANGEROUS_WRITES)
        .collect();
    let known = |name: &&str| ((*name).to_owned(), CommandSeen::Known(CommandInfo::default()));
    NodeAnswers {
        later: Observed::Known(LaterInfo {
            info: Info::parse(&CLEAN_SOURCE.replace("offset:5000", "offset:8000")),
            after_millis: 3_000,
        }),
        config: config(&[
            ("protected-mode", "no"),
            ("bind", "0.0.0.0"),
            ("port", "6379"),
            ("tls-port", "0"),
            ("timeout", "0"),
            ("notify-keyspace-events", ""),
            ("maxmemory-policy", "volatile-lru"),
            ("min-replicas-to-write", "0"),
            (
                "client-output-buffer-limit",
                "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
            ),
        ]),
        commands: Observed::Known(CommandTable(asked.iter().map(known).collect())),
        user: Observed::Known(Some(AclUser {
            name: "default".to_owned(),
            on: true,
            nopass: true,
            commands: "+@all".to_owned(),
        })),
        modules: Observed::Known(vec![]),
        libraries: Observed::Known(vec![]),
    }
}

/// The clean example with its source's other answers changed.
pub(crate) fn with_answers(change: impl FnOnce(&mut NodeAnswers)) -> Facts {
    let mut facts = clean();
    change(&mut facts.source.answers);
    facts
}

/// The clean example with lines added to its source's INFO; a line that is there already is replaced.
pub(crate) fn with_info(lines: &str) -> Facts {
    with_source(Ok(&format!("{CLEAN_SOURCE}{lines}")))
}

/// The clean example with these two samples of its source, 3 s apart, and nothing else known of it.
pub(crate) fn with_samples(first: &str, later: &str) -> Facts {
    let mut facts = with_source(Ok(first));
    facts.source.answers.later = Observed::Known(LaterInfo {
        info: Info::parse(later),
        after_millis: 3_000,
    });
    facts
}

/// The clean example as a cluster of three shards, 10.0.0.241 to 243, with this change.
pub(crate) fn with_cluster(change: impl FnOnce(&mut ClusterFacts)) -> Facts {
    let mut facts = clean();
    let member = |last: u8| ClusterMember {
        endpoint: Endpoint::new(&format!("10.0.0.{last}"), 6379).expect("an address"),
        owns_slots: true,
        migrating: Observed::Known(vec![]),
        info: Ok(Info::parse(CLEAN_SOURCE)),
        answers: clean_answers(),
    };
    let mut cluster = ClusterFacts {
        info: Observed::Known(Info::parse(
            "cluster_state:ok\r\ncluster_slots_assigned:16384\r\n",
        )),
        map: Observed::Known(ClusterMap::from_nodes(
            "a 10.0.0.241:6379@16379 myself,master - 0 0 1 connected 0-5460\n\
             b 10.0.0.242:6379@16379 master - 0 0 2 connected 5461-10922\n\
             c 10.0.0.243:6379@16379 master - 0 0 3 connected 10923-16383\n",
        )),
        members: vec![member(242), member(243)],
    };
    change(&mut cluster);
    facts.source.cluster = Observed::Known(Some(cluster));
    facts
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
