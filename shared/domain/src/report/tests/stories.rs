use super::super::{End, Happening, MomentKind, Outcome, StepProgress};
use super::{History, admitted, answered, at, look, preflight, stage};
use crate::contract::verify::Rounds;
use crate::plan::Plan;
use crate::verify::{Round, Verification};
use serde_json::{Value, json};

fn step(history: &History, id: &str) -> Option<StepProgress> {
    let report = history.report();
    let found = report.steps.iter().find(|step| step.id == id)?;
    Some(found.progress)
}

/// Up to a migration that is ready.
fn in_sync() -> History {
    let mut history = History::begin();
    history.task("Admit", &admitted());
    history.task("Preflight", &preflight(at(1)));
    history.enter("MayStart");
    history.task("Recheck", &preflight(at(2)));
    history.task(
        "Start",
        &json!({"stage": stage("sync", at(3)), "requestId": "r-1", "wasUnderWay": false}),
    );
    history.task("TellStarted", &json!({}));
    history.task(
        "Observe",
        &look(at(5), "sync", "transferring", None, Some(1_000_000)),
    );
    history.await_signal(5_000, None);
    history.task(
        "Observe",
        &look(at(10), "sync", "transferring", None, Some(6_000_000)),
    );
    history.await_signal(5_000, None);
    let mut ready = look(at(15), "sync", "inSync", Some(12), None);
    ready["next"] = json!("ready");
    ready["verdict"] = verdict();
    history.task("Observe", &ready);
    history.task("TellReady", &json!({}));
    history
}

fn diagnosis(failed_state: &str) -> Value {
    json!({
        "at": at(40), "failedState": failed_state, "error": "Migration.Stopped",
        "summary": format!("{failed_state} failed: no memory"),
        "causes": [{"id": "out_of_memory", "confidence": "likely", "evidence": "no memory", "fix": "more"}],
        "safety": {"source": "safe", "target": "empty", "nextStep": "start again"}, "seen": [],
    })
}

fn verdict() -> Value {
    json!({"digest": "00ff", "at": at(15), "expiresAt": at(900), "heldFor": 10, "findings": "1 WARN, 1 PASS"})
}

#[test]
fn a_migration_that_waits_for_a_person_shows_what_is_behind_it_and_what_is_to_come() {
    let mut history = in_sync();
    history.enter("AwaitSignal");
    let report = history.report();
    assert_eq!(report.outcome, Outcome::Running);
    for (id, progress) in [
        ("admit", StepProgress::Done),
        ("start", StepProgress::Done),
        ("sync", StepProgress::Done),
        ("approval", StepProgress::Running),
        ("fence", StepProgress::Pending),
        ("proof", StepProgress::Pending),
    ] {
        assert_eq!(step(&history, id), Some(progress), "{id}: {:#?}", report.steps);
    }
    assert!(
        step(&history, "diagnosis").is_none(),
        "a step aside is shown where it took place"
    );
    let latest = report.latest.expect("a look");
    assert_eq!(latest.verdict.expect("a verdict").digest, "00ff");
    assert!(report.gaps.is_empty(), "{:?}", report.gaps);
    let throughput: Vec<Option<u64>> = report
        .series
        .points
        .iter()
        .map(|point| point.throughput)
        .collect();
    assert_eq!(throughput, [None, Some(1_000_000), None], "5 MB in 5 s");
}

#[test]
fn an_approval_names_who_when_and_the_verdict_as_it_was_drawn_up() {
    let mut history = in_sync();
    let word = json!({"kind": "approve", "verdict": "00ff", "by": "Ada", "at": at(30)});
    history.await_signal(15_000, Some(&word));
    let mut approved = look(at(31), "approval", "inSync", Some(0), None);
    approved["next"] = json!("complete");
    approved["approval"] = json!({"verdict": "00ff", "by": "Ada", "at": at(30), "how": "manual"});
    history.task("Observe", &approved);
    // The look is answered again by a retry: still one approval.
    history.task("Observe", &approved);
    let report = history.report();
    let [taken] = &report.approvals[..] else {
        panic!("{:?}", report.approvals)
    };
    assert_eq!((taken.approval.by.as_str(), taken.approval.at), ("Ada", at(30)));
    assert_eq!(taken.on.as_ref().expect("its verdict").findings, "1 WARN, 1 PASS");
    let words: Vec<&str> = report
        .moments
        .iter()
        .filter(|moment| moment.kind == MomentKind::Word)
        .map(|moment| moment.text.as_str())
        .collect();
    assert_eq!(
        words,
        [
            "Ada gave the word for verdict 00ff.",
            "Cutover approved by Ada for verdict 00ff."
        ],
    );
}

#[test]
fn a_failure_marks_the_step_it_happened_in() {
    let mut history = in_sync();
    history.await_signal(5_000, None);
    history.enter("Observe");
    history.event(Happening::Scheduled { lambda: true });
    history.event(Happening::Failed {
        error: "Migration.Stopped".to_owned(),
    });
    history.task("Diagnose", &diagnosis("Observe"));
    history.enter("Report");
    history.chronicle.ends(Outcome::Failed);
    let report = history.report();
    assert_eq!(report.outcome, Outcome::Failed);
    assert_eq!(
        step(&history, "sync"),
        Some(StepProgress::Failed),
        "{:#?}",
        report.steps
    );
    assert_eq!(step(&history, "fence"), Some(StepProgress::Skipped));
    assert_eq!(report.next[0].text, "start again");
    assert!(
        report.headline.ends_with("failed. Observe failed: no memory."),
        "{}",
        report.headline
    );
    assert!(
        report.undo.iter().any(|advice| advice.id == "sourceAccess"),
        "{:?}",
        report.undo
    );
}

