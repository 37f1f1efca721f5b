//! What engines write when a sync fails. The phrases are asked for at CloudWatch Logs, so that a log of any size answers
//! with a page; the causes read the lines that come back. The texts are those of Redis 2.8 to 7.4 and Valkey 7.2 to 8.0
//! (`replication.c`, `rdb.c`, `networking.c`, `server.c`), which differ in MASTER, Master, PRIMARY and Primary alone: a
//! phrase stops before that word.

use super::Side;

/// A phrase that tells something.
#[derive(Clone, Copy, Debug)]
pub struct Sign {
    /// As the engine writes it: CloudWatch Logs minds capitals.
    pub phrase: &'static str,
    /// Which side writes it.
    pub side: Side,
    /// A whole line, as an engine writes it.
    pub line: &'static str,
    /// What it is a sign of.
    pub cause: &'static str,
}

const fn source(phrase: &'static str, line: &'static str, cause: &'static str) -> Sign {
    Sign {
        phrase,
        side: Side::Source,
        line,
        cause,
    }
}

const fn target(phrase: &'static str, line: &'static str, cause: &'static str) -> Sign {
    Sign {
        phrase,
        side: Side::Target,
        line,
        cause,
    }
}

/// Every phrase. A new one is a line here; a test holds that its cause reads it.
pub const SIGNS: [Sign; 24] = [
    source(
        "save in background",
        "Can't save in background: fork: Cannot allocate memory",
        "fork_failed",
    ),
    source(
        "Background saving error",
        "Background saving error",
        "fork_failed",
    ),
    source(
        "BGSAVE for replication failed",
        "BGSAVE for replication failed",
        "fork_failed",
    ),
    source(
        "Failed opening",
        "Failed opening the temp RDB file temp-17.rdb (in server root dir /data) for saving: Permission denied",
        "fork_failed",
    ),
    source(
        "Error moving temp DB file",
        "Error moving temp DB file temp-17.rdb on the final destination dump.rdb (in server root dir /data): Is a directory",
        "fork_failed",
    ),
    source(
        "Write error",
        "Write error saving DB on disk(rdbSaveRio): No space left on device",
        "fork_failed",
    ),
    source(
        "MISCONF",
        "-MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
        "fork_failed",
    ),
    source(
        "output buffer limits",
        "Client id=7 addr=10.0.1.5:6379 flags=S scheduled to be closed ASAP for overcoming of output buffer limits.",
        "output_buffer_overrun",
    ),
    source(
        "Unable to partial resync",
        "Unable to partial resync with replica 10.0.1.5:6379 for lack of backlog (Replica request was: 17).",
        "backlog_too_small",
    ),
    source(
        "Disconnecting timedout replica",
        "Disconnecting timedout replica (full sync): 10.0.1.5:6379",
        "transfer_timed_out",
    ),
    source(
        "Out Of Memory",
        "Out Of Memory allocating 20480 bytes!",
        "source_out_of_memory",
    ),
    source(
        "OOM command",
        "-OOM command not allowed when used memory > 'maxmemory'.",
        "source_out_of_memory",
    ),
    target(
        "Timeout receiving bulk data",
        "Timeout receiving bulk data from MASTER... If the problem persists try to set the 'repl-timeout' parameter",
        "transfer_timed_out",
    ),
    target(
        "no data nor PING",
        "PRIMARY timeout: no data nor PING received...",
        "source_not_reached",
    ),
    target(
        "Timeout connecting to the",
        "Timeout connecting to the PRIMARY...",
        "source_not_reached",
    ),
    target(
        "Error condition on socket",
        "Error condition on socket for SYNC: Connection refused",
        "source_port_refused",
    ),
    target(
        "Unable to connect to",
        "Unable to connect to MASTER: Invalid argument",
        "source_name_not_resolved",
    ),
    target(
        "aborted replication with an error",
        "PRIMARY aborted replication with an error: NOAUTH Authentication required.",
        "source_requires_password",
    ),
    target(
        "does not understand REPLCONF",
        "(Non critical) Master does not understand REPLCONF capa: -NOPERM this user has no permissions to run 'replconf'",
        "source_acl_restricts",
    ),
    target(
        "in protected mode",
        "-DENIED Redis is running in protected mode because protected mode is enabled",
        "source_in_protected_mode",
    ),
    target(
        "handle RDB format version",
        "Can't handle RDB format version 12",
        "rdb_version_too_new",
    ),
    target(
        "no matching module",
        "The RDB file contains module data I can't load: no matching module type 'ReJSON-RL'",
        "module_data",
    ),
    target(
        "configured to handle more than",
        "FATAL: Data file was created with a Valkey server configured to handle more than 16 databases. Exiting",
        "database_count",
    ),
    target(
        "Short read or OOM",
        "Short read or OOM loading DB. Unrecoverable error, aborting now.",
        "target_out_of_memory",
    ),
];

/// The longest pattern that FilterLogEvents takes.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>
#[cfg(test)]
const LONGEST: usize = 1_024;

/// CloudWatch Logs' pattern for a line that holds any of the phrases: each an optional term (`?`).
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>
#[must_use]
pub fn filter_pattern() -> String {
    SIGNS
        .iter()
        .map(|sign| format!("?\"{}\"", sign.phrase))
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::super::diagnose;
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn every_sign_is_read_by_its_cause_and_by_no_other_first() {
        for sign in &SIGNS {
            assert!(sign.line.contains(sign.phrase), "{}", sign.phrase);
            let diagnosis = diagnose(&seen("Observe").log_line_of(sign.side, sign.line));
            assert_eq!(diagnosis.causes[0].id, sign.cause, "{}", sign.line);
        }
    }

    #[test]
    fn the_pattern_fits_and_quotes_what_it_asks_for() {
        let pattern = filter_pattern();
        assert!(pattern.len() <= LONGEST, "{} characters", pattern.len());
        assert!(pattern.starts_with("?\"save in background\" ?\""), "{pattern}");
        assert!(SIGNS.iter().all(|sign| !sign.phrase.contains(['"', '\\'])));
    }
}
