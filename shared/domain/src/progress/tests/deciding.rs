//! What follows from a look, stage by stage: each reason with a twin that is one second, one look or one word short of it.

use super::*;
use crate::progress::Next;
use crate::signal::Signal;
use serde_json::json;

const FAILED: &str =
    "Migration operation failed for replication group orders because of invalid RDB received";
const COMPLETED: &str = "Migration operation succeeded for replication group orders.";
const NOT_IN_SYNC: &str =
    "Complete migration was not done because source and target are not in sync: migration goes on";
const OF_NO_ACCOUNT: &str = "Snapshot succeeded for snapshot with ID 'daily'";

impl Watched {
    /// AWS tells of this now.
    fn hears(&mut self, text: &str) {
        self.events.push(Event {
            at: self.now,
            text: text.to_owned(),
        });
    }

    /// What a look at once leads to, and why.
    fn decides(&mut self, after: i64, sample: ShardSample) -> (Next, String) {
        let seen = self.look(after, vec![sample]);
        (seen.next, seen.why.clone())
    }

    /// In the stage that begins now.
    fn at_stage(mut self, name: StageName) -> Watched {
        self.stage.name = name;
        self
    }

    /// As a person would have it.
    fn gives_up(&mut self) {
        self.signal = Some(Signal::Abort {
            by: "somebody".to_owned(),
        });
    }
}

/// A target that has left the source's stream at its end.
fn promoted() -> ShardSample {
    pair(
        "role:master\r\nrun_id:source\r\nmaster_replid:aa\r\nmaster_repl_offset:100\r\n",
        "role:master\r\nrun_id:target\r\nmaster_replid:bb\r\nmaster_replid2:aa\r\nsecond_repl_offset:101\r\n\
         master_repl_offset:101\r\n",
    )
}

fn seconds(limit: crate::Seconds) -> i64 {
    limit.0.cast_signed()
}

#[test]
fn what_aws_says_of_the_migration_ends_the_sync() {
    for (text, next, words) in [
        (FAILED, Next::Diagnose, "AWS says: Migration operation failed"),
        (COMPLETED, Next::Diagnose, "somebody else completed the migration"),
        (OF_NO_ACCOUNT, Next::Wait, "in sync at 1 of 5 looks"),
    ] {
        let mut watched = Watched::started();
        watched.hears(text);
        let (decided, why) = watched.decides(5, following(100, 100));
        assert!(decided == next && why.starts_with(words), "{text}: {why}");
    }
    // The newest counts.
    let mut watched = Watched::started();
    watched.hears(FAILED);
    watched.now += SignedDuration::from_secs(1);
    watched.hears(COMPLETED);
    let (_, why) = watched.decides(5, following(100, 100));
    assert!(why.starts_with("somebody else completed"), "{why}");
}

#[test]
fn a_group_that_is_deleted_or_cannot_be_described_ends_it_at_any_stage() {
    for stage in [StageName::Sync, StageName::Verification, StageName::Approval] {
        let mut watched = Watched::started().at_stage(stage);
        watched.status = GroupStatus::from("deleting".to_owned());
        let (next, why) = watched.decides(5, following(100, 100));
        assert_eq!(
            (next, why.as_str()),
            (Next::Diagnose, "the target replication group is deleting")
        );

        let mut watched = Watched::started().at_stage(stage);
        watched.untold = Some("no answer".to_owned());
        let (next, why) = watched.decides(5, following(100, 100));
        assert_eq!((next, why.as_str()), (Next::Diagnose, "no answer"));
    }
}

#[test]
fn a_group_that_is_available_again_is_given_one_look_more() {
    let mut watched = Watched::started();
    watched.decides(5, following(100, 100));
    watched.status = GroupStatus::Available;
    assert_eq!(watched.decides(5, following(100, 100)).0, Next::Wait);
    let (next, why) = watched.decides(5, following(100, 100));
    assert!(next == Next::Diagnose && why.contains("available again"), "{why}");
}

