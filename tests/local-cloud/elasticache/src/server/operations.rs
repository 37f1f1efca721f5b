//! What each operation does. The three of a migration are in `migration`.

use std::sync::Arc;

use jiff::Timestamp;

use super::{ControlPlane, drivers, migration, view};
use crate::faults::Fault;
use crate::settings::EventOrder;
use crate::state::{Window, describe_parameters};
use crate::wire::{
    ApiError, DescribeCacheClusters, DescribeCacheParameters, DescribeEvents, DescribeUpdateActions, Element,
    ModifyReplicationGroup, Page, PageRequest, Request,
};

type Answer = Result<Vec<Element>, ApiError>;

/// Carries out a request and returns the children of its result.
pub(super) async fn perform(plane: &Arc<ControlPlane>, request: Request, fault: Option<&Fault>) -> Answer {
    match request {
        Request::TestMigration(request) => migration::test(plane, request),
        Request::StartMigration(request) => migration::start(plane, request).await,
        Request::CompleteMigration { group, force } => migration::complete(plane, &group, force, fault).await,
        Request::DescribeReplicationGroups { group, page } => groups(plane, group, &page),
        Request::DescribeCacheClusters(request) => clusters(plane, &request),
        Request::DescribeEvents(request) => events(plane, &request),
        Request::DescribeCacheParameters(request) => parameters(plane, &request),
        Request::DescribeCacheSubnetGroups { name, page } => subnet_groups(plane, name, &page),
        Request::DescribeUpdateActions(request) => update_actions(plane, &request),
        Request::ModifyReplicationGroup(request) => modify(plane, &request),
        Request::ListTagsForResource { arn } => list_tags(plane, &arn),
        Request::AddTagsToResource { arn, tags } => add_tags(plane, &arn, tags),
    }
}

/// A page's list, and the marker after it.
fn list(name: &'static str, page: Page<Element>) -> Vec<Element> {
    let marker = page.marker.map(|marker| Element::leaf("Marker", marker));
    marker
        .into_iter()
        .chain([Element::members(name, page.items)])
        .collect()
}

fn groups(plane: &ControlPlane, wanted: Option<String>, page: &PageRequest) -> Answer {
    let settings = plane.settings.get();
    plane.world.with(|world| {
        if let Some(id) = &wanted {
            world.group(id)?;
        }
        let chosen = world
            .groups
            .values()
            .filter(|group| wanted.as_ref().is_none_or(|id| id == group.id()));
        let page = page.cut(chosen.collect(), |group| group.id().to_owned())?;
        let view = |group: &_| view::replication_group(group, &plane.names, &settings);
        Ok(list("ReplicationGroups", page.map(view)))
    })
}

fn clusters(plane: &ControlPlane, request: &DescribeCacheClusters) -> Answer {
    let settings = plane.settings.get();
    plane.world.with(|world| {
        let wanted = |id: &str| request.cluster.as_ref().is_none_or(|wanted| wanted == id);
        let chosen: Vec<_> = world
            .nodes()
            .filter(|(_, node)| wanted(&node.cluster_id) && !request.only_outside_groups)
            .collect();
        if let (Some(id), true) = (&request.cluster, chosen.is_empty()) {
            return Err(ApiError::cluster_not_found(id));
        }
        let page = request.page.cut(chosen, |(_, node)| node.cluster_id.clone())?;
        let view =
            |(group, node)| view::cache_cluster(group, node, request.show_nodes, &plane.names, &settings);
        Ok(list("CacheClusters", page.map(view)))
    })
}

fn events(plane: &ControlPlane, request: &DescribeEvents) -> Answer {
    let settings = plane.settings.get();
    let window = Window::of(request, Timestamp::now(), settings.old_start_time)?;
    let mut events = plane.world.with(|world| world.events.select(request, window));
    if settings.event_order == EventOrder::NewestFirst {
        events.reverse();
    }
    let page = request.page.cut(events, |event| event.number.to_string())?;
    Ok(list("Events", page.map(|event| view::event(&event))))
}

fn parameters(plane: &ControlPlane, request: &DescribeCacheParameters) -> Answer {
    let all = plane
        .world
        .with(|world| describe_parameters(&request.group, world.groups.values()))?;
    let wanted = |source: &str| request.source.as_ref().is_none_or(|wanted| wanted == source);
    let chosen = all
        .into_iter()
        .filter(|parameter| wanted(parameter.source.name()))
        .collect();
    let page = request.page.cut(chosen, |parameter| parameter.name.to_owned())?;
    let mut answer = list("Parameters", page.map(|parameter| view::parameter(&parameter)));
    answer.push(view::node_type_parameters());
    Ok(answer)
}

fn subnet_groups(plane: &ControlPlane, wanted: Option<String>, page: &PageRequest) -> Answer {
    plane.world.with(|world| {
        let mut chosen = world.subnet_groups();
        chosen.retain(|group| wanted.as_ref().is_none_or(|name| *name == group.name));
        if let (Some(name), true) = (&wanted, chosen.is_empty()) {
            return Err(ApiError::subnet_group_not_found(name));
        }
        let page = page.cut(chosen, |group| group.name.clone())?;
        Ok(list(
            "CacheSubnetGroups",
            page.map(|group| view::subnet_group(group, &plane.names)),
        ))
    })
}

fn update_actions(plane: &ControlPlane, request: &DescribeUpdateActions) -> Answer {
    plane.world.with(|world| {
        let among =
            |list: &[String], value: &str| list.is_empty() || list.iter().any(|wanted| wanted == value);
        let chosen: Vec<_> = world
            .updates
            .iter()
            // The stand-in's updates are of groups: asked about clusters alone, there is none.
            .filter(|_| request.clusters.is_empty() || !request.groups.is_empty())
            .filter(|update| among(&request.groups, &update.replication_group))
            .filter(|update| among(&request.statuses, &update.status))
            .filter(|update| {
                request
                    .service_update
                    .as_ref()
                    .is_none_or(|name| *name == update.name)
            })
            .collect();
        let page = request.page.cut(chosen, |update| {
            format!("{}/{}", update.replication_group, update.name)
        })?;
        Ok(list("UpdateActions", page.map(view::update_action)))
    })
}

fn modify(plane: &Arc<ControlPlane>, request: &ModifyReplicationGroup) -> Answer {
    let settings = plane.settings.get();
    let shown = plane.world.with(|world| {
        let group = world.group_mut(&request.group)?;
        group.modify(request)?;
        Ok(view::replication_group(group, &plane.names, &settings))
    })?;
    plane.run(
        &request.group,
        drivers::modify(plane.clone(), request.group.clone()),
    );
    Ok(vec![shown])
}

fn list_tags(plane: &ControlPlane, arn: &str) -> Answer {
    plane.world.with(|world| {
        let id = world.group_by_arn(&plane.names, arn)?;
        Ok(vec![view::tags(&world.group(&id)?.tags)])
    })
}

fn add_tags(plane: &ControlPlane, arn: &str, tags: Vec<(String, String)>) -> Answer {
    const QUOTA: usize = 50;
    plane.world.with(|world| {
        let id = world.group_by_arn(&plane.names, arn)?;
        let group = world.group_mut(&id)?;
        group.must_be_available()?;
        let mut all = group.tags.clone();
        all.extend(tags);
        if all.len() > QUOTA {
            return Err(ApiError::tag_quota());
        }
        group.tags = all;
        Ok(vec![view::tags(&group.tags)])
    })
}
