//! The clean example that each check's test breaks in one way. Tests only.

use super::network::Described;
use super::{
    Access, Answer, ClusterFacts, ClusterMember, Facts, LaterInfo, Moment, NodeAnswers, SourceFacts,
    TargetFacts, TargetShard,
};
use crate::contract::notify::Listeners;
use crate::engine::{
    AclUser, ClusterMap, CommandInfo, CommandSeen, CommandTable, DANGEROUS_WRITES, EngineFault,
    EngineVersion, FENCE_COMMANDS, Info, NEEDED_COMMANDS, WRITE_COMMANDS, config,
};
use crate::plan::Plan;
use crate::target::{CacheCluster, GroupStatus, Node, Notification, ReplicationGroup, Shard, SubnetGroup};
use crate::{Endpoint, Observed, ReplicationGroupId, ShardId};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Redis 7.0 on its way to an empty Valkey 8.0 group that has all that AWS asks for.
pub(crate) fn clean() -> Facts {
    let input = json!({
        "replicationGroupId": "orders-cache", "source": {"address": "10.0.0.241", "port": 6379}
    });
    let network: Described = serde_json::from_value(vpc()).expect("EC2's answers");
    Facts {
        now: Timestamp::UNIX_EPOCH,
        moment: Moment::BeforeStart,
        plan: Plan::from_input(&input).expect("a valid input"),
        source: SourceFacts {
            info: Ok(Info::parse(CLEAN_SOURCE)),
            addresses: Observed::Known(vec!["10.0.0.241".parse().expect("an address")]),
            answers: clean_answers(),
            cluster: Observed::Known(None),
            chain: vec![],
        },
        target: clean_target(),
        network: network.into(),
        listeners: Observed::Known(Listeners {
            confirmed: vec!["email".to_owned()],
            ..Listeners::default()
        }),
    }
}

