//! Evidence for tests: nothing was seen, and then one thing at a time. Tests only.

use super::{Evidence, LogLine, Side, SourceProbe, SourceSeen};
use crate::contract::diagnose::CaughtError;
use crate::engine::{EngineFault, Info};
use crate::preflight::{TargetShard, testing};
use crate::progress::Observation;
use crate::signal::Signal;
use crate::target::{Event, GroupStatus};
use crate::verify::Verdict;
use crate::verify::testing::compared;
use crate::{Endpoint, Observed, ShardId, StepError};
use jiff::Timestamp;

/// A migration of which nothing is known but the state that failed.
pub(crate) fn seen(failed_state: &str) -> Evidence {
    Evidence {
        now: Timestamp::UNIX_EPOCH,
        failed_state: failed_state.to_owned(),
        error: None,
        plan: Some(testing::clean().plan),
        preflight: None,
        observation: None,
        events: Observed::Known(vec![]),
        status: Observed::Known(Some(GroupStatus::Available)),
        sources: vec![],
        target: vec![],
        signal: None,
        logs: vec![],
        verification: None,
        gaps: vec![],
        network: None,
    }
}

impl Evidence {
    /// What the comparison of the keys came to.
    pub(crate) fn compared(mut self, verdict: Verdict) -> Evidence {
        self.verification = Some(compared("basis", verdict));
        self
    }

    /// EC2 was asked again, and the clean pair's VPC has changed in one way.
    pub(crate) fn network_now(mut self, change: impl FnOnce(&mut serde_json::Value)) -> Evidence {
        let mut answers = testing::vpc();
        change(&mut answers);
        let described: crate::preflight::network::Described =
            serde_json::from_value(answers).expect("of the shape that the state machine passes");
        self.network = Some(described.into());
        self
    }

    pub(crate) fn error(self, error: &StepError) -> Evidence {
        self.named(error.name(), &error.to_string())
    }

    pub(crate) fn named(mut self, error: &str, cause: &str) -> Evidence {
        self.error = Some(CaughtError {
            error: error.to_owned(),
            cause: cause.to_owned(),
        });
        self
    }

    pub(crate) fn event(mut self, text: &str) -> Evidence {
        self.events = Observed::Known(vec![Event {
            at: Timestamp::UNIX_EPOCH,
            text: text.to_owned(),
        }]);
        self
    }

    pub(crate) fn failure_text(reason: &str) -> String {
        format!("Migration operation failed for replication group orders because of {reason}")
    }

    pub(crate) fn log_line_of(mut self, side: Side, text: &str) -> Evidence {
        self.logs.push(LogLine::read(side, text));
        self
    }

    /// One more primary of the source; `source_said` and `probed` tell more of the last one.
    pub(crate) fn source_says(self, info: &str) -> Evidence {
        self.source(Ok(Info::parse(info)))
    }

    pub(crate) fn source_does(self, fault: EngineFault) -> Evidence {
        self.source(Err(fault))
    }

    fn source(mut self, info: Result<Info, EngineFault>) -> Evidence {
        let address = format!("10.0.0.{}", 241 + self.sources.len());
        self.sources.push(SourceSeen {
            endpoint: Endpoint::new(&address, 6379).expect("an address"),
            info,
            earlier: None,
            probe: SourceProbe::default(),
        });
        self
    }

    pub(crate) fn source_said(mut self, info: &str) -> Evidence {
        self.sources.last_mut().expect("a source").earlier = Some(Info::parse(info));
        self
    }

    pub(crate) fn probed(mut self, probe: SourceProbe) -> Evidence {
        self.sources.last_mut().expect("a source").probe = probe;
        self
    }

    pub(crate) fn followed(mut self) -> Evidence {
        let observation = self.observation.as_mut().expect("a look");
        observation.shards[0].followed = true;
        self
    }

    pub(crate) fn target_says(self, info: &str) -> Evidence {
        self.target_shard(Observed::Known(Info::parse(info)))
    }

    pub(crate) fn target_silent(self, why: &str) -> Evidence {
        self.target_shard(Observed::Unknown(why.to_owned()))
    }

    fn target_shard(mut self, info: Observed<Info>) -> Evidence {
        self.target = vec![TargetShard {
            shard: ShardId("0001".to_owned()),
            info,
        }];
        self
    }

    pub(crate) fn status_is(mut self, status: &str) -> Evidence {
        self.status = Observed::Known(Some(GroupStatus::from(status.to_owned())));
        self
    }

    pub(crate) fn gone(mut self) -> Evidence {
        self.status = Observed::Known(None);
        self
    }

    pub(crate) fn called(mut self, call: &str) -> Evidence {
        self.signal = Some(Signal::Call {
            call: call.to_owned(),
            by: "arn:aws:iam::123456789012:user/bob".to_owned(),
        });
        self
    }

    pub(crate) fn notified(mut self, name: &str) -> Evidence {
        self.signal = Some(Signal::Event {
            name: name.to_owned(),
        });
        self
    }

    /// The last look, with its reason; read as a state machine would hand it over.
    pub(crate) fn looked(mut self, why: &str) -> Evidence {
        let observation = serde_json::json!({
            "at": "2026-11-24T00:00:00Z",
            "stage": {"name": "sync", "since": "2026-11-24T00:00:00Z", "watermark": "2026-11-24T00:00:00Z"},
            "status": {"known": "migrating"}, "phase": "connecting", "inSyncSamples": 0, "syncEpoch": 0,
            "idleSamples": 0, "leftAvailable": true, "events": [], "next": "diagnose", "waitSeconds": 1, "why": why,
            "shards": [{"shard": "0001", "phase": "connecting", "followed": false}],
        });
        self.observation = Some(serde_json::from_value::<Observation>(observation).expect("an observation"));
        self
    }

    pub(crate) fn source_was(mut self, id: &str) -> Evidence {
        let observation = self.observation.as_mut().expect("a look");
        observation.shards[0].source_id = Some(id.to_owned());
        self
    }
}
