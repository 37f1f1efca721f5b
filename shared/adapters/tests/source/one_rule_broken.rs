//! A real engine with one rule broken, and the same engine after what the remedy says was pasted.

use super::{assert_found, engine, finding, paste, preflight, redis_6_2};
use anyhow::Result;
use domain::preflight::Outcome;
use elasticache_stand_in::{EngineOptions, EngineProcess};
use std::path::PathBuf;

/// One engine per line of configuration; each must be found out by the check that is about it.
async fn each_is_found(binary: impl Into<PathBuf>, broken: &[(&str, &str, Outcome)]) -> Result<()> {
    let binary = binary.into();
    for (line, id, outcome) in broken {
        let engine = engine(binary.clone(), &[line]).await?;
        let report = preflight(engine.port()).await?;
        let found = finding(&report, id)?;
        assert_eq!(found.outcome, *outcome, "{line}: {found:#?}");
    }
    Ok(())
}

const RENAMED: [(&str, &str, Outcome); 6] = [
    ("rename-command PSYNC hidden-psync", "S6", Outcome::Fail),
    ("rename-command CONFIG \"\"", "S6", Outcome::Fail),
    ("rename-command SET hidden-set", "S6", Outcome::Fail),
    ("rename-command FLUSHALL hidden-flushall", "S6", Outcome::Fail),
    ("rename-command FLUSHALL \"\"", "S6", Outcome::Warn),
    ("rename-command COMMAND hidden-command", "S6", Outcome::Fail),
];

#[tokio::test]
async fn renamed_commands_of_redis_7_0() -> Result<()> {
    each_is_found("redis-server", &RENAMED).await
}

#[tokio::test]
async fn renamed_commands_of_redis_6_2() -> Result<()> {
    each_is_found(redis_6_2(), &RENAMED).await
}

#[tokio::test]
async fn renamed_commands_of_valkey_8_0() -> Result<()> {
    each_is_found("valkey-server", &RENAMED).await
}

#[tokio::test]
async fn a_renamed_command_is_told_from_a_disabled_one_and_what_config_would_say_is_unknown() -> Result<()> {
    let engine = engine(
        "redis-server",
        &["rename-command PSYNC p", "rename-command CONFIG \"\""],
    )
    .await?;
    let report = preflight(engine.port()).await?;
    let evidence = &finding(&report, "S6")?.evidence;
    assert!(
        evidence.contains("PSYNC (renamed)") && evidence.contains("CONFIG (disabled)"),
        "{evidence}"
    );
    for id in ["S4", "S12", "S16", "P1"] {
        assert_found(&report, id, Outcome::Unknown);
    }
    Ok(())
}

#[tokio::test]
async fn without_command_itself_each_command_is_tried_and_none_is_run() -> Result<()> {
    let config = ["rename-command COMMAND c", "rename-command PSYNC p"];
    let engine = engine("redis-server", &config).await?;
    engine.command(&["SET", "key", "value"]).await?;
    let report = preflight(engine.port()).await?;
    let evidence = &finding(&report, "S6")?.evidence;
    assert!(
        evidence.contains("COMMAND") && evidence.contains("PSYNC") && !evidence.contains("SYNC,"),
        "{evidence}"
    );
    assert_eq!(engine.command(&["DBSIZE"]).await?, "1");
    // Nobody became a replica.
    assert!(
        engine
            .command(&["INFO", "replication"])
            .await?
            .contains("connected_slaves:0")
    );
    Ok(())
}

#[tokio::test]
async fn settings_that_clients_or_the_fence_would_notice() -> Result<()> {
    let broken = [
        ("notify-keyspace-events Ex", "S12", Outcome::Warn),
        ("timeout 300", "S12", Outcome::Warn),
        ("min-replicas-to-write 1", "S16", Outcome::Warn),
        ("requirepass hunter2", "S3", Outcome::Fail),
    ];
    each_is_found("redis-server", &broken).await?;
    each_is_found(redis_6_2(), &broken).await
}

#[tokio::test]
async fn a_fence_that_the_rights_or_the_version_do_not_allow_is_found_before_anything_starts() -> Result<()> {
    let broken = [
        (
            "user default on nopass ~* &* +@all -client|pause",
            "S17",
            Outcome::Fail,
        ),
        (
            "user default on nopass ~* &* +@all -config|set",
            "S17",
            Outcome::Warn,
        ),
        ("rename-command CLIENT \"\"", "S17", Outcome::Fail),
        ("rename-command MULTI m", "S17", Outcome::Fail),
    ];
    each_is_found("redis-server", &broken).await
}

#[tokio::test]
async fn a_password_is_found_and_never_shown() -> Result<()> {
    let options = EngineOptions {
        password: Some("hunter2".to_owned()),
        ..EngineOptions::default()
    };
    let engine = EngineProcess::start(options).await?;
    let report = preflight(engine.port()).await?;
    assert_found(&report, "S3", Outcome::Fail);
    // It answered: that it wants a password is one rule's business, not each one's failure.
    assert_found(&report, "S1", Outcome::Pass);
    assert_found(&report, "P1", Outcome::Unknown);
    assert!(!format!("{report:?}").contains("hunter2"));
    Ok(())
}

