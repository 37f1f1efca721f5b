//! Sources that do not answer as they should: a finding each time, whatever they do, and the time limit holds.

use super::one_rule_broken::until;
use super::{assert_found, engine, finding, preflight};
use anyhow::Result;
use domain::preflight::Outcome;
use elasticache_stand_in::{EngineOptions, EngineProcess};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::test]
async fn nothing_listens() -> Result<()> {
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let report = preflight(port).await?;
    assert_found(&report, "S1", Outcome::Fail);
    assert_found(&report, "S5", Outcome::Fail);
    assert_found(&report, "S7", Outcome::Unknown);
    Ok(())
}

#[tokio::test]
async fn a_process_that_stands_still_takes_connections_and_says_nothing() -> Result<()> {
    let engine = engine("redis-server", &[]).await?;
    engine.freeze()?;
    let report = preflight(engine.port()).await?;
    assert_found(&report, "S1", Outcome::Fail);
    assert_found(&report, "S3", Outcome::Unknown);
    assert!(finding(&report, "S1")?.evidence.contains("no answer in time"));
    Ok(())
}

#[tokio::test]
async fn an_engine_whose_clients_are_paused_leaves_unknowns() -> Result<()> {
    let engine = engine("redis-server", &[]).await?;
    // All clients wait from now on, new ones too.
    engine.command(&["CLIENT", "PAUSE", "60000", "ALL"]).await?;
    let report = preflight(engine.port()).await?;
    assert_found(&report, "S1", Outcome::Fail);
    for id in ["S4", "S6", "S10", "P1"] {
        assert_found(&report, id, Outcome::Unknown);
    }
    Ok(())
}

#[tokio::test]
async fn an_engine_that_loads_its_data_is_not_ready() -> Result<()> {
    let options = EngineOptions {
        config: [
            "key-load-delay 20000",
            "loading-process-events-interval-bytes 1024",
        ]
        .map(str::to_owned)
        .to_vec(),
        ready_within: Duration::from_secs(60),
        ..EngineOptions::default()
    };
    let engine = EngineProcess::start(options).await?;
    for key in 0..2_000 {
        engine
            .command(&["SET", &format!("key:{key}"), &"x".repeat(100)])
            .await?;
    }
    engine.command(&["SAVE"]).await?;
    let look = async {
        until(&engine, "persistence", "loading:1").await?;
        preflight(engine.port()).await
    };
    let report = tokio::select! {
        restarted = engine.restart() => panic!("it loaded before it was looked at: {restarted:?}"),
        report = look => report?,
    };
    assert_found(&report, "S1", Outcome::Fail);
    assert!(finding(&report, "S1")?.evidence.contains("LOADING"));
    Ok(())
}

#[tokio::test]
async fn an_engine_that_runs_a_script_without_end_is_busy() -> Result<()> {
    for (binary, limit) in [
        ("redis-server", "busy-reply-threshold 1"),
        ("valkey-server", "busy-reply-threshold 1"),
    ] {
        let engine = engine(binary, &[limit]).await?;
        let mut script = TcpStream::connect(("127.0.0.1", engine.port())).await?;
        script.write_all(b"EVAL \"while true do end\" 0\r\n").await?;
        while !engine
            .command(&["PING"])
            .await
            .is_err_and(|error| format!("{error:?}").contains("BUSY"))
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let report = preflight(engine.port()).await?;
        assert_found(&report, "S1", Outcome::Fail);
        assert!(
            finding(&report, "S1")?.evidence.contains("BUSY"),
            "{:?}",
            finding(&report, "S1")?
        );
        // It spoke plain RESP, and asked for no password.
        assert_found(&report, "S7", Outcome::Pass);
        assert_found(&report, "S3", Outcome::Unknown);
    }
    Ok(())
}

/// The one client that there is room for, once the connection that set the limit is gone.
async fn only_client(port: u16) -> Result<TcpStream> {
    loop {
        let mut client = TcpStream::connect(("127.0.0.1", port)).await?;
        client.write_all(b"PING\r\n").await?;
        let mut answer = [0; 7];
        client.read_exact(&mut answer).await?;
        if &answer == b"+PONG\r\n" {
            return Ok(client);
        }
    }
}

