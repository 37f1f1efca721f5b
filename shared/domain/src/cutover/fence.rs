//! What stops writes on a source, by its version, and what was kept to undo it.
//!
//! Two latches, alone or together. A *pause* (`CLIENT PAUSE`) lets writers wait; it stops scripts as well, and ends by
//! itself. A *refusal* (`min-replicas-to-write` above any number of replicas) gives writers the error NOREPLICAS; it
//! lasts until it is taken back, and before 7.0 scripts may pass it (6.2.0 lets them, 6.2.14 does not). Sources: `src/networking.c`, `src/server.c` and
//! `src/config.c` of the engines at their tags, and the same tried on 6.2, 7.0 and Valkey 8.0.

use super::Seat;
use crate::engine::{Brand, EngineVersion};
use crate::plan::{FenceKind, Plan};
use crate::{Endpoint, ReplicationGroupId, ReplicationOffset, Seconds, ShardId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Which clients a pause holds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Pause {
    /// `CLIENT PAUSE n WRITE`, 6.2 and later: commands that write, scripts included. It can be renewed and ended.
    Writes,
    /// `CLIENT PAUSE n`, 3.0 to 6.0: every command of every client that is no replica, INFO and a second CLIENT PAUSE
    /// included. It can be neither renewed nor ended: it has to run out.
    Everything,
}

/// How a source of one version is fenced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Means {
    /// The pause, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
    /// Whether the refusal is set together with the pause (or alone) when the fence goes up. Where it is not, it is set
    /// just before AWS is asked to complete, so that a pause which runs out then lets no write through.
    pub refuses_from_the_start: bool,
    /// The setting that refuses: `min-replicas-to-write`, or `min-slaves-to-write` up to 4.
    pub setting: String,
    /// Whether the refusal stops scripts as well.
    pub refusal_stops_scripts: bool,
}

/// A setting of the source and the value it had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// What it was, to be given back.
    pub was: String,
    /// What the fence makes of it.
    pub becomes: String,
}

/// One source primary and what its fence consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FencedPrimary {
    /// The target shard that follows it.
    pub shard: ShardId,
    /// Where it listens. Where the plan names a replica, this is the primary at the top of its chain.
    pub source: Endpoint,
    /// Where it sits in the source cluster; none outside cluster mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat: Option<Seat>,
    /// Its version, for people.
    pub version: String,
    /// What stops its writers.
    pub means: Means,
    /// The settings that the refusal changes, with their old values; empty where they cannot be read.
    pub settings: Vec<Setting>,
    /// The end of its stream at the fence: everything a client was told "yes" to is at or before this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
}

/// A place in a source's history, read in one transaction with the fence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mark {
    /// When.
    pub at: Timestamp,
    /// The history's id; none before 4.0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<String>,
    /// The end of the stream.
    pub offset: ReplicationOffset,
    /// Until when the pause lasts, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_until: Option<Timestamp>,
    /// Whether writes are refused as well, below the pause: that does not end by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refuses: bool,
}

/// The fence as the state machine carries it: drawn up before anything is touched, so that the old values stand in the
/// execution's history whatever happens after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fence {
    /// The target.
    pub replication_group_id: ReplicationGroupId,
    /// What the plan asked for.
    pub kind: FenceKind,
    /// When it was drawn up.
    pub armed_at: Timestamp,
    /// By when CompleteMigration must have been accepted.
    pub deadline: Timestamp,
    /// How long a pause lasts after that, before it is renewed.
    pub pause_seconds: Seconds,
    /// Every source primary.
    pub primaries: Vec<FencedPrimary>,
    /// What does not hold as a person might think: scripts that pass, a setting that cannot be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caveats: Vec<String>,
}

/// More than any engine has replicas, and read by every version.
const NEVER_ENOUGH_REPLICAS: &str = "1000";
/// The engines' own maximal lag, in seconds (`min-replicas-max-lag` in redis.conf and valkey.conf). With a maximal lag of 0
/// the engine does not count replicas at all, and refuses nothing.
const DEFAULT_MAX_LAG: &str = "10";
/// A lasting pause, where a refusal would let scripts pass: 30 days.
const LASTING_PAUSE: Seconds = Seconds(30 * 86_400);

