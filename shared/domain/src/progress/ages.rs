//! Whether a source's times of last use can be believed from the approval on. While an engine has a child process (a
//! snapshot, a rewrite of its append-only file, a full sync of some replica) it keeps none of them, lest the child's pages
//! be copied: what is written in place meanwhile looks as old as before (`lookupKey` in `src/db.c`, Redis 7.0.15 and Valkey
//! 8.0.1). No single look shows that there was none; the count of forks of two looks does.

use crate::engine::Info;
use jiff::Timestamp;

/// A snapshot that ended within so many seconds may have run when the approval was given: its look comes right after.
const JUST_NOW: i64 = 3;

const CHILDREN: [&str; 3] = [
    "rdb_bgsave_in_progress",
    "aof_rewrite_in_progress",
    "module_fork_in_progress",
];

/// The engine's count of forks, at a look at which it has no child and has had none just now. None too where it does not
/// count (before 6.2): then nothing is known.
pub(super) fn forks_at_rest(source: &Info, now: Timestamp) -> Option<u64> {
    let has_child = CHILDREN.into_iter().any(|field| source.is_set(field));
    let ended_just_now = source
        .count("rdb_last_save_time")
        .and_then(|ended| i64::try_from(ended).ok())
        .is_some_and(|ended| now.as_second().saturating_sub(ended) < JUST_NOW);
    source
        .count("total_forks")
        .filter(|_| !has_child && !ended_just_now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_that_runs_or_has_just_ended_and_a_count_that_is_not_kept_are_no_rest() {
        let at = |second| Timestamp::from_second(second).expect("a time");
        let rest = "total_forks:7\r\nrdb_bgsave_in_progress:0\r\nrdb_last_save_time:1000\r\n";
        assert_eq!(forks_at_rest(&Info::parse(rest), at(1_060)), Some(7));
        assert_eq!(forks_at_rest(&Info::parse(rest), at(1_002)), None);
        assert_eq!(forks_at_rest(&Info::parse(rest), at(1_003)), Some(7));
        for child in CHILDREN {
            let busy = format!("total_forks:7\r\n{child}:1\r\nrdb_last_save_time:1000\r\n");
            assert_eq!(forks_at_rest(&Info::parse(&busy), at(1_060)), None, "{child}");
        }
        assert_eq!(
            forks_at_rest(&Info::parse("redis_version:5.0.7\r\n"), at(1_060)),
            None
        );
    }
}
