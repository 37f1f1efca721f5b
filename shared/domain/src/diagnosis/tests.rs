use super::testing::seen;
use super::*;
use crate::contract::diagnose::CaughtError;
use crate::engine::EngineFault;
use crate::preflight::{self, testing};
use crate::target::Event;
use crate::{Observed, StepError};

fn event(text: &str) -> Observed<Vec<Event>> {
    Observed::Known(vec![Event {
        at: Timestamp::UNIX_EPOCH,
        text: text.to_owned(),
    }])
}

#[test]
fn a_failed_finding_is_the_cause_by_its_own_name() {
    let mut facts = testing::clean();
    facts.source.info = Err(EngineFault::AuthRequired);
    let mut evidence = seen("Preflight");
    evidence.preflight = Some(preflight::judge(&facts));
    let diagnosis = diagnose(&evidence);
    assert_eq!(diagnosis.causes[0].id, "source_requires_password");
    assert_eq!(diagnosis.error, "Migration.Precondition");
    assert!(
        diagnosis.safety.target.contains("Nothing was changed"),
        "{:?}",
        diagnosis.safety
    );
}

#[test]
fn a_restricted_user_is_not_called_a_password() {
    let mut facts = testing::clean();
    facts.source.info = Err(EngineFault::NotPermitted(
        "NOPERM this user has no permissions".to_owned(),
    ));
    let mut evidence = seen("Preflight");
    evidence.preflight = Some(preflight::judge(&facts));
    let best = &diagnose(&evidence).causes[0];
    assert_eq!(best.id, "source_acl_restricts");
    assert!(
        best.fix.contains("ACL SETUSER default on nopass +psync"),
        "{}",
        best.fix
    );
    // A report that an older version wrote into the execution's state has no such name.
    let mut report = serde_json::to_value(&evidence.preflight).expect("JSON");
    for finding in report["findings"].as_array_mut().expect("findings") {
        finding.as_object_mut().expect("a finding").remove("cause");
    }
    evidence.preflight = serde_json::from_value(report).expect("a report of an older version");
    assert_eq!(diagnose(&evidence).causes[0].id, "source_requires_password");
}

#[test]
fn awss_reason_goes_before_what_is_only_possible() {
    let mut evidence = seen("Observe");
    evidence.events =
        event("Migration operation failed for replication group orders because of invalid RDB received");
    let evidence = evidence.source_does(EngineFault::Unreachable("refused".to_owned()));
    let ids: Vec<String> = diagnose(&evidence)
        .causes
        .into_iter()
        .map(|cause| cause.id)
        .collect();
    assert_eq!(
        ids,
        [
            "rdb_version_too_new",
            "source_port_refused",
            "source_not_reached",
            "migration_failed"
        ]
    );
}

#[test]
fn what_nothing_explains_is_unknown_and_shows_what_was_seen() {
    let mut evidence = seen("Observe");
    evidence.error = Some(CaughtError {
        error: "Something.New".to_owned(),
        cause: "exit status 1".to_owned(),
    });
    evidence.events = event("Replication group orders is doing something new");
    evidence
        .gaps
        .push("the events of the group's nodes are not known: throttled".to_owned());
    let diagnosis = diagnose(&evidence);
    assert_eq!(diagnosis.causes[0].id, "unknown");
    assert!(
        diagnosis.seen.iter().any(|line| line.contains("something new")),
        "{:?}",
        diagnosis.seen
    );
    assert!(
        diagnosis
            .seen
            .contains(&"the events of the group's nodes are not known: throttled".to_owned()),
        "{:?}",
        diagnosis.seen
    );
    assert!(
        diagnosis.summary.contains("exit status 1"),
        "{}",
        diagnosis.summary
    );
}

#[test]
fn a_lambdas_error_message_is_read_out_of_its_cause() {
    let mut evidence = seen("Admit");
    evidence.plan = None;
    evidence.error = Some(CaughtError {
        error: StepError::InvalidInput(String::new()).name().to_owned(),
        cause: r#"{"errorType":"Migration.InvalidInput","errorMessage":"source.port: is 0"}"#.to_owned(),
    });
    let diagnosis = diagnose(&evidence);
    assert_eq!(diagnosis.causes[0].id, "invalid_input");
    assert_eq!(diagnosis.causes[0].evidence, "source.port: is 0");
}
