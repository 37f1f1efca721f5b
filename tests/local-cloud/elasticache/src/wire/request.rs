//! One type per operation, read from a form. A request that exists here is well-formed; whether it is allowed is the
//! business of `state`.

use jiff::Timestamp;

use super::{API_VERSION, ApiError, Form, PageRequest};

/// Every operation that the stand-in offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    TestMigration(Migration),
    StartMigration(Migration),
    CompleteMigration {
        group: String,
        force: bool,
    },
    DescribeReplicationGroups {
        group: Option<String>,
        page: PageRequest,
    },
    DescribeCacheClusters(DescribeCacheClusters),
    DescribeEvents(DescribeEvents),
    DescribeCacheParameters(DescribeCacheParameters),
    DescribeCacheSubnetGroups {
        name: Option<String>,
        page: PageRequest,
    },
    DescribeUpdateActions(DescribeUpdateActions),
    ModifyReplicationGroup(ModifyReplicationGroup),
    ListTagsForResource {
        arn: String,
    },
    AddTagsToResource {
        arn: String,
        tags: Vec<(String, String)>,
    },
}

/// The source's address, as the caller gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) address: String,
    pub(crate) port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Migration {
    pub(crate) group: String,
    pub(crate) source: Endpoint,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DescribeCacheClusters {
    pub(crate) cluster: Option<String>,
    pub(crate) show_nodes: bool,
    /// Every cluster of the stand-in is in a group, so this asks for nothing.
    pub(crate) only_outside_groups: bool,
    pub(crate) page: PageRequest,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DescribeEvents {
    pub(crate) source: Option<String>,
    pub(crate) source_type: Option<String>,
    pub(crate) start: Option<Timestamp>,
    pub(crate) end: Option<Timestamp>,
    pub(crate) duration_minutes: Option<i64>,
    pub(crate) page: PageRequest,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DescribeCacheParameters {
    pub(crate) group: String,
    pub(crate) source: Option<String>,
    pub(crate) page: PageRequest,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DescribeUpdateActions {
    pub(crate) service_update: Option<String>,
    pub(crate) groups: Vec<String>,
    pub(crate) clusters: Vec<String>,
    pub(crate) statuses: Vec<String>,
    pub(crate) page: PageRequest,
}

/// The changes that the stand-in applies; a change of anything else is accepted and shows no effect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ModifyReplicationGroup {
    pub(crate) group: String,
    pub(crate) apply_immediately: bool,
    pub(crate) description: Option<String>,
    pub(crate) topic_arn: Option<String>,
    pub(crate) topic_status: Option<String>,
    pub(crate) maintenance_window: Option<String>,
    pub(crate) snapshot_window: Option<String>,
    pub(crate) multi_az: Option<bool>,
    pub(crate) automatic_failover: Option<bool>,
    pub(crate) transit_encryption: Option<bool>,
    pub(crate) transit_encryption_mode: Option<String>,
}

impl Request {
    /// Reads a form. The order of the checks is AWS's: first the operation, then its parameters.
    pub(crate) fn read(form: &Form) -> Result<Self, ApiError> {
        let action = form.text("Action").ok_or_else(ApiError::missing_action)?;
        let version = form.text("Version").unwrap_or_default();
        if version != API_VERSION {
            return Err(ApiError::invalid_action(action, version));
        }
        match action {
            "TestMigration" => {
                let group = group_id(form.required("ReplicationGroupId")?)?;
                if form.list("CustomerNodeEndpointList").is_empty() {
                    return Err(ApiError::missing_parameter("CustomerNodeEndpointList"));
                }
                Ok(Self::TestMigration(Migration {
                    group,
                    source: endpoint(form)?,
                }))
            }
            "StartMigration" => {
                let group = node_based_group(form)?;
                Ok(Self::StartMigration(Migration {
                    group,
                    source: endpoint(form)?,
                }))
            }
            "CompleteMigration" => {
                let group = node_based_group(form)?;
                Ok(Self::CompleteMigration {
                    group,
                    force: form.boolean("Force")?.unwrap_or(false),
                })
            }
            "DescribeReplicationGroups" => {
                let group = form.text("ReplicationGroupId").map(str::to_ascii_lowercase);
                Ok(Self::DescribeReplicationGroups {
                    group,
                    page: PageRequest::read(form)?,
                })
            }
            "DescribeCacheClusters" => Ok(Self::DescribeCacheClusters(DescribeCacheClusters {
                cluster: form.text("CacheClusterId").map(str::to_ascii_lowercase),
                show_nodes: form.boolean("ShowCacheNodeInfo")?.unwrap_or(false),
                only_outside_groups: form
                    .boolean("ShowCacheClustersNotInReplicationGroups")?
                    .unwrap_or(false),
                page: PageRequest::read(form)?,
            })),
            "DescribeEvents" => Ok(Self::DescribeEvents(events(form)?)),
            "DescribeCacheParameters" => Ok(Self::DescribeCacheParameters(parameters(form)?)),
            "DescribeCacheSubnetGroups" => Ok(Self::DescribeCacheSubnetGroups {
                name: form.text("CacheSubnetGroupName").map(str::to_ascii_lowercase),
                page: PageRequest::read(form)?,
            }),
            "DescribeUpdateActions" => Ok(Self::DescribeUpdateActions(DescribeUpdateActions {
                service_update: form.owned("ServiceUpdateName"),
                groups: form.strings("ReplicationGroupIds"),
                clusters: form.strings("CacheClusterIds"),
                statuses: form.strings("UpdateActionStatus"),
                page: PageRequest::read(form)?,
            })),
            "ModifyReplicationGroup" => Ok(Self::ModifyReplicationGroup(modify(form)?)),
            "ListTagsForResource" => Ok(Self::ListTagsForResource {
                arn: form.required("ResourceName")?.to_owned(),
            }),
            "AddTagsToResource" => Ok(Self::AddTagsToResource {
                arn: form.required("ResourceName")?.to_owned(),
                tags: tags(form)?,
            }),
            unknown => Err(ApiError::invalid_action(unknown, version)),
        }
    }
}

/// Identifiers are kept in lower case by AWS, and compared so.
fn group_id(text: &str) -> Result<String, ApiError> {
    if text.is_empty() {
        return Err(ApiError::invalid_value(
            "The parameter ReplicationGroupId must be provided and must not be blank.",
        ));
    }
    Ok(text.to_ascii_lowercase())
}

/// Start and Complete serve two products: a replication group or a serverless cache, which the stand-in never has.
fn node_based_group(form: &Form) -> Result<String, ApiError> {
    match (form.text("ReplicationGroupId"), form.text("ServerlessCacheName")) {
        (Some(_), Some(_)) => {
            let message = "Only one of ReplicationGroupId and ServerlessCacheName may be specified.";
            Err(ApiError::invalid_combination(message))
        }
        (None, None) => {
            let message = "Either ReplicationGroupId or ServerlessCacheName must be specified.";
            Err(ApiError::invalid_combination(message))
        }
        (None, Some(name)) => Err(ApiError::serverless_not_found(name)),
        (Some(id), None) => {
            for name in ["AutoCutover", "ClearTargetCacheData"] {
                if form.text(name).is_some() {
                    let message = format!("{name} applies to serverless caches only.");
                    return Err(ApiError::invalid_combination(message));
                }
            }
            group_id(id)
        }
    }
}

/// "List of endpoints … should have only one element": anything else is refused.
fn endpoint(form: &Form) -> Result<Endpoint, ApiError> {
    let list = form.list("CustomerNodeEndpointList");
    let [one] = list.as_slice() else {
        let message = format!(
            "CustomerNodeEndpointList must contain exactly one endpoint, not {}.",
            list.len()
        );
        return Err(ApiError::invalid_value(message));
    };
    let address = one.text("Address").unwrap_or_default().trim();
    if address.is_empty() {
        return Err(ApiError::invalid_value(
            "The address of the customer node endpoint must not be blank.",
        ));
    }
    let port = one
        .integer("Port")?
        .ok_or_else(|| ApiError::invalid_value("The port of the customer node endpoint must be provided."))?;
    match u16::try_from(port) {
        Ok(port) if port > 0 => Ok(Endpoint {
            address: address.to_owned(),
            port,
        }),
        _ => Err(ApiError::invalid_value(format!(
            "Invalid port {port} of the customer node endpoint."
        ))),
    }
}

const SOURCE_TYPES: [&str; 9] = [
    "cache-cluster",
    "cache-parameter-group",
    "cache-security-group",
    "cache-subnet-group",
    "replication-group",
    "serverless-cache",
    "serverless-cache-snapshot",
    "user",
    "user-group",
];

fn events(form: &Form) -> Result<DescribeEvents, ApiError> {
    let source_type = form.owned("SourceType");
    if let Some(unknown) = source_type.as_deref().filter(|name| !SOURCE_TYPES.contains(name)) {
        return Err(ApiError::invalid_value(format!("Invalid SourceType {unknown}.")));
    }
    Ok(DescribeEvents {
        source: form.text("SourceIdentifier").map(str::to_ascii_lowercase),
        source_type,
        start: form.timestamp("StartTime")?,
        end: form.timestamp("EndTime")?,
        duration_minutes: form.integer("Duration")?,
        page: PageRequest::read(form)?,
    })
}

fn parameters(form: &Form) -> Result<DescribeCacheParameters, ApiError> {
    let source = form.owned("Source");
    if let Some(unknown) = source
        .as_deref()
        .filter(|name| !["user", "system", "engine-default"].contains(name))
    {
        return Err(ApiError::invalid_value(format!("Invalid Source {unknown}.")));
    }
    Ok(DescribeCacheParameters {
        group: form.required("CacheParameterGroupName")?.to_owned(),
        source,
        page: PageRequest::read(form)?,
    })
}

fn modify(form: &Form) -> Result<ModifyReplicationGroup, ApiError> {
    let topic_status = form.owned("NotificationTopicStatus");
    if let Some(unknown) = topic_status
        .as_deref()
        .filter(|status| !["active", "inactive"].contains(status))
    {
        return Err(ApiError::invalid_value(format!(
            "Invalid NotificationTopicStatus {unknown}."
        )));
    }
    let topic_arn = form.owned("NotificationTopicArn");
    if let Some(other) = topic_arn
        .as_deref()
        .filter(|arn| !arn.starts_with("arn:aws:sns:"))
    {
        return Err(ApiError::invalid_value(format!(
            "Invalid NotificationTopicArn {other}."
        )));
    }
    Ok(ModifyReplicationGroup {
        group: group_id(form.required("ReplicationGroupId")?)?,
        apply_immediately: form.boolean("ApplyImmediately")?.unwrap_or(false),
        description: form.owned("ReplicationGroupDescription"),
        topic_arn,
        topic_status,
        maintenance_window: form.owned("PreferredMaintenanceWindow"),
        snapshot_window: form.owned("SnapshotWindow"),
        multi_az: form.boolean("MultiAZEnabled")?,
        automatic_failover: form.boolean("AutomaticFailoverEnabled")?,
        transit_encryption: form.boolean("TransitEncryptionEnabled")?,
        transit_encryption_mode: form.owned("TransitEncryptionMode"),
    })
}

fn tags(form: &Form) -> Result<Vec<(String, String)>, ApiError> {
    let list = form.list("Tags");
    if list.is_empty() {
        return Err(ApiError::missing_parameter("Tags"));
    }
    list.iter()
        .map(|tag| {
            let key = tag.text("Key").unwrap_or_default();
            if key.is_empty() || key.starts_with("aws:") {
                return Err(ApiError::invalid_value(format!("Invalid tag key '{key}'.")));
            }
            Ok((key.to_owned(), tag.owned("Value").unwrap_or_default()))
        })
        .collect()
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
