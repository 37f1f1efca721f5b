//! Stories of words that are given, told through whole looks.

use super::*;
use crate::cutover::testing::{Watch, at};
use crate::progress::{Next, StageName};
use crate::verify::Verdict;
use serde_json::json;

#[test]
fn an_approval_of_this_verdict_names_who_and_when() {
    let mut watch = Watch::ready(json!({}));
    let digest = watch.digest();
    watch.look(5, true, None);
    assert_eq!(watch.last().next, Next::Wait);
    let approved = watch.approve(10, &digest).clone();
    assert_eq!(approved.next, Next::Complete);
    let approval = approved.approval.as_ref().expect("an approval");
    assert_eq!((approval.by.as_str(), approval.at), ("somebody", at(10)));
    assert_eq!(crate::cutover::may_complete(&watch.plan, &approved), Ok(()));
}

#[test]
fn no_answer_is_never_an_approval() {
    let mut watch = Watch::ready(json!({}));
    for second in (5..3_600).step_by(60) {
        assert_ne!(watch.look(second, true, None).next, Next::Complete);
    }
    assert!(crate::cutover::may_complete(&watch.plan, watch.last()).is_err());
}

#[test]
fn an_approval_that_was_used_counts_no_second_time() {
    let mut watch = Watch::ready(json!({}));
    let digest = watch.digest();
    watch.approve(5, &digest);
    assert_eq!(watch.last().next, Next::Complete);
    // The cutover did not happen: the migration is back, with the same word on the line.
    let again = watch.approve(20, &digest).clone();
    assert_eq!(again.next, Next::Wait);
    assert!(again.why.contains("used before"), "{}", again.why);
    assert_ne!(watch.digest(), digest);
    // People are told of the new verdict, and that one can be approved.
    assert_eq!(watch.look(25, true, None).next, Next::Ready);
    // However long ago it was used.
    let again = watch.approve(28, &digest);
    assert!(again.why.contains("used before"), "{}", again.why);
    let digest = watch.digest();
    assert_eq!(watch.approve(30, &digest).next, Next::Complete);
}

#[test]
fn a_verdict_is_void_once_the_pair_was_out_of_sync() {
    let mut watch = Watch::ready(json!({}));
    let digest = watch.digest();
    watch.look(5, false, None);
    let refused = watch
        .look(
            6,
            false,
            Some(Signal::Approve {
                verdict: digest.clone(),
                by: "somebody".to_owned(),
                at: at(6),
            }),
        )
        .clone();
    assert!(refused.why.contains("not in sync right now"), "{}", refused.why);
    watch.look(10, true, None);
    let refused = watch.approve(15, &digest).clone();
    assert_eq!(refused.next, Next::Wait);
    assert!(refused.why.contains("for another verdict"), "{}", refused.why);
}

#[test]
fn a_late_approval_is_refused_and_a_new_verdict_is_drawn_up() {
    let mut watch = Watch::ready(json!({"approveWithinMinutes": 10}));
    let digest = watch.digest();
    watch.look(590, true, None);
    assert_eq!(watch.digest(), digest);
    let refused = watch.approve(600, &digest).clone();
    assert_eq!(refused.next, Next::Wait);
    assert!(refused.why.contains("late"), "{}", refused.why);
    assert_ne!(watch.digest(), digest);
    assert_eq!(watch.look(605, true, None).next, Next::Ready);
    // A word that lay about somewhere is late by itself, whatever it names.
    let digest = watch.digest();
    let stale = Signal::Approve {
        verdict: digest,
        by: "somebody".to_owned(),
        at: at(1),
    };
    let refused = watch.look(610, true, Some(stale));
    assert!(
        refused.next == Next::Wait && refused.why.contains("is late"),
        "{}",
        refused.why
    );
}

