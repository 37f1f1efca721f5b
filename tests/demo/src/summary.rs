//! The end of the demo: what was done and how long it took, and what the target holds.

use crate::ledger::Ledger;
use crate::outcome::Outcome;
use crate::steps::Step;
use crate::view::View;
use crate::words::{count, span};
use comfy_table::{CellAlignment, ContentArrangement, Table, TableComponent, presets};
use local_cloud::Message;

/// As wide as the lines before it.
const WIDTH: u16 = 120;

fn table(header: &[&str], right: &[usize]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_style(TableComponent::HeaderLines, '-');
    table.set_style(TableComponent::MiddleHeaderIntersections, '-');
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(WIDTH);
    table.set_header(header);
    for column in right {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// Steps, durations, what was seen.
pub(crate) fn show_steps(view: &View, steps: &[Step]) {
    let mut table = table(&["step", "duration", "what was seen"], &[1]);
    for step in steps {
        table.add_row([step.name.clone(), span(step.took), step.seen.clone()]);
    }
    view.line(format_args!("\n{}", indented(&table)));
}

/// What people were told meanwhile.
pub(crate) fn show_messages(view: &View, messages: &[Message]) {
    view.line("\n  Messages on SNS");
    for subject in messages.iter().filter_map(|message| message.subject.as_ref()) {
        view.line(format_args!("    {subject}"));
    }
}

/// The writes by type and database, and what else was compared.
pub(crate) fn show_outcome(view: &View, ledger: &Ledger, outcome: &Outcome) {
    let mut table = table(
        &["type", "database", "acknowledged", "still to be there", "missing"],
        &[1, 2, 3, 4],
    );
    let total = outcome.writes.total();
    for ((kind, database), counts) in &outcome.writes.rows {
        table.add_row([
            kind.to_string(),
            database.to_string(),
            count(counts.acknowledged),
            count(counts.compared),
            count(counts.missing),
        ]);
    }
    table.add_row([
        "all".to_owned(),
        String::new(),
        count(total.acknowledged),
        count(total.compared),
        count(total.missing),
    ]);
    view.line("\n  The writer's writes, looked for on the target");
    view.line(indented(&table));
    view.line("  A write that a later acknowledged one replaced is not to be there any more.\n");

    for stay in ledger.stays() {
        view.note(
            "writer",
            format!(
                "{} acknowledged at {} in {} ({:.0} a second), {} not acknowledged",
                count(stay.acknowledged),
                stay.address,
                span(stay.took),
                stay.rate(),
                count(stay.unacknowledged)
            ),
        );
    }
    view.note(
        "",
        format!(
            "the slowest answer took {} ms",
            count(ledger.slowest.as_millis() as u64)
        ),
    );
    if let Some(error) = &ledger.last_error {
        view.note("", format!("the last error was: {error}"));
    }
    let dataset = outcome.dataset.total();
    view.note(
        "keys",
        format!(
            "{} of {} keys of the source compared by value and expiry: {} missing or different",
            count(dataset.compared),
            count(dataset.acknowledged),
            count(dataset.missing)
        ),
    );
    for keys in &outcome.keys {
        view.note(
            "",
            format!(
                "database {}: {} keys in the source, {} in the target at the cutover",
                keys.database,
                count(keys.source),
                count(keys.target)
            ),
        );
    }
    if let Some((reader, tally)) = &outcome.on_replica {
        let total = tally.total();
        view.note(
            "replica",
            format!(
                "{reader}: {} writes looked for, {} missing",
                count(total.compared),
                count(total.missing)
            ),
        );
    }
    view.line(format_args!(
        "\n  Acknowledged writes missing on the target: {}",
        count(total.missing)
    ));
}

fn indented(table: &Table) -> String {
    table
        .lines()
        .map(|line| format!("  {}", line.trim_end()))
        .collect::<Vec<_>>()
        .join("\n")
}
