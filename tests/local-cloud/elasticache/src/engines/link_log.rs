//! Why a replica's link does not come up: read from the engine's own log. Pure.
//!
//! The lines are those of Redis 7.0 and Valkey 8.0, which differ in saying "master" or "primary".

use crate::state::Reason;

/// What the log has told so far about one link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LinkLog {
    /// How many of the engine's attempts have failed.
    failures: u32,
    this_attempt_failed: bool,
    /// The source has answered PING: what comes after that may take long.
    answered: bool,
    reason: Option<Reason>,
}

/// A piece of a line, in lower case and with "primary" read as "master", and what it means. The first that fits counts.
const CAUSES: [(&str, Reason); 18] = [
    ("can't handle rdb format version", Reason::InvalidRdb),
    ("bad file format reading", Reason::InvalidRdb),
    ("wrong signature trying to load db", Reason::InvalidRdb),
    ("configured to handle more than", Reason::InvalidRdb),
    ("failed trying to load the master", Reason::InvalidRdb),
    ("-denied", Reason::ProtectedMode),
    ("noauth", Reason::AuthRequired),
    ("noperm", Reason::ReplicationRefused),
    ("unknown command", Reason::ReplicationRefused),
    ("-loading", Reason::SourceNotReady),
    ("nomasterlink", Reason::SourceNotReady),
    ("error condition on socket for sync", Reason::Unreachable),
    ("timeout connecting to the master", Reason::Unreachable),
    ("unable to connect to master", Reason::UnknownHost),
    ("i/o error", Reason::ConnectionLost),
    ("timeout receiving bulk data", Reason::ConnectionLost),
    ("connection with master lost", Reason::ConnectionLost),
    ("master aborted replication", Reason::Unknown),
];

impl LinkLog {
    /// Takes one line of the log.
    pub(super) fn read(&mut self, line: &str) {
        let line = line.to_ascii_lowercase().replace("primary", "master");
        // A retry begins with one of these. "Non critical" lines are about options that the source lacks.
        if line.contains("connecting to master ") {
            self.this_attempt_failed = false;
            self.answered = false;
        }
        if line.contains("master replied to ping") {
            self.answered = true;
        }
        if line.contains("(non critical)") {
            return;
        }
        let Some((_, reason)) = CAUSES.iter().find(|(piece, _)| line.contains(piece)) else {
            return;
        };
        if !self.this_attempt_failed {
            self.failures += 1;
        }
        // The first line of an attempt is nearest to the cause; what follows are consequences.
        if !self.this_attempt_failed || *reason == Reason::InvalidRdb {
            self.reason = Some(reason.clone());
        }
        self.this_attempt_failed = true;
    }

    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    pub(super) fn answered(&self) -> bool {
        self.answered
    }

    pub(super) fn reason(&self) -> Option<&Reason> {
        self.reason.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &str) -> (u32, Option<Reason>) {
        let mut log = LinkLog::default();
        for line in lines.lines() {
            log.read(line);
        }
        (log.failures, log.reason)
    }

    #[test]
    fn a_refused_connection_is_counted_each_time() {
        let lines = "* Connecting to PRIMARY 127.0.0.1:17019\n* PRIMARY <-> REPLICA sync started\n\
                     # Error condition on socket for SYNC: Connection refused\n";
        assert_eq!(read(&lines.repeat(3)), (3, Some(Reason::Unreachable)));
    }

    #[test]
    fn a_password_is_one_failure_though_it_takes_two_lines() {
        let lines = "* Connecting to MASTER 127.0.0.1:17011\n\
            * (Non critical) Master does not understand REPLCONF capa: -NOAUTH Authentication required.\n\
            # Unexpected reply to PSYNC from master: -NOAUTH Authentication required.\n\
            * Retrying with SYNC...\n\
            # MASTER aborted replication with an error: NOAUTH Authentication required.\n\
            * Reconnecting to MASTER 127.0.0.1:17011 after failure\n";
        assert_eq!(read(lines), (1, Some(Reason::AuthRequired)));
    }

    #[test]
    fn an_rdb_from_the_future() {
        let lines = "* Connecting to MASTER 127.0.0.1:17010\n\
            * MASTER <-> REPLICA sync: Flushing old data\n\
            # Can't handle RDB format version 11\n\
            # Failed trying to load the MASTER synchronization DB from disk: Invalid argument\n\
            * Reconnecting to MASTER 127.0.0.1:17010 after failure\n";
        assert_eq!(read(&lines.repeat(2)), (2, Some(Reason::InvalidRdb)));
    }

    #[test]
    fn renamed_commands_protected_mode_and_names_that_do_not_resolve() {
        let renamed = "* Primary does not support PSYNC or is in error state (reply: -ERR unknown command 'PSYNC', with\
                       args beginning with: '8e' '1' )\n\
                       # PRIMARY aborted replication with an error: ERR unknown command 'SYNC', with args\n";
        assert_eq!(read(renamed), (1, Some(Reason::ReplicationRefused)));
        let protected =
            "# Error reply to PING from master: '-DENIED Redis is running in protected mode because'\n";
        assert_eq!(read(protected), (1, Some(Reason::ProtectedMode)));
        let unresolved = "* Connecting to PRIMARY no.such.host.invalid:1\n\
                          # Unable to connect to PRIMARY: Resource temporarily unavailable\n";
        assert_eq!(read(unresolved), (1, Some(Reason::UnknownHost)));
    }

    #[test]
    fn an_answer_is_one_of_this_attempt() {
        let mut log = LinkLog::default();
        log.read("* Connecting to MASTER 127.0.0.1:17010");
        assert!(!log.answered());
        log.read("* Master replied to PING, replication can continue...");
        assert!(log.answered());
        log.read("* Reconnecting to MASTER 127.0.0.1:17010 after failure");
        assert!(!log.answered());
    }

    #[test]
    fn a_good_sync_is_no_failure() {
        let lines = "* Connecting to PRIMARY 127.0.0.1:17010\n* Full resync from primary: 28596728:0\n\
                     * Discarding previously cached primary state.\n* Done loading RDB, keys loaded: 1.\n\
                     * PRIMARY <-> REPLICA sync: Finished with success\n";
        assert_eq!(read(lines), (0, None));
    }
}
