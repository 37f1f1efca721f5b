//! The JSON Schema of the input, for editors and for the Step Functions console's user. What a field may be is noted by
//! the reader itself while it asks for it ([`super::fields`]), so that schema and reader cannot differ; what is here is
//! what a reader does not know: the texts for people, the forms of texts, and the one rule between two fields.
//!
//! The reader stays the judge: it knows more than a schema can say, such as which time zones there are.

use super::Plan;
use super::fields::Fields;
use serde_json::{Map, Value, json};

/// The fields of one object, as far as they were asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    complete: bool,
    properties: Map<String, Value>,
    required: Vec<&'static str>,
}

impl Shape {
    /// The shape of a reading that asks for everything, present or not.
    pub(super) fn complete() -> Shape {
        Shape {
            complete: true,
            ..Shape::default()
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    /// Whether a field of that name was noted.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.properties.contains_key(name)
    }

    /// A shape for an object within this one.
    pub(super) fn inner(&self) -> Shape {
        Shape {
            complete: self.complete,
            ..Shape::default()
        }
    }

    /// Notes a field and what it may be.
    pub(super) fn field(&mut self, name: &'static str, shape: Value, required: bool) {
        self.properties.insert(name.to_owned(), shape);
        self.section(name, required);
    }

    /// Notes whether an object must be there.
    pub(super) fn section(&mut self, name: &'static str, required: bool) {
        if required && !self.required.contains(&name) {
            self.required.push(name);
        }
    }

    /// Takes over an object within this one, which was read to its end.
    pub(super) fn close(&mut self, path: &str, inner: Shape) {
        let name = path.rsplit('.').next().unwrap_or(path);
        self.properties.insert(name.to_owned(), inner.object());
    }

    /// The schema of the whole input.
    pub(super) fn titled(self, title: &str, example: &Value) -> Value {
        let mut schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": title,
            "examples": [example],
        });
        for (name, value) in self.object().as_object().into_iter().flatten() {
            schema[name] = value.clone();
        }
        schema
    }

    fn object(self) -> Value {
        let mut object = json!({"type": "object", "additionalProperties": false});
        if !self.required.is_empty() {
            object["required"] = json!(self.required);
        }
        object["properties"] = Value::Object(self.properties);
        object
    }
}

