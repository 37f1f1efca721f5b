//! What follows from a look while keys are compared: the rule still has to hold, limits still count, and a word that comes
//! too early is answered.

use super::*;
use crate::signal::Signal;

/// While keys are compared.
fn verifying() -> Watched {
    let mut watched = Watched::started();
    watched.stage.name = StageName::Verification;
    watched
}

impl Watched {
    /// What follows once somebody has said this.
    fn answers(&mut self, signal: Signal) -> Observation {
        self.signal = Some(signal);
        let seen = self.look(5, vec![following(100, 100)]).clone();
        self.signal = None;
        seen
    }
}

#[test]
fn what_was_compared_is_asked_about_once_it_is_in_sync_by_the_rule() {
    let mut watched = verifying();
    for look in 1..watched.plan.sync.samples {
        let seen = watched.look(5, vec![following(100, 100)]);
        assert_eq!(
            (seen.next, seen.in_sync_samples),
            (Next::Wait, look),
            "{}",
            seen.why
        );
        assert!(
            seen.why.contains(&format!("in sync at {look} of 5 looks")),
            "{}",
            seen.why
        );
    }
    let seen = watched.look(5, vec![following(100, 100)]);
    assert_eq!(seen.next, Next::Ready, "{}", seen.why);
    assert!(seen.why.starts_with("compared: "), "{}", seen.why);
}

#[test]
fn a_pair_that_does_not_come_back_in_sync_ends_it_after_the_limit_of_the_sync() {
    let mut watched = verifying();
    let limit = watched.plan.limits.sync.0.cast_signed();
    let behind = || vec![following(900_000_000, 100)];
    let seen = watched.look(limit, behind());
    assert_eq!(seen.next, Next::Wait, "{}", seen.why);
    assert!(seen.why.starts_with("comparing goes on once"), "{}", seen.why);
    let seen = watched.look(1, behind());
    assert_eq!(seen.next, Next::Diagnose, "{}", seen.why);
    assert!(seen.why.starts_with("not in sync within"), "{}", seen.why);
}

#[test]
fn an_approval_before_there_is_a_verdict_is_refused() {
    let mut watched = verifying();
    let at = watched.now;
    let seen = watched.answers(Signal::Approve {
        verdict: "abcd".to_owned(),
        by: "ada".to_owned(),
        at,
    });
    assert!(
        seen.why
            .starts_with("the approval by ada was refused: the comparison goes on"),
        "{}",
        seen.why
    );
    assert_eq!((seen.next, seen.approval), (Next::Wait, None));
}

#[test]
fn a_postponement_counts_while_keys_are_compared_and_one_that_is_over_does_not() {
    let put_off = |seconds: i64| {
        let mut watched = verifying();
        let at = watched.now;
        // The look comes five seconds later.
        let until = at + SignedDuration::from_secs(5 + seconds);
        let seen = watched.answers(Signal::Postpone {
            until,
            by: "ada".to_owned(),
            at,
        });
        assert_eq!(
            seen.why.starts_with("ada put the cutover off until"),
            seconds > 0,
            "{}",
            seen.why
        );
        seen.postponed_until.map(|until| (until - seen.at).as_secs())
    };
    assert_eq!(put_off(1), Some(1));
    assert_eq!(put_off(0), None);
    assert_eq!(put_off(-1), None);
}
