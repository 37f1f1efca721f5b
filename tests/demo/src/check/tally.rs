//! The result of a check, by type and database.

use crate::kind::Kind;
use std::collections::BTreeMap;

/// How many examples of what is missing are kept.
const EXAMPLES: usize = 5;

/// Counts, and examples of what was not right.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) rows: BTreeMap<(Kind, u8), Counts>,
    pub(crate) examples: Vec<String>,
}

/// The counts of one type in one database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// What was acknowledged.
    pub(crate) acknowledged: u64,
    /// What must be there now and was looked for: a write that a later one replaced is not.
    pub(crate) compared: u64,
    /// What was looked for and is not there, or is something else.
    pub(crate) missing: u64,
}

impl Tally {
    pub(crate) fn row(&mut self, kind: Kind, database: u8) -> &mut Counts {
        self.rows.entry((kind, database)).or_default()
    }

    pub(crate) fn miss(&mut self, kind: Kind, database: u8, what: String) {
        self.row(kind, database).missing += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(format!("database {database}, {what}"));
        }
    }

    pub(crate) fn total(&self) -> Counts {
        self.rows.values().fold(Counts::default(), |sum, row| Counts {
            acknowledged: sum.acknowledged + row.acknowledged,
            compared: sum.compared + row.compared,
            missing: sum.missing + row.missing,
        })
    }

    /// Adds what another part of the same check found.
    pub(crate) fn add(&mut self, other: Tally) {
        for ((kind, database), counts) in other.rows {
            let row = self.row(kind, database);
            row.acknowledged += counts.acknowledged;
            row.compared += counts.compared;
            row.missing += counts.missing;
        }
        self.examples.extend(other.examples);
        self.examples.truncate(EXAMPLES);
    }
}
