//! Plays a row: a whole migration with its fault, and what became of it.

use crate::fault;
use crate::matrix::{End, Moment, Row};
use crate::proxy::Link;
use crate::stage::{PATIENCE, Stage, TARGET};
use crate::truth;
use anyhow::{Context, Result, bail};
use elasticache_stand_in::Point;
use local_cloud::ExecutionStatus;
use scenarios::Ending;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Who called, and the IAM action.
pub type Used = (String, String);

/// What became of a row.
#[derive(Clone, Debug)]
pub struct Played {
    /// The row.
    pub row: Row,
    /// How it ended; none where it did not.
    pub ended: Option<End>,
    /// What is not as it must be; empty where all is.
    pub problems: Vec<String>,
    /// Which calls of AWS it made.
    pub used: BTreeSet<Used>,
    /// From the start of its cloud to its end.
    pub took: Duration,
}

/// Plays one row.
pub async fn play(row: Row) -> Played {
    let began = Instant::now();
    let (ended, problems, used) = match try_to_play(&row).await {
        Ok((ended, problems, used)) => (Some(ended), problems, used),
        Err(error) => (None, vec![format!("{error:#}")], BTreeSet::new()),
    };
    Played {
        row,
        ended,
        problems,
        used,
        took: began.elapsed(),
    }
}

async fn try_to_play(row: &Row) -> Result<(End, Vec<String>, BTreeSet<Used>)> {
    let mut stage = Stage::set(row, fault::source_config(&row.fault)).await?;
    if row.when == Moment::Before {
        fault::strike(&mut stage, &row.fault).await?;
    }
    let held = match row.when {
        Moment::Start => Some(Point::Attaching),
        Moment::Promotion => Some(Point::Promoting),
        _ => None,
    };
    if let Some(point) = held {
        stage.elasticache().faults().hold(point);
    }
    if row.when == Moment::Transfer {
        stage.proxy.set(Link::Slow(700_000));
    }
    let mut input = stage.input();
    fault::plan(&row.fault, &mut input);
    let execution = stage.cloud.start_execution(None, input).await?;
    if row.when != Moment::Before {
        wait_for(row.when, &stage, &execution).await?;
        fault::strike(&mut stage, &row.fault).await?;
        // A fault that lasts as long as the transfer does needs one that goes on.
        let own_link = ["link", "tiny", "source stays"]
            .iter()
            .any(|fault| row.fault.starts_with(fault));
        if row.when == Moment::Transfer && !own_link {
            stage.proxy.hurry();
        }
    }
    if let Some(point) = held {
        stage.elasticache().faults().release(point);
    }
    let ending = to_the_end(&stage, &execution).await?;
    let ended = end(&ending)?;
    let mut problems = vec![];
    if ended != row.ends {
        problems.push(format!(
            "ended {ended}, expected {} ({})",
            row.ends,
            ending.execution.cause.clone().unwrap_or_default()
        ));
    }
    for also in &row.also {
        problems.extend(also_holds(&stage, also));
    }
    let used = used(&stage);
    problems.extend(truth::violated(stage, &ended).await?);
    Ok((ended, problems, used))
}

/// Every call of a function or a state machine so far.
fn used(stage: &Stage) -> BTreeSet<Used> {
    let calls = stage.cloud.calls().into_iter();
    calls
        .map(|call| {
            let action = match call.operation.as_str() {
                "Invoke" => "lambda:InvokeFunction".to_owned(),
                operation => format!("{}:{operation}", call.service),
            };
            (call.caller, action)
        })
        .collect()
}

/// Waits for the moment of the fault.
async fn wait_for(moment: Moment, stage: &Stage, execution: &str) -> Result<()> {
    match moment {
        Moment::Before => Ok(()),
        Moment::Start => {
            stage
                .until("StartMigration", async || {
                    Ok(stage
                        .elasticache()
                        .calls()
                        .iter()
                        .any(|call| call.action == "StartMigration"))
                })
                .await
        }
        Moment::Transfer => {
            stage
                .until("the transfer", async || Ok(stage.transfers().await))
                .await
        }
        Moment::Synced => {
            stage
                .until("a verdict", async || {
                    Ok(approvable(&stage.now(execution).await?).is_some())
                })
                .await
        }
        Moment::Promotion => {
            let mut approved = 0;
            stage
                .until("the promotion", async || {
                    Ok(stage
                        .elasticache()
                        .calls()
                        .iter()
                        .any(|call| call.action == "CompleteMigration"))
                })
                .with_approvals(stage, execution, &mut approved)
                .await
        }
    }
}

