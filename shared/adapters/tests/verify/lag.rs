//! given a target that is seconds behind, longer than a difference has to be there to be reported; when it is verified; then
//! what it has not yet received is no difference, and what was planted is.

use super::engines::{Pair, REDIS, VALKEY, run};
use adapters::verify::compare;
use anyhow::Result;
use domain::Seconds;
use domain::verify::{DifferenceKind, VerifyRule};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::thread::spawn;
use std::time::{Duration, Instant};

/// A port that leads to `port`, with everything from there arriving late.
fn late(port: u16, by: Duration) -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let own = listener.local_addr()?.port();
    spawn(move || -> Result<()> {
        for replica in listener.incoming() {
            let (mut replica, mut source) = (replica?, TcpStream::connect(("127.0.0.1", port))?);
            let (mut from_replica, mut to_source) = (replica.try_clone()?, source.try_clone()?);
            spawn(move || std::io::copy(&mut from_replica, &mut to_source));
            let (arrived, leaves) = channel::<(Instant, Vec<u8>)>();
            spawn(move || -> Result<()> {
                let mut piece = vec![0; 64 * 1024];
                loop {
                    match source.read(&mut piece)? {
                        0 => return Ok(()),
                        read => arrived.send((Instant::now() + by, piece[..read].to_vec()))?,
                    }
                }
            });
            spawn(move || -> Result<()> {
                for (at, piece) in leaves {
                    std::thread::sleep(at.saturating_duration_since(Instant::now()));
                    replica.write_all(&piece)?;
                }
                Ok(())
            });
        }
        Ok(())
    });
    Ok(own)
}

#[tokio::test]
async fn what_is_still_on_its_way_is_no_difference() -> Result<()> {
    let lag = Duration::from_secs(3);
    let pair = Pair::start(REDIS, VALKEY)?;
    let mut writer = pair.source.connection()?;
    for i in 0..200 {
        run(&mut writer, &format!("SET k{i} before"))?;
    }
    pair.sync_through(late(pair.source.port, lag)?)?;
    run(&mut pair.spoiler()?, "SET k7 planted")?;
    // On their way while the comparison begins: other values, gone, new, of another type.
    for i in 10..60 {
        run(&mut writer, &format!("SET k{i} after"))?;
        run(&mut writer, &format!("DEL k{}", i + 50))?;
        run(&mut writer, &format!("SADD new{i} a b"))?;
        run(&mut writer, &format!("DEL k{}", i + 100))?;
        run(&mut writer, &format!("RPUSH k{} a", i + 100))?;
    }
    let rule = VerifyRule {
        settle: Seconds(1),
        ..VerifyRule::default()
    };
    let progress = compare(&pair.shards(), &rule, "seed", None, Duration::from_secs(120)).await?;
    assert!(progress.is_done());
    let found: Vec<_> = progress
        .first
        .iter()
        .map(|found| (found.key.as_str(), found.kind))
        .collect();
    assert_eq!(found, [("k7", DifferenceKind::Value)]);
    assert!(progress.counts.settled >= 100, "{:?}", progress.counts);
    Ok(())
}
