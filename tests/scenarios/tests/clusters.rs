//! The stage of stories about clusters.

use anyhow::Result;
use scenarios::Source;

#[tokio::test]
async fn a_source_cluster_has_a_key_in_every_slot_and_takes_writes_in_every_shard() -> Result<()> {
    let source = Source::start_cluster("redis-server", 3).await?;
    let of_each_type = 50 * 7;
    assert_eq!(source.key_count().await?, 16_384 + of_each_type);
    for (engine, slots) in source.engines().iter().zip([5_461, 5_461, 5_462]) {
        let keys: u64 = engine.command(&["DBSIZE"]).await?.parse()?;
        assert!(
            keys > slots + 100,
            "{keys} keys: one a slot, and of each type some"
        );
        let nodes = engine.command(&["CLUSTER", "NODES"]).await?;
        assert_eq!(nodes.matches("127.0.0.1:").count(), 3, "{nodes}");
    }
    assert_eq!(
        source
            .settings()
            .await?
            .keys()
            .filter(|name| name.ends_with("/maxmemory"))
            .count(),
        3
    );
    assert!(source.takes_writes().await);
    assert_eq!(
        source.key_count().await?,
        16_384 + of_each_type + 3,
        "a probe in every shard"
    );
    source.engines()[2].kill();
    assert!(!source.takes_writes().await, "a shard is gone");
    Ok(())
}