#[test]
fn a_start_that_has_no_effect_ends_after_its_limit() {
    let mut watched = Watched::started();
    let limit = seconds(watched.plan.limits.start);
    watched.status = GroupStatus::Available;
    assert_eq!(watched.decides(limit, alone()).0, Next::Wait);
    let (next, why) = watched.decides(1, alone());
    assert!(
        next == Next::Diagnose && why.contains("did not leave available"),
        "{why}"
    );

    // It left that status, and the target follows nobody.
    let mut watched = Watched::started();
    assert_eq!(watched.decides(limit, alone()).0, Next::Wait);
    let (next, why) = watched.decides(1, alone());
    assert!(
        next == Next::Diagnose && why.contains("did not begin to follow"),
        "{why}"
    );
}

#[test]
fn a_sync_has_a_limit_of_its_own() {
    let behind = || following(100_000_000, 100);
    let mut watched = Watched::started();
    let limit = seconds(watched.plan.limits.sync);
    assert_eq!(watched.decides(limit, behind()).0, Next::Wait);
    let (next, why) = watched.decides(1, behind());
    assert!(
        next == Next::Diagnose && why.starts_with("not in sync within"),
        "{why}"
    );
}

#[test]
fn in_sync_counts_only_once_the_group_is_migrating() {
    let mut watched = Watched::started();
    watched.status = GroupStatus::from("modifying".to_owned());
    for _ in 0..watched.plan.sync.samples + 1 {
        let (next, why) = watched.decides(5, following(100, 100));
        assert!(
            next == Next::Wait && why.contains("waiting for the group's status"),
            "{why}"
        );
    }
    watched.status = GroupStatus::Migrating;
    assert_eq!(watched.decides(5, following(100, 100)).0, Next::Ready);
}

#[test]
fn an_approval_that_never_comes_ends_after_its_limit_unless_it_was_put_off() {
    let mut watched = Watched::started();
    watched.ready(100);
    let limit = seconds(watched.plan.limits.approval);
    let (next, why) = watched.decides(limit, following(100, 100));
    assert_ne!(next, Next::Diagnose, "{why}");
    let (next, why) = watched.decides(1, following(100, 100));
    assert!(
        next == Next::Diagnose && why.starts_with("nobody approved within"),
        "{why}"
    );

    let mut watched = Watched::started();
    watched.ready(100);
    watched.signal = Some(Signal::Postpone {
        until: watched.now + SignedDuration::from_secs(2 * limit),
        by: "somebody".to_owned(),
        at: watched.now,
    });
    watched.decides(5, following(100, 100));
    watched.signal = None;
    let (next, why) = watched.decides(limit, following(100, 100));
    assert!(next == Next::Wait && why.contains("put off"), "{why}");
}

#[test]
fn a_person_gives_it_up_at_any_stage_before_the_promotion() {
    for stage in [
        StageName::Rehearsal,
        StageName::Sync,
        StageName::Verification,
        StageName::Approval,
    ] {
        let mut watched = Watched::started().at_stage(stage);
        watched.gives_up();
        let (next, why) = watched.decides(5, following(100, 100));
        assert_eq!(
            (next, why.as_str()),
            (Next::Abort, "a person gave the migration up")
        );
    }
    // An assessment changed nothing, and ends by itself.
    let mut watched = Watched::with(&json!({"mode": "assess"})).at_stage(StageName::Rehearsal);
    watched.gives_up();
    assert_ne!(watched.decides(5, following(100, 100)).0, Next::Abort);
    // What AWS has accepted to complete is not given up any more.
    let mut watched = Watched::started().at_stage(StageName::Promotion);
    watched.gives_up();
    let (next, why) = watched.decides(5, following(100, 100));
    assert!(
        next == Next::Wait && why.starts_with("somebody wanted to give the migration up, which was refused"),
        "{why}"
    );
}

