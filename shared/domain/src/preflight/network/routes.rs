//! Route tables: the most specific route that covers an address is taken. Where it leads beyond the VPC is not seen.
//! Source: <https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html>.

use super::super::narrower::ROUTE;
use super::described::{Route, RouteTable, network};
use super::gate::Gate;
use ipnet::IpNet;

/// The table that a subnet uses: its own, else its VPC's main one.
pub(super) fn table_of<'a>(
    explicit: &'a [RouteTable],
    main: &'a [RouteTable],
    subnet_id: &str,
    vpc_id: &str,
) -> Option<&'a RouteTable> {
    explicit
        .iter()
        .find(|table| {
            table
                .associations
                .iter()
                .any(|association| association.subnet_id.as_deref() == Some(subnet_id))
        })
        .or_else(|| main.iter().find(|table| table.vpc_id == vpc_id))
}

/// Where packets to `peer` go by this table.
pub(super) fn judge(table: &RouteTable, peer: IpNet) -> Gate {
    let id = &table.route_table_id;
    let taken = table
        .routes
        .iter()
        .filter_map(|route| Some((route.destination_cidr_block.as_deref().and_then(network)?, route)))
        .filter(|(block, _)| block.contains(&peer))
        .max_by_key(|(block, _)| block.prefix_len());
    let by_list = table
        .routes
        .iter()
        .any(|route| route.destination_prefix_list_id.is_some());
    match taken {
        None if by_list => Gate::unknown(format!(
            "{id} has routes by prefix list, which are not looked into"
        )),
        None => shut(id, peer, format!("{id} has no route to {peer}")),
        Some((block, route)) => judge_route(id, peer, block, route),
    }
}

fn judge_route(id: &str, peer: IpNet, block: IpNet, route: &Route) -> Gate {
    if route.state.as_deref() == Some("blackhole") {
        return shut(
            id,
            peer,
            format!("{id} sends {block} into a black hole: what it led to is gone"),
        );
    }
    if let Some(gateway) = route.gateway_id.as_deref() {
        if gateway == "local" {
            return Gate::Open(format!("{id} routes {block} within the VPC"));
        }
        if gateway.starts_with("igw-") {
            return shut(
                id,
                peer,
                format!(
                    "{id} sends {block} to the internet gateway {gateway}, and ElastiCache's nodes have no public address"
                ),
            );
        }
        return Gate::Open(format!(
            "{id} routes {block} by {gateway}; what lies beyond is not seen"
        ));
    }
    if let Some(nat) = &route.nat_gateway_id {
        return Gate::unknown(format!(
            "{id} sends {block} to the NAT gateway {nat}, behind which a private address is seldom reached"
        ));
    }
    let beyond = [
        &route.vpc_peering_connection_id,
        &route.transit_gateway_id,
        &route.core_network_arn,
        &route.local_gateway_id,
        &route.network_interface_id,
    ];
    match beyond.into_iter().find_map(Option::as_deref) {
        Some(by) => Gate::Open(format!(
            "{id} routes {block} by {by}; what lies beyond is not seen"
        )),
        None => Gate::unknown(format!("{id} routes {block} to something that is not known here")),
    }
}

fn shut(id: &str, peer: IpNet, by: String) -> Gate {
    Gate::Shut {
        by,
        remedy: format!(
            "aws ec2 create-route --route-table-id {id} --destination-cidr-block {peer} --vpc-peering-connection-id <the \
             peering with the source's VPC, or --transit-gateway-id>"
        ),
        despite_probe: false,
        way: &ROUTE,
    }
}

#[cfg(test)]
mod tests {
    use super::super::described::Association;
    use super::*;

    fn route(cidr: &str, change: impl FnOnce(&mut Route)) -> Route {
        let mut route = Route {
            destination_cidr_block: Some(cidr.to_owned()),
            state: Some("active".to_owned()),
            ..Route::default()
        };
        change(&mut route);
        route
    }

    fn local() -> Route {
        route("10.0.0.0/16", |route| route.gateway_id = Some("local".to_owned()))
    }

    fn to(address: &str, routes: Vec<Route>) -> Gate {
        let table = RouteTable {
            route_table_id: "rtb-1".to_owned(),
            routes,
            ..RouteTable::default()
        };
        judge(&table, network(address).expect("an address"))
    }

    #[test]
    fn the_most_specific_route_is_taken() {
        let peering = route("10.9.0.0/16", |route| {
            route.vpc_peering_connection_id = Some("pcx-1".to_owned())
        });
        let internet = route("0.0.0.0/0", |route| route.gateway_id = Some("igw-1".to_owned()));
        let routes = vec![internet, local(), peering];
        assert!(matches!(to("10.0.3.4", routes.clone()), Gate::Open(_)));
        assert!(matches!(to("10.9.3.4", routes.clone()), Gate::Open(by) if by.contains("pcx-1")));
        assert!(matches!(to("172.16.0.1", routes), Gate::Shut { by, .. } if by.contains("igw-1")));
    }

    #[test]
    fn no_route_and_a_black_hole_stop_it_with_the_tables_id() {
        let Gate::Shut { remedy, .. } = to("10.9.0.1", vec![local()]) else {
            panic!("there is no route");
        };
        assert!(
            remedy.starts_with(
                "aws ec2 create-route --route-table-id rtb-1 --destination-cidr-block 10.9.0.1/32"
            ),
            "{remedy}"
        );
        let hole = route("10.9.0.0/16", |route| {
            route.vpc_peering_connection_id = Some("pcx-1".to_owned());
            route.state = Some("blackhole".to_owned());
        });
        assert!(
            matches!(to("10.9.0.1", vec![local(), hole]), Gate::Shut { by, .. } if by.contains("black hole"))
        );
    }

    #[test]
    fn what_is_not_seen_into_is_unknown() {
        let nat = route("0.0.0.0/0", |route| {
            route.nat_gateway_id = Some("nat-1".to_owned())
        });
        assert!(matches!(to("10.9.0.1", vec![nat]), Gate::Unknown(_)));
        let listed = Route {
            destination_prefix_list_id: Some("pl-1".to_owned()),
            ..Route::default()
        };
        assert!(matches!(to("10.9.0.1", vec![listed]), Gate::Unknown(_)));
        assert!(matches!(
            to("10.9.0.1", vec![route("10.9.0.0/16", |_| {})]),
            Gate::Unknown(_)
        ));
    }

    #[test]
    fn a_subnet_without_a_table_of_its_own_uses_the_main_one_of_its_vpc() {
        let table = |id: &str, vpc: &str, subnet: Option<&str>| RouteTable {
            route_table_id: id.to_owned(),
            vpc_id: vpc.to_owned(),
            associations: vec![Association {
                subnet_id: subnet.map(str::to_owned),
            }],
            routes: vec![],
        };
        let explicit = [table("rtb-own", "vpc-1", Some("subnet-a"))];
        let main = [
            table("rtb-other", "vpc-2", None),
            table("rtb-main", "vpc-1", None),
        ];
        let id = |subnet: &str| {
            table_of(&explicit, &main, subnet, "vpc-1").map(|table| table.route_table_id.as_str())
        };
        assert_eq!(id("subnet-a"), Some("rtb-own"));
        assert_eq!(id("subnet-b"), Some("rtb-main"));
        assert!(table_of(&explicit, &main, "subnet-b", "vpc-9").is_none());
    }
}