/// What each field is for. A test holds it to the reader: no field without a text, no text without a field.
const TEXTS: &[(&str, &str)] = &[
    (
        "mode",
        "How far to go: all the way to the cutover (the default), look only and change nothing, or only send one of each message.",
    ),
    ("replicationGroupId", "The id of the target replication group."),
    (
        "source",
        "The self-managed Redis or Valkey. Of a cluster, any of its nodes.",
    ),
    (
        "source.address",
        "Its private IP address or DNS name, as ElastiCache's nodes see it: no scheme, no port.",
    ),
    ("source.port", "The port it listens on."),
    (
        "rehearse",
        "Whether to call TestMigration first. A migration does by default, an assessment does not.",
    ),
    (
        "overwriteTarget",
        "Consent to lose what the target holds: the full sync empties it.",
    ),
    ("sync", "When source and target count as in sync."),
    (
        "sync.maxLagBytes",
        "The most the target may be behind, in bytes of replication stream.",
    ),
    (
        "sync.maxLagSeconds",
        "The most the target may be behind, in seconds of the source's present write rate.",
    ),
    ("sync.samples", "How many looks in a row must hold."),
    ("polling", "How often the migration looks."),
    (
        "polling.minSeconds",
        "The shortest wait between two looks; not more than maxSeconds.",
    ),
    ("polling.maxSeconds", "The longest wait between two looks."),
    (
        "polling.looksPerExecution",
        "How many looks one execution makes before the migration goes on in another one; an execution's history is limited.",
    ),
    (
        "limits",
        "How long each stage may take before it counts as failed.",
    ),
    (
        "limits.fullSyncs",
        "The most full syncs the source may begin, one after another, without getting in sync.",
    ),
    (
        "limits.stallSeconds",
        "How long not a byte may move once the full sync has begun.",
    ),
    (
        "limits.recoverySeconds",
        "How long a target that had followed may not follow after a failover.",
    ),
    (
        "limits.drainSeconds",
        "How long the lag may stay without sinking before writes count as faster than the drain.",
    ),
    (
        "limits.sourceMemoryPercent",
        "The share of its limit that the source's memory may reach meanwhile.",
    ),
    ("limits.rehearsalMinutes", "TestMigration's answer."),
    (
        "limits.startMinutes",
        "From StartMigration to the target's link being up for the first time.",
    ),
    ("limits.syncHours", "From StartMigration to being in sync."),
    (
        "limits.approvalHours",
        "How long a migration that is ready waits for a person.",
    ),
    (
        "limits.promotionMinutes",
        "From CompleteMigration to a promoted target.",
    ),
    (
        "verify",
        "What is compared: before the approval, and once more after the promotion.",
    ),
    (
        "verify.mode",
        "How many keys of each shard: all (the default), so many at random in both directions, or none.",
    ),
    (
        "verify.maxKeysPerSecond",
        "The most keys to compare per second on one shard; without it as fast as maxSourceLatencyMs lets it.",
    ),
    (
        "verify.maxSourceLatencyMs",
        "The source answers a PING within this time while it is read, or the reading slows down.",
    ),
    (
        "verify.ttlSlackSeconds",
        "How far two times to live may be apart.",
    ),
    (
        "verify.settleSeconds",
        "A difference younger than this is not reported.",
    ),
    (
        "verify.stopAtDifferences",
        "The comparison of a shard stops once it has found so many differences.",
    ),
    (
        "verify.last",
        "How many of the keys touched since the approval are looked up on the promoted target, of each shard. Where the source does not tell which those are, it is as large a sample of all its keys.",
    ),
    (
        "verify.lastSeconds",
        "How long that may take, for twenty shards at a time. It delays the message that the target has taken over, and nothing else.",
    ),
    (
        "assumptions",
        "What preflight's prediction takes for granted and nobody can read from outside.",
    ),
    (
        "assumptions.networkMBps",
        "What the network carries from source to target, in MB/s.",
    ),
    (
        "assumptions.saveMBps",
        "What the source writes of a snapshot, in MB/s.",
    ),
    (
        "assumptions.loadMBps",
        "What the target loads of a snapshot, in MB/s.",
    ),
    (
        "assumptions.forkMsPerGB",
        "How long a fork stops the source, in ms for each GB that it holds.",
    ),
    (
        "assumptions.rdbPercentOfMemory",
        "The snapshot's size, in percent of the source's memory.",
    ),
    (
        "assumptions.copyOnWritePercent",
        "The pages that are written while a snapshot is made, in percent of the memory.",
    ),
    (
        "assumptions.peakFactor",
        "How many times the present write rate the peak is.",
    ),
    (
        "assumptions.linkLossSeconds",
        "The longest loss of the link that should not cost a full sync.",
    ),
    (
        "assumptions.sampleSeconds",
        "For how long preflight measures the write rate.",
    ),
    ("cutover", "How the cutover is made."),
    (
        "cutover.approval",
        "Who approves: a person (the default), or the plan itself inside its window.",
    ),
    (
        "cutover.fence",
        "What stops the writers: a pause (the default), a refusal, or nothing of ours.",
    ),
    (
        "cutover.fenceSeconds",
        "How long one pause lasts; it is renewed before it ends.",
    ),
    (
        "cutover.budgetSeconds",
        "How long writes may be refused before CompleteMigration was accepted.",
    ),
    (
        "cutover.approveWithinMinutes",
        "For how long a verdict can be approved.",
    ),
    ("cutover.window", "When an automatic cutover may happen."),
    ("cutover.window.days", "The days on which it opens."),
    ("cutover.window.from", "When it opens."),
    (
        "cutover.window.to",
        "When it closes; where that is not later than from, on the next day.",
    ),
    ("cutover.window.timeZone", "An IANA name, such as Europe/Berlin."),
    (
        "notifications",
        "How the migration hears of ElastiCache's events, and people of the migration.",
    ),
    (
        "notifications.reminderSeconds",
        "How long a verdict waits for somebody's word before they are reminded of it, each time; 0 never reminds.",
    ),
    (
        "notifications.elasticacheTopic",
        "What to do with a group that has no notification topic: set this stack's for the time of the migration (the default), or leave it.",
    ),
    (
        "diagnosis",
        "What a diagnosis may read beside the engines and AWS's events.",
    ),
    (
        "diagnosis.logGroups",
        "The CloudWatch log groups that hold the engines' logs; the stack's parameter EngineLogGroups must cover them.",
    ),
    (
        "diagnosis.logGroups.source",
        "Where an agent on the source's hosts sends the engine's log.",
    ),
    (
        "diagnosis.logGroups.target",
        "Where ElastiCache delivers the target's engine log.",
    ),
];