#[test]
fn a_promotion_is_done_when_the_target_takes_writes_and_the_group_is_available() {
    let mut watched = Watched::started();
    watched.ready(100);
    let mut watched = watched.at_stage(StageName::Promotion);
    watched.status = GroupStatus::from("modifying".to_owned());
    let (next, why) = watched.decides(5, following(100, 100));
    assert_eq!((next, why.as_str()), (Next::Wait, "waiting for the promotion"));
    let (next, why) = watched.decides(5, promoted());
    assert!(
        next == Next::Wait && why.starts_with("promoted; waiting"),
        "{why}"
    );
    watched.status = GroupStatus::Available;
    assert_eq!(watched.decides(5, promoted()).0, Next::Prove);
}

#[test]
fn a_completion_that_aws_refused_goes_back_to_the_approval_while_the_target_follows() {
    let refused = |status: GroupStatus, text: &str| {
        let mut watched = Watched::started();
        watched.ready(100);
        let mut watched = watched.at_stage(StageName::Promotion);
        watched.status = status;
        watched.hears(text);
        watched.look(5, vec![following(100, 100)]).clone()
    };
    let back = refused(GroupStatus::Migrating, NOT_IN_SYNC);
    assert_eq!((back.next, back.stage.name), (Next::Release, StageName::Approval));
    assert!(back.why.starts_with("AWS did not complete"), "{}", back.why);
    let under_way = refused(GroupStatus::from("modifying".to_owned()), NOT_IN_SYNC);
    assert_eq!(under_way.next, Next::Wait, "{}", under_way.why);
    let failed = refused(GroupStatus::Migrating, FAILED);
    assert_eq!(failed.next, Next::Diagnose);
    assert!(failed.why.starts_with("AWS says"), "{}", failed.why);
    let other = refused(GroupStatus::Migrating, OF_NO_ACCOUNT);
    assert_eq!(other.next, Next::Wait);
}

#[test]
fn a_promotion_that_does_not_come_ends_after_its_limit() {
    let mut watched = Watched::started().at_stage(StageName::Promotion);
    watched.status = GroupStatus::from("modifying".to_owned());
    let limit = seconds(watched.plan.limits.promotion);
    assert_eq!(watched.decides(limit, following(100, 100)).0, Next::Wait);
    let (next, why) = watched.decides(1, following(100, 100));
    assert!(
        next == Next::Diagnose && why.starts_with("not promoted within"),
        "{why}"
    );
}

#[test]
fn a_target_that_has_followed_is_not_held_to_the_limit_of_a_start() {
    let mut watched = Watched::started();
    watched.look(5, vec![following(100, 100)]);
    let limit = seconds(watched.plan.limits.start);
    let (next, why) = watched.decides(limit + 1, cut(100));
    assert_eq!(next, Next::Wait, "{why}");
}

#[test]
fn nothing_can_be_approved_while_the_copy_that_is_there_was_not_compared() {
    let mut watched = Watched::started();
    watched.ready(100);
    watched.look(5, vec![cut(100)]);
    watched.comparing = true;
    let seen = watched.look(5, vec![following(100, 100)]);
    assert_eq!((seen.in_sync_samples, &seen.verdict), (1, &None), "{}", seen.why);
    // And once it is in sync by the rule it is compared before anybody is asked.
    for _ in 1..watched.plan.sync.samples {
        watched.look(5, vec![following(100, 100)]);
    }
    let last = watched.last.as_ref().expect("a look");
    assert_eq!(last.next, Next::Verify, "{}", last.why);
}

#[test]
fn without_a_comparison_a_pair_that_is_out_of_sync_still_has_no_verdict() {
    let mut watched = Watched::with(&json!({"verify": {"mode": "off"}}));
    watched.ready(100);
    let seen = watched.look(5, vec![following(100, 100)]);
    assert!(seen.verdict.is_some(), "{}", seen.why);
    let seen = watched.look(5, vec![cut(100)]);
    assert_eq!(seen.verdict, None, "{}", seen.why);
}
