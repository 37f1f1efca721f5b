//! Versions that are not installed, played from what they really answered (tests/fixtures/engines), as strictly as they
//! were: a 2.8.21 knows no HELLO, no MODULE and no ACL, and takes one section of INFO and one pattern of CONFIG GET.

use super::{finding, outcomes, preflight};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// The commands that were asked for when the answer was recorded.
const RECORDED_COMMANDS: [&str; 6] = ["sync", "psync", "info", "config", "command", "cluster"];

struct Player {
    folder: PathBuf,
    /// The words of each question, in order.
    heard: Mutex<Vec<String>>,
}

impl Player {
    fn recorded(&self, file: &str) -> String {
        std::fs::read_to_string(self.folder.join(file)).expect("a recorded answer")
    }

    fn answer(&self, words: &[&str]) -> String {
        match words {
            ["INFO"] => bulk(&self.recorded("info.standalone.txt")),
            ["INFO", ..] => "-ERR syntax error\r\n".to_owned(),
            ["CONFIG", "GET", option] => self.option(option),
            ["CONFIG", "GET", ..] => "-ERR Wrong number of arguments for CONFIG get\r\n".to_owned(),
            ["COMMAND", "INFO", names @ ..] => self.commands(names),
            ["MODULE", "LIST"] => match self.recorded("module_list.txt").trim() {
                "" => "*0\r\n".to_owned(),
                error => format!("-{error}\r\n"),
            },
            ["ACL", "WHOAMI"] => bulk("default"),
            // Not recorded; the form of 6.0 and later in RESP2, as the default user is.
            ["ACL", "GETUSER", ..] => {
                let flags = format!("*2\r\n{}{}", bulk("on"), bulk("nopass"));
                format!(
                    "*4\r\n{}{flags}{}{}",
                    bulk("flags"),
                    bulk("commands"),
                    bulk("+@all")
                )
            }
            ["FUNCTION", "LIST"] => "*0\r\n".to_owned(),
            other => format!("-ERR unknown command '{}'\r\n", other.first().unwrap_or(&"")),
        }
    }

    /// `# option`, and below it the answer: the option and its value, or nothing for "no such option".
    fn option(&self, wanted: &str) -> String {
        let file = self.recorded("config_get.txt").replace('\r', "");
        let answer = file
            .split("# ")
            .find_map(|answer| answer.strip_prefix(&format!("{wanted}\n")));
        let mut lines = answer.unwrap_or_default().lines();
        match (lines.next(), lines.next()) {
            (Some(name), value) if name == wanted => {
                format!("*2\r\n{}{}", bulk(wanted), bulk(value.unwrap_or_default()))
            }
            _ => "*0\r\n".to_owned(),
        }
    }

    /// Of the commands that were not recorded, every version has each.
    fn commands(&self, names: &[&str]) -> String {
        let file = self.recorded("command_info.json");
        let json = file.lines().find(|line| line.starts_with('[')).expect("a list");
        let entries: Vec<serde_json::Value> = serde_json::from_str(json).expect("JSON");
        let entry = |name: &&str| match RECORDED_COMMANDS.iter().position(|recorded| recorded == name) {
            Some(at) => resp(&entries[at]),
            None => format!("*1\r\n{}", bulk(name)),
        };
        format!(
            "*{}\r\n{}",
            names.len(),
            names.iter().map(entry).collect::<String>()
        )
    }
}

fn bulk(text: &str) -> String {
    format!("${}\r\n{text}\r\n", text.len())
}

fn resp(json: &serde_json::Value) -> String {
    match json {
        serde_json::Value::Array(items) => {
            format!(
                "*{}\r\n{}",
                items.len(),
                items.iter().map(resp).collect::<String>()
            )
        }
        serde_json::Value::Number(number) => format!(":{number}\r\n"),
        serde_json::Value::String(text) => bulk(text),
        _ => "*-1\r\n".to_owned(),
    }
}

/// Plays one version; gives its port and what it was asked.
async fn play(version: &str) -> Result<(u16, Arc<Player>)> {
    let engines = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/engines");
    let player = Arc::new(Player {
        folder: engines.join(version),
        heard: Mutex::default(),
    });
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let playing = Arc::clone(&player);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let player = Arc::clone(&playing);
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                while let Ok(count @ 1..) = client.read(&mut buffer).await {
                    // Questions come one at a time, each in one packet.
                    let text = String::from_utf8_lossy(&buffer[..count]).into_owned();
                    let lines = text.trim_end().split("\r\n");
                    let words: Vec<&str> = lines.filter(|line| !line.starts_with(['*', '$'])).collect();
                    player
                        .heard
                        .lock()
                        .expect("no other holds it")
                        .push(words.join(" "));
                    let _ = client.write_all(player.answer(&words).as_bytes()).await;
                }
            });
        }
    });
    Ok((port, player))
}

#[tokio::test]
async fn each_recorded_version_is_spoken_to_in_its_own_words() -> Result<()> {
    for (version, shown, not_passed) in [
        // No protected mode, and the eviction of a new group; no count of scripts, no size of the host; no CLIENT PAUSE,
        // which is the plan's default, and up to 6.0 one that stops reads as well.
        (
            "redis-2.8.21",
            "Redis 2.8.21",
            "S14 Warn, S15 Unknown, S17 Fail, P3 Unknown",
        ),
        (
            "redis-4.0.0",
            "Redis 4.0.0",
            "S4 Warn, S14 Warn, S12 Warn, S15 Unknown, S17 Warn",
        ),
        (
            "redis-5.0.0",
            "Redis 5.0.0",
            "S4 Warn, S14 Warn, S12 Warn, S17 Warn",
        ),
        ("redis-6.2.0", "Redis 6.2.0", "S4 Warn, S14 Warn, S12 Warn"),
        (
            "redis-7.4.0",
            "Redis 7.4.0",
            "S2 Fail, S4 Warn, S14 Warn, S12 Warn",
        ),
        ("valkey-8.0.1", "Valkey 8.0.1", "S4 Warn, S14 Warn, S12 Warn"),
    ] {
        let (port, _) = play(version).await?;
        let report = preflight(port).await?;
        let evidence = &finding(&report, "S1")?.evidence;
        assert!(evidence.ends_with(shown), "{version}: {evidence}");
        let found: Vec<String> = outcomes(&report)
            .lines()
            .filter(|line| !line.ends_with("Pass"))
            .map(str::to_owned)
            .collect();
        let found = found.join(", ");
        // `timeout` was not recorded, so it reads as an option that the engine does not have.
        assert_eq!(found, not_passed, "{version}: {:#?}", report.findings);
    }
    Ok(())
}

#[tokio::test]
async fn the_oldest_engine_is_asked_nothing_that_it_does_not_know() -> Result<()> {
    let (port, player) = play("redis-2.8.21").await?;
    preflight(port).await?;
    let heard = player.heard.lock().expect("no other holds it").clone();
    let unknown = ["HELLO", "CLIENT", "MODULE", "ACL", "FUNCTION", "CLUSTER"];
    for question in &heard {
        assert!(
            !unknown.iter().any(|word| question.starts_with(word)),
            "{question}"
        );
    }
    // Both samples by plain INFO, and nothing that is answered with a list of patterns or sections.
    assert_eq!(heard.iter().filter(|question| *question == "INFO").count(), 2);
    assert!(
        heard
            .iter()
            .filter(|question| question.starts_with("CONFIG"))
            .all(|it| it.split(' ').count() == 3)
    );
    Ok(())
}
