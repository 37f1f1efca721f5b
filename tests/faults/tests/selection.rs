//! The matrix as a table, and a short selection of its rows; `make faults` plays them all.

use anyhow::Result;
use faults::{Brand, End, Moment, known_faults, play, rows};
use std::collections::BTreeSet;

#[test]
fn the_table_is_whole() -> Result<()> {
    let rows = rows()?;
    assert!(rows.len() >= 80, "{} rows", rows.len());
    let known: BTreeSet<&str> = known_faults().collect();
    let played: BTreeSet<&str> = rows.iter().map(|row| row.fault.as_str()).collect();
    assert_eq!(
        played, known,
        "every fault has a row, and every row a fault that is known"
    );
    for brand in [Brand::Valkey, Brand::Redis] {
        let targets = rows.iter().filter(|row| row.pair.target == brand).count();
        let sources = rows.iter().filter(|row| row.pair.source == brand).count();
        assert!(targets >= 20 && sources >= 10, "{brand:?}: {targets} {sources}");
    }
    // Clusters: before, during and after the sync.
    for moment in [
        Moment::Before,
        Moment::Start,
        Moment::Transfer,
        Moment::Synced,
        Moment::Promotion,
    ] {
        assert!(
            rows.iter().any(|row| row.pair.clustered && row.when == moment),
            "{moment:?}"
        );
    }
    Ok(())
}

/// A cause that a row expects is one that can be named.
#[test]
fn causes_are_those_of_the_tables() -> Result<()> {
    let page = include_str!("../../../docs/causes.md");
    for row in rows()? {
        if let End::Failed { cause, .. } = row.ends {
            let is_known = page.contains(&format!("## {cause}\n")) || page.contains(&format!("| {cause} |"));
            assert!(is_known || cause == "unknown", "row {}: {cause}", row.number);
        }
    }
    Ok(())
}

/// Causes that no row ends with, and why; their own tests in `domain` show the signs by which they are named.
const WITHOUT_A_ROW: [(&str, &str); 17] = [
    ("invalid_input", "nothing runs: scenarios/tests/refusals.rs"),
    (
        "target_changed_by_somebody",
        "somebody's call alone ends nothing: scenarios/tests/signals.rs",
    ),
    (
        "aws_service_failed",
        "error codes of AWS's own, which the stand-in does not make up",
    ),
    ("program_error", "it is a mistake of this program"),
    ("module_data", "there is no module among Debian's packages"),
    ("source_in_protected_mode", "loopback clients are let in"),
    (
        "source_not_ready",
        "a source that loads comes back, and the migration goes on",
    ),
    (
        "transfer_timed_out",
        "repl-timeout is a minute; `link forgets` is stopped before",
    ),
    (
        "target_out_of_memory",
        "the target would have to be smaller than any node type",
    ),
    (
        "not_in_sync_at_completion",
        "it is asked again: rows with `completion refused`",
    ),
    ("data_differs", "scenarios/tests/verification.rs"),
    ("data_not_compared", "scenarios/tests/verification.rs"),
    (
        "nobody_approved",
        "limits.approvalDays: scenarios/tests/approval.rs",
    ),
    ("took_too_long", "a limit of minutes at least"),
    (
        "migration_failed",
        "a failure without a reason always has a likelier cause here",
    ),
    ("event_not_known", "only possible, so never the first"),
    ("refused", "words of AWS's that nobody knows"),
];

#[test]
fn every_cause_has_a_row_or_a_reason_for_none() -> Result<()> {
    let page = include_str!("../../../docs/causes.md");
    let causes: BTreeSet<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let causes = causes.into_iter().filter(|title| !title.contains(' '));
    let rows = rows()?;
    let without: BTreeSet<&str> = WITHOUT_A_ROW.iter().map(|(cause, _)| *cause).collect();
    for cause in causes {
        let has_row = rows
            .iter()
            .any(|row| matches!(&row.ends, End::Failed { cause: it, .. } if it == cause));
        assert!(
            has_row != without.contains(cause),
            "{cause}: {}",
            if has_row {
                "it has a row"
            } else {
                "no row, and no reason"
            }
        );
    }
    Ok(())
}

macro_rules! quick_rows {
    ($($name:ident: $row:literal),* $(,)?) => {
        $(
            #[tokio::test]
            async fn $name() -> Result<()> {
                let row = rows()?.into_iter().find(|row| row.number == $row).expect("the row");
                assert!(row.quick, "row {} is not marked quick", row.number);
                let played = play(row).await;
                assert!(played.problems.is_empty(), "{played:#?}");
                Ok(())
            }
        )*

        #[test]
        fn the_quick_rows_are_those_that_are_marked() -> Result<()> {
            let marked: Vec<u32> = rows()?.iter().filter(|row| row.quick).map(|row| row.number).collect();
            assert_eq!(marked, [$($row),*]);
            Ok(())
        }
    };
}

quick_rows! {
    a_source_that_is_down_is_found_before_anything_is_touched: 3,
    a_password_that_comes_late: 13,
    a_link_that_is_cut_for_a_second: 30,
    a_start_whose_answer_is_lost: 54,
    a_migration_that_is_given_up_when_ready: 75,
}
