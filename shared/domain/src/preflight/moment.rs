//! When preflight is made. The same facts mean different things before the start and before the cutover.

use serde::{Deserialize, Serialize};

/// What a preflight is made for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Moment {
    /// StartMigration: the target should be idle and empty.
    #[default]
    BeforeStart,
    /// The fence and CompleteMigration: the target should be migrating, and holds the source's data.
    BeforeCutover,
}
