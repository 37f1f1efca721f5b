//! The plan of a fleet: many migrations, how many at a time, and when to stop the line. It is read as one migration's
//! plan is: every mistake of every entry at once, and nothing is started before there is none.
//!
//! Migrations from one host go one after another, in a lane: a full sync makes the source fork, and two forks at a time
//! on one machine can take its memory.

use super::Plan;
use super::fields::{Fields, Mistake, Mistakes};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What a fleet shall do, before its list was read.
#[derive(Clone, Debug, PartialEq)]
pub struct FleetPlan {
    /// Where the migrations are listed.
    pub list: FleetList,
    /// What every migration has that does not say otherwise.
    defaults: Map<String, Value>,
    /// How many lanes are under way at a time.
    pub concurrency: u64,
    /// How many of the first migrations go before all others, one by one; the others start where all of these succeeded.
    pub canaries: usize,
    /// After how many failures no further migration is started. What runs is carried on.
    pub stop_after_failures: u64,
}

/// Where the migrations are listed.
#[derive(Clone, Debug, PartialEq)]
pub enum FleetList {
    /// In the input.
    Given(Vec<Value>),
    /// In an S3 object of this stack's bucket, a JSON array.
    Object {
        /// The key.
        key: String,
    },
}

/// One migration of a fleet, ready to start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FleetItem {
    /// The name of its execution.
    pub name: String,
    /// The input of its execution.
    pub input: Value,
}

/// Migrations that go one after another, because their sources are on one host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lane {
    /// The host.
    pub host: String,
    /// In the order of the list.
    pub migrations: Vec<FleetItem>,
}

/// A fleet, ready to start.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrangement {
    /// They go first, one by one.
    pub canaries: Vec<FleetItem>,
    /// They go next, side by side.
    pub lanes: Vec<Lane>,
}

/// In bytes: Step Functions hands a lane to an execution of its own as its input, of 262,144 bytes at most.
/// Source: <https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>.
const LARGEST_LANE: usize = 200_000;

impl FleetPlan {
    /// Reads what a person typed into the execution's input.
    ///
    /// # Errors
    /// Every mistake that it holds, but for those in the migrations: [`FleetPlan::arrange`] finds them.
    pub fn from_input(input: &Value) -> Result<FleetPlan, Mistakes> {
        let mut root = Fields::root(input);
        let plan = FleetPlan::read(&mut root);
        root.finish()?;
        // A list that is missing or wrong is a mistake, so `finish` has returned before this.
        plan.ok_or_else(Mistakes::default)
    }

    /// The JSON Schema of the input, draft 2020-12.
    #[must_use]
    pub fn schema() -> Value {
        let mut asked = Fields::asking_for_all();
        let _no_plan = FleetPlan::read(&mut asked);
        let mut schema = asked.shape().titled(
            "Input of a fleet of migrations",
            &json!({
                "defaults": {"overwriteTarget": true},
                "migrations": [
                    {"replicationGroupId": "orders-cache", "source": {"address": "10.0.0.241"}},
                    {"replicationGroupId": "carts-cache", "source": {"address": "10.0.0.242"}}
                ]
            }),
        );
        for (path, text) in TEXTS {
            super::schema::set(&mut schema, path, "description", text);
        }
        schema["oneOf"] = json!([{"required": ["migrations"]}, {"required": ["from"]}]);
        schema
    }

    fn read(root: &mut Fields<'_>) -> Option<FleetPlan> {
        let given = root.list(
            "migrations",
            &json!({"type": "array", "minItems": 1, "items": {"type": "object"}}),
        );
        let object = root.has("from").then(|| FleetPlan::read_object(root)).flatten();
        let list = match (given, object) {
            (Some(_), Some(_)) => {
                root.mistake("from", "must not be there beside migrations: give the list once");
                None
            }
            (None, None) if !root.has("migrations") && !root.has("from") => {
                root.mistake(
                    "migrations",
                    "is missing; give a list of what single migrations would be started with, or in from an S3 object \
                     that holds it",
                );
                None
            }
            (Some(list), None) => Some(FleetList::Given(list)),
            (None, object) => object,
        };
        let defaults = root.object("defaults");
        Some(FleetPlan {
            concurrency: root.integer("concurrency", 5, 1, 1_000),
            canaries: usize::try_from(root.integer("canaries", 1, 0, 20)).unwrap_or(1),
            stop_after_failures: root.integer("stopAfterFailures", 1, 1, 10_000),
            list: list?,
            defaults,
        })
    }

    fn read_object(root: &mut Fields<'_>) -> Option<FleetList> {
        let mut section = root.section("from", false);
        let key = section.required(
            "key",
            "the key of a JSON array in this stack's bucket, for example \"fleets/caches.json\"",
            |text| {
                let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.".contains(c);
                match text.starts_with("fleets/") && text.len() <= 500 && text.chars().all(plain) {
                    true => Ok(text.to_owned()),
                    false => Err("must begin with fleets/ and have letters, digits, /, -, _ and . alone"),
                }
            },
        );
        root.merge(section);
        key.map(|key| FleetList::Object { key })
    }

