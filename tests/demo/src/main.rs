//! The main job, shown: a live Redis moves into a Valkey replication group on this machine, with the workflow as it is
//! deployed. Exits 0 when no acknowledged write is missing, 130 when it was interrupted, 1 otherwise.

mod address;
mod check;
mod content;
mod dataset;
mod failure;
mod fill;
mod follow;
mod handover;
mod kind;
mod ledger;
mod observation;
mod options;
mod outcome;
mod report;
mod scene;
mod steps;
mod story;
mod summary;
mod view;
mod visit;
mod words;
mod writer;
mod writes;

use clap::Parser;
use std::io::Write;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

const INTERRUPTED: u8 = 130;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = options::Options::parse();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut view = view::View::new(options.plain);
    // The branch that loses is dropped, and with the story everything that it started.
    let ended = tokio::select! {
        told = story::tell(&options, &mut view) => Some(told),
        _ = interrupt.recv() => None,
        _ = terminate.recv() => None,
    };
    view.end_bar();
    Ok(match ended {
        Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(error)) => say(&format!("\n{error:#}"), 1),
        None => say("\ninterrupted; everything is taken down", INTERRUPTED),
    })
}

fn say(what: &str, code: u8) -> ExitCode {
    // With standard error closed, the exit code says it alone.
    let _ = writeln!(std::io::stderr(), "{what}");
    ExitCode::from(code)
}
