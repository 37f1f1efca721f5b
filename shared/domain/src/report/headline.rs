//! The report in one sentence.

use super::{Outcome, Report};

pub(super) fn of(report: &Report) -> String {
    let name = report.plan.as_ref().map_or_else(
        || "The migration".to_owned(),
        |plan| {
            format!(
                "The migration of {} into {}",
                plan.source, plan.replication_group_id
            )
        },
    );
    let rest = match report.outcome {
        Outcome::Running => report.latest.as_ref().map_or_else(
            || "is under way".to_owned(),
            |latest| format!("is under way: {}", latest.phase.describe()),
        ),
        Outcome::Done => {
            let lost = report
                .cutover
                .as_ref()
                .and_then(|cutover| cutover.handover.as_ref())
                .map(|handover| handover.lost_bytes);
            match lost {
                Some(Some(0)) => "is done, and no acknowledged write was lost".to_owned(),
                Some(Some(bytes)) => {
                    format!("is done; the target lacks {bytes} bytes of the source's stream at most")
                }
                _ => "is done; whether a write was lost cannot be proven".to_owned(),
            }
        }
        Outcome::Failed => report.diagnosis.as_ref().map_or_else(
            || "failed".to_owned(),
            |diagnosis| format!("failed. {}", diagnosis.summary.trim_end_matches('.')),
        ),
        Outcome::Aborted => "was given up by a person".to_owned(),
        Outcome::Assessed => report.preflight.as_ref().map_or_else(
            || "was assessed".to_owned(),
            |preflight| format!("was assessed: {}", preflight.summary()),
        ),
        Outcome::Stopped => "was stopped from outside before it had ended".to_owned(),
    };
    format!("{name} {rest}.")
}
