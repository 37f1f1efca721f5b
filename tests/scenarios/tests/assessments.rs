//! Assessments: they look, change nothing, and end with what they found, whatever that is.

use anyhow::Result;
use scenarios::{Ending, Pair, Story};
use serde_json::{Value, json};

/// An assessment's output. It succeeds in any case, changes nothing and tells what it found.
async fn assessed(story: &Story, ending: &Ending) -> Result<Value> {
    ending.assert_succeeded();
    assert_eq!(ending.states().last(), Some(&"Assessed"));
    assert_eq!(story.told(), ["migration.started", "migration.assessed"]);
    story.assert_source_is_as_it_was().await?;
    let output = ending.execution.output.clone().expect("an output");
    assert_eq!(output["status"], "assessed");
    Ok(output)
}

fn outcome<'a>(output: &'a Value, id: &str) -> &'a str {
    output["preflight"]["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .find(|finding| finding["id"] == id)
        .and_then(|finding| finding["outcome"].as_str())
        .expect("a finding of each check")
}

#[tokio::test]
async fn a_pair_that_is_ready_may_start_and_nothing_was_asked_but_questions() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let mut input = story.input();
    input["mode"] = json!("assess");
    input.as_object_mut().expect("an object").remove("rehearse");
    let ending = story.run(input).await?;
    let output = assessed(&story, &ending).await?;
    assert_eq!(output["verdict"], "mayStart", "{output:#}");
    assert_eq!(output["rehearsal"], Value::Null);
    assert_eq!(outcome(&output, "T8"), "PASS");
    // The local cloud's network is not a VPC: what was not seen is not passed.
    assert_eq!(outcome(&output, "N1"), "UNKNOWN");
    story.assert_nothing_was_changed();
    Ok(())
}

#[tokio::test]
async fn a_pair_that_must_not_start_is_a_result_and_no_failure() -> Result<()> {
    let mut pair = Pair::default();
    pair.target.transit_encryption = true;
    let story = Story::begin(pair).await?;
    let mut input = story.input();
    input["mode"] = json!("assess");
    input["rehearse"] = json!(true);
    let ending = story.run(input).await?;
    let output = assessed(&story, &ending).await?;
    assert_eq!(output["verdict"], "mustNotStart", "{output:#}");
    assert_eq!(outcome(&output, "T2"), "FAIL");
    assert!(!ending.states().contains(&"Rehearse"), "{:?}", ending.states());
    story.assert_nothing_was_changed();
    Ok(())
}

#[tokio::test]
async fn an_assessment_that_rehearses_ends_with_what_aws_said() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let mut input = story.input();
    input["mode"] = json!("assess");
    input["rehearse"] = json!(true);
    let ending = story.run(input).await?;
    let output = assessed(&story, &ending).await?;
    assert_eq!(output["rehearsal"]["outcome"], "passed", "{output:#}");
    assert_eq!(output["verdict"], "mayStart");
    for never in ["LookAtTopic", "SetTopic", "Start", "Complete", "Abort"] {
        assert!(!ending.states().contains(&never), "{:?}", ending.states());
    }
    Ok(())
}
