//! What a group must be for a call to be allowed. The rules are AWS's; which code answers which rule is not public,
//! so the codes are the likely ones and the texts are the stand-in's.

use super::{Engine, GroupSpec};
use crate::wire::{ApiError, ModifyReplicationGroup};

/// One requirement of a migration target, and what is answered when it does not hold.
struct Rule {
    broken: fn(&GroupSpec) -> bool,
    error: fn(String) -> ApiError,
    text: &'static str,
}

const TARGET_RULES: [Rule; 9] = [
    Rule {
        broken: |spec| spec.transit_encryption,
        error: ApiError::invalid_combination,
        text: "Online migration is not supported for replication groups with encryption in transit enabled.",
    },
    Rule {
        broken: |spec| {
            spec.pending.transit_encryption.is_some() || spec.pending.transit_encryption_mode.is_some()
        },
        error: ApiError::invalid_group_state,
        text: "The replication group has pending modifications of encryption in transit.",
    },
    Rule {
        broken: |spec| spec.auth_token || !spec.user_group_ids.is_empty(),
        error: ApiError::invalid_combination,
        text: "Online migration is not supported for replication groups with AUTH or user groups.",
    },
    Rule {
        broken: |spec| !spec.multi_az,
        error: ApiError::invalid_combination,
        text: "Online migration requires Multi-AZ to be enabled on the replication group.",
    },
    Rule {
        broken: |spec| !spec.automatic_failover,
        error: ApiError::invalid_combination,
        text: "Online migration requires automatic failover to be enabled on the replication group.",
    },
    Rule {
        broken: |spec| spec.data_tiering || spec.node_type.starts_with("cache.r6gd."),
        error: ApiError::invalid_combination,
        text: "Online migration is not supported for replication groups with data tiering.",
    },
    Rule {
        broken: |spec| spec.global_datastore.is_some(),
        error: ApiError::invalid_combination,
        text: "Online migration is not supported for members of a global datastore.",
    },
    Rule {
        broken: |spec| spec.pending.resharding_progress.is_some(),
        error: ApiError::invalid_group_state,
        text: "The replication group is being resharded.",
    },
    Rule {
        broken: |spec| spec.engine == Engine::Redis && version(&spec.engine_version) < [5, 0, 6],
        error: ApiError::invalid_combination,
        text: "Online migration requires Valkey 7.2 or Redis OSS 5.0.6 or later.",
    },
];

/// AWS's requirements of a migration target.
pub(super) fn migration_target(spec: &GroupSpec) -> Result<(), ApiError> {
    match TARGET_RULES.iter().find(|rule| (rule.broken)(spec)) {
        Some(rule) => Err((rule.error)(rule.text.to_owned())),
        None => Ok(()),
    }
}

/// What ModifyReplicationGroup requires.
pub(super) fn modification(spec: &GroupSpec, change: &ModifyReplicationGroup) -> Result<(), ApiError> {
    if change.topic_status.is_some() && change.topic_arn.is_none() && spec.notification_topic.is_none() {
        return Err(ApiError::invalid_combination(
            "NotificationTopicStatus needs a notification topic.",
        ));
    }
    if change.multi_az == Some(true) && !change.automatic_failover.unwrap_or(spec.automatic_failover) {
        return Err(ApiError::invalid_combination(
            "Multi-AZ requires automatic failover to be enabled.",
        ));
    }
    if change.transit_encryption_mode.is_some()
        && change.transit_encryption != Some(true)
        && !spec.transit_encryption
    {
        let message = "TransitEncryptionMode needs TransitEncryptionEnabled to be true.";
        return Err(ApiError::invalid_combination(message));
    }
    Ok(())
}

fn version(text: &str) -> [u32; 3] {
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    [0; 3].map(|_: u32| parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::super::{PendingModifications, SubnetGroup};
    use super::*;

    #[test]
    fn the_default_group_can_be_a_target() {
        assert_eq!(migration_target(&GroupSpec::default()), Ok(()));
        assert!(!SubnetGroup::default().subnets.is_empty());
    }

    #[test]
    fn each_broken_requirement_has_its_own_answer() {
        let good = GroupSpec::default;
        let pending = PendingModifications {
            transit_encryption: Some(false),
            ..Default::default()
        };
        let resharding = PendingModifications {
            resharding_progress: Some(3),
            ..Default::default()
        };
        let broken = [
            GroupSpec {
                transit_encryption: true,
                ..good()
            },
            GroupSpec { pending, ..good() },
            GroupSpec {
                auth_token: true,
                ..good()
            },
            GroupSpec {
                multi_az: false,
                ..good()
            },
            GroupSpec {
                automatic_failover: false,
                ..good()
            },
            GroupSpec {
                node_type: "cache.r6gd.xlarge".into(),
                ..good()
            },
            GroupSpec {
                global_datastore: Some("gds".into()),
                ..good()
            },
            GroupSpec {
                pending: resharding,
                ..good()
            },
            GroupSpec {
                engine: Engine::Redis,
                engine_version: "5.0.5".into(),
                ..good()
            },
        ];
        for (spec, rule) in broken.iter().zip(&TARGET_RULES) {
            assert_eq!(migration_target(spec).unwrap_err().message, rule.text);
        }
    }

    #[test]
    fn versions_compare_by_number() {
        assert!(version("5.0.10") > version("5.0.6"));
        assert_eq!(version("7.1"), [7, 1, 0]);
    }

    #[test]
    fn a_group_with_cluster_mode_enabled_can_be_a_target() {
        let spec = GroupSpec {
            cluster_enabled: true,
            shards: 2,
            ..GroupSpec::default()
        };
        assert_eq!(migration_target(&spec), Ok(()));
    }
}
