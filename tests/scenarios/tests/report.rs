//! Whatever the end of a migration, its report is in the bucket: a page for people and a document for programs with the
//! same content, and without it nobody is told anything else.

use anyhow::{Context, Result};
use domain::report::{Outcome, Report, StepProgress};
use local_cloud::{Fault, FaultRule, StoredObject};
use scenarios::{Ending, Page, Pair, Story, TARGET};
use serde_json::{Value, json};

/// The page and the document of an execution.
async fn report_of(story: &Story, execution: &str) -> Result<(StoredObject, StoredObject, Report)> {
    let name = execution.rsplit(':').next().unwrap_or_default();
    let objects = story.cloud.objects().await?;
    let find = |kind: &str| {
        let key = format!("migrations/{name}/report.{kind}");
        let found = objects.iter().find(|object| object.key == key);
        found.cloned().with_context(|| format!("there is no {key}"))
    };
    let (page, document) = (find("html")?, find("json")?);
    assert_eq!(
        (page.content_type.as_str(), document.content_type.as_str()),
        ("text/html; charset=utf-8", "application/json")
    );
    let report = serde_json::from_str(&document.text)?;
    assert_same_content(&page.text, &document.text)?;
    assert_no_token(story, execution, &[&page, &document]).await?;
    Ok((page, document, report))
}

/// The page is HTML without a mistake, holds the document itself, and shows every text that stands in it.
fn assert_same_content(page: &str, document: &str) -> Result<()> {
    let page = Page::parse(page);
    assert!(page.mistakes.is_empty(), "{:?}", page.mistakes);
    let document: Value = serde_json::from_str(document)?;
    assert_eq!(serde_json::from_str::<Value>(&page.data)?, document);
    for field in [
        "headline",
        "diagnosis",
        "approvals",
        "requests",
        "next",
        "undo",
        "steps",
        "moments",
        "preflight",
    ] {
        for text in texts_in(&document[field]) {
            assert!(
                page.text.contains(&text),
                "{field}: the page does not show {text:?}"
            );
        }
    }
    Ok(())
}

/// What a person is to read of a part of the document: its sentences, not the moments and words of machines.
fn texts_in(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) if text.contains(' ') => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts_in).collect(),
        Value::Object(fields) => fields.values().flat_map(texts_in).collect(),
        _ => vec![],
    }
}

/// No task token of the execution stands in what was written.
async fn assert_no_token(story: &Story, execution: &str, written: &[&StoredObject]) -> Result<()> {
    let client = aws_sdk_sfn::Client::new(&story.cloud.sdk_config());
    let mut pages = client
        .get_execution_history()
        .execution_arn(execution)
        .into_paginator()
        .items()
        .send();
    while let Some(event) = pages.next().await {
        let event = event?;
        let Some(details) = event.task_scheduled_event_details() else {
            continue;
        };
        let given: Value = serde_json::from_str(&details.parameters)?;
        if let Some(token) = given.pointer("/Payload/await/token").and_then(Value::as_str) {
            for object in written {
                assert!(!object.text.contains(token), "a task token is in {}", object.key);
            }
        }
    }
    Ok(())
}

/// The address that people were told last.
fn told_address(story: &Story) -> Option<String> {
    let message = story.messages().pop()?;
    let text = message.body("email");
    Some(
        text.lines()
            .find_map(|line| line.strip_prefix("report: "))?
            .to_owned(),
    )
}

fn progress_of(report: &Report, step: &str) -> Option<StepProgress> {
    let step = report.steps.iter().find(|known| known.id == step)?;
    Some(step.progress)
}

fn execution_of(ending: &Ending) -> &str {
    &ending.execution.arn
}

#[tokio::test]
async fn a_migration_that_is_done_hands_over_its_report() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let ending = story.migrate().await?;
    let (page, _, report) = report_of(&story, execution_of(&ending)).await?;

    assert_eq!(report.outcome, Outcome::Done);
    assert!(report.gaps.is_empty(), "{:?}", report.gaps);
    for step in [
        "admit",
        "preflight",
        "rehearsal",
        "start",
        "sync",
        "approval",
        "fence",
        "completion",
        "proof",
    ] {
        assert_eq!(
            progress_of(&report, step),
            Some(StepProgress::Done),
            "{step}: {:#?}",
            report.steps
        );
    }
    assert_eq!(report.approvals.len(), 1, "{:?}", report.approvals);
    assert_eq!(report.approvals[0].approval.by, "a story");
    assert!(
        report.approvals[0].on.is_some(),
        "which verdict was approved is not told"
    );
    for (comparison, when) in [
        (&report.verification, "before the approval"),
        (&report.last_comparison, "after the promotion"),
    ] {
        let compared = comparison
            .as_ref()
            .with_context(|| format!("no comparison {when}"))?;
        assert_eq!(
            compared.verdict,
            domain::verify::Verdict::Same,
            "{when}: {}",
            compared.statement
        );
    }
    let calls: Vec<&str> = report
        .requests
        .iter()
        .map(|request| request.call.as_str())
        .collect();
    assert_eq!(
        calls,
        [
            "elasticache:TestMigration",
            "elasticache:StartMigration",
            "elasticache:CompleteMigration"
        ]
    );
    let cutover = report.cutover.context("a cutover")?;
    let handover = cutover.handover.context("a hand-over")?;
    assert_eq!(handover.lost_bytes, Some(0), "{handover:?}");
    assert!(
        cutover.write_pause_millis.is_some(),
        "how long nobody could write is not told"
    );
    let looks = ending.observations().len();
    assert_eq!(report.series.looks as usize, looks);
    assert!(!report.series.points.is_empty() && report.series.shards.len() == 1);
    let advice: Vec<&str> = report.next.iter().map(|advice| advice.id.as_str()).collect();
    for id in ["pointClients", "keepSource", "targetTls", "targetAuth"] {
        assert!(advice.contains(&id), "{id} is not in {advice:?}");
    }
    assert!(
        report.undo.iter().any(|advice| advice.id == "liftFence"),
        "{:?}",
        report.undo
    );

    // Counted by another way: the states that were entered before the report, itself included.
    let states = ending.states();
    let until = states
        .iter()
        .position(|state| *state == "Report")
        .context("a report")?;
    assert_eq!(report.cost.state_transitions as usize, until + 1, "{states:?}");
    assert!(report.cost.lambda_millis > 0 && report.cost.lambda_requests as usize > looks);

    let address = told_address(&story).context("the message tells no address")?;
    assert!(
        page.key.ends_with("report.html") && address.ends_with(&page.key),
        "{address}"
    );
    let output = ending.execution.output.clone().context("an output")?;
    assert_eq!(
        output["report"]["html"],
        json!(format!("s3://{}/{}", page.bucket, page.key))
    );
    story.assert_fenced_until_lifted(execution_of(&ending)).await
}

