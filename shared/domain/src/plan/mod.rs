//! The plan: what the user typed, validated, with every default filled in. A [`Plan`] that exists is valid, because
//! [`Plan::from_input`] is the only way to make one from what a person typed.
//!
//! Later states receive the plan as `Admit` wrote it; they read it back with serde, which is open to fields that a newer
//! version added, while [`Plan::from_input`] is closed to fields that it does not know.

mod assumptions;
mod cutover;
mod diagnosis;
mod fields;
mod fleet;
mod limits;
mod notifications;
mod schema;
mod verify;
mod window;

use crate::{Endpoint, LagBytes, ReplicationGroupId, Seconds};
pub use assumptions::Assumptions;
pub use cutover::{ApprovalMode, CutoverPlan, FenceKind};
pub use diagnosis::{DiagnosisPlan, LogGroupName, LogGroups};
use fields::Fields;
pub use fields::{Mistake, Mistakes};
pub use fleet::{Arrangement, FleetId, FleetItem, FleetList, FleetPlan, Lane, Member};
pub use limits::Limits;
pub use notifications::{ElastiCacheTopic, Notifications};
pub use schema::schema;
use serde::{Deserialize, Serialize};
pub use verify::VerifyPlan;
pub use window::{ClockTime, Day, Window, ZoneName};

/// How far to go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// All the way to the cutover.
    #[default]
    Migrate,
    /// Look only: preflight and, if asked for, the rehearsal. Changes nothing and ends with the findings.
    Assess,
    /// Send one of each message, and end. Neither source nor target is called.
    #[serde(rename = "notify-test")]
    NotifyTest,
}

impl Mode {
    const WORDS: [(&'static str, Mode); 3] = [
        ("migrate", Mode::Migrate),
        ("assess", Mode::Assess),
        ("notify-test", Mode::NotifyTest),
    ];
}

/// What one migration shall do, complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// How far to go. Plans of older versions do not say: they migrate.
    #[serde(default)]
    pub mode: Mode,
    /// The target.
    pub replication_group_id: ReplicationGroupId,
    /// The source's address, as ElastiCache's nodes and the functions in the VPC see it.
    pub source: Endpoint,
    /// Whether to call TestMigration before StartMigration, and wait for its answer. By default a migration does and an
    /// assessment does not.
    pub rehearse: bool,
    /// Consent to lose what the target holds: the full sync empties it.
    pub overwrite_target: bool,
    /// When source and target count as in sync.
    pub sync: SyncRule,
    /// How often to look.
    pub polling: Polling,
    /// How long each stage may take before it counts as failed.
    pub limits: Limits,
    /// What preflight's prediction takes for granted.
    #[serde(default)]
    pub assumptions: Assumptions,
    /// What is compared, before the approval and after the promotion.
    #[serde(default)]
    pub verify: VerifyPlan,
    /// How the cutover is made.
    #[serde(default)]
    pub cutover: CutoverPlan,
    /// How the migration hears of ElastiCache's events.
    #[serde(default)]
    pub notifications: Notifications,
    /// What a diagnosis may read.
    #[serde(default)]
    pub diagnosis: DiagnosisPlan,
}

/// The rule by which a shard pair counts as in sync: link up, nothing loading, the same replication id, and a lag within
/// both limits for so many looks in a row.
/// The default follows AWS's own advice for a convergence check, lag under 1 s in 5 consecutive checks; the looks are
/// nearer together, because they read the engines themselves and not CloudWatch's minute figures.
/// Source: <https://github.com/aws/agent-toolkit-for-aws/blob/main/skills/specialized-skills/database-skills/amazon-elasticache/references/migration/self-managed-migration.md>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncRule {
    /// The most the target may be behind, in bytes of replication stream.
    pub max_lag_bytes: LagBytes,
    /// The most the target may be behind, in seconds of the source's present write rate.
    pub max_lag_seconds: Seconds,
    /// How many looks in a row must hold.
    pub samples: u32,
}

/// How often the migration looks. It looks often near a change and seldom in the bulk phase, between these bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Polling {
    /// The shortest wait between two looks.
    pub min_seconds: Seconds,
    /// The longest wait between two looks.
    pub max_seconds: Seconds,
    /// How many looks one execution makes before the migration goes on in another one.
    #[serde(default = "Polling::default_looks")]
    pub looks_per_execution: u32,
}

impl Polling {
    /// Looks that an execution makes unless the plan says otherwise. They fill less than half of what its history may
    /// hold: the rest is for retries, for a comparison of the keys, and for a cutover, which is never interrupted.
    pub const LOOKS: u32 = 900;
    /// The most that a plan may ask for.
    pub const LOOKS_AT_MOST: u32 = 1_200;

    fn default_looks() -> u32 {
        Polling::LOOKS
    }
}

