//! The table, read from the page that people read.

use anyhow::{Context, Result, bail, ensure};

/// The page.
pub const MATRIX: &str = include_str!("../matrix.md");

/// One row.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its number.
    pub number: u32,
    /// `valkey` (8.0) or `redis` (7.0): the target's engine. The source is a Redis 7.0.
    pub target: String,
    /// What goes wrong, by the name that `fault` knows.
    pub fault: String,
    /// When.
    pub when: Moment,
    /// How the migration ends.
    pub ends: End,
    /// What must be true beyond what must be true after every row.
    pub also: Vec<String>,
    /// Whether it belongs to the short selection.
    pub quick: bool,
}

/// When the fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before the migration is started.
    Before,
    /// StartMigration was accepted, and the target does not follow yet.
    Start,
    /// The source sends its data.
    Transfer,
    /// In sync, waiting for a person.
    Synced,
    /// CompleteMigration was accepted, and the target is not promoted yet.
    Promotion,
}

/// How a migration ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The target took over.
    Done,
    /// A person gave it up.
    Aborted,
    /// It failed in this state, and this is the first cause that is named.
    Failed {
        /// The state.
        state: String,
        /// The cause's id.
        cause: String,
    },
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            End::Done => f.write_str("done"),
            End::Aborted => f.write_str("aborted"),
            End::Failed { state, cause } => write!(f, "failed {state}: {cause}"),
        }
    }
}

/// Every row of the table.
///
/// # Errors
/// Where a row cannot be read; the error names it.
pub fn rows() -> Result<Vec<Row>> {
    let lines = MATRIX
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| # ") && !line.starts_with("| ---"));
    let rows: Vec<Row> = lines
        .map(|line| row(line).with_context(|| format!("in the row {line}")))
        .collect::<Result<_>>()?;
    for (place, row) in rows.iter().enumerate() {
        ensure!(
            row.number as usize == place + 1,
            "row {} stands at place {}",
            row.number,
            place + 1
        );
    }
    Ok(rows)
}

fn row(line: &str) -> Result<Row> {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [number, target, fault, when, ends, also, quick] = cells.as_slice() else {
        bail!("seven cells were expected, not {}", cells.len());
    };
    Ok(Row {
        number: number.parse().context("the number")?,
        target: (*target).to_owned(),
        fault: (*fault).to_owned(),
        when: match *when {
            "before" => Moment::Before,
            "start" => Moment::Start,
            "transfer" => Moment::Transfer,
            "in sync" => Moment::Synced,
            "promotion" => Moment::Promotion,
            other => bail!("there is no moment {other:?}"),
        },
        ends: end(ends)?,
        also: also
            .split(';')
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect(),
        quick: *quick == "yes",
    })
}

fn end(text: &str) -> Result<End> {
    Ok(match text {
        "done" => End::Done,
        "aborted" => End::Aborted,
        _ => {
            let (state, cause) = text
                .strip_prefix("failed ")
                .and_then(|rest| rest.split_once(": "))
                .with_context(|| format!("{text:?} is no end: done, aborted, or failed <state>: <cause>"))?;
            End::Failed {
                state: state.to_owned(),
                cause: cause.to_owned(),
            }
        }
    })
}