#[test]
fn a_migration_that_was_redriven_carries_on_as_if_it_had_not_failed() {
    let mut history = in_sync();
    history.task("Diagnose", &diagnosis("AwaitSignal"));
    history.enter("Report");
    history.event(Happening::Scheduled { lambda: true });
    history.event(answered(&json!({"location": null})));
    history.enter("TellFailed");
    history.enter("Failed");
    history.end(End::Failed);
    assert_eq!(history.report().outcome, Outcome::Failed);
    assert!(history.chronicle.was_reported());

    history.enter("CarryOn");
    history.task("Observe", &look(at(100), "approval", "inSync", Some(0), None));
    let report = history.report();
    assert_eq!(report.outcome, Outcome::Running);
    assert!(report.diagnosis.is_none() && !history.chronicle.was_reported());
    assert_eq!(
        step(&history, "approval"),
        Some(StepProgress::Running),
        "{:#?}",
        report.steps
    );
    assert_eq!(step(&history, "proof"), Some(StepProgress::Pending));
    assert!(
        report
            .moments
            .iter()
            .any(|moment| moment.text.starts_with("The execution was redriven"))
    );
}

#[test]
fn a_comparison_after_the_proof_is_the_last_one() {
    let mut history = in_sync();
    let plan: Plan = serde_json::from_value(admitted()["plan"].clone()).expect("a plan");
    let compared = |last| {
        let round = Round::first(&plan, "basis".to_owned(), vec![], at(20));
        let mut rounds = serde_json::to_value(Rounds::from(round)).expect("JSON");
        let mut result = serde_json::to_value(Verification::of(&[])).expect("JSON");
        result["statement"] = json!(if last { "the second" } else { "the first" });
        rounds["standing"]["done"] = json!(true);
        rounds["standing"]["result"] = result;
        rounds
    };
    history.task("PairShards", &compared(false));
    let proven = json!({"at": at(30), "endpoints": {"shards": []}, "proofs": [], "lostBytes": 0});
    history.task("Prove", &proven);
    history.task("PairShards", &compared(true));
    let report = history.report();
    let statement = |made: Option<Verification>| made.expect("a comparison").statement;
    assert_eq!(statement(report.verification), "the first");
    assert_eq!(statement(report.last_comparison), "the second");
    assert_eq!(
        step(&history, "lastComparison"),
        Some(StepProgress::Running),
        "{:#?}",
        report.steps
    );
    assert!(report.gaps.is_empty(), "{:?}", report.gaps);
}

#[test]
fn what_was_stopped_from_outside_is_stopped_where_it_was() {
    let mut history = in_sync();
    history.enter("AwaitSignal");
    history.end(End::Stopped);
    assert_eq!(history.report().outcome, Outcome::Stopped);
    assert_eq!(step(&history, "approval"), Some(StepProgress::Failed));
    assert!(!history.chronicle.was_reported());
}

#[test]
fn the_cost_counts_states_retries_and_the_time_of_functions_but_not_of_waits() {
    let mut history = History::begin();
    history.task("Admit", &admitted());
    history.await_signal(60_000, None);
    history.enter("Preflight");
    history.event(Happening::Scheduled { lambda: true });
    history.event(Happening::Other);
    history.wait(2_000);
    history.event(Happening::Failed {
        error: "Migration.Transient".to_owned(),
    });
    history.wait(4_000);
    history.event(Happening::Scheduled { lambda: true });
    history.event(Happening::Other);
    history.wait(300);
    history.event(answered(&preflight(at(70))));
    history.enter("DescribeSubnets");
    history.event(Happening::Scheduled { lambda: false });
    history.wait(500);
    history.event(Happening::Answered {
        output: "{}".to_owned(),
    });
    let cost = history.report().cost;
    assert_eq!(
        (cost.executions, cost.state_transitions, cost.lambda_requests),
        (1, 5, 4)
    );
    assert_eq!(cost.lambda_millis, 100 + 30 + 2_000 + 300);
    assert_eq!(cost.history_events, 22);
}

#[test]
fn answers_of_a_maps_items_are_told_apart_though_they_interleave() {
    let mut history = History::begin();
    history.enter("Preflight");
    let first = history.id;
    // Each event follows from its own chain and not from the one before it.
    history.follows(
        1,
        Happening::Entered {
            state: "Recheck".to_owned(),
        },
    );
    let second = history.id;
    history.follows(first, Happening::Scheduled { lambda: true });
    let first = history.id;
    history.follows(second, Happening::Scheduled { lambda: true });
    let second = history.id;
    history.follows(first, answered(&json!({"something": "else"})));
    history.follows(second, answered(&preflight(at(9))));
    let report = history.report();
    assert_eq!(report.preflight.expect("the second's").at, at(9));
    assert_eq!(
        report.gaps,
        ["what Preflight answered is not what this version of the report knows"]
    );
}

#[test]
fn a_report_reads_back_as_it_was_written() {
    let report = in_sync().report();
    let mut written = serde_json::to_value(&report).expect("JSON");
    let read: super::super::Report = serde_json::from_value(written.clone()).expect("a report");
    assert_eq!(serde_json::to_value(read).expect("JSON"), written);
    // The plan has snapshots of its own.
    written["plan"] = Value::Null;
    insta::assert_json_snapshot!(written);
}