impl Plan {
    /// Reads what a person typed into the execution's input.
    ///
    /// # Errors
    /// Every mistake that the input holds, each with the field it is in and what is allowed there.
    pub fn from_input(input: &serde_json::Value) -> Result<Plan, Mistakes> {
        let mut root = Fields::root(input);
        let plan = Plan::read(&mut root);
        root.finish()?;
        // `required` records a mistake whenever it gives nothing, so `finish` has returned before this.
        plan.ok_or_else(Mistakes::default)
    }

    /// Asks for every field; none where one that must be there is missing or wrong.
    fn read(root: &mut Fields<'_>) -> Option<Plan> {
        let mode = root.word("mode", Mode::default(), &Mode::WORDS);
        let replication_group_id = read_target(root, mode);
        let source_endpoint = read_source(root, mode);
        let rehearse = root.flag("rehearse", mode == Mode::Migrate);
        let overwrite_target = root.flag("overwriteTarget", false);

        let mut sync = root.section("sync", false);
        let rule = SyncRule {
            max_lag_bytes: LagBytes(sync.integer("maxLagBytes", 1_048_576, 0, 1_073_741_824)),
            max_lag_seconds: Seconds(sync.integer("maxLagSeconds", 1, 1, 3_600)),
            samples: u32::try_from(sync.integer("samples", 5, 1, 1_000)).unwrap_or(5),
        };
        root.merge(sync);

        let mut polling = root.section("polling", false);
        let bounds = Polling {
            min_seconds: Seconds(polling.integer("minSeconds", 5, 1, 3_600)),
            max_seconds: Seconds(polling.integer("maxSeconds", 300, 1, 3_600)),
            looks_per_execution: u32::try_from(polling.integer(
                "looksPerExecution",
                Polling::LOOKS.into(),
                10,
                Polling::LOOKS_AT_MOST.into(),
            ))
            .unwrap_or(Polling::LOOKS),
        };
        if bounds.min_seconds > bounds.max_seconds {
            polling.mistake("minSeconds", "must not be more than polling.maxSeconds");
        }
        root.merge(polling);

        let limits = Limits::read(root);
        let mut section = root.section("assumptions", false);
        let assumptions = Assumptions::read(&mut section);
        root.merge(section);
        let verify = VerifyPlan::read(root);
        let cutover = CutoverPlan::read(root);
        let notifications = Notifications::read(root);
        let diagnosis = DiagnosisPlan::read(root);

        Some(Plan {
            mode,
            replication_group_id: replication_group_id?,
            source: source_endpoint?,
            rehearse,
            overwrite_target,
            sync: rule,
            polling: bounds,
            limits,
            assumptions,
            verify,
            cutover,
            notifications,
            diagnosis,
        })
    }
}

/// A test of the messages names no group: its messages are about one of this name.
const NO_GROUP: &str = "notify-test";
/// And no source: an address that is for documentation only (RFC 5737).
const NO_SOURCE: &str = "192.0.2.1";

fn read_target(root: &mut Fields<'_>, mode: Mode) -> Option<ReplicationGroupId> {
    let id = |text: &str| ReplicationGroupId::try_from(text.to_owned());
    if mode == Mode::NotifyTest && !root.has("replicationGroupId") {
        return id(NO_GROUP).ok();
    }
    root.required(
        "replicationGroupId",
        "the id of the target replication group, for example \"orders-cache\"",
        id,
    )
}

