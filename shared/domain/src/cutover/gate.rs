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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cutover::testing::Watch;
    use serde_json::json;

    /// A look that leads to completing, on a person's word.
    fn approved() -> (Plan, Observation) {
        let mut watch = Watch::ready(json!({}));
        let digest = watch.digest();
        let observation = watch.approve(5, &digest).clone();
        (watch.plan, observation)
    }

    fn refused(plan: &Plan, observation: &Observation) -> String {
        may_complete(plan, observation).expect_err("refused")
    }

    fn comes_to(observation: &mut Observation, verdict: Verdict) {
        let drawn_up = observation.verdict.as_mut().expect("a verdict");
        drawn_up.verification.as_mut().expect("compared").verdict = verdict;
    }

    #[test]
    fn each_document_has_to_be_there_and_to_fit() {
        let (plan, lawful) = approved();
        assert_eq!(may_complete(&plan, &lawful), Ok(()));
        type Change = fn(&mut Observation);
        let changes: [(Change, &str); 6] = [
            (|look| look.verdict = None, "there is no verdict"),
            (|look| look.approval = None, "there is no approval"),
            (
                |look| look.approval.as_mut().expect("approved").verdict = "another".to_owned(),
                "the approval is for verdict another",
            ),
            (|look| look.next = Next::Ready, "did not lead to completing"),
            (
                |look| look.verdict.as_mut().expect("a verdict").verification = None,
                "were not compared",
            ),
            (
                |look| comes_to(look, Verdict::Differs),
                "does not hold what the source holds",
            ),
        ];
        for (change, why) in changes {
            let mut look = lawful.clone();
            change(&mut look);
            let told = refused(&plan, &look);
            assert!(told.contains(why), "{told}");
        }
    }

    #[test]
    fn keys_that_nobody_compared_need_a_plan_that_does_not_ask_for_it() {
        let (plan, mut look) = approved();
        comes_to(&mut look, Verdict::Off);
        assert!(refused(&plan, &look).contains("the plan asks for it"));
        let without = Watch::ready(json!({})).plan;
        let mut without = serde_json::to_value(without).expect("JSON");
        without["verify"]["mode"] = json!("off");
        let without: Plan = serde_json::from_value(without).expect("a plan");
        assert_eq!(may_complete(&without, &look), Ok(()));
    }

    #[test]
    fn a_person_may_complete_what_is_unsure_and_the_plan_may_not() {
        let (plan, mut look) = approved();
        comes_to(&mut look, Verdict::Unsure);
        assert_eq!(may_complete(&plan, &look), Ok(()));
        look.approval.as_mut().expect("approved").how = ApprovalMode::Automatic;
        assert!(refused(&plan, &look).contains("a person has to approve it"));
    }

    #[test]
    fn the_plan_s_own_word_needs_a_plan_that_gives_it() {
        let (plan, mut look) = approved();
        look.approval.as_mut().expect("approved").how = ApprovalMode::Automatic;
        assert!(refused(&plan, &look).contains("asks for a person's approval"));
        let window = json!({"days": ["tue"], "from": "09:00", "to": "11:00", "timeZone": "UTC"});
        let automatic = Watch::ready(json!({"approval": "automatic", "window": window})).plan;
        assert_eq!(may_complete(&automatic, &look), Ok(()));
    }
}
