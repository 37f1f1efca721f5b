//! Service updates, which DescribeUpdateActions shows.

use jiff::Timestamp;

/// One service update of one replication group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateAction {
    /// The group.
    pub replication_group: String,
    /// `ServiceUpdateName`.
    pub name: String,
    /// `critical`, `important`, `medium` or `low`.
    pub severity: String,
    /// `ServiceUpdateStatus`: `available`, `cancelled` or `expired`.
    pub service_update_status: String,
    /// `UpdateActionStatus`: `not-applied`, `scheduled`, `in-progress`, `complete`…
    pub status: String,
    /// When it came out.
    pub released: Timestamp,
    /// `ServiceUpdateRecommendedApplyByDate`.
    pub apply_by: Option<Timestamp>,
    /// `NodesUpdated`, as in `0/2`.
    pub nodes_updated: String,
    /// `valkey` or `redis`.
    pub engine: String,
}
