//! The plan's part about verification: how many keys are compared before a person is asked, what that may cost the source,
//! and what is compared once more after the promotion.
//!
//! The default compares everything, because a difference that nobody looked for is found by a customer. The rule itself is
//! [`VerifyRule`], which the function `verify` follows; here it is read from what a person typed.

use super::fields::Fields;
use crate::Seconds;
use crate::verify::{Mode, VerifyRule};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What a migration verifies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VerifyPlan {
    /// Before the approval.
    #[serde(flatten)]
    pub rule: VerifyRule,
    /// After the promotion: how many of the keys that were touched since the approval are looked up on the promoted target,
    /// of each shard.
    pub last: Mode,
    /// How long that last comparison may take. It stands between the promotion and the message that tells of it.
    pub last_seconds: Seconds,
}

impl Default for VerifyPlan {
    fn default() -> VerifyPlan {
        VerifyPlan {
            rule: VerifyRule::default(),
            last: Mode::Sample(30_000),
            last_seconds: Seconds(20),
        }
    }
}

/// The longest that the last comparison may take: one invocation, of which a third is kept. In seconds.
const LONGEST_LAST: u64 = 300;
const MODES: &str = "must be \"full\", \"off\" or an object such as {\"sample\": 30000}";

impl VerifyPlan {
    pub(super) fn read(root: &mut Fields<'_>) -> VerifyPlan {
        let default = VerifyPlan::default();
        let mut section = root.section("verify", false);
        let mode = read_mode(&mut section, "mode", default.rule.mode);
        let max_keys_per_second = section.limit("maxKeysPerSecond", 1, 10_000_000).map(narrow);
        let rule = VerifyRule {
            mode,
            max_keys_per_second,
            max_source_latency_ms: narrow(section.integer(
                "maxSourceLatencyMs",
                default.rule.max_source_latency_ms.into(),
                1,
                10_000,
            )),
            ttl_slack: Seconds(section.integer("ttlSlackSeconds", default.rule.ttl_slack.0, 0, 3_600)),
            settle: Seconds(section.integer("settleSeconds", default.rule.settle.0, 0, 3_600)),
            stop_at_differences: section.integer(
                "stopAtDifferences",
                default.rule.stop_at_differences,
                1,
                1_000_000,
            ),
            direction: default.rule.direction,
            touched_since: None,
        };
        let last = read_mode(&mut section, "last", default.last);
        let last_seconds = Seconds(section.integer("lastSeconds", default.last_seconds.0, 1, LONGEST_LAST));
        root.merge(section);
        VerifyPlan {
            rule,
            last,
            last_seconds,
        }
    }
}

fn read_mode(section: &mut Fields<'_>, name: &'static str, default: Mode) -> Mode {
    let shape = json!({"oneOf": [
        {"enum": ["full", "off"]},
        {"type": "object", "required": ["sample"], "additionalProperties": false,
         "properties": {"sample": {"type": "integer", "minimum": 1}}},
    ]});
    let Some(value) = section.value(name, shape) else {
        return default;
    };
    let sample = |value: &Value| match value.as_object() {
        Some(object) if object.len() == 1 => object.get("sample")?.as_u64().filter(|keys| *keys > 0),
        _ => None,
    };
    match (value.as_str(), sample(value)) {
        (Some("full"), _) => Mode::Full,
        (Some("off"), _) => Mode::Off,
        (_, Some(keys)) => Mode::Sample(keys),
        _ => {
            section.mistake(name, MODES);
            default
        }
    }
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;

    fn plan(verify: &Value) -> Result<Plan, String> {
        let input =
            json!({"replicationGroupId": "orders", "source": {"address": "10.0.0.241"}, "verify": verify});
        Plan::from_input(&input).map_err(|mistakes| mistakes.to_string())
    }

    #[test]
    fn every_field_can_be_set_and_the_function_reads_it_as_its_rule() {
        let verify = plan(&json!({
            "mode": {"sample": 5_000}, "maxKeysPerSecond": 900, "maxSourceLatencyMs": 5, "ttlSlackSeconds": 3,
            "settleSeconds": 7, "stopAtDifferences": 12, "last": "off", "lastSeconds": 9
        }))
        .expect("valid")
        .verify;
        assert_eq!((verify.last, verify.last_seconds), (Mode::Off, Seconds(9)));
        let written = serde_json::to_value(&verify).expect("JSON");
        let rule: VerifyRule = serde_json::from_value(written.clone()).expect("the function's rule");
        assert_eq!(rule, verify.rule);
        assert_eq!(
            (rule.mode, rule.max_keys_per_second),
            (Mode::Sample(5_000), Some(900))
        );
        assert_eq!(
            serde_json::from_value::<VerifyPlan>(written).expect("read back"),
            verify
        );
    }

    #[test]
    fn a_plan_of_an_earlier_version_verifies_everything() {
        let mut earlier = serde_json::to_value(plan(&json!({})).expect("valid")).expect("JSON");
        earlier.as_object_mut().expect("an object").remove("verify");
        let read: Plan = serde_json::from_value(earlier).expect("a plan without the section");
        assert_eq!(read.verify, VerifyPlan::default());
        assert_eq!(read.verify.rule.mode, Mode::Full);
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_field() {
        for (verify, field) in [
            (json!({"mode": "some"}), "verify.mode"),
            (json!({"mode": {"sample": 0}}), "verify.mode"),
            (json!({"mode": {"sample": 5, "seed": 1}}), "verify.mode"),
            (json!({"last": 7}), "verify.last"),
            (json!({"maxKeysPerSecond": 0}), "verify.maxKeysPerSecond"),
            (json!({"lastSeconds": 3_600}), "verify.lastSeconds"),
            (json!({"direction": "both"}), "verify.direction"),
        ] {
            let mistakes = plan(&verify).expect_err(field);
            assert!(mistakes.contains(&format!("{field}: ")), "{mistakes}");
        }
    }
}
