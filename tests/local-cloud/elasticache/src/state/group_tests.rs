use super::*;

fn group() -> Group {
    let spec = GroupSpec {
        id: "rg".into(),
        ..GroupSpec::default()
    };
    Group::new(spec, Vec::new(), Vec::new(), Timestamp::UNIX_EPOCH)
}

fn source() -> Endpoint {
    Endpoint {
        address: "10.0.0.1".into(),
        port: 6379,
    }
}

fn status(group: &Group) -> String {
    group.status(&TestStatus::Modifying)
}

fn code<T: std::fmt::Debug>(result: Result<T, ApiError>) -> String {
    result.unwrap_err().code
}

/// A group at each point of its life.
fn at(phase: Phase) -> Group {
    Group { phase, ..group() }
}

#[test]
fn a_migration_that_succeeds() {
    let mut group = group();
    assert_eq!(status(&group), "available");
    assert_eq!(group.start(source()).unwrap(), [Message::Starting(source())]);
    assert_eq!(status(&group), "modifying");
    group.attached();
    assert_eq!(status(&group), "migrating");
    assert_eq!(
        group.may_complete(false, WhileModifying::InvalidState),
        Ok(Completion::WhenInSync)
    );
    assert!(group.promote());
    assert_eq!(status(&group), "modifying");
    assert_eq!(
        group.promoted(SuccessEvents::Both),
        [Message::CompleteSuccessful, Message::MigrationSucceeded]
    );
    assert_eq!(status(&group), "available");
}

#[test]
fn a_start_that_fails_leaves_the_group_available() {
    let mut group = group();
    group.start(source()).unwrap();
    let events = group.failed(Reason::InvalidRdb, Reasons::Known);
    assert_eq!(events, [Message::Failed(Some(Reason::InvalidRdb))]);
    assert_eq!(status(&group), "available");
    group.attached();
    assert_eq!(status(&group), "available", "a late report changes nothing");
    assert_eq!(group.failed(Reason::Unknown, Reasons::Known), []);
}

#[test]
fn slots_on_their_way_are_shown_until_they_are_there_or_the_start_is_over() {
    let slots = || vec!["0-16383".to_owned()];
    for end in [
        |group: &mut Group| group.resharding(None, vec!["0-16383".to_owned()]),
        |group: &mut Group| drop(group.failed(Reason::Unknown, Reasons::Known)),
        |group: &mut Group| assert!(group.promote()),
    ] {
        let mut group = at(Phase::Starting(source()));
        group.resharding(Some(10), slots());
        assert_eq!(group.spec.pending.resharding_progress, Some(10));
        end(&mut group);
        assert_eq!(group.spec.pending.resharding_progress, None);
        assert_eq!(group.slots, slots());
    }
    let mut late = at(Phase::Promoting(source()));
    late.resharding(Some(20), slots());
    assert_eq!(
        late.spec.pending.resharding_progress, None,
        "a late report changes nothing"
    );
}

#[test]
fn a_refused_promotion_goes_on_replicating() {
    let mut group = at(Phase::Migrating(source()));
    group.promote();
    group.promotion_refused("data is not in sync");
    assert_eq!(status(&group), "migrating");
    assert!(group.promote());
}

#[test]
fn who_may_do_what_when() {
    use Phase::{Idle, Migrating, Modifying, Promoting, Starting, Testing};
    const OK: &str = "ok";
    const STATE: &str = "InvalidReplicationGroupState";
    const ALREADY: &str = "ReplicationGroupAlreadyUnderMigrationFault";
    const NOT: &str = "ReplicationGroupNotUnderMigrationFault";
    //  phase                 start and test, complete, forced, modify
    let table = [
        (Idle, OK, NOT, NOT, OK),
        (Modifying, STATE, NOT, NOT, STATE),
        (Testing(source()), STATE, NOT, NOT, STATE),
        (Starting(source()), ALREADY, STATE, OK, STATE),
        (Migrating(source()), ALREADY, OK, OK, STATE),
        (Promoting(source()), ALREADY, STATE, STATE, STATE),
    ];
    fn got<T>(result: Result<T, ApiError>) -> String {
        result.err().map_or(OK.to_owned(), |error| error.code)
    }
    for (phase, start, complete, forced, modify) in table {
        let policy = WhileModifying::InvalidState;
        assert_eq!(
            got(at(phase.clone()).start(source())),
            start,
            "start in {phase:?}"
        );
        assert_eq!(got(at(phase.clone()).test(source())), start, "test in {phase:?}");
        assert_eq!(
            got(at(phase.clone()).may_complete(false, policy)),
            complete,
            "complete in {phase:?}"
        );
        assert_eq!(
            got(at(phase.clone()).may_complete(true, policy)),
            forced,
            "forced in {phase:?}"
        );
        let change = ModifyReplicationGroup::default();
        assert_eq!(
            got(at(phase.clone()).modify(&change)),
            modify,
            "modify in {phase:?}"
        );
    }
}

#[test]
fn an_imposed_status_is_shown_and_obeyed() {
    let mut group = group();
    group.impose(Some("snapshotting".into()));
    assert_eq!(status(&group), "snapshotting");
    assert_eq!(code(group.start(source())), "InvalidReplicationGroupState");
    group.impose(None);
    assert!(group.start(source()).is_ok());
}

#[test]
fn the_status_during_a_test_is_a_setting() {
    let group = at(Phase::Testing(source()));
    assert_eq!(group.status(&TestStatus::Available), "available");
    assert_eq!(
        group.status(&TestStatus::Other("testing-migration".into())),
        "testing-migration"
    );
}

#[test]
fn tls_waits_for_the_window_unless_applied_at_once() {
    let mut group = group();
    let change = ModifyReplicationGroup {
        transit_encryption: Some(true),
        ..Default::default()
    };
    group.modify(&change).unwrap();
    group.modified();
    assert!(!group.spec.transit_encryption);
    assert_eq!(group.spec.pending.transit_encryption, Some(true));
    assert_eq!(code(group.start(source())), "InvalidReplicationGroupState");
}

#[test]
fn a_topic_is_set_and_switched_off() {
    let mut group = group();
    let arn = "arn:aws:sns:us-east-1:123456789012:topic".to_owned();
    group
        .modify(&ModifyReplicationGroup {
            topic_arn: Some(arn.clone()),
            ..Default::default()
        })
        .unwrap();
    group.modified();
    assert_eq!(
        group.spec.notification_topic,
        Some(NotificationTopic { arn, active: true })
    );
    let off = ModifyReplicationGroup {
        topic_status: Some("inactive".into()),
        ..Default::default()
    };
    group.modify(&off).unwrap();
    assert!(!group.spec.notification_topic.unwrap().active);
}
