//! given a pair of real engines; when the function is invoked as the state machine does, its answers handed back as JSON;
//! then it ends with one small result.
#![allow(missing_docs, reason = "a test crate")]

use anyhow::{Context, Result, bail, ensure};
use domain::contract::verify::{Input, Rounds};
use domain::plan::Plan;
use domain::verify::{Answer, ShardPair, Verdict, Verification};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use verify::compare_for;

struct Engine {
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl Engine {
    fn start(server: &str) -> Result<Engine> {
        let folder = tempfile::tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let process = Command::new(server)
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            .args(["--repl-diskless-sync-delay", "0", "--dir"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("{server} is needed on the PATH"))?;
        let engine = Engine {
            process,
            port,
            _folder: folder,
        };
        engine.until("process_id", &engine.process.id().to_string())?;
        Ok(engine)
    }

    fn connection(&self) -> Result<redis::Connection> {
        Ok(redis::Client::open(format!("redis://127.0.0.1:{}/", self.port))?.get_connection()?)
    }

    fn until(&self, field: &str, value: &str) -> Result<()> {
        let (line, begun) = (format!("\r\n{field}:{value}\r\n"), Instant::now());
        let holds = || -> Result<bool> {
            let info: String = redis::cmd("INFO").query(&mut self.connection()?)?;
            Ok(info.contains(&line))
        };
        while !holds().unwrap_or(false) {
            if begun.elapsed() > Duration::from_secs(60) {
                bail!("waited in vain for {field}:{value}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Nothing can be done about a process that is gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn pair_of_engines() -> Result<(Engine, Engine)> {
    let (source, target) = (Engine::start("redis-server")?, Engine::start("valkey-server")?);
    let mut filling = redis::pipe();
    for i in 0..5_000 {
        filling.cmd("SET").arg(format!("k{i}")).arg("secret").ignore();
    }
    filling.query::<()>(&mut source.connection()?)?;
    redis::cmd("REPLICAOF")
        .arg("127.0.0.1")
        .arg(source.port)
        .query::<()>(&mut target.connection()?)?;
    target.until("master_link_status", "up")?;
    Ok((source, target))
}

fn input(source: &Engine, target: &Engine, rule: &Value, progress: &Value) -> Value {
    json!({
        "step": "compare",
        "migration": {"id": "m-1", "executionArn": "arn", "startedAt": "2026-11-24T00:00:00Z"},
        "pair": {
            "shard": "0001",
            "source": {"address": "127.0.0.1", "port": source.port},
            "target": {"address": "127.0.0.1", "port": target.port},
            "show": ShardPair::show_of(1),
        },
        "rule": rule,
        "progress": progress,
    })
}

async fn invoke(input: &Value, left: Duration) -> Result<Answer> {
    match serde_json::from_value(input.clone())? {
        Input::Compare {
            migration,
            pair,
            rule,
            progress,
            seconds: _,
        } => Ok(compare_for(&migration.id, &pair, &rule, progress.map(|p| *p), left).await?),
        other => bail!("not a comparison: {other:?}"),
    }
}

/// Invokes until done, as the loop in the state machine, and sums up.
async fn to_the_end(
    source: &Engine,
    target: &Engine,
    rule: Value,
    left: Duration,
) -> Result<(Verification, u32)> {
    let plan = Plan::from_input(&json!({
        "replicationGroupId": "orders", "source": {"address": "127.0.0.1", "port": source.port}
    }))
    .map_err(|mistakes| anyhow::anyhow!("{mistakes}"))?;
    let asked = input(source, target, &rule, &Value::Null);
    let pair: ShardPair = serde_json::from_value(asked["pair"].clone())?;
    let mut rounds: Rounds =
        domain::verify::Round::first(&plan, "basis".to_owned(), vec![pair], jiff::Timestamp::now()).into();
    for invocations in 1..200 {
        let progress = serde_json::to_value(&rounds.round.compare[0].progress)?;
        let answer = invoke(&input(source, target, &rule, &progress), left).await?;
        ensure!(answer.result.is_some() == answer.progress.is_none());
        // As the state machine hands it over, to be read as the function reads it.
        let sum = json!({"step": "sum", "plan": plan, "round": rounds.round, "answers": [answer]});
        let Input::Sum { plan, round, answers } = serde_json::from_value(sum)? else {
            bail!("not a sum")
        };
        rounds = round.next(&plan, answers, jiff::Timestamp::now()).into();
        if let Some(result) = rounds.standing.result {
            return Ok((result, invocations));
        }
    }
    bail!("it never came to its end")
}

#[tokio::test]
async fn a_pair_is_compared_over_several_invocations_and_summed_up() -> Result<()> {
    let (source, target) = pair_of_engines()?;
    let rule = json!({"maxKeysPerSecond": 10_000, "settle": 1});
    let (same, invocations) = to_the_end(&source, &target, rule.clone(), Duration::from_millis(450)).await?;
    assert!(invocations > 1, "{invocations}");
    assert_eq!(same.verdict, Verdict::Same, "{}", same.statement);

    redis::cmd("CONFIG")
        .arg(&["SET", "replica-read-only", "no"])
        .query::<()>(&mut target.connection()?)?;
    redis::cmd("SET")
        .arg("k7")
        .arg("planted")
        .query::<()>(&mut target.connection()?)?;
    let (differs, _) = to_the_end(&source, &target, rule, Duration::from_secs(60)).await?;
    assert_eq!(differs.verdict, Verdict::Differs);
    assert_eq!(differs.first[0].key.as_str(), "k7");
    assert_ne!(differs.digest, same.digest);
    let shown = serde_json::to_string(&differs)?;
    assert!(
        !shown.contains("secret") && !shown.contains("planted"),
        "a value is shown: {shown}"
    );
    assert!(shown.len() < 4_096, "{shown}");
    Ok(())
}

#[tokio::test]
async fn a_sample_and_off_say_what_they_are() -> Result<()> {
    let (source, target) = pair_of_engines()?;
    let minute = Duration::from_secs(60);
    let (sample, _) = to_the_end(&source, &target, json!({"mode": {"sample": 1_000}}), minute).await?;
    assert_eq!(
        sample.statement,
        "0 of 1,000 differ: below 0.3 % at 95 % confidence"
    );
    let (off, _) = to_the_end(&source, &target, json!({"mode": "off"}), minute).await?;
    assert_eq!(off.verdict, Verdict::Off);
    Ok(())
}

#[tokio::test]
async fn handed_the_same_twice_it_answers_the_same() -> Result<()> {
    let (source, target) = pair_of_engines()?;
    let same = input(&source, &target, &json!({"mode": {"sample": 500}}), &Value::Null);
    let minute = Duration::from_secs(60);
    let (one, two) = (invoke(&same, minute).await?, invoke(&same, minute).await?);
    let counted = |answer: Answer| {
        answer
            .result
            .map(|result| (result.counts.source_keys, result.digest))
    };
    assert_eq!(counted(one), counted(two));
    Ok(())
}

#[tokio::test]
async fn a_side_that_does_not_answer_is_worth_another_try() -> Result<()> {
    let (source, target) = pair_of_engines()?;
    let asked = input(&source, &target, &json!({}), &Value::Null);
    drop(target);
    let error = invoke(&asked, Duration::from_secs(60))
        .await
        .expect_err("there is no target");
    let error = error
        .downcast_ref::<domain::StepError>()
        .context("a step's error")?;
    assert_eq!(error.name(), "Migration.Transient");
    assert!(error.to_string().starts_with("the target 127.0.0.1:"), "{error}");
    Ok(())
}
