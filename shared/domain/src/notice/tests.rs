//! Every message in each of its forms, as it is read; the schemas that its readers hold it against; and that none is ever
//! too large to be sent.

use super::*;
use crate::contract::Migration;
use crate::plan::Plan;
use jsonschema::Validator;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// The document's, as it is published.
const MESSAGE: &str = include_str!("../../../../docs/message.schema.json");
/// Amazon Q Developer's, written from its documentation.
const CUSTOM_NOTIFICATION: &str = include_str!("custom-notification.schema.json");

fn migration() -> Migration {
    Migration {
        id: "orders-2026-11-24".to_owned(),
        execution_arn: "arn:aws:states:eu-west-1:123456789012:execution:local-migrate:orders-2026-11-24"
            .to_owned(),
        started_at: jiff::Timestamp::UNIX_EPOCH,
        generation: 1,
    }
}

fn plan() -> Plan {
    let input = json!({"replicationGroupId": "orders-cache", "source": {"address": "10.0.0.241"}});
    Plan::from_input(&input).expect("a plan")
}

/// One of each, as if it had happened.
fn inputs() -> Vec<Input> {
    let mut inputs = one_of_each(&migration(), &plan());
    for input in &mut inputs {
        input.test = false;
    }
    inputs
}

fn validator(schema: &str) -> Validator {
    let schema: Value = serde_json::from_str(schema).expect("a schema is JSON");
    jsonschema::draft202012::meta::validate(&schema).expect("a schema is a schema");
    jsonschema::draft202012::new(&schema).expect("a schema compiles")
}

