//! Everything that the checks judge, looked up at once. Each call is a fact for itself: one that is denied makes only its
//! own checks `UNKNOWN`.

use adapters::elasticache::ElastiCache;
use adapters::{clock, engine, pairs};
use domain::contract::notify::Listeners;
use domain::plan::Plan;
use domain::preflight::network::{Described, Location, NetworkFacts};
use domain::preflight::{Access, Facts, Moment, TargetFacts};
use domain::target::CacheCluster;
use domain::{Endpoint, Observed};
use jiff::SignedDuration;
use std::net::IpAddr;
use std::time::Duration;

/// How far back the group's events are read.
const A_DAY: SignedDuration = SignedDuration::from_hours(24);

/// How long the source may take with all its answers; well within the function's timeout.
const SOURCE_LIMIT: Duration = Duration::from_secs(25);

/// What other states have asked already: this function has no way to EC2 and SNS.
pub(crate) struct Elsewhere {
    pub(crate) network: Option<Box<Described>>,
    pub(crate) listeners: Option<Listeners>,
}

/// Looks at both sides at once.
pub(crate) async fn facts(
    elasticache: &ElastiCache,
    plan: Plan,
    moment: Moment,
    elsewhere: Elsewhere,
) -> Facts {
    let (source, target) = tokio::join!(
        engine::gather_source(&plan, SOURCE_LIMIT),
        target(elasticache, &plan)
    );
    Facts {
        now: clock::now(),
        moment,
        source,
        target,
        network: elsewhere.network.map_or_else(
            || NetworkFacts::unknown("the network was not described"),
            |answers| (*answers).into(),
        ),
        listeners: elsewhere.listeners.map_or_else(
            || Observed::Unknown("it was not asked who is subscribed".to_owned()),
            Observed::Known,
        ),
        plan,
    }
}

/// Where the target's nodes may stand, and the source's address.
pub(crate) async fn location(elasticache: &ElastiCache, plan: &Plan) -> Location {
    let mut location = Location::default();
    match address_of(&plan.source).await {
        Some(address) => location.source_address = address,
        None => location.untold.push(format!(
            "{} does not resolve from the functions' subnets",
            plan.source.address
        )),
    }
    match subnets(elasticache, plan, &mut location).await {
        Ok(()) => {}
        Err(why) => location.untold.push(why),
    }
    location
}

async fn subnets(elasticache: &ElastiCache, plan: &Plan, location: &mut Location) -> Result<(), String> {
    let id = &plan.replication_group_id;
    let group = elasticache.group(id).await.map_err(|error| error.to_string())?;
    let mut group = group.ok_or_else(|| format!("there is no replication group {id}"))?;
    // The members of a group share their subnet group and security groups: one of them tells.
    group.member_clusters.truncate(1);
    let members = elasticache
        .cache_clusters(&group)
        .await
        .map_err(|error| error.to_string())?;
    let member = members.first().ok_or_else(|| format!("{id} has no node"))?;
    location.security_group_ids.clone_from(&member.security_groups);
    let name = member
        .subnet_group
        .as_deref()
        .ok_or_else(|| format!("{} names no subnet group", member.id))?;
    let subnet_group = elasticache
        .subnet_group(name)
        .await
        .map_err(|error| error.to_string())?
        .ok_or_else(|| format!("there is no subnet group {name}"))?;
    location.vpc_id = subnet_group.vpc_id.unwrap_or_default();
    location.subnet_ids = subnet_group.subnets;
    Ok(())
}

async fn address_of(source: &Endpoint) -> Option<String> {
    if source.address.parse::<IpAddr>().is_ok() {
        return Some(source.address.clone());
    }
    engine::resolve(source).await
}

async fn target(elasticache: &ElastiCache, plan: &Plan) -> TargetFacts {
    let id = &plan.replication_group_id;
    let mut access = vec![];
    let described = elasticache.group(id).await;
    access.push(Access::of("elasticache:DescribeReplicationGroups", &described));
    let group = match described {
        Ok(Some(group)) => group,
        Ok(None) => {
            let namesake = elasticache.is_serverless(id).await;
            access.push(Access::of("elasticache:DescribeServerlessCaches", &namesake));
            return TargetFacts {
                serverless_namesake: namesake.into(),
                access,
                ..TargetFacts::unknown(Observed::Known(None), "there is no such group")
            };
        }
        Err(error) => {
            return TargetFacts {
                access,
                ..TargetFacts::unknown(
                    Observed::Unknown(error.to_string()),
                    "the group was not described",
                )
            };
        }
    };
    let now = clock::now();
    let since = now.checked_sub(A_DAY).unwrap_or(now);
    let (clusters, updates, events) = tokio::join!(
        elasticache.cache_clusters(&group),
        elasticache.update_actions(id),
        elasticache.events(id, since),
    );
    access.push(Access::of("elasticache:DescribeCacheClusters", &clusters));
    access.push(Access::of("elasticache:DescribeUpdateActions", &updates));
    access.push(Access::of("elasticache:DescribeEvents", &events));
    let members = clusters.as_deref().unwrap_or_default();
    let shards = pairs::ask_primaries(&group, &group.node_endpoints(members)).await;
    let (parameters, subnet_group) = around(elasticache, members.first(), &mut access).await;
    TargetFacts {
        group: Observed::Known(Some(group)),
        clusters: clusters.into(),
        parameters,
        subnet_group,
        updates: updates.into(),
        events: events.into(),
        serverless_namesake: Observed::Known(false),
        access,
        shards,
    }
}

/// What only the names in a member's description lead to.
async fn around(
    elasticache: &ElastiCache,
    member: Option<&CacheCluster>,
    access: &mut Vec<Access>,
) -> (
    Observed<domain::target::Parameters>,
    Observed<Option<domain::target::SubnetGroup>>,
) {
    let not_named = |what: &str| format!("no node of the group names its {what}");
    let parameters = match member.and_then(|member| member.parameter_group.as_deref()) {
        Some(name) => {
            let answer = elasticache.parameters(name).await;
            access.push(Access::of("elasticache:DescribeCacheParameters", &answer));
            answer.into()
        }
        None => Observed::Unknown(not_named("parameter group")),
    };
    let subnet_group = match member.and_then(|member| member.subnet_group.as_deref()) {
        Some(name) => {
            let answer = elasticache.subnet_group(name).await;
            access.push(Access::of("elasticache:DescribeCacheSubnetGroups", &answer));
            answer.into()
        }
        None => Observed::Unknown(not_named("subnet group")),
    };
    (parameters, subnet_group)
}