/// Approves whatever can be approved until something else has happened.
trait WithApprovals: Future<Output = Result<()>> + Sized {
    async fn with_approvals(self, stage: &Stage, execution: &str, approved: &mut usize) -> Result<()> {
        let mut this = std::pin::pin!(self);
        loop {
            tokio::select! {
                done = &mut this => return done,
                () = tokio::time::sleep(Duration::from_millis(200)) => {
                    let now = stage.now(execution).await?;
                    approve(stage, &now, approved).await?;
                }
            }
        }
    }
}

impl<F: Future<Output = Result<()>>> WithApprovals for F {}

async fn to_the_end(stage: &Stage, execution: &str) -> Result<Ending> {
    let began = Instant::now();
    let mut approved = 0;
    loop {
        let now = stage.now(execution).await?;
        if now.execution.status != ExecutionStatus::Running {
            return Ok(now);
        }
        if began.elapsed() > PATIENCE {
            let last = now.observations().pop().map(|seen| seen["why"].to_string());
            bail!("it did not end; its last look: {}", last.unwrap_or_default());
        }
        approve(stage, &now, &mut approved).await?;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Approves once for each look at which there is a verdict: one that was refused, or lost its wait, is given again.
async fn approve(stage: &Stage, now: &Ending, approved: &mut usize) -> Result<()> {
    let looks = now.observations().len();
    let Some(verdict) = approvable(now).filter(|_| stage.approves && looks > *approved) else {
        return Ok(());
    };
    *approved = looks;
    let order =
        json!({"replicationGroupId": TARGET, "action": "approve", "verdict": verdict, "by": "the matrix"});
    // An order that fails is one that a person would send again, and so it is.
    let _ = stage.cloud.invoke("SignalFunction", order).await?;
    Ok(())
}

/// The verdict that waits for an approval.
fn approvable(now: &Ending) -> Option<String> {
    let last: Value = now.observations().pop()?;
    let waits =
        last["stage"]["name"] == "approval" && matches!(last["next"].as_str(), Some("ready" | "wait"));
    waits
        .then(|| last["verdict"]["digest"].as_str().map(str::to_owned))
        .flatten()
}

fn end(ending: &Ending) -> Result<End> {
    match (&ending.execution.status, ending.execution.error.as_deref()) {
        (ExecutionStatus::Succeeded, _) => Ok(End::Done),
        (ExecutionStatus::Failed, Some("Migration.Aborted")) => Ok(End::Aborted),
        (ExecutionStatus::Failed, Some("Migration.Undiagnosed")) => Ok(End::Failed {
            state: "Diagnose".to_owned(),
            cause: "unknown".to_owned(),
        }),
        (ExecutionStatus::Failed, _) => {
            let diagnosis = ending.diagnosis().context("it failed without a diagnosis")?;
            Ok(End::Failed {
                state: diagnosis["failedState"].as_str().unwrap_or_default().to_owned(),
                cause: ending.cause().unwrap_or_default(),
            })
        }
        (other, error) => bail!("it ended as {other:?} {error:?}"),
    }
}

/// What a row asks for on top; the words are those of the table.
fn also_holds(stage: &Stage, also: &str) -> Option<String> {
    let group = stage.elasticache().group(TARGET);
    let status = group
        .as_ref()
        .map(|group| group.status.clone())
        .unwrap_or_else(|| "gone".to_owned());
    let calls = stage.elasticache().calls();
    let called = |action: &str| calls.iter().filter(|call| call.action == action).count();
    let holds = match also {
        "nothing was changed" => !calls.iter().any(elasticache_stand_in::Call::changes),
        "never started" => called("StartMigration") == 0,
        "started twice" => called("StartMigration") >= 2,
        "never completed" => called("CompleteMigration") == 0,
        "completed once" => called("CompleteMigration") == 1,
        "completed twice" => called("CompleteMigration") >= 2,
        _ => match also.strip_prefix("group is ") {
            Some(wanted) => status == wanted,
            None => return Some(format!("nobody knows how to look whether {also:?} holds")),
        },
    };
    (!holds).then(|| format!("not so: {also} (the group is {status})"))
}