#[tokio::test]
async fn an_engine_without_room_for_a_client_says_so_before_it_is_asked() -> Result<()> {
    for binary in ["redis-server", "valkey-server"] {
        let engine = engine(binary, &[]).await?;
        engine.command(&["CONFIG", "SET", "maxclients", "1"]).await?;
        let _only_client = only_client(engine.port()).await?;
        let report = preflight(engine.port()).await?;
        assert_found(&report, "S1", Outcome::Fail);
        assert!(
            finding(&report, "S1")?.evidence.contains("no room"),
            "{:?}",
            finding(&report, "S1")?
        );
        assert_found(&report, "S7", Outcome::Pass);
    }
    Ok(())
}

/// Something that takes connections, reads a question, and then says this, piece by piece, and maybe hangs up.
async fn responder(pieces: Vec<&'static [u8]>, before: Duration, then_hang_up: bool) -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let pieces = pieces.clone();
            tokio::spawn(async move {
                let mut question = [0; 1024];
                let _ = client.read(&mut question).await;
                for piece in pieces {
                    let _ = client.write_all(piece).await;
                    tokio::time::sleep(before).await;
                }
                if !then_hang_up {
                    // Until the other side gives up.
                    while client.read(&mut question).await.is_ok_and(|count| count > 0) {}
                }
            });
        }
    });
    Ok(port)
}

const HALF: &[u8] = b"$1000\r\nredis_version:7.0.15\r\n";

#[tokio::test]
async fn half_a_reply_is_no_reply() -> Result<()> {
    let port = responder(vec![HALF], Duration::ZERO, false).await?;
    let report = preflight(port).await?;
    assert_found(&report, "S1", Outcome::Fail);
    assert!(
        finding(&report, "S1")?.evidence.contains("only a part"),
        "{:?}",
        finding(&report, "S1")?
    );

    let port = responder(vec![HALF], Duration::ZERO, true).await?;
    let report = preflight(port).await?;
    assert!(
        finding(&report, "S1")?.evidence.contains("in the middle"),
        "{:?}",
        finding(&report, "S1")?
    );
    assert_found(&report, "S7", Outcome::Pass);
    Ok(())
}

#[tokio::test]
async fn a_reply_that_drips_does_not_outlast_the_patience() -> Result<()> {
    let drops = vec![&b"$100000\r\n"[..]; 1]
        .into_iter()
        .chain(vec![&b"x"[..]; 600])
        .collect();
    let port = responder(drops, Duration::from_millis(100), false).await?;
    assert_found(&preflight(port).await?, "S1", Outcome::Fail);
    Ok(())
}

#[tokio::test]
async fn what_is_no_engine_is_not_taken_for_one() -> Result<()> {
    for words in [
        &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
        b"\x15\x03\x03\x00\x02\x02\x46",
        b"\x00\x01\x02",
    ] {
        let port = responder(vec![words], Duration::ZERO, true).await?;
        let report = preflight(port).await?;
        assert_found(&report, "S7", Outcome::Fail);
        assert_found(&report, "S1", Outcome::Fail);
    }
    Ok(())
}

#[tokio::test]
async fn protected_mode_is_heard_though_it_is_said_before_a_question() -> Result<()> {
    const DENIED: &[u8] = b"-DENIED Redis is running in protected mode because protected mode is enabled\r\n";
    let port = responder(vec![DENIED], Duration::ZERO, true).await?;
    let report = preflight(port).await?;
    assert_found(&report, "S4", Outcome::Fail);
    // It answers; what it is was not heard.
    assert_found(&report, "S1", Outcome::Unknown);
    Ok(())
}

#[tokio::test]
async fn other_refusals_are_findings_too() -> Result<()> {
    for (refusal, id, outcome) in [
        (
            &b"-MASTERDOWN Link with MASTER is down\r\n"[..],
            "S1",
            Outcome::Fail,
        ),
        (
            b"-NOPERM this user has no permissions to run the 'info' command\r\n",
            "S3",
            Outcome::Fail,
        ),
        (b"-ERR unknown command 'INFO'\r\n", "S6", Outcome::Fail),
        (b":1\r\n", "S1", Outcome::Fail),
        (b"+\r\n", "S1", Outcome::Unknown),
    ] {
        let port = responder(vec![refusal], Duration::ZERO, false).await?;
        assert_found(&preflight(port).await?, id, outcome);
    }
    Ok(())
}
