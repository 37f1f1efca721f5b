//! The writer's acknowledged writes, looked for on an engine.

use super::expectation::Expectation;
use super::{Tally, replies};
use crate::address::Address;
use crate::content::Content;
use crate::dataset::DATABASES;
use crate::ledger::Ledger;
use crate::writes::Key;
use std::collections::BTreeMap;

const KEYS_AT_A_TIME: usize = 200;

/// Looks for every acknowledged write that no later one replaced.
pub(crate) async fn check_writes(engine: &Address, ledger: &Ledger) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    let mut expectations: BTreeMap<Key, Expectation> = BTreeMap::new();
    for (write, acknowledged) in ledger.writes() {
        expectations
            .entry(write.key)
            .or_default()
            .expect(&write, acknowledged);
        tally.row(write.key.kind, write.key.database()).acknowledged += u64::from(acknowledged);
    }
    for database in DATABASES {
        let mut connection = engine.connect(database).await?;
        let here: Vec<_> = expectations
            .iter()
            .filter(|(key, _)| key.database() == database)
            .collect();
        for chunk in here.chunks(KEYS_AT_A_TIME) {
            let mut pipe = redis::pipe();
            for (key, _) in chunk {
                Content::ask(key.kind, &key.to_string(), &mut pipe);
            }
            let mut replies = replies(&mut pipe, &mut connection).await?;
            for (key, expectation) in chunk {
                tally.row(key.kind, database).compared += expectation.looks();
                let wrong = match Content::answer(key.kind, &mut replies) {
                    Ok(found) => expectation.judge(key.kind, found),
                    Err(error) => vec![error],
                };
                for what in wrong {
                    tally.miss(key.kind, database, format!("{key} {what}"));
                }
            }
        }
    }
    Ok(tally)
}
