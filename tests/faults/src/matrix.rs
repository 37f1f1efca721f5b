//! The table, read from the page that people read.

use anyhow::{Context, Result, bail, ensure};

/// The page.
pub const MATRIX: &str = include_str!("../matrix.md");

/// One row.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its number.
    pub number: u32,
    /// Which engines migrate.
    pub pair: Pair,
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

/// Which engines migrate, and in how many shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The source's engine.
    pub source: Brand,
    /// The target's engine.
    pub target: Brand,
    /// Cluster mode with three shards on both sides.
    pub clustered: bool,
}

/// An engine, in the version that the matrix has of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brand {
    /// Redis 7.0.
    Redis,
    /// Valkey 8.0.
    Valkey,
}

impl Brand {
    fn read(text: &str) -> Result<Brand> {
        match text {
            "redis" => Ok(Brand::Redis),
            "valkey" => Ok(Brand::Valkey),
            other => bail!("there is no engine {other:?}"),
        }
    }

    /// The word of the table.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Brand::Redis => "redis",
            Brand::Valkey => "valkey",
        }
    }
}

impl Pair {
    fn read(text: &str) -> Result<Pair> {
        let (source, target) = text
            .split_once(" → ")
            .context("a pair is written source → target")?;
        let sides = [source, target].map(|side| (side.trim_end_matches(" ×3"), side.ends_with(" ×3")));
        let [(source, clustered), (target, too)] = sides;
        ensure!(clustered == too, "both sides are clusters of three, or neither");
        Ok(Pair {
            source: Brand::read(source)?,
            target: Brand::read(target)?,
            clustered,
        })
    }
}

impl std::fmt::Display for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shards = if self.clustered { " ×3" } else { "" };
        write!(
            f,
            "{}{shards} → {}{shards}",
            self.source.word(),
            self.target.word()
        )
    }
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
    let [number, pair, fault, when, ends, also, quick] = cells.as_slice() else {
        bail!("seven cells were expected, not {}", cells.len());
    };
    Ok(Row {
        number: number.parse().context("the number")?,
        pair: Pair::read(pair)?,
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