    /// Holds every migration of the list against what a migration may be, and puts those of one host in a lane.
    ///
    /// # Errors
    /// Every mistake of every migration, a target that is named twice, and a lane too long to be handed on.
    pub fn arrange(&self, fleet: &FleetId, list: &[Value]) -> Result<Arrangement, Mistakes> {
        let mut mistakes = vec![];
        let mut targets: BTreeMap<String, usize> = BTreeMap::new();
        let mut arranged = vec![];
        for (index, entry) in list.iter().enumerate() {
            let place = format!("migrations[{index}]");
            let input = over(&Value::Object(self.defaults.clone()), entry);
            match Plan::from_input(&input) {
                Err(theirs) => mistakes.extend(theirs.within(&place)),
                Ok(plan) => {
                    let target = plan.replication_group_id.to_string();
                    if let Some(earlier) = targets.insert(target.clone(), index) {
                        mistakes.push(Mistake {
                            field: format!("{place}.replicationGroupId"),
                            remedy: format!(
                                "is the target of migrations[{earlier}] too; a target takes one source"
                            ),
                        });
                    }
                    let name = fleet.name_of(&target, index);
                    arranged.push((
                        plan.source.address.to_ascii_lowercase(),
                        FleetItem { name, input },
                    ));
                }
            }
        }
        if list.is_empty() {
            mistakes.push(Mistake {
                field: "migrations".to_owned(),
                remedy: "is empty: give one migration at least".to_owned(),
            });
        }
        let rest = arranged.split_off(self.canaries.min(arranged.len()));
        let lanes = lanes_of(rest);
        mistakes.extend(lanes.iter().filter_map(too_long));
        Mistakes::none_of(mistakes)?;
        let canaries = arranged.into_iter().map(|(_, item)| item).collect();
        Ok(Arrangement { canaries, lanes })
    }
}

/// What marks the executions of one fleet among all others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FleetId(String);

impl FleetId {
    /// The mark of a fleet's execution: short, the same at every try, and another for every fleet.
    #[must_use]
    pub fn of(execution_arn: &str) -> FleetId {
        let digest = Sha256::digest(execution_arn.as_bytes());
        FleetId(digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect())
    }

    /// The mark itself: twelve hexadecimal digits.
    #[must_use]
    pub fn mark(&self) -> &str {
        &self.0
    }

    /// The name of a migration's execution: at most 40, 12 and some digits, of the 80 characters that a name may have.
    /// The target comes first, so that who looks for the target's migration finds it by name.
    fn name_of(&self, target: &str, index: usize) -> String {
        format!("{target}-{}-{index}", self.0)
    }

    /// Which of the fleet's migrations an execution of this name belongs to; none where it belongs to another fleet or to
    /// none. A long migration goes on in further executions, whose names end in which one it is.
    #[must_use]
    pub fn member(&self, execution_name: &str) -> Option<Member> {
        let (_, rest) = execution_name.rsplit_once(&format!("-{}-", self.0))?;
        let (index, generation) = match rest.split_once('-') {
            Some((index, generation)) => (index, generation.parse().ok()?),
            None => (rest, 0),
        };
        Some(Member {
            index: index.parse().ok()?,
            generation,
        })
    }
}

/// One execution among those of a fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// The migration's place in the list.
    pub index: usize,
    /// Which of its executions: a later one has a larger number.
    pub generation: u32,
}

/// What each field is for; a test holds it to the reader.
const TEXTS: &[(&str, &str)] = &[
    ("migrations", "What single migrations would be started with."),
    (
        "from",
        "An S3 object with the list, where it is too long for an input: a JSON array.",
    ),
    (
        "from.bucket",
        "Its bucket: the one that this stack's function may read.",
    ),
    ("from.key", "Its key."),
    (
        "defaults",
        "What every migration has that does not say otherwise.",
    ),
    (
        "concurrency",
        "How many hosts are under way at a time; migrations from one host go one after another.",
    ),
    (
        "canaries",
        "How many of the first migrations go before all others, one by one. The others start where all of these succeeded.",
    ),
    (
        "stopAfterFailures",
        "After how many failures no further migration is started. What runs is carried on.",
    ),
];

fn lanes_of(items: Vec<(String, FleetItem)>) -> Vec<Lane> {
    let mut lanes: Vec<Lane> = vec![];
    let mut of_host: BTreeMap<String, usize> = BTreeMap::new();
    for (host, item) in items {
        let lane = *of_host.entry(host.clone()).or_insert_with(|| {
            lanes.push(Lane {
                host,
                migrations: vec![],
            });
            lanes.len() - 1
        });
        if let Some(lane) = lanes.get_mut(lane) {
            lane.migrations.push(item);
        }
    }
    lanes
}

fn too_long(lane: &Lane) -> Option<Mistake> {
    let bytes = serde_json::to_string(lane).map_or(0, |text| text.len());
    (bytes > LARGEST_LANE).then(|| Mistake {
        field: "migrations".to_owned(),
        remedy: format!(
            "{} of them have their source on {}: more than one fleet can take, which go one after another; make two fleets",
            lane.migrations.len(),
            lane.host
        ),
    })
}

