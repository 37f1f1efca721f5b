//! Asks AWS to complete, and watches the first of the promotion. What AWS refuses for a reason that may pass is asked
//! for again until the budget ends.

use crate::Clients;
use crate::fence::{drained, keep_up, renew};
use crate::look::{Targets, existing};
use adapters::clock;
use adapters::elasticache::Answer;
use domain::StepError;
use domain::contract::cutover::{Completing, Outcome};
use domain::cutover::Fence;
use domain::progress::{Stage, StageName};
use domain::target::{Event, EventKind, GroupStatus};
use jiff::{SignedDuration, Timestamp};
use std::time::{Duration, Instant};

/// AWS's clock and ours may differ by a moment: events count from a little before the request.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(2);
/// Between two looks at the engines.
const LOOK: Duration = Duration::from_millis(50);
/// Between two looks at AWS's API, which counts calls.
const ASK_AWS: Duration = Duration::from_secs(1);
/// The first of them: a refusal comes at once.
const FIRST_ASK: Duration = Duration::from_millis(100);
/// Before AWS is asked again to complete.
const PAUSE: Duration = Duration::from_millis(500);
/// How long one invocation watches; the state machine goes on after it. Well under the function's limit.
const WATCH: Duration = Duration::from_secs(20);
/// How long a request of an earlier try may take to show in the status, where this try came too late to make its own.
const LATE_WATCH: Duration = Duration::from_secs(3);

/// What became of a request.
enum Seen {
    Promoted,
    Promoting,
    /// AWS's words, and from when on events are new.
    Refused(String, Timestamp),
}

/// One try to complete, with what it has come to.
struct Attempt<'a> {
    clients: &'a Clients,
    fence: Fence,
    targets: Targets,
    began: Instant,
    since: Timestamp,
    watermark: Timestamp,
    request_id: Option<String>,
    requests: u32,
}

pub(crate) async fn complete(clients: &Clients, fence: Fence) -> Result<Completing, StepError> {
    let group = existing(clients, &fence.replication_group_id).await?;
    let since = clock::now();
    let mut attempt = Attempt {
        clients,
        targets: Targets::of(clients, &group).await?,
        fence,
        began: Instant::now(),
        since,
        watermark: since.checked_sub(CLOCK_SKEW).unwrap_or(since),
        request_id: None,
        requests: 0,
    };
    // A try before this one may have made the request, and died before it could say so.
    let following = group.status == GroupStatus::Migrating;
    if !following || attempt.targets.promoted().await {
        let seen = attempt.watch(WATCH).await?;
        return Ok(attempt.answer(seen));
    }
    if attempt.fence.is_over(clock::now()) {
        return attempt
            .not_asked("the budget was spent before AWS was asked to complete")
            .await;
    }
    attempt.ask_until_accepted().await
}

