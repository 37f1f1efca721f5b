//! Looks again at the keys that differed, as `domain::verify::judge` wants it: the source, its offset, the target once it
//! has applied all up to there, the source again.

use super::batch::{Lane, slack_of};
use super::look::Reading;
use super::side::Side;
use super::wire::Unread;
use crate::clock;
use domain::engine::EngineFault;
use domain::verify::{
    DifferenceKind, Judged, Look, Outcome, PairProgress, Pending, ValueType, VerifyRule, differ, judge,
};
use jiff::SignedDuration;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Keys that share one wait for the target. Few, because the two looks at the source enclose them all.
const GROUP: usize = 32;
/// A key that moved so often is looked at alone.
const ALONE_AFTER: u32 = 2;
/// Between two passes.
const BETWEEN: Duration = Duration::from_millis(200);
/// Between two questions for the target's offset.
const POLL: Duration = Duration::from_millis(10);
/// A target that has not applied what the source had this long ago is not following.
const FOLLOWS_WITHIN: Duration = Duration::from_secs(60);
/// Where there is no offset to wait for.
const BLIND_WAIT: Duration = Duration::from_secs(1);
/// How often a moving key's target is read in search of the state that the source was in.
const CHASES: usize = 40;

/// Rechecks until no more than `goal` keys are pending, or the time is over.
pub(super) async fn settle(
    lane: &mut Lane,
    reading: &Reading,
    rule: &VerifyRule,
    progress: &mut PairProgress,
    goal: usize,
    until: Instant,
) -> Result<(), Unread> {
    while progress.pending.len() > goal && !progress.is_done() && Instant::now() < until {
        let now = clock::now();
        let (due, later): (Vec<_>, Vec<_>) = std::mem::take(&mut progress.pending)
            .into_iter()
            .partition(|pending| due_at(pending, rule) <= now);
        progress.pending = later;
        if !due.is_empty() {
            pass(lane, reading, rule, progress, due, until).await?;
        }
        if progress.pending.len() > goal && !progress.is_done() {
            sleep(BETWEEN).await;
        }
    }
    Ok(())
}

/// The look that may make it a difference waits until it is old enough.
fn due_at(pending: &Pending, rule: &VerifyRule) -> jiff::Timestamp {
    let settled = SignedDuration::from_secs(i64::try_from(rule.settle.0).unwrap_or(i64::MAX));
    if pending.held + 1 >= Pending::CONFIRMATIONS {
        pending.since.checked_add(settled).unwrap_or(jiff::Timestamp::MAX)
    } else {
        pending.since
    }
}

async fn pass(
    lane: &mut Lane,
    reading: &Reading,
    rule: &VerifyRule,
    progress: &mut PairProgress,
    mut due: Vec<Pending>,
    until: Instant,
) -> Result<(), Unread> {
    due.sort_by(|one, other| (one.db, &one.key, one.since).cmp(&(other.db, &other.key, other.since)));
    due.dedup_by(|later, first| (later.db, &later.key) == (first.db, &first.key));
    let mut due = due.into_iter().peekable();
    while let Some(first) = due.next() {
        if Instant::now() >= until || progress.is_done() {
            progress.pending.push(first);
            progress.pending.extend(due);
            if progress.is_done() {
                progress.pending.clear();
            }
            return Ok(());
        }
        let mut group = vec![first];
        while group.len() < GROUP
            && !is_restless(&group[0])
            && let Some(next) = due.next_if(|next| next.db == group[0].db && !is_restless(next))
        {
            group.push(next);
        }
        look_again(lane, reading, rule, progress, group).await?;
    }
    Ok(())
}

/// Whether a key has moved so often that nothing else may lie between two looks at it. One that only differs, again and
/// again, stands still, and shares its wait with others.
fn is_restless(pending: &Pending) -> bool {
    pending.rechecks.saturating_sub(pending.held) >= ALONE_AFTER
}

async fn look_again(
    lane: &mut Lane,
    reading: &Reading,
    rule: &VerifyRule,
    progress: &mut PairProgress,
    group: Vec<Pending>,
) -> Result<(), Unread> {
    let slack = slack_of(rule);
    lane.source.select(group[0].db).await?;
    lane.target.select(group[0].db).await?;
    progress.counts.rechecks += group.len() as u64;
    if is_restless(&group[0]) && group[0].held == 0 && chase(lane, reading, &group[0].key, slack).await? {
        progress.take(Outcome::Dropped, rule);
        return Ok(());
    }
    let before = looks(&mut lane.source, reading, &group).await?;
    catch_up(lane).await?;
    let target = looks(&mut lane.target, reading, &group).await?;
    let after = looks(&mut lane.source, reading, &group).await?;
    let now = clock::now();
    for (number, pending) in group.into_iter().enumerate() {
        let (before, target, after) = (&before[number], &target[number], &after[number]);
        let judged = judge(before, target, after, slack);
        let outcome = pending.after(judged, rule, now);
        if matches!(outcome, Outcome::Reported(_)) && is_opaque(judged, after) {
            progress.counts.not_compared += 1;
        } else {
            progress.take(outcome, rule);
        }
    }
    Ok(())
}

/// Other bytes of a module's type may mean the same: that is no difference, and no equality either.
fn is_opaque(judged: Judged, source: &Look) -> bool {
    judged == Judged::Differs(DifferenceKind::Value)
        && source
            .as_ref()
            .is_some_and(|value| matches!(value.kind, ValueType::Other(_)))
}

async fn looks(side: &mut Side, reading: &Reading, group: &[Pending]) -> Result<Vec<Look>, Unread> {
    let mut looks = Vec::with_capacity(group.len());
    for pending in group {
        looks.push(reading.look(side, &pending.key).await?);
    }
    Ok(looks)
}

/// A key that is written all the time: a target that follows passes through the state that the source was just in, and
/// is read again and again in search of it.
async fn chase(lane: &mut Lane, reading: &Reading, key: &[u8], slack: i64) -> Result<bool, Unread> {
    let (source, mut target) = tokio::join!(
        reading.look(&mut lane.source, key),
        reading.look(&mut lane.target, key)
    );
    let source = source?;
    for _ in 0..CHASES {
        if differ(&source, &target?, slack).is_none() {
            return Ok(true);
        }
        target = reading.look(&mut lane.target, key).await;
    }
    Ok(false)
}

/// Waits until the target has applied all that the source has now.
async fn catch_up(lane: &mut Lane) -> Result<(), Unread> {
    let Some(wanted) = lane.source.stream().await?.offset else {
        sleep(BLIND_WAIT).await;
        return Ok(());
    };
    let begun = Instant::now();
    loop {
        let target = lane.target.stream().await?;
        if !target.follows {
            // Promoted, or never a replica: there is no stream to wait for.
            sleep(BLIND_WAIT).await;
            return Ok(());
        }
        if target.offset.is_some_and(|offset| offset >= wanted) {
            return Ok(());
        }
        if begun.elapsed() > FOLLOWS_WITHIN {
            let late = format!(
                "it did not apply the source's writes within {} s",
                FOLLOWS_WITHIN.as_secs()
            );
            return Err(lane.target.wire.fault(EngineFault::NotReady(late)));
        }
        sleep(POLL).await;
    }
}
