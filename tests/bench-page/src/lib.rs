//! What a bench came to: printed for people, and with `--write docs/performance.md` put there too, between the bench's two
//! markers, with the day and the machine. It measures nothing and holds no bar.
//!
//! A bar that was missed goes into the page like the figures: the page tells what was found, not what was hoped for.
#![expect(clippy::print_stdout, reason = "a bench prints")]

mod markers;

use anyhow::{Context, Result};
use comfy_table::Table;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

/// The option that every bench has.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Page {
    /// Puts the figures into this Markdown file too, between the bench's markers.
    #[arg(long, value_name = "PAGE")]
    write: Option<PathBuf>,
}

impl Page {
    /// Shows the figures, which are Markdown, and the bars that were missed, and puts both where it was told to. The bench
    /// is named as in its markers, and exits with the answer: 1 where a bar was missed.
    ///
    /// # Errors
    /// Where the page cannot be read or written, or has not just one pair of markers for the bench.
    pub fn conclude(&self, bench: &str, figures: &str, missed: &[String]) -> Result<ExitCode> {
        let mut text = figures.trim_end().to_owned();
        text.push_str("\n\n");
        for bar in missed {
            writeln!(text, "- missed: {bar}")?;
        }
        if missed.is_empty() {
            text.push_str("Every bar is met.\n");
        }
        println!("\n{text}");
        if let Some(path) = &self.write {
            let named = || path.display().to_string();
            let page = fs::read_to_string(path).with_context(named)?;
            let body = format!("{}\n\n{text}", circumstances());
            let page = markers::put(&page, bench, &body).with_context(named)?;
            fs::write(path, page).with_context(named)?;
        }
        Ok(if missed.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

/// An empty Markdown table with these columns.
#[must_use]
pub fn table<const N: usize>(columns: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_preset(comfy_table::presets::ASCII_MARKDOWN);
    table.set_header(columns);
    table
}

/// The day and the machine, without which figures tell nothing; and what else the machine had to do.
fn circumstances() -> String {
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let model = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(format!(" ({})", line.split_once(':')?.1.trim()))
    });
    let load = fs::read_to_string("/proc/loadavg")
        .ok()
        .and_then(|text| Some(format!("; load average at the end {}", text.split(' ').next()?)));
    format!(
        "{}, {}, {processors} processors{}{}.",
        jiff::Timestamp::now().strftime("%F"),
        std::env::consts::ARCH,
        model.unwrap_or_default(),
        load.unwrap_or_default()
    )
}
