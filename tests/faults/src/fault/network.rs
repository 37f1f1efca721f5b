//! Faults between the engines: the link, and the buffers that real writes overrun.

use crate::proxy::Link;
use crate::stage::Stage;
use anyhow::{Result, bail};
use std::time::Duration;

pub(super) async fn buffers(stage: &mut Stage, fault: &str) -> Result<()> {
    match fault {
        "tiny output buffer" => {
            let limit = [
                "CONFIG",
                "SET",
                "client-output-buffer-limit",
                "replica 64kb 64kb 1",
            ];
            stage.source.engine().command(&limit).await?;
            stage.proxy.set(Link::Slow(300_000));
            stage.writer.flood(true);
        }
        "tiny backlog" => {
            stage.proxy.set(Link::Cut);
            stage.writer.flood(true);
            tokio::time::sleep(Duration::from_secs(1)).await;
            stage.writer.flood(false);
            stage.proxy.set(Link::Open);
        }
        "tiny backlog, over and over" => {
            stage.writer.flood(true);
            stage.proxy.cut_over_and_over();
        }
        "flood of writes" => {
            stage.writer.flood(true);
            tokio::time::sleep(Duration::from_secs(3)).await;
            stage.writer.flood(false);
        }
        other => bail!("there is no fault {other:?}"),
    }
    Ok(())
}

pub(super) async fn link(stage: &Stage, fault: &str) -> Result<()> {
    let brief = Duration::from_secs(1);
    match fault {
        "link cut" => {
            stage.proxy.set(Link::Cut);
            tokio::time::sleep(brief).await;
            stage.proxy.set(Link::Open);
        }
        "link forgets" => stage.proxy.set(Link::Forgetful),
        "link silent" => stage.proxy.set(Link::Silent),
        "link flaps" => {
            for _ in 0..5 {
                stage.proxy.set(Link::Cut);
                tokio::time::sleep(brief / 4).await;
                stage.proxy.set(Link::Open);
                tokio::time::sleep(brief / 2).await;
            }
        }
        "link slow" => stage.proxy.set(Link::Slow(1_000_000)),
        "link stalled" => {
            stage.proxy.set(Link::Stalled);
            tokio::time::sleep(brief * 2).await;
            stage.proxy.set(Link::Open);
        }
        other => bail!("there is no fault {other:?}"),
    }
    Ok(())
}
