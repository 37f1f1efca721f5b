//! The data that is compared: a million small keys, or collections of 300. The same in every run.

use anyhow::Result;
use redis::{Connection, Pipeline};

/// Members of a collection.
const MEMBERS: usize = 300;
/// Commands sent at a time.
const PIPELINE: usize = 5_000;

/// What a round compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Data {
    /// Nine strings of 16 to 112 bytes in ten, then hashes of 5, lists of 5, sets of 5 and sorted sets of 5; three keys in
    /// ten have a time to live.
    SmallKeys,
    /// Half sets, half hashes, all of them hash tables on both sides.
    Collections,
}

impl Data {
    /// What it is, for people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Data::SmallKeys => "small keys",
            Data::Collections => "sets and hashes of 300",
        }
    }

    /// Fills an empty engine with so many keys.
    pub(crate) fn fill(self, engine: &mut Connection, keys: usize) -> Result<()> {
        let mut pipeline = redis::pipe();
        for number in 0..keys {
            match self {
                Data::SmallKeys => small(&mut pipeline, number),
                Data::Collections => collection(&mut pipeline, number),
            }
            let full = match self {
                Data::SmallKeys => PIPELINE,
                Data::Collections => PIPELINE / MEMBERS,
            };
            if number % full == full - 1 || number + 1 == keys {
                pipeline.query::<()>(engine)?;
                pipeline.clear();
            }
        }
        Ok(())
    }
}

fn small(pipeline: &mut Pipeline, number: usize) {
    let key = format!("user:{number}:session");
    match number % 40 {
        0..36 => {
            let length = 16 + number % 97;
            let value = format!("{number:016}").repeat(length.div_ceil(16));
            pipeline.cmd("SET").arg(&key).arg(&value[..length]).ignore();
        }
        36 => command(
            pipeline,
            "HSET",
            &key,
            (0..5).map(|i| [format!("field{i}"), format!("value{number}")]),
        ),
        37 => command(
            pipeline,
            "RPUSH",
            &key,
            (0..5).map(|i| [format!("element{number}-{i}")]),
        ),
        38 => command(
            pipeline,
            "SADD",
            &key,
            (0..5).map(|i| [format!("member{number}-{i}")]),
        ),
        _ => command(
            pipeline,
            "ZADD",
            &key,
            (0..5).map(|i| [format!("{number}.{i}"), format!("member{i}")]),
        ),
    }
    if number % 10 < 3 {
        pipeline.cmd("EXPIRE").arg(&key).arg(100_000 + number).ignore();
    }
}

fn collection(pipeline: &mut Pipeline, number: usize) {
    let key = format!("collection:{number}");
    if number.is_multiple_of(2) {
        command(
            pipeline,
            "SADD",
            &key,
            (0..MEMBERS).map(|i| [format!("member:{number}:{i}")]),
        );
    } else {
        // One value longer than 64 bytes makes it a hash table.
        let value = |i: usize| format!("value:{number}:{i}").repeat(if i == 0 { 6 } else { 1 });
        command(
            pipeline,
            "HSET",
            &key,
            (0..MEMBERS).map(|i| [format!("field:{i}"), value(i)]),
        );
    }
}

fn command<const N: usize>(
    pipeline: &mut Pipeline,
    name: &str,
    key: &str,
    arguments: impl Iterator<Item = [String; N]>,
) {
    pipeline.cmd(name).arg(key);
    for argument in arguments.flatten() {
        pipeline.arg(argument);
    }
    pipeline.ignore();
}
