//! Names for some of the ways in which a check fails, where what is to be done differs by the way. A verdict that knows no
//! better goes by the name of its check.

/// One way in which a check fails.
#[derive(Debug, PartialEq, Eq)]
pub struct Narrower {
    /// The check's id.
    pub check: &'static str,
    /// What a diagnosis calls it, in snake case.
    pub cause: &'static str,
    /// What is the case.
    pub title: &'static str,
}

/// What to do about a name that does not resolve.
pub(crate) const GIVE_AN_ADDRESS: &str = "give the source's private IP address, or associate the private hosted zone with the \
     target's VPC: aws route53 associate-vpc-with-hosted-zone --hosted-zone-id <zone> --vpc VPCRegion=<region>,VPCId=<vpc>";

/// What to do about a port on which nothing answers.
pub(crate) const LISTEN: &str = "on the source's host: ss -ltn shows what listens; start the engine, or set bind so that it \
     listens on its private address";

pub(super) const ACL_RESTRICTS: Narrower = Narrower {
    check: "S3",
    cause: "source_acl_restricts",
    title: "The source lets its default user in, and does not let it do what a replica does",
};

pub(super) const NAME_NOT_RESOLVED: Narrower = Narrower {
    check: "S1",
    cause: "source_name_not_resolved",
    title: "No resolver of the target's subnets knows the source's name",
};

pub(super) const PORT_REFUSED: Narrower = Narrower {
    check: "S1",
    cause: "source_port_refused",
    title: "The source's host refuses the connection: nothing listens on that port",
};

pub(super) const UNDER_ANOTHER_MIGRATION: Narrower = Narrower {
    check: "T8",
    cause: "under_another_migration",
    title: "The target follows a source already",
};

pub(super) const SECURITY_GROUP: Narrower = Narrower {
    check: "N1",
    cause: "security_group_blocks",
    title: "A security group, and nothing else, stops the connection from the target's nodes to the source",
};

pub(super) const NETWORK_ACL: Narrower = Narrower {
    check: "N1",
    cause: "network_acl_blocks",
    title: "A network ACL, and nothing else, stops the connection from the target's nodes to the source, or its answers",
};

pub(super) const ROUTE: Narrower = Narrower {
    check: "N1",
    cause: "route_missing",
    title: "No route leads from the target's nodes to the source, or back, and nothing else stops the connection",
};

/// All of them, for the pages that are made from the tables.
pub const NARROWER: [Narrower; 7] = [
    NAME_NOT_RESOLVED,
    PORT_REFUSED,
    ACL_RESTRICTS,
    UNDER_ANOTHER_MIGRATION,
    SECURITY_GROUP,
    NETWORK_ACL,
    ROUTE,
];
