//! The errors of the API: code, HTTP status and text, as they go over the wire.

/// An error answer. The code is the wire's, which for three errors is not the name of the shape in the model:
/// `InvalidReplicationGroupState`, `InvalidParameterValue` and `InvalidParameterCombination`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code} ({status}): {message}")]
pub struct ApiError {
    /// The `<Code>`.
    pub code: String,
    /// The HTTP status.
    pub status: u16,
    /// The `<Message>`.
    pub message: String,
}

impl ApiError {
    /// Any error; the named constructors are the ones AWS's model declares.
    pub fn new(code: impl Into<String>, status: u16, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            status,
            message: message.into(),
        }
    }

    /// `Throttling`. The code that ElastiCache uses is not in its model; this is the Query protocol's usual one.
    pub fn throttling() -> Self {
        Self::new("Throttling", 400, "Rate exceeded")
    }

    /// `RequestLimitExceeded`, the other code that AWS services use for throttling.
    pub fn request_limit_exceeded() -> Self {
        Self::new("RequestLimitExceeded", 503, "Request limit exceeded.")
    }

    /// `InternalFailure`, HTTP 500.
    pub fn internal_failure() -> Self {
        Self::new(
            "InternalFailure",
            500,
            "An internal error has occurred. Please try your query again at a later time.",
        )
    }

    /// `ServiceUnavailable`, HTTP 503.
    pub fn service_unavailable() -> Self {
        Self::new(
            "ServiceUnavailable",
            503,
            "Service is unable to handle the request.",
        )
    }

    /// `AccessDenied`, HTTP 403, as IAM words it.
    pub fn access_denied(action: &str) -> Self {
        let message = format!(
            "User: arn:aws:sts::123456789012:assumed-role/stand-in/session is not authorized to perform: \
             elasticache:{action} because no identity-based policy allows the elasticache:{action} action"
        );
        Self::new("AccessDenied", 403, message)
    }

    pub(crate) fn invalid_action(action: &str, version: &str) -> Self {
        Self::new(
            "InvalidAction",
            400,
            format!("Could not find operation {action} for version {version}"),
        )
    }

    pub(crate) fn missing_action() -> Self {
        Self::new(
            "MissingAction",
            400,
            "The request is missing an action or a required parameter.",
        )
    }

    pub(crate) fn missing_parameter(name: &str) -> Self {
        Self::new(
            "MissingParameter",
            400,
            format!("The request must contain the parameter {name}."),
        )
    }

    pub(crate) fn missing_token() -> Self {
        Self::new(
            "MissingAuthenticationToken",
            403,
            "Request is missing Authentication Token",
        )
    }

    pub(crate) fn wrong_scope() -> Self {
        Self::new(
            "SignatureDoesNotMatch",
            403,
            "Credential should be scoped to correct service: 'elasticache'.",
        )
    }

    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new("MalformedQueryString", 400, message)
    }

    pub(crate) fn invalid_value(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterValue", 400, message)
    }

    pub(crate) fn invalid_combination(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterCombination", 400, message)
    }

    pub(crate) fn group_not_found(id: &str) -> Self {
        Self::new(
            "ReplicationGroupNotFoundFault",
            404,
            format!("ReplicationGroup {id} not found."),
        )
    }

    pub(crate) fn cluster_not_found(id: &str) -> Self {
        Self::new(
            "CacheClusterNotFound",
            404,
            format!("CacheCluster {id} not found."),
        )
    }

    pub(crate) fn parameter_group_not_found(name: &str) -> Self {
        Self::new(
            "CacheParameterGroupNotFound",
            404,
            format!("CacheParameterGroup {name} not found."),
        )
    }

    pub(crate) fn subnet_group_not_found(name: &str) -> Self {
        // 400 is what the model says, though it is a "not found".
        Self::new(
            "CacheSubnetGroupNotFoundFault",
            400,
            format!("CacheSubnetGroup {name} not found."),
        )
    }

    pub(crate) fn serverless_not_found(name: &str) -> Self {
        Self::new(
            "ServerlessCacheNotFoundFault",
            404,
            format!("ServerlessCache {name} not found."),
        )
    }

    pub(crate) fn invalid_arn(arn: &str) -> Self {
        Self::new(
            "InvalidARN",
            400,
            format!("The resource name {arn} is not a valid ARN."),
        )
    }

    pub(crate) fn invalid_group_state(message: impl Into<String>) -> Self {
        Self::new("InvalidReplicationGroupState", 400, message)
    }

    /// The text is the model's own, of no use for a diagnosis.
    pub(crate) fn already_under_migration() -> Self {
        Self::new(
            "ReplicationGroupAlreadyUnderMigrationFault",
            400,
            "The targeted replication group is not available.",
        )
    }

    /// The text is the model's own.
    pub(crate) fn not_under_migration() -> Self {
        Self::new(
            "ReplicationGroupNotUnderMigrationFault",
            400,
            "The designated replication group is not available for data migration.",
        )
    }

    pub(crate) fn tag_quota() -> Self {
        Self::new(
            "TagQuotaPerResourceExceeded",
            400,
            "The request cannot be processed because it would cause the resource to have more than 50 tags.",
        )
    }
}
