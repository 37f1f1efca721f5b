//! A watch over one migration: every test gives it looks and asks what it made of them.

mod ages;
mod comparing;
mod deciding;
mod judging;
mod properties;
mod size;
mod stops;
mod telling;
mod traps;
mod waiting;
mod watching;

use super::{Next, Observation, Phase, Seen, ShardObservation, ShardSample, Stage, StageName, observe};
use crate::engine::{EngineFault, Info};
use crate::plan::Plan;
use crate::preflight::PreflightReport;
use crate::target::{Event, GroupStatus, Resharding};
use crate::verify::Verdict;
use crate::verify::testing::compared;
use crate::{Observed, ShardId};
use jiff::{SignedDuration, Timestamp};

/// What a real engine said, from tests/fixtures/engines.
macro_rules! recorded {
    ($($part:literal),+) => {
        include_str!(concat!("../../../../../tests/fixtures/engines/", $($part),+))
    };
}
pub(super) use recorded;

/// A migration that is looked at again and again.
pub(super) struct Watched {
    pub(super) plan: Plan,
    preflight: PreflightReport,
    pub(super) stage: Stage,
    pub(super) status: GroupStatus,
    /// Why the status is not known, where it is not.
    pub(super) untold: Option<String>,
    pub(super) resharding: Option<Resharding>,
    pub(super) events: Vec<Event>,
    pub(super) now: Timestamp,
    pub(super) signal: Option<crate::signal::Signal>,
    pub(super) last: Option<Observation>,
    /// Which of its executions looks.
    pub(super) generation: u32,
    /// Whether the copy that is seen is still being compared.
    pub(super) comparing: bool,
}

impl Watched {
    /// A migration that was started a moment ago, with what a person set beside the defaults.
    pub(super) fn with(more: &serde_json::Value) -> Watched {
        let mut input =
            serde_json::json!({"replicationGroupId": "orders", "source": {"address": "10.0.0.1"}});
        for (field, value) in more.as_object().expect("an object") {
            input[field] = value.clone();
        }
        let now = Timestamp::from_second(1_800_000_000).expect("a time");
        Watched {
            plan: Plan::from_input(&input).expect("a valid plan"),
            preflight: crate::preflight::judge(&crate::preflight::testing::clean()),
            stage: Stage {
                name: StageName::Sync,
                since: now,
                watermark: now,
            },
            status: GroupStatus::Migrating,
            untold: None,
            resharding: None,
            events: vec![],
            now,
            signal: None,
            last: None,
            generation: 1,
            comparing: false,
        }
    }

    pub(super) fn started() -> Watched {
        Watched::with(&serde_json::json!({}))
    }

    /// One look, so many seconds after the last.
    pub(super) fn look(&mut self, after: i64, samples: Vec<ShardSample>) -> &Observation {
        self.now += SignedDuration::from_secs(after);
        let seen = |verification| Seen {
            now: self.now,
            migration_id: "m-1",
            generation: self.generation,
            plan: &self.plan,
            preflight: &self.preflight,
            stage: &self.stage,
            status: match &self.untold {
                None => Observed::Known(self.status.clone()),
                Some(why) => Observed::Unknown(why.clone()),
            },
            resharding: self.resharding,
            events: self.events.clone(),
            samples: samples.clone(),
            signal: self.signal.as_ref(),
            verification,
        };
        // Whatever copy is seen here was compared, and is the same: these stories are of what else may happen.
        let basis = observe(self.last.as_ref(), &seen(None)).basis;
        let verification = basis.map(|basis| {
            let mut standing = compared(&basis, Verdict::Same);
            if self.comparing {
                (standing.done, standing.result) = (false, None);
            }
            standing
        });
        let observation = observe(self.last.as_ref(), &seen(verification.as_ref()));
        // What the next look starts from went through the execution's history.
        let text = serde_json::to_string(&observation).expect("JSON");
        let read: Observation = serde_json::from_str(&text).expect("read back");
        assert_eq!(read, observation, "nothing is lost on the way");
        self.stage = read.stage.clone();
        self.last.insert(read)
    }

    /// Until people are told that it is ready, both sides being at this offset.
    pub(super) fn ready(&mut self, offset: u64) {
        for _ in 0..self.plan.sync.samples + 1 {
            if self.look(5, vec![following(offset, offset)]).next == Next::Ready {
                return;
            }
        }
        panic!("it is not ready: {}", self.last.as_ref().expect("a look").why);
    }

    /// One look, five seconds after the last, at a group of one shard.
    pub(super) fn sees(&mut self, source: &str, target: &str) -> &ShardObservation {
        &self.look(5, vec![pair(source, target)]).shards[0]
    }
}

/// One shard pair; the target is where the recorded engines were, at 127.0.0.1:7161.
pub(super) fn pair(source: &str, target: &str) -> ShardSample {
    ShardSample {
        shard: ShardId("0001".to_owned()),
        source: Observed::Known(Info::parse(source)),
        root: None,
        target: Observed::Known(Info::parse(target)),
        target_address: Some("127.0.0.1".to_owned()),
        target_port: Some(7161),
    }
}

pub(super) fn unseen() -> Observed<Info> {
    Observed::from(Err::<Info, _>(EngineFault::TimedOut("3 s".to_owned())))
}

/// A recorded answer with some fields set to something else.
pub(super) fn but(recorded: &str, fields: &str) -> String {
    format!("{recorded}\r\n{}\r\n", fields.replace(' ', "\r\n"))
}

/// A source at this offset of this history.
pub(super) fn source(history: &str, offset: u64) -> String {
    format!("role:master\r\nrun_id:source\r\nmaster_replid:{history}\r\nmaster_repl_offset:{offset}\r\n")
}

/// A target that follows history `aa` and has applied so much of it.
pub(super) fn target(offset: u64) -> String {
    format!(
        "role:slave\r\nrun_id:target\r\nmaster_link_status:up\r\nmaster_replid:aa\r\nslave_repl_offset:{offset}\r\n"
    )
}

/// A source that is itself a replica, its own link up or down.
pub(super) fn chained(link: &str) -> String {
    let fields = format!("role:slave master_link_status:{link}");
    but(&source("aa", 100), &fields)
}

/// A source and a target in one history, so many bytes apart.
pub(super) fn following(source_offset: u64, target_offset: u64) -> ShardSample {
    pair(&source("aa", source_offset), &target(target_offset))
}

/// The same with the target's link down: both stand at this offset.
pub(super) fn cut(offset: u64) -> ShardSample {
    let down = but(
        &target(offset),
        "master_link_status:down master_sync_in_progress:0",
    );
    pair(&source("aa", offset), &down)
}

/// A pair whose source nobody could ask.
pub(super) fn hidden() -> ShardSample {
    ShardSample {
        source: unseen(),
        ..following(100, 100)
    }
}

/// A pair of which nobody follows anybody.
pub(super) fn alone() -> ShardSample {
    pair(
        &source("aa", 100),
        "role:master\r\nrun_id:target\r\nmaster_replid:bb\r\nmaster_repl_offset:0\r\n",
    )
}

/// The sample with another answer of its source.
pub(super) fn with_source(sample: ShardSample, source: &str) -> ShardSample {
    ShardSample {
        source: Observed::Known(Info::parse(source)),
        ..sample
    }
}

/// The sample with another answer of its target.
pub(super) fn with_target(sample: ShardSample, target: &str) -> ShardSample {
    ShardSample {
        target: Observed::Known(Info::parse(target)),
        ..sample
    }
}
