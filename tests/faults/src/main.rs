//! Plays the fault matrix and prints it with what became of each row. `make faults` runs it.
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use anyhow::{Result, ensure};
use clap::Parser;
use comfy_table::{ContentArrangement, Table, presets};
use faults::{Played, play, rows};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

#[derive(Parser)]
#[command(
    about = "Plays the fault matrix: whole migrations on real engines, each with one thing that goes wrong."
)]
struct Arguments {
    /// Rows to play at once.
    #[arg(long, default_value_t = 4)]
    jobs: usize,
    /// Only these rows, by number.
    #[arg(long, value_delimiter = ',')]
    only: Vec<u32>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    // Each cloud has a runtime of its own: what runs here only waits and looks.
    tokio::task::LocalSet::new().run_until(run()).await
}

async fn run() -> Result<()> {
    let arguments = Arguments::parse();
    let began = Instant::now();
    let mut rows = rows()?;
    rows.retain(|row| arguments.only.is_empty() || arguments.only.contains(&row.number));
    ensure!(!rows.is_empty(), "no such row");
    let places = Arc::new(Semaphore::new(arguments.jobs.max(1)));
    let mut playing = JoinSet::new();
    for row in rows {
        let places = Arc::clone(&places);
        playing.spawn_local(async move {
            let _place = places.acquire_owned().await;
            play(row).await
        });
    }
    let mut played: Vec<Played> = vec![];
    while let Some(done) = playing.join_next().await {
        let done = done?;
        let verdict = if done.problems.is_empty() { "ok  " } else { "FAIL" };
        println!(
            "{verdict} {:>2} {} / {:?} ({:.0} s) {}",
            done.row.number,
            done.row.fault,
            done.row.when,
            done.took.as_secs_f64(),
            done.problems.join("; ")
        );
        played.push(done);
    }
    played.sort_by_key(|played| played.row.number);
    println!("{}", table(&played));
    let failed = played.iter().filter(|played| !played.problems.is_empty()).count();
    println!(
        "{} rows, {} as they must be, {failed} not; {:.0} s",
        played.len(),
        played.len() - failed,
        began.elapsed().as_secs_f64()
    );
    ensure!(failed == 0, "{failed} rows are not as they must be");
    Ok(())
}

fn table(played: &[Played]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::ASCII_MARKDOWN)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(["#", "target", "fault", "when", "ended", "as it must be", "s"]);
    for one in played {
        table.add_row([
            one.row.number.to_string(),
            one.row.target.clone(),
            one.row.fault.clone(),
            format!("{:?}", one.row.when).to_lowercase(),
            one.ended
                .as_ref()
                .map_or_else(|| "-".to_owned(), ToString::to_string),
            if one.problems.is_empty() { "yes" } else { "NO" }.to_owned(),
            format!("{:.0}", one.took.as_secs_f64()),
        ]);
    }
    table
}
