//! What goes wrong, by name. A fault is something that is done to real processes, sockets, settings or answers; none of
//! the product's code knows of it.

mod answers;
mod engines;
mod network;

use crate::stage::Stage;
use anyhow::Result;
use serde_json::{Value, json};

/// Every fault with what it does. `matrix.md` uses these names.
const FAULTS: [(&str, &str); 67] = [
    ("nothing", "nothing goes wrong"),
    ("source killed", "kill -9, for good"),
    (
        "source restarted",
        "kill -9, and up again with what it had acknowledged",
    ),
    ("source frozen", "SIGSTOP for two seconds"),
    ("source password", "CONFIG SET requirepass"),
    ("source ACL", "the default user may not SYNC or PSYNC"),
    ("source commands renamed", "SYNC and PSYNC have other names"),
    ("source INFO renamed", "INFO has another name"),
    ("source cannot save", "the RDB cannot be written"),
    (
        "source new history",
        "another replication id, as after a failover",
    ),
    ("source at maxmemory", "it refuses writes for two seconds"),
    ("source stays at maxmemory", "it refuses writes for good"),
    (
        "source database 20",
        "a key in a database that the target does not have",
    ),
    ("source kicks its replicas", "CLIENT KILL TYPE replica, ten times"),
    (
        "source name unknown",
        "the plan names a host that no resolver knows",
    ),
    (
        "source fails over",
        "FAILOVER: another engine is the primary now, and this one its replica",
    ),
    ("source demoted", "REPLICAOF a primary that does not answer"),
    (
        "tiny output buffer",
        "an output buffer limit that real writes overrun, and a slow link",
    ),
    (
        "tiny backlog",
        "a backlog of 16 KiB, many writes, and a link that is cut for a second",
    ),
    (
        "tiny backlog, over and over",
        "the same until the migration gives up, so that each time the whole data is sent again",
    ),
    ("flood of writes", "as many writes as fit, for three seconds"),
    ("link cut", "closed for one second"),
    ("link silent", "closed for good, as by a firewall that drops"),
    ("link flaps", "closed and open five times"),
    ("link slow", "a megabyte a second from now on"),
    ("link stalled", "carries nothing for two seconds"),
    (
        "link forgets",
        "what is connected carries nothing any more and is not told; new connections are carried",
    ),
    ("target primary killed", "kill -9, for good"),
    ("target primary restarted", "kill -9, and up again empty"),
    ("target replica killed", "kill -9, for good"),
    (
        "target fails over",
        "its primary dies, and AWS says that a replica takes over",
    ),
    (
        "target node replaced",
        "its primary dies, and AWS says that it is being replaced",
    ),
    ("target deleted", "DeleteReplicationGroup"),
    (
        "target snapshotting",
        "its status says snapshotting for two seconds",
    ),
    ("somebody completes", "CompleteMigration by somebody else"),
    ("somebody aborts", "CompleteMigration with Force by somebody else"),
    (
        "somebody starts first",
        "the group follows another source already",
    ),
    ("API throttled", "six calls are throttled"),
    ("throttling storm", "every call is throttled for five seconds"),
    ("throttled for good", "every call is throttled"),
    ("API down", "five calls get no answer"),
    ("API gone", "no call gets an answer"),
    ("API slow", "five calls take two seconds more"),
    ("start denied", "StartMigration is denied"),
    ("completion denied", "CompleteMigration is denied"),
    (
        "start answer lost",
        "StartMigration takes effect and does not answer",
    ),
    (
        "completion answer lost",
        "CompleteMigration takes effect and does not answer",
    ),
    (
        "topic answer lost",
        "ModifyReplicationGroup takes effect and does not answer",
    ),
    ("topic denied", "ModifyReplicationGroup is denied"),
    ("completion refused", "AWS refuses once: data is not in sync"),
    (
        "promotion fails",
        "AWS accepts, and fails to promote once: a node is being replaced",
    ),
    (
        "late event",
        "a failure of an earlier migration is still in the event log",
    ),
    ("duplicate events", "one message of ElastiCache comes five times"),
    ("unknown event", "an event with a text that nobody knows"),
    ("no rehearsal event", "TestMigration leaves no event"),
    ("plain reasons", "AWS gives a reason for a failure"),
    (
        "lambda crash after start",
        "the function start dies between effect and answer",
    ),
    (
        "lambda time-out after start",
        "the function start times out between effect and answer",
    ),
    (
        "lambda crash after complete",
        "the function cutover dies between effect and answer",
    ),
    (
        "lambda crash after prove",
        "the function cutover dies after the proof",
    ),
    (
        "lambda crashes everywhere",
        "each function dies once after its work",
    ),
    ("lambda throttled", "Lambda refuses each function twice"),
    ("lambda service fails", "Lambda itself fails for each function"),
    ("poll-lag times out", "three looks in a row time out"),
    (
        "diagnose crashes",
        "the diagnosis dies each time, after the source was killed",
    ),
    ("abort ordered", "a person gives it up"),
    ("wrong approval", "an approval for another verdict, twice"),
];

/// Their names.
pub fn known_faults() -> impl Iterator<Item = &'static str> {
    FAULTS.iter().map(|(name, _)| *name)
}

/// What a source has to be started with for a fault.
pub(crate) fn source_config(fault: &str) -> &'static [&'static str] {
    match fault {
        "source commands renamed" => &[
            "rename-command SYNC hidden-sync",
            "rename-command PSYNC hidden-psync",
        ],
        "source INFO renamed" => &["rename-command INFO hidden-info"],
        "source database 20" => &["databases 32"],
        "tiny backlog" | "tiny backlog, over and over" => &["repl-backlog-size 16kb"],
        "source cannot save" => &["repl-diskless-sync no"],
        _ => &[],
    }
}

/// What a plan has to say for a fault: a name that is the fault, or limits that a row can wait for.
pub(crate) fn plan(fault: &str, input: &mut Value) {
    match fault {
        "source name unknown" => input["source"]["address"] = json!("no-such-host.invalid"),
        "link forgets" => input["limits"]["stallSeconds"] = json!(5),
        "source fails over" | "source demoted" => input["limits"]["recoverySeconds"] = json!(5),
        _ => {}
    }
}

/// Does it.
pub(crate) async fn strike(stage: &mut Stage, fault: &str) -> Result<()> {
    let kind = fault.split(' ').next().unwrap_or_default();
    match kind {
        "nothing" => Ok(()),
        "source" => engines::source(stage, fault).await,
        "tiny" | "flood" => network::buffers(stage, fault).await,
        "link" => network::link(stage, fault).await,
        "target" | "somebody" => engines::target(stage, fault).await,
        "abort" | "wrong" => answers::person(stage, fault).await,
        "lambda" | "poll-lag" | "diagnose" => answers::lambda(stage, fault),
        _ => answers::api(stage, fault).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_each_says_what_it_does() {
        let names: BTreeSet<_> = known_faults().collect();
        assert_eq!(names.len(), FAULTS.len());
        assert!(FAULTS.iter().all(|(_, what)| what.len() > 5));
    }
}