/// One document laid over another: objects field by field, everything else whole.
fn over(under: &Value, upper: &Value) -> Value {
    match (under, upper) {
        (Value::Object(under), Value::Object(upper)) => {
            let mut both = under.clone();
            for (name, value) in upper {
                let merged = under
                    .get(name)
                    .map_or_else(|| value.clone(), |below| over(below, value));
                both.insert(name.clone(), merged);
            }
            Value::Object(both)
        }
        _ => upper.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fleet() -> FleetId {
        FleetId::of("arn:aws:states:us-east-1:123456789012:execution:fleet:spring")
    }

    fn migration(target: &str, address: &str) -> Value {
        json!({"replicationGroupId": target, "source": {"address": address}})
    }

    fn arrange(input: &Value) -> Result<Arrangement, String> {
        let plan = FleetPlan::from_input(input).map_err(|mistakes| mistakes.to_string())?;
        let FleetList::Given(list) = &plan.list else {
            panic!("the list is given")
        };
        plan.arrange(&fleet(), list)
            .map_err(|mistakes| mistakes.to_string())
    }

    fn targets(items: &[FleetItem]) -> Vec<&str> {
        items
            .iter()
            .filter_map(|item| item.input["replicationGroupId"].as_str())
            .collect()
    }

    #[test]
    fn migrations_from_one_host_share_a_lane_and_the_first_goes_before_all() {
        let arranged = arrange(&json!({"migrations": [
            migration("a", "10.0.0.1"), migration("b", "10.0.0.1"), migration("c", "Redis.internal"),
            migration("d", "10.0.0.1"), migration("e", "redis.internal")
        ]}))
        .expect("valid");
        assert_eq!(targets(&arranged.canaries), ["a"]);
        let lanes: Vec<_> = arranged
            .lanes
            .iter()
            .map(|lane| targets(&lane.migrations))
            .collect();
        assert_eq!(lanes, [vec!["b", "d"], vec!["c", "e"]]);
    }

    #[test]
    fn what_all_have_is_said_once_and_an_entry_says_otherwise() {
        let arranged = arrange(&json!({
            "canaries": 0,
            "defaults": {"overwriteTarget": true, "sync": {"samples": 3, "maxLagBytes": 7}},
            "migrations": [{"replicationGroupId": "a", "source": {"address": "h"}, "sync": {"samples": 9}}]
        }))
        .expect("valid");
        let input = &arranged.lanes[0].migrations[0].input;
        assert_eq!(input["overwriteTarget"], true);
        assert_eq!(input["sync"], json!({"samples": 9, "maxLagBytes": 7}));
    }

    #[test]
    fn every_mistake_of_every_entry_is_named() {
        let refused = arrange(&json!({"migrations": [
            migration("a", "redis://x"), migration("b", "h"), migration("B", "h2"), 5, {"replicationGroupId": "c"}
        ]}))
        .expect_err("wrong");
        for part in [
            "migrations[0].source.address: must be an IP address",
            "migrations[2].replicationGroupId: is the target of migrations[1] too",
            "migrations[3]: must be an object",
            "migrations[4].source: is missing",
        ] {
            assert!(refused.contains(part), "{part} in {refused}");
        }
    }

    #[test]
    fn a_list_is_given_once() {
        let refused = |input: Value| FleetPlan::from_input(&input).expect_err("wrong").to_string();
        assert!(refused(json!({})).contains("migrations: is missing"));
        assert!(refused(json!({"migrations": "all"})).contains("migrations: must be a list"));
        assert!(refused(json!({"from": {}})).contains("from.key: is missing"));
        assert!(
            refused(json!({"from": {"key": "secrets/x y"}})).contains("from.key: must begin with fleets/")
        );
        let both = json!({"migrations": [migration("a", "h")], "from": {"key": "fleets/a.json"}});
        assert!(refused(both).contains("from: must not be there beside migrations"));
        assert!(
            refused(json!({"from": {"key": "fleets/a.json"}, "canary": 3}))
                .contains("canary: is not a field")
        );
    }

    #[test]
    fn an_execution_is_known_by_its_name_as_one_of_the_fleet() {
        let name = fleet().name_of("orders-cache", 41);
        assert!(name.starts_with("orders-cache-"), "{name}");
        let member = |index, generation| Some(Member { index, generation });
        assert_eq!(fleet().member(&name), member(41, 0));
        assert_eq!(fleet().member(&format!("{name}-2")), member(41, 2));
        assert_eq!(FleetId::of("another").member(&name), None);
        for stranger in ["orders-cache", &format!("{name}-again"), &format!("{name}x")] {
            assert_eq!(fleet().member(stranger), None, "{stranger}");
        }
        assert!(fleet().name_of(&"g".repeat(40), 99_999).len() <= 80);
    }

    #[test]
    fn every_field_has_a_text() {
        let schema = FleetPlan::schema();
        let fields: Vec<&String> = schema["properties"].as_object().expect("fields").keys().collect();
        for field in fields {
            assert!(schema["properties"][field]["description"].is_string(), "{field}");
        }
        assert!(schema["properties"]["from"]["properties"]["key"]["description"].is_string());
    }
}
