//! What the API shows: state in, XML out. Members come in the order of the model, absent ones are left out.

mod cache_cluster;
mod other;
mod replication_group;

pub(super) use cache_cluster::cache_cluster;
pub(super) use other::{event, node_type_parameters, parameter, subnet_group, tags, update_action};
pub(super) use replication_group::replication_group;

use jiff::Timestamp;

use crate::wire::Element;

fn switch(on: bool) -> &'static str {
    if on { "enabled" } else { "disabled" }
}

/// ISO 8601 with milliseconds and Z, as AWS prints it.
fn date(timestamp: Timestamp) -> String {
    format!("{timestamp:.3}")
}

fn endpoint(name: &'static str, address: &str, port: u16) -> Element {
    Element::new(name).text("Address", address).text("Port", port)
}

/// Node groups and clusters know no `migrating`: they are `modifying` with their group, else `available`.
fn part_status(group_status: &str) -> &str {
    match group_status {
        "migrating" => "available",
        other => other,
    }
}
