//! The same function between real engines: a Redis of the path as the source, a Valkey as the target.

use crate::aws::{self, Shard};
use crate::engines;
use crate::function::Function;
use redis::AsyncConnectionConfig;
use redis::aio::MultiplexedConnection;
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// Looks after which a test gives up waiting for what it expects; each looks a moment after the last.
const LOOKS: usize = 300;
const MOMENT: Duration = Duration::from_millis(100);

/// An engine's process with its folder; both end with it.
struct Engine {
    port: u16,
    process: Child,
    _folder: TempDir,
}

impl Engine {
    async fn start(program: &str, options: &[&str]) -> Engine {
        let (listener, port) = engines::port().await;
        drop(listener);
        Engine::start_at(port, program, options).await
    }

    async fn start_at(port: u16, program: &str, options: &[&str]) -> Engine {
        let folder = TempDir::new().unwrap();
        let process = Command::new(program)
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            .args(["--repl-diskless-sync-delay", "0", "--enable-debug-command", "yes"])
            .args(options)
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let engine = Engine {
            port,
            process,
            _folder: folder,
        };
        engine.ask(&["PING"]).await;
        engine
    }

    /// Asks until it answers: an engine that has just been started does not listen yet.
    async fn ask(&self, words: &[&str]) -> String {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        for _ in 0..LOOKS {
            if let Ok(mut connection) = self.connect().await
                && let Ok(reply) = command.query_async::<redis::Value>(&mut connection).await
            {
                return match reply {
                    redis::Value::BulkString(text) => String::from_utf8_lossy(&text).into_owned(),
                    other => format!("{other:?}"),
                };
            }
            tokio::time::sleep(MOMENT).await;
        }
        panic!("the engine at {} never answered {words:?}", self.port)
    }

    async fn connect(&self) -> redis::RedisResult<MultiplexedConnection> {
        let client = redis::Client::open(("127.0.0.1", self.port)).unwrap();
        let patience = AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_secs(20)));
        client
            .get_multiplexed_async_connection_with_config(&patience)
            .await
    }

    async fn follow(&self, source: &Engine) {
        self.ask(&["REPLICAOF", "127.0.0.1", &source.port.to_string()])
            .await;
    }

    /// Ends it, and its fork with it: a fork that was killed alone would outlive the test.
    async fn stop(mut self) {
        if let Ok(mut connection) = self.connect().await {
            // It hangs up instead of answering.
            let _ = redis::cmd("SHUTDOWN")
                .arg("NOSAVE")
                .exec_async(&mut connection)
                .await;
        }
        self.process.wait().await.unwrap();
    }
}

/// The function beside a group of one shard whose primary is this engine.
async fn watching(source: &Engine, target: &Engine, more: &Value) -> Function {
    let group = vec![Shard {
        slots: None,
        nodes: vec![("orders-001".to_owned(), target.port)],
    }];
    Function::start(&aws::elasticache(group).await, source.port, more).await
}

impl Function {
    /// Looks until an observation is as expected; gives the phases that were seen on the way.
    async fn until(&mut self, expected: impl Fn(&Value) -> bool) -> Vec<String> {
        let mut phases: Vec<String> = vec![];
        for _ in 0..LOOKS {
            let observation = self.poll().await.body;
            let phase = observation["phase"].as_str().unwrap().to_owned();
            if phases.last() != Some(&phase) {
                phases.push(phase);
            }
            if expected(&observation) {
                return phases;
            }
            tokio::time::sleep(MOMENT).await;
        }
        panic!("never came, after {phases:?}: {}", self.previous)
    }
}