/// The name of a log group.
const LOG_GROUP: &str = "^[A-Za-z0-9_/.#-]{1,512}$";

/// The forms of texts that the reader parses.
const FORMS: &[(&str, &str)] = &[
    ("replicationGroupId", "^[A-Za-z](-?[A-Za-z0-9])*$"),
    ("source.address", "^[A-Za-z0-9_.:-]+$"),
    ("cutover.window.from", "^([01][0-9]|2[0-3]):[0-5][0-9]$"),
    ("cutover.window.to", "^([01][0-9]|2[0-3]):[0-5][0-9]$"),
    ("diagnosis.logGroups.source", LOG_GROUP),
    ("diagnosis.logGroups.target", LOG_GROUP),
];

/// The input's JSON Schema, draft 2020-12.
#[must_use]
pub fn schema() -> Value {
    let mut asked = Fields::asking_for_all();
    let _no_plan = Plan::read(&mut asked);
    let mut schema = asked.shape().titled(
        "Input of a migration",
        &json!({"replicationGroupId": "orders-cache", "source": {"address": "10.0.0.241"}}),
    );
    // A test of the messages is about no group.
    if let Some(required) = schema.as_object_mut().and_then(|root| root.remove("required")) {
        schema["if"] = json!({"properties": {"mode": {"const": "notify-test"}}, "required": ["mode"]});
        schema["else"] = json!({"required": required});
    }
    for (path, text) in TEXTS {
        set(&mut schema, path, "description", text);
    }
    for (path, form) in FORMS {
        set(&mut schema, path, "pattern", form);
    }
    if let Some(cutover) = schema.pointer_mut("/properties/cutover") {
        cutover["if"] = json!({"properties": {"approval": {"const": "automatic"}}, "required": ["approval"]});
        cutover["then"] = json!({"required": ["window"]});
    }
    schema
}

pub(super) fn set(schema: &mut Value, path: &str, name: &str, text: &str) {
    if let Some(field) = schema.pointer_mut(&pointer(path)) {
        field[name] = json!(text);
    }
}

/// Where the schema of a field is: `source.port` is at `/properties/source/properties/port`.
fn pointer(path: &str) -> String {
    path.split('.')
        .map(|name| format!("/properties/{name}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every field's path, objects before what they hold.
    fn paths(object: &Value, before: &str, into: &mut Vec<String>) {
        for (name, field) in object["properties"].as_object().into_iter().flatten() {
            let path = format!("{before}{name}");
            into.push(path.clone());
            paths(field, &format!("{path}."), into);
        }
    }

    #[test]
    fn every_field_has_a_text_and_every_text_a_field() {
        let mut fields = vec![];
        paths(&schema(), "", &mut fields);
        for field in &fields {
            assert!(
                TEXTS.iter().any(|(path, _)| path == field),
                "{field} has no text: add it to TEXTS in plan/schema.rs"
            );
        }
        for (path, _) in TEXTS.iter().chain(FORMS) {
            assert!(
                fields.iter().any(|field| field == path),
                "there is no field {path}"
            );
        }
    }

    #[test]
    fn what_must_be_given_is_two_fields() {
        let schema = schema();
        assert_eq!(
            schema["else"]["required"],
            json!(["replicationGroupId", "source"])
        );
        assert_eq!(schema["if"]["properties"]["mode"]["const"], "notify-test");
        assert_eq!(schema["properties"]["source"]["required"], json!(["address"]));
        assert_eq!(
            schema["properties"]["source"]["properties"]["port"],
            json!({
                "type": "integer", "minimum": 1, "maximum": 65535, "default": 6379,
                "description": "The port it listens on."
            })
        );
    }
}