#[tokio::test]
async fn a_failure_is_reported_with_its_diagnosis() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let mut input = story.input();
    input["source"]["port"] = json!(1);
    let ending = story.run(input).await?;
    let (_, _, report) = report_of(&story, execution_of(&ending)).await?;
    assert_eq!(report.outcome, Outcome::Failed);
    let diagnosis = report.diagnosis.as_ref().context("a diagnosis")?;
    assert_eq!(diagnosis.causes[0].id, "source_port_refused");
    assert_eq!(
        progress_of(&report, "preflight"),
        Some(StepProgress::Failed),
        "{:#?}",
        report.steps
    );
    assert_eq!(progress_of(&report, "start"), Some(StepProgress::Skipped));
    let preflight = report.preflight.context("the findings")?;
    assert!(
        preflight
            .findings
            .iter()
            .any(|finding| !finding.remedy.is_empty())
    );
    assert!(told_address(&story).is_some());
    Ok(())
}

#[tokio::test]
async fn an_input_that_cannot_be_read_is_reported_too() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let ending = story.run(json!({"replicationGroupID": TARGET})).await?;
    let (_, _, report) = report_of(&story, execution_of(&ending)).await?;
    assert_eq!((report.outcome, report.plan.is_none()), (Outcome::Failed, true));
    assert_eq!(
        progress_of(&report, "admit"),
        Some(StepProgress::Failed),
        "{:#?}",
        report.steps
    );
    Ok(())
}

#[tokio::test]
async fn an_assessment_ends_with_its_report() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let mut input = story.input();
    input["mode"] = json!("assess");
    let ending = story.run(input).await?;
    let (page, _, report) = report_of(&story, execution_of(&ending)).await?;
    assert_eq!(report.outcome, Outcome::Assessed);
    assert!(report.requests.is_empty(), "{:?}", report.requests);
    let output = ending.execution.output.clone().context("an output")?;
    assert_eq!(
        output["report"]["html"],
        json!(format!("s3://{}/{}", page.bucket, page.key))
    );
    story.assert_nothing_was_changed();
    Ok(())
}

#[tokio::test]
async fn given_up_and_stopped_migrations_have_their_reports() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let given_up = story.start(story.input()).await?;
    story.verdict_of(&given_up).await?;
    story
        .order(json!({"replicationGroupId": TARGET, "action": "abort", "by": "a story"}))
        .await??;
    story.end_of(&given_up).await?;
    let (_, _, report) = report_of(&story, &given_up).await?;
    assert_eq!(report.outcome, Outcome::Aborted);
    assert!(report.given_up.is_some());
    assert!(
        report
            .moments
            .iter()
            .any(|moment| moment.text.contains("a story gave the migration up"))
    );
    assert!(told_address(&story).is_some());

    // Stopped from the console it comes by no state that asks for a report.
    let mut again = story.input();
    again["overwriteTarget"] = json!(true);
    let stopped = story.start(again).await?;
    story.verdict_of(&stopped).await?;
    story.cloud.stop_execution(&stopped, "Story", "over").await?;
    story
        .until("the report of what was stopped", async || {
            Ok(report_of(&story, &stopped).await.is_ok())
        })
        .await?;
    let (_, _, report) = report_of(&story, &stopped).await?;
    assert_eq!(report.outcome, Outcome::Stopped);
    assert_eq!(
        progress_of(&report, "approval"),
        Some(StepProgress::Failed),
        "{:#?}",
        report.steps
    );
    Ok(())
}

#[tokio::test]
async fn a_report_that_cannot_be_written_changes_no_outcome() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    story
        .cloud
        .inject(FaultRule::new("ReportFunction", Fault::CrashBeforeHandler).times(10));
    let mut input = story.input();
    input["mode"] = json!("assess");
    let ending = story.run(input).await?;
    let output = ending.execution.output.clone().context("an output")?;
    assert_eq!(
        (&output["status"], &output["report"]),
        (&json!("assessed"), &Value::Null)
    );
    assert!(story.cloud.objects().await?.is_empty());
    Ok(())
}
