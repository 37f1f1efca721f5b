//! Plays the fault matrix and prints it with what became of each row. `make faults` runs it.
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use anyhow::{Result, ensure};
use clap::Parser;
use comfy_table::{ContentArrangement, Table, presets};
use faults::{Played, Used, play, rows};
use local_cloud::Options;
use local_cloud::iam::Effect;
use local_cloud::template::Template;
use std::collections::BTreeSet;
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
            "{verdict} {:>3} {}: {} / {:?} ({:.0} s) {}",
            done.row.number,
            done.row.pair,
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
    println!("{}", permissions(&played)?);
    ensure!(failed == 0, "{failed} rows are not as they must be");
    Ok(())
}

/// What the template's policies allow and no row used. A call that they do not allow is a problem of its row.
fn permissions(played: &[Played]) -> Result<String> {
    let options = Options::default();
    let template = Template::read(&options.template, &options.parameters)?;
    let used: BTreeSet<&Used> = played.iter().flat_map(|row| &row.used).collect();
    let mut allowed = BTreeSet::new();
    for (caller, policy) in template.policies() {
        let statements = policy
            .0
            .iter()
            .filter(|statement| statement.effect == Effect::Allow);
        for action in statements.flat_map(|statement| &statement.actions) {
            allowed.insert((caller.clone(), action.clone()));
        }
    }
    let unused: Vec<String> = allowed
        .iter()
        .filter(|one| !used.contains(one) && is_ours(one))
        .map(|(caller, action)| format!("{caller} {action}"))
        .collect();
    Ok(format!(
        "calls of AWS: {} kinds, all allowed by the template's policies; allowed and not called in these rows: {}",
        used.len(),
        if unused.is_empty() {
            "none".to_owned()
        } else {
            unused.join(", ")
        }
    ))
}

/// Whether the code of a function or a state of the machine makes the call. Lambda, SNS and Step Functions make others with
/// the same roles, and are not on this machine.
fn is_ours((caller, action): &Used) -> bool {
    let by_others = ["logs:", "xray:", "kms:", "sqs:"];
    let of_lambda = action.starts_with("ec2:") && !caller.starts_with("state-machine.");
    !of_lambda && !by_others.iter().any(|service| action.starts_with(service))
}

fn table(played: &[Played]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::ASCII_MARKDOWN)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(["#", "pair", "fault", "when", "ended", "as it must be", "s"]);
    for one in played {
        table.add_row([
            one.row.number.to_string(),
            one.row.pair.to_string(),
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