#[tokio::test]
async fn a_chained_source_that_loses_its_root_is_lost_though_the_targets_link_stays_up() {
    let root = Engine::start("redis-server", &[]).await;
    let source = Engine::start("redis-server", &[]).await;
    let target = Engine::start("valkey-server", &[]).await;
    source.follow(&root).await;
    target.follow(&source).await;
    let limits = json!({"limits": {"recoverySeconds": 1}, "polling": {"minSeconds": 1}});
    let mut function = watching(&source, &target, &limits).await;
    function.until(|seen| seen["phase"] == "inSync").await;
    assert_eq!(function.previous["shards"][0]["chained"], true);

    root.stop().await;
    function.until(|seen| seen["phase"] == "lost").await;
    let info = target.ask(&["INFO", "replication"]).await;
    assert!(info.contains("master_link_status:up"), "the trap: {info}");
    function.until(|seen| seen["next"] == "diagnose").await;
    assert_eq!(function.previous["stop"]["id"], "chain_lost_its_root");
}

#[tokio::test]
async fn a_slow_full_sync_is_seen_phase_by_phase_with_the_name_of_its_figure() {
    // The fork tells its counter every 1,024 keys and once a second at most (rdb.c), so it takes many keys and 8 s.
    let source = Engine::start("redis-server", &["--rdb-key-save-delay", "400"]).await;
    source.ask(&["DEBUG", "POPULATE", "20000"]).await;
    let target = Engine::start("valkey-server", &[]).await;
    let mut function = watching(&source, &target, &json!({"polling": {"minSeconds": 1}})).await;
    function.until(|seen| seen["phase"] == "connecting").await;

    target.follow(&source).await;
    function
        .until(|seen| seen["progress"]["by"] == "sourceKeys")
        .await;
    let before = function.previous["progress"]["percent"].as_f64().unwrap();
    function
        .until(|seen| seen["progress"]["percent"].as_f64() > Some(before))
        .await;
    function.until(|seen| seen["etaRange"].is_object()).await;
    let phases = function.until(|seen| seen["phase"] == "inSync").await;
    assert!(!phases.contains(&"lost".to_owned()), "{phases:?}");
    // Nobody writes, but the source's own PING of 14 bytes may be on its way.
    let lag = function.previous["lag"].as_u64();
    assert!(lag.is_some_and(|lag| lag <= 14), "{lag:?}");
}

#[tokio::test]
async fn a_target_that_is_replaced_by_an_empty_one_is_stopped_by_name() {
    let source = Engine::start("redis-server", &[]).await;
    let target = Engine::start("valkey-server", &[]).await;
    target.follow(&source).await;
    let limits = json!({"limits": {"recoverySeconds": 1}, "polling": {"minSeconds": 1}});
    let mut function = watching(&source, &target, &limits).await;
    function.until(|seen| seen["phase"] == "inSync").await;

    let port = target.port;
    target.stop().await;
    let _another = Engine::start_at(port, "valkey-server", &[]).await;
    function.until(|seen| seen["next"] == "diagnose").await;
    assert_eq!(function.previous["stop"]["id"], "target_replaced");
}

#[tokio::test]
async fn writes_that_overrun_the_output_buffer_are_a_loop_and_named_so() {
    let source = Engine::start(
        "valkey-server",
        &[
            "--rdb-key-save-delay",
            "5000",
            "--client-output-buffer-limit",
            "replica 1mb 1mb 1",
        ],
    )
    .await;
    source.ask(&["DEBUG", "POPULATE", "200"]).await;
    let target = Engine::start("valkey-server", &[]).await;
    let mut function = watching(&source, &target, &json!({"polling": {"minSeconds": 1}})).await;
    function.until(|seen| seen["phase"] == "connecting").await;
    target.follow(&source).await;

    // Real writes, 1 MiB every 20 ms, for as long as the function looks.
    let mut writer = source.connect().await.unwrap();
    let writes = tokio::spawn(async move {
        let value = "x".repeat(1024 * 1024);
        while redis::cmd("SET")
            .arg("big")
            .arg(&value)
            .query_async::<()>(&mut writer)
            .await
            .is_ok()
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    function.until(|seen| seen["next"] == "diagnose").await;
    writes.abort();
    source.stop().await;
    assert_eq!(
        function.previous["stop"]["id"], "output_buffer_loop",
        "{}",
        function.previous
    );
}
