//! The peer that people use: redis-full-check, by those who made RedisShake. It is in no package registry; whoever has built
//! it names it in `REDIS_FULL_CHECK`. It compares full values, once, as fast as it lets itself be asked to.

use crate::engine::Engine;
use anyhow::{Context, Result, ensure};
use std::process::{Command, Stdio};

/// Runs it to its end. It prints no number of keys that could be relied on, so all are taken to be compared.
pub(crate) fn run(program: &str, source: &Engine, target: &Engine, keys: u64) -> Result<(u64, u64, String)> {
    let folder = tempfile::tempdir()?;
    let address = |engine: &Engine| engine.endpoint().to_string();
    let ended = Command::new(program)
        .args(["--source", &address(source), "--target", &address(target)])
        // Full values, one pass, and the most of everything that its manual allows.
        .args(["--comparemode", "1", "--comparetimes", "1", "--qps", "5000000"])
        .args(["--parallel", "8", "--batchcount", "2000"])
        .arg("--db")
        .arg(folder.path().join("result"))
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .with_context(|| format!("{program} does not run"))?;
    ensure!(ended.success(), "redis-full-check ended with {ended}");
    Ok((keys, 0, "full values, source to target".to_owned()))
}
