//! What can be chosen on the command line.

use clap::{Parser, ValueEnum};
use std::path::{Path, PathBuf};

/// Moves a live Redis into a Valkey replication group on this machine, with the workflow as it is deployed.
#[derive(Clone, Debug, Parser)]
pub(crate) struct Options {
    /// How many keys the source holds before the migration.
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u32).range(1_000..))]
    pub(crate) keys: u32,

    /// How often the writer writes.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub(crate) writes_per_second: u32,

    /// How long the source shall take to send its data, so that there is something to watch; 0: as fast as it can.
    #[arg(long, value_name = "SECONDS", default_value_t = 15)]
    pub(crate) transfer: u32,

    /// What the keys are made from: the same seed makes the same keys.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,

    /// How long the migration may take, set-up not counted.
    #[arg(long, value_name = "SECONDS", default_value_t = 170)]
    pub(crate) limit: u32,

    /// Who approves the cutover: the demonstration itself, or you, on the page.
    #[arg(long, value_enum, default_value_t = Approve::Auto)]
    pub(crate) approve: Approve,

    /// Lines alone, also on a terminal.
    #[arg(long)]
    pub(crate) plain: bool,

    /// Print the functions' log lines to standard error.
    #[arg(long)]
    pub(crate) echo_logs: bool,

    /// The folder with template.yaml.
    #[arg(long, value_name = "FOLDER", default_value_os_t = workspace())]
    pub(crate) root: PathBuf,
}

/// Who approves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Approve {
    /// The demonstration.
    Auto,
    /// A person.
    Manual,
}

/// Two folders above this crate.
fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}
