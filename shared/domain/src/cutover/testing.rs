//! A migration that is ready, watched through whole looks, for tests of what its words lead to. Tests only.

use crate::engine::Info;
use crate::plan::Plan;
use crate::preflight::{Moment, PreflightReport, ReportVerdict};
use crate::progress::{Next, Observation, Seen, ShardSample, Stage, StageName, observe};
use crate::signal::Signal;
use crate::target::GroupStatus;
use crate::verify::testing::compared;
use crate::verify::{Standing, Verdict};
use crate::{Observed, ShardId};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) fn at(second: i64) -> Timestamp {
    // A Tuesday, 10:00:00 UTC.
    Timestamp::from_second(1_795_514_400 + second).expect("a time")
}

pub(crate) struct Watch {
    pub(crate) plan: Plan,
    pub(crate) stage: Stage,
    pub(crate) preflight: PreflightReport,
    pub(crate) last: Option<Observation>,
    pub(crate) verification: Option<Standing>,
}

impl Watch {
    /// A migration that is ready at second 0.
    pub(crate) fn ready(cutover: Value) -> Watch {
        let plan = Plan::from_input(&json!({
            "replicationGroupId": "orders", "source": {"address": "10.0.0.1"}, "sync": {"samples": 2},
            "cutover": cutover
        }))
        .expect("valid");
        let mut watch = Watch {
            plan,
            stage: Stage {
                name: StageName::Sync,
                since: at(-60),
                watermark: at(-60),
            },
            preflight: PreflightReport {
                at: at(-60),
                moment: Moment::BeforeStart,
                verdict: ReportVerdict::MayStart,
                findings: vec![],
                source_root: None,
                prediction: None,
            },
            last: None,
            verification: None,
        };
        watch.look(-15, true, None);
        assert_eq!(watch.look(-10, true, None).next, Next::Verify);
        watch.compared(Verdict::Same);
        watch.look(0, true, None);
        assert_eq!(watch.last().next, Next::Ready, "{}", watch.last().why);
        watch
    }

    /// What the comparison of the copy that the target holds now came to.
    pub(crate) fn compared(&mut self, verdict: Verdict) {
        self.verification = Some(compared(self.last().basis.as_deref().expect("in sync"), verdict));
    }

    pub(crate) fn last(&self) -> &Observation {
        self.last.as_ref().expect("a look")
    }

    pub(crate) fn digest(&self) -> String {
        self.last().verdict.as_ref().expect("a verdict").digest.clone()
    }

    pub(crate) fn look(&mut self, second: i64, in_sync: bool, signal: Option<Signal>) -> &Observation {
        let link = if in_sync { "up" } else { "down" };
        let target = format!(
            "role:slave\r\nmaster_link_status:{link}\r\nmaster_replid:aa\r\nslave_repl_offset:100\r\n"
        );
        let sample = ShardSample {
            shard: ShardId("0001".to_owned()),
            source: Observed::Known(Info::parse(
                "role:master\r\nmaster_replid:aa\r\nmaster_repl_offset:100\r\n",
            )),
            root: None,
            target: Observed::Known(Info::parse(&target)),
            target_address: None,
            target_port: None,
        };
        let observation = observe(
            self.last.as_ref(),
            &Seen {
                now: at(second),
                migration_id: "m",
                generation: 1,
                plan: &self.plan,
                preflight: &self.preflight,
                stage: &self.stage,
                status: Observed::Known(GroupStatus::Migrating),
                resharding: None,
                events: vec![],
                samples: vec![sample],
                signal: signal.as_ref(),
                verification: self.verification.as_ref(),
            },
        );
        self.stage = observation.stage.clone();
        self.last.insert(observation)
    }

    pub(crate) fn approve(&mut self, second: i64, verdict: &str) -> &Observation {
        let signal = Signal::Approve {
            verdict: verdict.to_owned(),
            by: "somebody".to_owned(),
            at: at(second),
        };
        self.look(second, true, Some(signal))
    }
}
