//! Stories of words that are given, told through whole looks.

use super::*;
use crate::engine::Info;
use crate::plan::Plan;
use crate::preflight::{Moment, PreflightReport, ReportVerdict};
use crate::progress::{Next, ShardSample, Stage, StageName, observe};
use crate::target::GroupStatus;
use crate::verify::testing::compared;
use crate::verify::{Standing, Verdict};
use crate::{Observed, ShardId};
use serde_json::{Value, json};

fn at(second: i64) -> Timestamp {
    // A Tuesday, 10:00:00 UTC.
    Timestamp::from_second(1_795_514_400 + second).expect("a time")
}

struct Watch {
    plan: Plan,
    stage: Stage,
    preflight: PreflightReport,
    last: Option<Observation>,
    verification: Option<Standing>,
}

impl Watch {
    /// A migration that is ready at second 0.
    fn ready(cutover: Value) -> Watch {
        let plan = Plan::from_input(&json!({
            "replicationGroupId": "orders", "source": {"address": "10.0.0.1"}, "sync": {"samples": 2},
            "cutover": cutover
        }))
        .expect("valid");
        let mut watch = Watch {
            plan,
            stage: Stage {
                name: StageName::Sync,
                since: at(-60),
                watermark: at(-60),
            },
            preflight: PreflightReport {
                at: at(-60),
                moment: Moment::BeforeStart,
                verdict: ReportVerdict::MayStart,
                findings: vec![],
                source_root: None,
                prediction: None,
            },
            last: None,
            verification: None,
        };
        watch.look(-15, true, None);
        assert_eq!(watch.look(-10, true, None).next, Next::Verify);
        watch.compared(Verdict::Same);
        watch.look(0, true, None);
        assert_eq!(watch.last().next, Next::Ready, "{}", watch.last().why);
        watch
    }

    /// What the comparison of the copy that the target holds now came to.
    fn compared(&mut self, verdict: Verdict) {
        self.verification = Some(compared(self.last().basis.as_deref().expect("in sync"), verdict));
    }

    fn last(&self) -> &Observation {
        self.last.as_ref().expect("a look")
    }

    fn digest(&self) -> String {
        self.last().verdict.as_ref().expect("a verdict").digest.clone()
    }

    fn look(&mut self, second: i64, in_sync: bool, signal: Option<Signal>) -> &Observation {
        let link = if in_sync { "up" } else { "down" };
        let target = format!(
            "role:slave\r\nmaster_link_status:{link}\r\nmaster_replid:aa\r\nslave_repl_offset:100\r\n"
        );
        let sample = ShardSample {
            shard: ShardId("0001".to_owned()),
            source: Observed::Known(Info::parse(
                "role:master\r\nmaster_replid:aa\r\nmaster_repl_offset:100\r\n",
            )),
            root: None,
            target: Observed::Known(Info::parse(&target)),
            target_address: None,
            target_port: None,
        };
        let observation = observe(
            self.last.as_ref(),
            &Seen {
                now: at(second),
                migration_id: "m",
                generation: 1,
                plan: &self.plan,
                preflight: &self.preflight,
                stage: &self.stage,
                status: Observed::Known(GroupStatus::Migrating),
                resharding: None,
                events: vec![],
                samples: vec![sample],
                signal: signal.as_ref(),
                verification: self.verification.as_ref(),
            },
        );
        self.stage = observation.stage.clone();
        self.last.insert(observation)
    }

    fn approve(&mut self, second: i64, verdict: &str) -> &Observation {
        let signal = Signal::Approve {
            verdict: verdict.to_owned(),
            by: "somebody".to_owned(),
            at: at(second),
        };
        self.look(second, true, Some(signal))
    }
}

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