fn assert_valid(validator: &Validator, document: &Value, what: &str) {
    let problems: Vec<String> = validator
        .iter_errors(document)
        .map(|problem| format!("{}: {problem}", problem.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{what}: {problems:#?}");
}

#[test]
fn every_message_as_it_is_read() {
    for input in inputs() {
        let notice = render(&input);
        let name = occasion::kind(input.occasion).name;
        insta::with_settings!({prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!(format!("{name}.txt"), format!("{}\n\n{}", notice.subject, notice.text));
            insta::assert_json_snapshot!(format!("{name}.chat"), notice.chat);
            insta::assert_json_snapshot!(format!("{name}.slack"), notice.slack);
            insta::assert_json_snapshot!(format!("{name}.document"), notice.document);
        });
    }
}

#[test]
fn every_form_is_valid_against_its_schema() {
    let (message, chat) = (validator(MESSAGE), validator(CUSTOM_NOTIFICATION));
    let tests = one_of_each(&migration(), &plan());
    let mut nobodys = inputs();
    for input in &mut nobodys {
        (input.migration, input.plan) = (None, None);
    }
    for input in inputs().iter().chain(&tests).chain(&nobodys) {
        let notice = render(input);
        assert_valid(&message, &notice.document, &notice.id);
        assert_valid(&chat, &notice.chat, &notice.id);
    }
}

/// A schema that takes everything would hold nothing.
#[test]
fn the_schemas_refuse_what_is_wrong() {
    let notice = render(&inputs()[0]);
    let broken = |document: &Value, pointer: &str, value: Value| {
        let mut broken = document.clone();
        *broken.pointer_mut(pointer).expect("a field") = value;
        broken
    };
    let message = validator(MESSAGE);
    for (pointer, value) in [
        ("/version", json!("2")),
        ("/severity", json!("loud")),
        ("/event", json!("migration.lost")),
        ("/test", json!("no")),
        ("/next", json!("wait")),
    ] {
        assert!(
            !message.is_valid(&broken(&notice.document, pointer, value)),
            "{pointer}"
        );
    }
    let chat = validator(CUSTOM_NOTIFICATION);
    for (pointer, value) in [
        ("/version", json!("0.9")),
        ("/source", json!("ours")),
        ("/content/textType", json!("markdown")),
        ("/content/title", json!("x".repeat(251))),
        ("/content/description", json!("x".repeat(8_001))),
        ("/content/nextSteps", json!(["x".repeat(351)])),
        ("/metadata/additionalContext", json!({"k": 1})),
    ] {
        assert!(!chat.is_valid(&broken(&notice.chat, pointer, value)), "{pointer}");
    }
}

#[test]
fn each_says_what_happened_what_to_do_and_where_to_look() {
    let mut ids = BTreeSet::new();
    for input in inputs() {
        let notice = render(&input);
        let console =
            "https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/";
        let whom = match input.fleet {
            Some(_) => "fleet orders-2026-11-24: ",
            None => "orders-cache: ",
        };
        assert!(notice.text.starts_with(whom), "{}", notice.text);
        assert!(notice.text.contains("\nNext:\n- "), "{}", notice.text);
        assert!(notice.text.contains(&format!("\n{console}")), "{}", notice.text);
        assert!(notice.chat.to_string().contains(console) && notice.slack.to_string().contains(console));
        assert!(
            notice.subject.len() < 100 && notice.subject.is_ascii(),
            "{}",
            notice.subject
        );
        assert_eq!(
            notice.chat["metadata"]["threadId"], "orders-2026-11-24",
            "one thread a migration"
        );
        assert_eq!(notice.chat["id"], notice.document["id"]);
        assert!(ids.insert(notice.id.clone()), "{} twice", notice.id);
        assert_eq!(
            render(&input),
            notice,
            "a retry has the same id and says the same"
        );
    }
}

#[test]
fn a_page_is_linked_where_there_is_one() {
    let mut input = inputs().remove(4);
    input.page = Some("https://page.example/m?s=1".to_owned());
    let notice = render(&input);
    assert!(
        notice.text.contains("\nhttps://page.example/m?s=1\n"),
        "{}",
        notice.text
    );
    assert!(
        notice.chat["content"]["description"]
            .to_string()
            .contains("<https://page.example/m?s=1|Open the page>")
    );
    assert_eq!(notice.document["links"]["page"], "https://page.example/m?s=1");
}

#[test]
fn a_test_is_marked_in_every_form_and_offers_no_buttons() {
    for input in one_of_each(&migration(), &plan()) {
        let notice = render(&input);
        assert!(notice.subject.starts_with("[TEST] "), "{}", notice.subject);
        assert!(notice.text.contains("This is a test of the messages."));
        assert!(notice.chat["content"]["title"].to_string().contains("TEST: "));
        assert!(notice.slack["text"].to_string().contains("TEST: "));
        assert_eq!(notice.document["test"], true);
        assert_eq!(notice.chat["metadata"]["enableCustomActions"], false);
    }
}

/// Text that the marks of chat, JSON and mail could trip over.
fn nasty(length: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(
        proptest::sample::select(vec!["\"", "\\", "<", "&", "\u{1}", "\n", "é", "漢", "😀", "a "]),
        0..length,
    )
    .prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn whatever_was_seen_a_message_fits_and_stays_valid(text in nasty(400), times in 1..400_usize, number in 0..15_usize) {
        let mut input = inputs().remove(number);
        let long = text.repeat(times);
        if let Some(diagnosis) = &mut input.diagnosis {
            diagnosis.seen = vec![long.clone(); 3];
            diagnosis.causes[0].evidence.clone_from(&long);
            diagnosis.safety.next_step.clone_from(&long);
        }
        if let Some(report) = &mut input.preflight {
            report.findings[1].evidence.clone_from(&long);
        }
        if let Some(observation) = &mut input.observation {
            observation.why.clone_from(&long);
            for concern in &mut observation.told.concerns {
                concern.text.clone_from(&long);
            }
        }
        if let Some(handover) = &mut input.handover {
            handover.rollback = vec![long.clone(); 3];
            handover.source.clone_from(&long);
        }
        let notice = render(&input);
        prop_assert!(notice.message().len() + 2_000 < LARGEST_MESSAGE, "{}", notice.message().len());
        prop_assert!(notice.text.contains("Where to look:") || notice.text.len() >= cut::LONGEST_TEXT / 2);
        assert_valid(&validator(MESSAGE), &notice.document, "the document");
        assert_valid(&validator(CUSTOM_NOTIFICATION), &notice.chat, "the notification");
        for block in notice.slack["blocks"].as_array().into_iter().flatten() {
            let shown = block.pointer("/text/text").and_then(Value::as_str).unwrap_or_default();
            prop_assert!(shown.encode_utf16().count() <= 3_000);
        }
    }
}