impl Attempt<'_> {
    async fn ask_until_accepted(mut self) -> Result<Completing, StepError> {
        loop {
            if let Err(error) = renew(&mut self.fence).await {
                return self.not_asked(&error.to_string()).await;
            }
            if let Err(missing) = drained(&self.fence, &mut self.targets).await {
                return self.not_asked(&format!("the budget was spent: {missing}")).await;
            }
            let refusal = match self.ask().await? {
                None => match self.watch(WATCH).await? {
                    Seen::Refused(words, watermark) => {
                        self.watermark = watermark;
                        words
                    }
                    seen => return Ok(self.answer(seen)),
                },
                Some(refusal) => refusal,
            };
            tracing::warn!("CompleteMigration was refused: {refusal}");
            tokio::time::sleep(PAUSE).await;
            if self.fence.is_over(clock::now()) {
                return Ok(self.refused(&format!(
                    "the budget was spent while AWS refused to complete: {refusal}"
                )));
            }
        }
    }

    /// Makes the request; answers with AWS's words where it was refused outright.
    async fn ask(&mut self) -> Result<Option<String>, StepError> {
        self.requests += 1;
        self.since = clock::now();
        let answer = self
            .clients
            .elasticache
            .complete_migration(&self.fence.replication_group_id)
            .await?;
        let words = match answer {
            Answer::Accepted { request_id } => {
                self.request_id = request_id;
                return Ok(None);
            }
            Answer::OtherState => "the group is not under migration".to_owned(),
            Answer::Busy(words) => words,
        };
        // Our own earlier try, which is under way now, or a refusal: the status tells.
        Ok((self.status().await? == Some(GroupStatus::Migrating)).then_some(words))
    }

    /// Gives up before AWS is asked (again). A request of an earlier try, which died before it could say so, is watched
    /// for: the fence must not go while AWS promotes.
    async fn not_asked(mut self, why: &str) -> Result<Completing, StepError> {
        let seen = match self.requests {
            0 => self.watch(LATE_WATCH).await?,
            _ => Seen::Promoting,
        };
        let follows = self.status().await? == Some(GroupStatus::Migrating);
        Ok(match seen {
            Seen::Promoting if follows => self.refused(why),
            seen => self.answer(seen),
        })
    }

    async fn status(&self) -> Result<Option<GroupStatus>, StepError> {
        let group = self
            .clients
            .elasticache
            .group(&self.fence.replication_group_id)
            .await?;
        Ok(group.map(|group| group.status))
    }

    /// Watches for a promotion or a refusal, and keeps the fence up.
    async fn watch(&mut self, at_most: Duration) -> Result<Seen, StepError> {
        let began = Instant::now();
        let mut ask_at = began + FIRST_ASK;
        let renew_every = Duration::try_from(self.fence.renew_every()).unwrap_or(LOOK);
        let mut renew_at = began + renew_every;
        loop {
            if self.targets.promoted().await {
                return Ok(Seen::Promoted);
            }
            let now = Instant::now();
            if now >= ask_at {
                ask_at = now + ASK_AWS;
                if let Some(refusal) = self.refusal().await? {
                    let next = refusal.at.checked_add(SignedDuration::from_millis(1));
                    return Ok(Seen::Refused(refusal.text, next.unwrap_or(refusal.at)));
                }
            }
            if now >= renew_at {
                renew_at = now + renew_every;
                keep_up(&mut self.fence).await;
            }
            if began.elapsed() >= at_most || self.began.elapsed() >= WATCH * 2 {
                return Ok(Seen::Promoting);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// AWS's refusal, where it gave one and the group follows the source as before.
    async fn refusal(&self) -> Result<Option<Event>, StepError> {
        let events = self
            .clients
            .elasticache
            .events(&self.fence.replication_group_id, self.watermark)
            .await?;
        let refusal = events
            .into_iter()
            .rev()
            .find(|event| matches!(event.kind(), EventKind::NotInSync | EventKind::NodeReplaced));
        let follows = refusal.is_some() && self.status().await? == Some(GroupStatus::Migrating);
        Ok(refusal.filter(|_| follows))
    }

    fn answer(self, seen: Seen) -> Completing {
        let (outcome, why) = match seen {
            Seen::Promoted => (Outcome::Promoted, "every target primary takes writes".to_owned()),
            Seen::Promoting => (
                Outcome::Promoting,
                "AWS accepted; the promotion goes on".to_owned(),
            ),
            Seen::Refused(words, _) => return self.refused(&format!("AWS refused to complete: {words}")),
        };
        let stage = Stage {
            name: StageName::Promotion,
            since: self.since,
            watermark: self.watermark,
        };
        Completing {
            outcome,
            stage,
            fence: self.fence,
            request_id: self.request_id,
            requests: self.requests,
            why,
        }
    }

    fn refused(self, why: &str) -> Completing {
        let stage = Stage {
            name: StageName::Approval,
            since: clock::now(),
            watermark: self.watermark,
        };
        Completing {
            outcome: Outcome::Refused,
            stage,
            fence: self.fence,
            request_id: self.request_id,
            requests: self.requests,
            why: why.to_owned(),
        }
    }
}