#[test]
fn the_plan_approves_inside_its_window_once() {
    let window = json!({"days": ["tue"], "from": "10:01", "to": "11:00", "timeZone": "UTC"});
    let mut watch = Watch::ready(json!({"approval": "automatic", "window": window}));
    let before = watch.look(50, true, None).clone();
    assert_eq!(before.next, Next::Wait);
    // It is looked at again when the window opens, however long a wait may be.
    assert!(before.wait_seconds.0 <= 10, "{}", before.wait_seconds);
    let approved = watch.look(60, true, None).clone();
    assert_eq!(approved.next, Next::Complete, "{}", approved.why);
    assert_eq!(
        approved.approval.as_ref().map(|approval| approval.how),
        Some(ApprovalMode::Automatic)
    );
    assert_eq!(crate::cutover::may_complete(&watch.plan, &approved), Ok(()));
    // It did not succeed: from here on a person has to.
    watch.look(70, true, None);
    let waiting = watch.look(75, true, None).clone();
    assert_eq!(waiting.next, Next::Wait);
    assert!(waiting.why.contains("a person's approval"), "{}", waiting.why);
    let digest = watch.digest();
    assert_eq!(watch.approve(80, &digest).next, Next::Complete);
}

#[test]
fn a_postponement_holds_the_plan_back_and_ends_by_telling_people_again() {
    let window = json!({"days": ["tue"], "from": "10:01", "to": "11:00", "timeZone": "UTC"});
    let mut watch = Watch::ready(json!({"approval": "automatic", "window": window}));
    let postpone = Signal::Postpone {
        until: at(120),
        by: "somebody".to_owned(),
        at: at(5),
    };
    assert_eq!(watch.look(5, true, Some(postpone)).next, Next::Wait);
    assert_eq!(watch.look(70, true, None).next, Next::Wait);
    assert_eq!(watch.look(120, true, None).next, Next::Ready);
    assert_eq!(watch.look(125, true, None).next, Next::Complete);
}

#[test]
fn an_automatic_approval_needs_a_plan_that_asks_for_it() {
    let window = json!({"days": ["tue"], "from": "09:00", "to": "11:00", "timeZone": "UTC"});
    let mut watch = Watch::ready(json!({"approval": "automatic", "window": window}));
    let approved = watch.look(5, true, None).clone();
    let manual = Watch::ready(json!({}));
    assert!(crate::cutover::may_complete(&manual.plan, &approved).is_err());
}

#[test]
fn a_wait_during_the_promotion_leaves_time_to_renew_the_fence() {
    let mut watch = Watch::ready(json!({"fenceSeconds": 9}));
    watch.plan.polling.min_seconds = Seconds(600);
    watch.plan.polling.max_seconds = Seconds(600);
    watch.stage.name = StageName::Promotion;
    assert_eq!(watch.look(5, true, None).wait_seconds, Seconds(3));
}

#[test]
fn a_postponement_that_is_over_changes_nothing_and_says_so() {
    let mut watch = Watch::ready(json!({}));
    for (second, until) in [(5, 4), (10, 10)] {
        let postpone = Signal::Postpone {
            until: at(until),
            by: "somebody".to_owned(),
            at: at(1),
        };
        let observation = watch.look(second, true, Some(postpone));
        assert_eq!(
            (observation.next, observation.postponed_until),
            (Next::Wait, None)
        );
        let why = &observation.why;
        assert!(
            why.contains("somebody wanted") && why.contains("which is over"),
            "{why}"
        );
    }
}

#[test]
fn an_approval_of_the_verdict_before_is_late_only_where_that_one_had_ended() {
    let mut watch = Watch::ready(json!({}));
    let digest = watch.digest();
    // The keys were compared once more, and that came to something else: another verdict, long before the end of the first.
    watch.compared(Verdict::Unsure);
    let refused = watch.approve(5, &digest).clone();
    assert_eq!(refused.next, Next::Wait);
    assert!(refused.why.contains("for another verdict"), "{}", refused.why);
}

#[test]
fn a_window_in_which_the_plan_may_not_approve_shortens_no_wait() {
    let window = json!({"days": ["tue"], "from": "10:01", "to": "11:00", "timeZone": "UTC"});
    let automatic = json!({"approval": "automatic", "window": window});
    // A person's cutover did not succeed before the window opened: the plan has no word any more.
    let mut watch = Watch::ready(automatic.clone());
    let digest = watch.digest();
    watch.approve(5, &digest);
    watch.look(10, true, None);
    let longest = watch.plan.polling.max_seconds;
    assert_eq!(watch.look(15, true, None).wait_seconds, longest);
    // It is open, and what the comparison came to is for a person to judge.
    let mut watch = Watch::ready(automatic);
    watch.compared(Verdict::Unsure);
    watch.look(65, true, None);
    let waiting = watch.look(70, true, None);
    assert!(waiting.why.contains("a person's approval"), "{}", waiting.why);
    assert_eq!(waiting.wait_seconds, longest);
}
