//! Nothing is left behind, and one cloud serves several runtimes.

use serde_json::json;

use crate::{eventually, start};

/// The children that this test's cloud started, found by the port of its front door in their environment or arguments.
fn processes_of(port: &str) -> usize {
    let mine = |folder: &std::path::Path| {
        ["environ", "cmdline"].iter().any(|file| {
            let text = std::fs::read(folder.join(file)).unwrap_or_default();
            text.split(|byte| *byte == 0)
                .any(|part| part.ends_with(port.as_bytes()))
        })
    };
    let folders = std::fs::read_dir("/proc").unwrap().flatten();
    folders.filter(|entry| mine(&entry.path())).count()
}

#[tokio::test]
async fn a_dropped_cloud_takes_its_processes_with_it() {
    let cloud = start().await;
    let port = cloud.endpoint_url().rsplit(':').next().unwrap().to_owned();
    cloud.invoke("Echo", json!({})).await.unwrap().unwrap();
    assert_eq!(processes_of(&port), 2, "moto and one sandbox");
    drop(cloud);
    eventually("all processes are gone", async || processes_of(&port) == 0).await;
}

#[tokio::test]
async fn shutdown_waits_until_all_is_gone() {
    let cloud = start().await;
    let port = cloud.endpoint_url().rsplit(':').next().unwrap().to_owned();
    cloud.invoke("Echo", json!({})).await.unwrap().unwrap();
    let in_flight = cloud
        .functions()
        .invoke_event("Echo", r#"{"do":"sleep","milliseconds":60000}"#.into());
    assert!(in_flight);
    cloud.shutdown().await;
    assert_eq!(processes_of(&port), 0);
}

#[test]
fn a_cloud_outlives_the_runtime_that_started_it() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let cloud = runtime().block_on(start());
    for _ in 0..2 {
        let answer = runtime().block_on(cloud.invoke("Echo", json!({ "do": "count" })));
        assert!(answer.unwrap().is_ok());
    }
    assert_eq!(cloud.functions().cold_starts("Echo"), 1);
}
