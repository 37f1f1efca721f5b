//! With AWS's own tools alone: the calls that README.md prints do what it says, word for word as a person copies them.

use anyhow::{Context, Result, ensure};
use local_cloud::Options;
use scenarios::{Pair, Story};
use serde_json::Value;
use std::path::Path;
use tokio::process::Command;

/// The payload of the command in README.md that invokes a function, as it stands there.
fn payload_in_readme(function: &str) -> Result<String> {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md"))?;
    let command = format!("aws lambda invoke --function-name elasticache-migration-{function} ");
    let (_, rest) = readme
        .split_once(&command)
        .context("README.md has no such command")?;
    let (_, rest) = rest.split_once("--payload '").context("it has no payload")?;
    let (payload, rest) = rest.split_once('\'').context("its payload has no end")?;
    ensure!(rest.starts_with(" /dev/stdout"), "it prints no answer");
    Ok(payload.to_owned())
}

/// Invokes a function of the stack as the AWS CLI does, by its own library.
async fn invoke(story: &Story, function: &str, payload: &str) -> Result<Value> {
    const SCRIPT: &str = "import boto3, sys\n\
        endpoint, function, payload = sys.argv[1:]\n\
        client = boto3.client('lambda', endpoint_url=endpoint, region_name='us-east-1',\n\
        \x20   aws_access_key_id='a', aws_secret_access_key='b')\n\
        answer = client.invoke(FunctionName=function, Payload=payload.encode())\n\
        assert 'FunctionError' not in answer, answer['Payload'].read()\n\
        print(answer['Payload'].read().decode())";
    let config = story.cloud.sdk_config();
    let endpoint = config.endpoint_url().context("an endpoint")?;
    let names = &story.cloud.template().functions;
    let name = names
        .iter()
        .find(|known| known.name.ends_with(&format!("-{function}")))
        .context("the stack has no such function")?;
    let output = Command::new(Options::default().python)
        .args(["-c", SCRIPT, endpoint, &name.name, payload])
        .output()
        .await?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[tokio::test]
async fn the_calls_that_the_readme_prints_postpone_approve_and_lift() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let execution = story.start(story.input()).await?;
    let verdict = story.verdict_of(&execution).await?;
    let approve = payload_in_readme("signal")?
        .replace("<verdict>", &verdict)
        .replace("<your name>", "a person");

    let readme = r#""action":"approve""#;
    ensure!(approve.contains(readme), "{approve}");
    let until = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second() + 3_600)?;
    let postpone = approve
        .replace(readme, &format!(r#""action":"postpone","until":"{until}""#))
        .replace(&format!(r#""verdict":"{verdict}","#), "");
    assert_eq!(invoke(&story, "signal", &postpone).await?["delivered"], true);
    story
        .why(&execution, "a person put the cutover off until")
        .await?;

    assert_eq!(invoke(&story, "signal", &approve).await?["delivered"], true);
    story.end_of(&execution).await?.assert_succeeded();
    // The same word a second time finds nothing that it could approve.
    assert_eq!(invoke(&story, "signal", &approve).await?["delivered"], false);

    assert!(!story.source.takes_writes().await);
    let lift = payload_in_readme("cutover")?
        .replace("<execution>", &execution)
        .replace("<your name>", "a person");
    assert_eq!(invoke(&story, "cutover", &lift).await?["leaving"], "release");
    story.assert_source_is_as_it_was().await
}

#[tokio::test]
async fn nobody_approves_without_a_name_or_a_verdict_and_a_person_may_give_up() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let execution = story.start(story.input()).await?;
    let verdict = story.verdict_of(&execution).await?;
    let readme = payload_in_readme("signal")?.replace("<verdict>", &verdict);
    let named = readme.replace("<your name>", "a person");
    for (wrong, words) in [
        (readme.replace("<your name>", " "), "by: is empty"),
        (
            named.replace(&format!(r#""verdict":"{verdict}","#), ""),
            "verdict",
        ),
        (named.replace(r#","by":"a person""#, ""), "missing field `by`"),
        (named.replace("approve", "force"), "unknown variant `force`"),
    ] {
        let refused = invoke(&story, "signal", &wrong)
            .await
            .expect_err(&wrong)
            .to_string();
        assert!(refused.contains(words), "{wrong}: {refused}");
    }
    assert_eq!(story.completions(), 0);
    let abort = named
        .replace(r#""action":"approve""#, r#""action":"abort""#)
        .replace(&format!(r#""verdict":"{verdict}","#), "");
    assert_eq!(invoke(&story, "signal", &abort).await?["delivered"], true);
    let ending = story.end_of(&execution).await?;
    assert_eq!(ending.execution.error.as_deref(), Some("Migration.Aborted"));
    story.assert_source_is_as_it_was().await
}