#[tokio::test]
async fn rights_are_taken_from_the_default_user_and_given_back_by_the_remedy() -> Result<()> {
    for binary in [PathBuf::from("redis-server"), redis_6_2(), "valkey-server".into()] {
        let engine = engine(binary, &[]).await?;
        engine.command(&["ACL", "SETUSER", "default", "-psync"]).await?;
        let report = preflight(engine.port()).await?;
        let found = finding(&report, "S3")?;
        assert_eq!(found.outcome, Outcome::Fail, "{found:#?}");
        assert!(found.evidence.ends_with("denies psync"), "{}", found.evidence);
        paste(&engine, &found.remedy).await?;
        assert_found(&preflight(engine.port()).await?, "S3", Outcome::Pass);
    }
    Ok(())
}

#[tokio::test]
async fn a_user_who_may_not_look_leaves_unknowns_and_no_pass() -> Result<()> {
    let engine = engine("redis-server", &[]).await?;
    engine.command(&["ACL", "SETUSER", "default", "-@admin"]).await?;
    let report = preflight(engine.port()).await?;
    for id in ["S3", "S4", "S10", "S12", "S16", "P1"] {
        assert_found(&report, id, Outcome::Unknown);
    }
    assert_found(&report, "S1", Outcome::Pass);
    Ok(())
}

#[tokio::test]
async fn what_a_setting_asks_for_is_mended_by_the_command_that_is_advised() -> Result<()> {
    for (binary, line, id) in [
        (PathBuf::from("redis-server"), "min-replicas-to-write 1", "S16"),
        (redis_6_2(), "min-replicas-to-write 2", "S16"),
        ("valkey-server".into(), "min-replicas-to-write 1", "S16"),
        ("redis-server".into(), "protected-mode yes", "S4"),
        (redis_6_2(), "protected-mode yes", "S4"),
        ("valkey-server".into(), "protected-mode yes", "S4"),
    ] {
        let engine = engine(binary, &[line]).await?;
        let report = preflight(engine.port()).await?;
        assert_found(&report, id, Outcome::Warn);
        paste(&engine, &finding(&report, id)?.remedy).await?;
        assert_found(&preflight(engine.port()).await?, id, Outcome::Pass);
    }
    Ok(())
}

#[tokio::test]
async fn scripts_and_functions_that_clients_may_rely_on() -> Result<()> {
    let engine = engine("redis-server", &[]).await?;
    engine.command(&["SCRIPT", "LOAD", "return 1"]).await?;
    assert_found(&preflight(engine.port()).await?, "S15", Outcome::Warn);
    let library = "#!lua name=orders\nredis.register_function('f', function(keys, args) return 1 end)";
    engine.command(&["FUNCTION", "LOAD", library]).await?;
    let report = preflight(engine.port()).await?;
    assert_found(&report, "S15", Outcome::Warn);
    assert!(finding(&report, "S15")?.evidence.contains("orders"));
    Ok(())
}

#[tokio::test]
async fn a_save_that_failed_and_one_that_is_under_way() -> Result<()> {
    let engine = engine("redis-server", &["rdb-key-save-delay 1000000"]).await?;
    for key in 0..50 {
        engine.command(&["SET", &format!("key:{key}"), "value"]).await?;
    }
    engine.command(&["BGSAVE"]).await?;
    assert_found(&preflight(engine.port()).await?, "S9", Outcome::Warn);

    // A folder where the file belongs: the save cannot put it in its place.
    let engine = super::engine("redis-server", &[]).await?;
    std::fs::create_dir(engine.dir().join("dump.rdb"))?;
    engine.command(&["BGSAVE"]).await?;
    until(&engine, "persistence", "rdb_bgsave_in_progress:0").await?;
    assert_found(&preflight(engine.port()).await?, "S9", Outcome::Fail);
    Ok(())
}

/// Waits until a section of INFO has a line.
pub(super) async fn until(engine: &EngineProcess, section: &str, line: &str) -> Result<()> {
    let seen = async {
        loop {
            if engine
                .command(&["INFO", section])
                .await
                .is_ok_and(|info| info.contains(line))
            {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    Ok(tokio::time::timeout(super::NEVER, seen).await?)
}

#[tokio::test]
async fn a_port_for_tls_alone_is_told_from_a_silent_one() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (key, certificate) = (
        folder.path().join("key.pem"),
        folder.path().join("certificate.pem"),
    );
    let made = std::process::Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "1",
            "-subj",
            "/CN=source",
        ])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .stderr(std::process::Stdio::null())
        .status()?;
    assert!(made.success(), "openssl makes a certificate");
    let tls_port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let engine = engine(
        "redis-server",
        &[
            &format!("tls-port {tls_port}"),
            &format!("tls-key-file {}", key.display()),
            &format!("tls-cert-file {}", certificate.display()),
            &format!("tls-ca-cert-file {}", certificate.display()),
        ],
    )
    .await?;
    assert_found(&preflight(tls_port).await?, "S7", Outcome::Fail);
    assert_found(&preflight(engine.port()).await?, "S7", Outcome::Pass);
    Ok(())
}