impl Means {
    /// What stops the writers of a source of this version.
    ///
    /// # Errors
    /// Where there is no such fence on this version; the text says which one there is.
    pub fn of(kind: FenceKind, version: &EngineVersion) -> Result<Means, String> {
        let (redis, release) = (version.brand == Brand::Redis, version.release);
        let setting = if redis && release < (5, 0) {
            "min-slaves-to-write"
        } else {
            "min-replicas-to-write"
        };
        let means = |pause, refuses_from_the_start| Means {
            pause,
            refuses_from_the_start,
            setting: setting.to_owned(),
            refusal_stops_scripts: !redis || release >= (7, 0),
        };
        match kind {
            FenceKind::None => Ok(means(None, false)),
            FenceKind::Reject if redis && release < (2, 8) => Err(format!(
                "{version} has no setting that refuses writes; stop the writers and set cutover.fence to \"none\""
            )),
            FenceKind::Reject => Ok(means(None, true)),
            FenceKind::Pause if redis && release < (3, 0) => Err(format!(
                "{version} has no CLIENT PAUSE; set cutover.fence to \"reject\" (scripts pass it on this version: stop \
                 them), or stop the writers and set it to \"none\""
            )),
            FenceKind::Pause if redis && release < (6, 2) => Ok(means(Some(Pause::Everything), true)),
            FenceKind::Pause => Ok(means(Some(Pause::Writes), false)),
        }
    }

    /// The other setting that decides whether the refusal counts replicas at all.
    #[must_use]
    pub fn lag_setting(&self) -> String {
        self.setting.replace("to-write", "max-lag")
    }

    /// What a person should know of this fence.
    #[must_use]
    pub fn caveat(&self) -> Option<&'static str> {
        match (
            self.pause,
            self.refuses_from_the_start,
            self.refusal_stops_scripts,
        ) {
            (Some(Pause::Everything), _, _) => Some(
                "before 6.2 a pause stops every command, reads and INFO included, and cannot be ended early; scripts can \
                 write again once it has run out",
            ),
            (None, true, false) => Some(
                "before 7.0 scripts (EVAL) may write in spite of min-replicas-to-write, depending on the patch level",
            ),
            _ => None,
        }
    }
}

impl Setting {
    /// What the refusal makes of the two settings, where both could be read.
    #[must_use]
    pub fn refusal(means: &Means, to_write: Option<String>, max_lag: Option<String>) -> Vec<Setting> {
        let Some(to_write) = to_write else {
            return vec![];
        };
        let mut settings = vec![];
        if let Some(lag) = max_lag.filter(|lag| lag.trim() == "0") {
            settings.push(Setting {
                name: means.lag_setting(),
                was: lag,
                becomes: DEFAULT_MAX_LAG.to_owned(),
            });
        }
        settings.push(Setting {
            name: means.setting.clone(),
            was: to_write,
            becomes: NEVER_ENOUGH_REPLICAS.to_owned(),
        });
        settings
    }
}

/// A command, word by word.
pub type Command = Vec<String>;

impl FencedPrimary {
    /// Whether anything can be done to stop this source's writers.
    #[must_use]
    pub fn stops_writers(&self) -> bool {
        self.means.pause.is_some() || self.refuses()
    }

    fn refuses(&self) -> bool {
        self.means.refuses_from_the_start && !self.settings.is_empty()
    }

    /// Until when the writers of a source that cannot be reached are held up at most; none where a refusal may stand on
    /// it, which lasts until it is taken back.
    #[must_use]
    pub fn ends_by_itself(&self, deadline: Timestamp) -> Option<Timestamp> {
        let mark = self.mark.as_ref();
        let refused = self.refuses() || mark.is_some_and(|mark| mark.refuses);
        (!refused).then(|| mark.and_then(|mark| mark.paused_until).unwrap_or(deadline))
    }

    /// Raises the fence, or renews it, until a moment.
    #[must_use]
    pub fn raise(&self, now: Timestamp, until: Timestamp) -> Vec<Command> {
        let mut commands = if self.refuses() { self.refuse() } else { vec![] };
        match self.means.pause {
            None => {}
            Some(Pause::Writes) => commands.push(pause(now, until, true)),
            // While one lasts another would only wait for its end.
            Some(Pause::Everything) if self.mark.is_some() => {}
            Some(Pause::Everything) => commands.push(pause(now, until, false)),
        }
        commands
    }

