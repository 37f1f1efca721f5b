//! The last gate before the fence goes up and CompleteMigration is called. The observation that led here was judged
//! before; this looks once more at nothing but the two documents that make a cutover lawful: a verdict, and an approval
//! of that very verdict.

use crate::plan::{ApprovalMode, Plan};
use crate::progress::{Next, Observation};
use crate::verify::Verdict;

/// Whether the migration may be completed on this observation.
///
/// # Errors
/// Why not, for people.
pub fn may_complete(plan: &Plan, observation: &Observation) -> Result<(), String> {
    let Some(verdict) = &observation.verdict else {
        return Err(
            "there is no verdict to approve: source and target were not in sync at the last look".to_owned(),
        );
    };
    let Some(approval) = &observation.approval else {
        return Err("there is no approval".to_owned());
    };
    if approval.verdict != verdict.digest {
        return Err(format!(
            "the approval is for verdict {}; the verdict is {} now",
            approval.verdict, verdict.digest
        ));
    }
    if observation.next != Next::Complete {
        return Err("the last look did not lead to completing".to_owned());
    }
    match &verdict.verification {
        None => return Err("the keys of source and target were not compared".to_owned()),
        Some(verified) => match verified.verdict {
            Verdict::Differs => {
                return Err(format!(
                    "the target does not hold what the source holds: {}",
                    verified.statement
                ));
            }
            Verdict::Off if !plan.verify.rule.mode.is_off() => {
                return Err("the keys were not compared, and the plan asks for it".to_owned());
            }
            // What is not known to be the same is completed on a person's word for this very verdict, and on no other.
            Verdict::Same | Verdict::Unsure | Verdict::Off => {}
        },
    }
    if approval.how == ApprovalMode::Automatic
        && let Some(why) = verdict.needs_a_person()
    {
        return Err(format!("a person has to approve it: {why}"));
    }
    if approval.how == ApprovalMode::Automatic && plan.cutover.approval != ApprovalMode::Automatic {
        return Err("the plan asks for a person's approval".to_owned());
    }
    Ok(())
}