fn read_source(root: &mut Fields<'_>, mode: Mode) -> Option<Endpoint> {
    if mode == Mode::NotifyTest && !root.has("source") {
        return Endpoint::new(NO_SOURCE, 6379).ok();
    }
    let mut source = root.section("source", true);
    let port = source.integer("port", 6379, 1, 65_535);
    let endpoint = source.required(
        "address",
        "the source's private IP address or DNS name, for example \"10.0.0.241\"",
        |text| Endpoint::new(text, u16::try_from(port).unwrap_or(6379)),
    );
    root.merge(source);
    endpoint
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn mistakes_of(input: &serde_json::Value) -> Vec<String> {
        let mistakes = Plan::from_input(input).expect_err("the input is wrong");
        mistakes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn two_fields_are_enough() {
        let plan = Plan::from_input(&json!({
            "replicationGroupId": "Orders-Cache",
            "source": {"address": "10.0.0.241"}
        }))
        .expect("valid");
        insta::assert_json_snapshot!(plan, @r#"
        {
          "mode": "migrate",
          "replicationGroupId": "orders-cache",
          "source": {
            "address": "10.0.0.241",
            "port": 6379
          },
          "rehearse": true,
          "overwriteTarget": false,
          "sync": {
            "maxLagBytes": 1048576,
            "maxLagSeconds": 1,
            "samples": 5
          },
          "polling": {
            "minSeconds": 5,
            "maxSeconds": 300,
            "looksPerExecution": 900
          },
          "limits": {
            "rehearsal": 900,
            "start": 1800,
            "sync": 172800,
            "approval": 604800,
            "promotion": 1800,
            "fullSyncs": 3,
            "stall": 1800,
            "recovery": 300,
            "drain": 1800,
            "sourceMemoryPercent": 95
          },
          "assumptions": {
            "networkMBps": 100,
            "saveMBps": 80,
            "loadMBps": 80,
            "forkMsPerGB": 20,
            "rdbPercentOfMemory": 80,
            "copyOnWritePercent": 30,
            "peakFactor": 2,
            "linkLossSeconds": 60,
            "sampleSeconds": 3
          },
          "verify": {
            "mode": "full",
            "maxKeysPerSecond": null,
            "maxSourceLatencyMs": 20,
            "ttlSlack": 1,
            "settle": 2,
            "stopAtDifferences": 1000,
            "last": {
              "sample": 30000
            },
            "lastSeconds": 20
          },
          "cutover": {
            "approval": "manual",
            "fence": "pause",
            "fenceSeconds": 60,
            "budgetSeconds": 30,
            "approveWithin": 86400
          },
          "notifications": {
            "elasticacheTopic": "set",
            "reminder": 86400
          },
          "diagnosis": {
            "logGroups": {}
          }
        }
        "#);
    }

    #[test]
    fn a_test_of_the_messages_needs_no_more_than_its_mode() {
        let plan = Plan::from_input(&json!({"mode": "notify-test"})).expect("valid");
        assert_eq!(
            (plan.mode, plan.replication_group_id.as_str()),
            (Mode::NotifyTest, "notify-test")
        );
        assert_eq!(serde_json::to_value(plan.mode).expect("a word"), "notify-test");
        let named =
            json!({"mode": "notify-test", "replicationGroupId": "orders", "source": {"address": "10.0.0.1"}});
        let plan = Plan::from_input(&named).expect("valid");
        assert_eq!(plan.source.to_string(), "10.0.0.1:6379");
        assert_eq!(mistakes_of(&json!({"mode": "migrate"})).len(), 2);
    }

    #[test]
    fn every_mistake_is_named_at_once_with_its_field_and_remedy() {
        insta::assert_snapshot!(
            mistakes_of(&json!({
                "replicationGroupID": "orders",
                "source": {"address": "redis://10.0.0.1", "port": 70000, "tls": true},
                "rehearse": "yes",
                "polling": {"minSeconds": 400},
                "limits": 5
            }))
            .join("\n"),
            @r#"
        replicationGroupId: is missing; give the id of the target replication group, for example "orders-cache"
        source.port: is 70000, must be a whole number from 1 to 65535
        source.address: must be an IP address or a DNS name alone, such as 10.0.0.241 or redis.internal: no scheme, no port, no path
        source.tls: is not a field; known here: address, port
        rehearse: must be true or false
        polling.minSeconds: must not be more than polling.maxSeconds
        limits: must be an object
        replicationGroupID: is not a field (did you mean replicationGroupId?); known here: assumptions, cutover, diagnosis, limits, mode, notifications, overwriteTarget, polling, rehearse, replicationGroupId, source, sync, verify
        "#
        );
    }

    #[test]
    fn an_assessment_rehearses_only_where_it_is_asked_to() {
        let plan = |extra: serde_json::Value| {
            let mut input = json!({"replicationGroupId": "orders", "source": {"address": "10.0.0.241"}});
            for (name, value) in extra.as_object().expect("an object") {
                input[name] = value.clone();
            }
            Plan::from_input(&input)
        };
        let assess = plan(json!({"mode": "assess"})).expect("valid");
        assert_eq!((assess.mode, assess.rehearse), (Mode::Assess, false));
        assert!(
            plan(json!({"mode": "assess", "rehearse": true}))
                .expect("valid")
                .rehearse
        );
        assert!(plan(json!({"mode": "migrate"})).expect("valid").rehearse);
        for wrong in [json!({"mode": "dry-run"}), json!({"mode": true})] {
            let mistakes = plan(wrong).expect_err("not a mode");
            assert!(mistakes.to_string().contains("mode: must be"), "{mistakes}");
        }
    }

    #[test]
    fn a_plan_of_an_older_version_migrates() {
        let mut plan = serde_json::to_value(
            Plan::from_input(&json!({"replicationGroupId": "orders", "source": {"address": "10.0.0.241"}}))
                .expect("valid"),
        )
        .expect("json");
        plan.as_object_mut().expect("an object").remove("mode");
        assert_eq!(
            serde_json::from_value::<Plan>(plan).expect("read").mode,
            Mode::Migrate
        );
    }

    #[test]
    fn input_that_is_no_object_is_one_clear_mistake() {
        for input in [json!(null), json!([]), json!("orders")] {
            assert_eq!(
                mistakes_of(&input),
                [
                    r#"the input: must be an object, for example {"replicationGroupId": "orders-cache", "source": {"address": "10.0.0.241"}}"#
                ]
            );
        }
    }

    #[test]
    fn a_value_that_looks_like_a_secret_is_not_repeated() {
        let shown = mistakes_of(&json!({
            "replicationGroupId": "orders", "source": {"address": "user:hunter2@host", "password": "hunter2"}
        }))
        .join("\n");
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("source.password: is not a field"), "{shown}");
    }
}