fn clean_target() -> TargetFacts {
    TargetFacts {
        group: Observed::Known(Some(clean_group())),
        clusters: Observed::Known(vec![member("orders-cache-001", "valkey", "8.0.1")]),
        parameters: Observed::Known(
            [("databases", "16"), ("reserved-memory-percent", "25")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
        ),
        subnet_group: Observed::Known(Some(SubnetGroup {
            name: "cache-subnets".to_owned(),
            vpc_id: Some("vpc-1".to_owned()),
            subnets: vec!["subnet-a".to_owned(), "subnet-b".to_owned()],
        })),
        updates: Observed::Known(vec![]),
        events: Observed::Known(vec![]),
        serverless_namesake: Observed::Known(false),
        access: vec![Access {
            action: "elasticache:DescribeReplicationGroups".to_owned(),
            answer: Answer::Given,
        }],
        shards: vec![TargetShard {
            shard: ShardId("0001".to_owned()),
            info: Observed::Known(Info::parse("valkey_version:8.0.1\r\nrole:master\r\n")),
        }],
    }
}

fn clean_group() -> ReplicationGroup {
    ReplicationGroup {
        id: ReplicationGroupId::try_from("orders-cache".to_owned()).expect("an id"),
        status: GroupStatus::Available,
        engine: Some("valkey".to_owned()),
        shards: vec![shard(1, None)],
        configuration_endpoint: None,
        cluster_enabled: false,
        multi_az: true,
        automatic_failover: true,
        transit_encryption: false,
        auth_token: false,
        transit_encryption_mode: None,
        at_rest_encryption: true,
        user_groups: vec![],
        global_datastore: None,
        data_tiering: false,
        node_type: Some("cache.r7g.large".to_owned()),
        cluster_mode: Some("disabled".to_owned()),
        durability: None,
        network_type: Some("ipv4".to_owned()),
        on_outpost: false,
        snapshot_window: None,
        snapshot_retention: 0,
        pending: vec![],
        member_clusters: vec!["orders-cache-001".to_owned()],
        resharding: None,
    }
}

fn shard(number: usize, slots: Option<&str>) -> Shard {
    Shard {
        id: ShardId(format!("{number:04}")),
        primary: Some(Endpoint::new("10.0.1.5", 6379).expect("an address")),
        reader: None,
        slots: slots.map(str::to_owned),
        nodes: vec![Node {
            cache_cluster_id: format!("orders-cache-{number:04}-001"),
            role: None,
            endpoint: None,
        }],
    }
}

fn member(id: &str, engine: &str, version: &str) -> CacheCluster {
    CacheCluster {
        id: id.to_owned(),
        version: EngineVersion::from_elasticache(engine, version),
        version_text: format!("{engine} {version}"),
        parameter_group: Some("default.valkey8".to_owned()),
        endpoint: Endpoint::new("10.0.1.5", 6379).ok(),
        status: Some("available".to_owned()),
        node_type: Some("cache.r7g.large".to_owned()),
        maintenance_window: Some("sun:05:00-sun:09:00".to_owned()),
        notification: Some(Notification {
            topic_arn: "arn:aws:sns:eu-west-1:123456789012:elasticache".to_owned(),
            status: "active".to_owned(),
        }),
        subnet_group: Some("cache-subnets".to_owned()),
        security_groups: vec!["sg-target".to_owned()],
        pending: vec![],
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
        .chain(FENCE_COMMANDS)
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
            ("databases", "16"),
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
    let slots = ["0-5460", "5461-10922", "10923-16383"];
    let mut facts = as_cluster(&slots, &slots);
    if let Observed::Known(Some(cluster)) = &mut facts.source.cluster {
        change(cluster);
    }
    facts
}

/// A source cluster whose masters own these slots; the first is the plan's own node.
fn cluster_of(masters: &[&str]) -> ClusterFacts {
    // The plan's source is the first; 90 of them need more than one /24.
    let address = |number: usize| match number {
        0..10 => format!("10.0.0.{}", 241 + number),
        _ => format!("10.0.9.{number}"),
    };
    let nodes: String = masters
        .iter()
        .enumerate()
        .map(|(number, slots)| {
            let myself = if number == 0 { "myself," } else { "" };
            let slots = slots.replace(',', " ");
            let address = address(number);
            format!("n{number} {address}:6379@16379 {myself}master - 0 0 1 connected {slots}\n")
        })
        .collect();
    let members = masters
        .iter()
        .enumerate()
        .skip(1)
        .map(|(number, slots)| ClusterMember {
            endpoint: Endpoint::new(&address(number), 6379).expect("an address"),
            owns_slots: !slots.is_empty(),
            migrating: Observed::Known(vec![]),
            info: Ok(Info::parse(CLEAN_SOURCE)),
            answers: clean_answers(),
        });
    ClusterFacts {
        info: Observed::Known(Info::parse(
            "cluster_state:ok\r\ncluster_slots_assigned:16384\r\n",
        )),
        map: Observed::Known(ClusterMap::from_nodes(&nodes)),
        members: members.collect(),
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
    facts.target.clusters = Observed::Known(vec![member("orders-cache-001", engine, version)]);
    facts
}

/// The clean example as a cluster: the slots of the source's masters and of the target's shards, a member per shard.
pub(crate) fn as_cluster(masters: &[&str], shards: &[&str]) -> Facts {
    let mut facts = with_group(|group| {
        group.cluster_enabled = true;
        group.cluster_mode = Some("enabled".to_owned());
        group.shards = shards
            .iter()
            .enumerate()
            .map(|(number, slots)| shard(number + 1, Some(slots)))
            .collect();
    });
    let info = CLEAN_SOURCE.replace("cluster_enabled:0", "cluster_enabled:1");
    facts.source.info = Ok(Info::parse(&info));
    facts.source.cluster = Observed::Known(Some(cluster_of(masters)));
    facts.target.clusters = Observed::Known(
        (1..=shards.len())
            .map(|number| member(&format!("orders-cache-{number:04}-001"), "valkey", "8.0.1"))
            .collect(),
    );
    facts.target.shards = (1..=shards.len())
        .map(|number| TargetShard {
            shard: ShardId(format!("{number:04}")),
            info: Observed::Known(Info::parse("valkey_version:8.0.1\r\nrole:master\r\n")),
        })
        .collect();
    facts
}

/// EC2's answers as the state machine passes them: two subnets, one with a route table and an ACL of its own, and the
/// source in a third.
pub(crate) fn vpc() -> Value {
    let all = |egress: bool| json!({"RuleNumber": 100, "Protocol": "-1", "RuleAction": "allow", "Egress": egress, "CidrBlock": "0.0.0.0/0"});
    let last = |egress: bool| json!({"RuleNumber": 32767, "Protocol": "-1", "RuleAction": "deny", "Egress": egress, "CidrBlock": "0.0.0.0/0"});
    let entries = json!([all(true), all(false), last(true), last(false)]);
    let local = json!([{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}]);
    let subnet = |id: &str, cidr: &str| json!({"SubnetId": id, "VpcId": "vpc-1", "CidrBlock": cidr, "AvailabilityZone": "eu-west-1a"});
    json!({
        "location": {"vpcId": "vpc-1", "subnetIds": ["subnet-a", "subnet-b"], "securityGroupIds": ["sg-target"],
                     "sourceAddress": "10.0.0.241", "untold": []},
        "sourceInterfaces": {"NetworkInterfaces": [{"NetworkInterfaceId": "eni-1", "SubnetId": "subnet-s",
                     "VpcId": "vpc-1", "Groups": [{"GroupId": "sg-source", "GroupName": "redis"}]}]},
        "securityGroups": {"SecurityGroups": [
            {"GroupId": "sg-target", "IpPermissions": [], "IpPermissionsEgress": [
                {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]},
            {"GroupId": "sg-source", "IpPermissionsEgress": [], "IpPermissions": [
                {"IpProtocol": "tcp", "FromPort": 6379, "ToPort": 6379,
                 "UserIdGroupPairs": [{"GroupId": "sg-target", "UserId": "123456789012"}]}]}]},
        "subnets": {"Subnets": [subnet("subnet-a", "10.0.1.0/24"), subnet("subnet-b", "10.0.2.0/24"),
                     subnet("subnet-s", "10.0.0.0/24")]},
        "routeTables": {"RouteTables": [{"RouteTableId": "rtb-a", "VpcId": "vpc-1",
                     "Associations": [{"SubnetId": "subnet-a", "Main": false}], "Routes": local}]},
        "mainRouteTables": {"RouteTables": [{"RouteTableId": "rtb-main", "VpcId": "vpc-1",
                     "Associations": [{"Main": true}], "Routes": local}]},
        "networkAcls": {"NetworkAcls": [
            {"NetworkAclId": "acl-a", "Associations": [{"SubnetId": "subnet-a"}], "Entries": entries},
            {"NetworkAclId": "acl-rest", "Associations": [{"SubnetId": "subnet-b"}, {"SubnetId": "subnet-s"}],
             "Entries": entries}]},
    })
}