    /// Refuses writes for good, below the pause.
    #[must_use]
    pub fn refuse(&self) -> Vec<Command> {
        let fenced = self.stops_writers();
        self.settings
            .iter()
            .filter(|_| fenced)
            .map(|setting| config_set(&setting.name, &setting.becomes))
            .collect()
    }

    /// Lets writers go on: every setting as it was, and no pause.
    #[must_use]
    pub fn release(&self) -> Vec<Command> {
        let fenced = self.stops_writers();
        let mut commands: Vec<Command> = self
            .settings
            .iter()
            .rev()
            .filter(|_| fenced)
            .map(|setting| config_set(&setting.name, &setting.was))
            .collect();
        if self.means.pause == Some(Pause::Writes) {
            commands.push(vec!["CLIENT".to_owned(), "UNPAUSE".to_owned()]);
        }
        commands
    }

    /// Makes the fence last until a person lifts it. Writers that wait get the error now, where the refusal stops
    /// everything that the pause did; elsewhere the pause is made a long one.
    #[must_use]
    pub fn pin(&self, now: Timestamp) -> Vec<Command> {
        let mut commands = self.refuse();
        if self.means.pause == Some(Pause::Writes) {
            let until = now
                .checked_add(SignedDuration::from_secs(LASTING_PAUSE.0.cast_signed()))
                .unwrap_or(now);
            commands.push(if self.means.refusal_stops_scripts && !self.settings.is_empty() {
                vec!["CLIENT".to_owned(), "UNPAUSE".to_owned()]
            } else {
                pause(now, until, true)
            });
        }
        commands
    }

    /// Whether the source can be asked for anything at this moment.
    #[must_use]
    pub fn answers(&self, now: Timestamp) -> bool {
        let paused_until = self.mark.as_ref().and_then(|mark| mark.paused_until);
        self.means.pause != Some(Pause::Everything) || paused_until.is_none_or(|until| until <= now)
    }
}

impl Fence {
    /// Draws up a fence; nothing is touched by it.
    #[must_use]
    pub fn armed(plan: &Plan, now: Timestamp, primaries: Vec<FencedPrimary>) -> Fence {
        let mut caveats: Vec<String> = vec![];
        for primary in &primaries {
            let unreadable = primary.settings.is_empty() && plan.cutover.fence != FenceKind::None;
            caveats.extend(
                primary
                    .means
                    .caveat()
                    .map(|caveat| format!("{}: {caveat}", primary.source)),
            );
            if unreadable {
                caveats.push(format!(
                    "{}: {} cannot be read, so only the pause stops writers",
                    primary.source, primary.means.setting
                ));
            }
        }
        Fence {
            replication_group_id: plan.replication_group_id.clone(),
            kind: plan.cutover.fence,
            armed_at: now,
            deadline: after(now, plan.cutover.budget_seconds),
            pause_seconds: plan.cutover.fence_seconds,
            primaries,
            caveats,
        }
    }

    /// Whether the budget is spent.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.deadline
    }

    /// Until when a pause lasts that is set now, once AWS was asked to complete.
    #[must_use]
    pub fn next_pause(&self, now: Timestamp) -> Timestamp {
        after(now, self.pause_seconds)
    }

    /// After which time a pause has to be renewed: a third of it, so that two renewals may fail.
    #[must_use]
    pub fn renew_every(&self) -> SignedDuration {
        SignedDuration::from_millis((self.pause_seconds.0 * 1_000 / 3).cast_signed())
    }
}

fn after(now: Timestamp, seconds: Seconds) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(seconds.0.cast_signed()))
        .unwrap_or(now)
}

fn pause(now: Timestamp, until: Timestamp, writes_only: bool) -> Command {
    let milliseconds = until.as_millisecond().saturating_sub(now.as_millisecond()).max(1);
    let mut command = vec!["CLIENT".to_owned(), "PAUSE".to_owned(), milliseconds.to_string()];
    if writes_only {
        command.push("WRITE".to_owned());
    }
    command
}

fn config_set(name: &str, value: &str) -> Command {
    ["CONFIG", "SET", name, value].map(str::to_owned).to_vec()
}

#[cfg(test)]
#[path = "fence_tests.rs"]
mod tests;
