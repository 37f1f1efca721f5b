//! `PendingModifiedValues`: each change that waits, as `Field=value`, the fields named as AWS names them.
//! Sources: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReplicationGroupPendingModifiedValues.html>,
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CacheCluster.html>.

use aws_sdk_elasticache::types::{PendingModifiedValues, ReplicationGroupPendingModifiedValues};

/// What waits on a replication group.
pub(super) fn of_group(values: &ReplicationGroupPendingModifiedValues) -> Vec<String> {
    [
        change("PrimaryClusterId", values.primary_cluster_id().map(str::to_owned)),
        change(
            "AutomaticFailoverStatus",
            values
                .automatic_failover_status()
                .map(|status| status.as_str().to_owned()),
        ),
        change(
            "Resharding",
            values.resharding().map(|resharding| {
                let percent = resharding
                    .slot_migration()
                    .and_then(|migration| migration.progress_percentage())
                    .unwrap_or(0.0);
                format!("{percent} %")
            }),
        ),
        change(
            "AuthTokenStatus",
            values
                .auth_token_status()
                .map(|status| status.as_str().to_owned()),
        ),
        change("UserGroups", values.user_groups().map(|_| "changed".to_owned())),
        change(
            "TransitEncryptionEnabled",
            values
                .transit_encryption_enabled()
                .map(|enabled| enabled.to_string()),
        ),
        change(
            "TransitEncryptionMode",
            values
                .transit_encryption_mode()
                .map(|mode| mode.as_str().to_owned()),
        ),
        change(
            "ClusterMode",
            values.cluster_mode().map(|mode| mode.as_str().to_owned()),
        ),
        change(
            "LogDeliveryConfigurations",
            (!values.log_delivery_configurations().is_empty()).then(|| "changed".to_owned()),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What waits on a cache cluster.
pub(super) fn of_cluster(values: &PendingModifiedValues) -> Vec<String> {
    [
        change(
            "NumCacheNodes",
            values.num_cache_nodes().map(|count| count.to_string()),
        ),
        change(
            "CacheNodeIdsToRemove",
            (!values.cache_node_ids_to_remove().is_empty())
                .then(|| values.cache_node_ids_to_remove().join(" ")),
        ),
        change("EngineVersion", values.engine_version().map(str::to_owned)),
        change("CacheNodeType", values.cache_node_type().map(str::to_owned)),
        change(
            "AuthTokenStatus",
            values
                .auth_token_status()
                .map(|status| status.as_str().to_owned()),
        ),
        change(
            "TransitEncryptionEnabled",
            values
                .transit_encryption_enabled()
                .map(|enabled| enabled.to_string()),
        ),
        change(
            "TransitEncryptionMode",
            values
                .transit_encryption_mode()
                .map(|mode| mode.as_str().to_owned()),
        ),
        change("ScaleConfig", values.scale_config().map(|_| "changed".to_owned())),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn change(name: &str, value: Option<String>) -> Option<String> {
    value.map(|value| format!("{name}={value}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_elasticache::types::PendingAutomaticFailoverStatus;

    #[test]
    fn nothing_that_waits_is_an_empty_list_and_each_change_is_named() {
        assert_eq!(
            of_group(&ReplicationGroupPendingModifiedValues::builder().build()),
            [""; 0]
        );
        assert_eq!(of_cluster(&PendingModifiedValues::builder().build()), [""; 0]);
        let group = ReplicationGroupPendingModifiedValues::builder()
            .automatic_failover_status(PendingAutomaticFailoverStatus::Enabled)
            .transit_encryption_enabled(false)
            .build();
        assert_eq!(
            of_group(&group),
            [
                "AutomaticFailoverStatus=enabled",
                "TransitEncryptionEnabled=false"
            ]
        );
        let cluster = PendingModifiedValues::builder().engine_version("8.1").build();
        assert_eq!(of_cluster(&cluster), ["EngineVersion=8.1"]);
    }
}
