//! Why an engine did not give the answer that was asked for, told apart by what a person has to do about it.

use serde::{Deserialize, Serialize};

/// What an engine, or the way to it, did instead of answering.
/// Sources of the words: `src/server.c` (`createSharedObjects`), `src/networking.c` (`DENIED`, too many clients), `src/acl.c`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "camelCase", tag = "kind", content = "text")]
pub enum EngineFault {
    /// No TCP connection: refused, no route, or the name does not resolve.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// Nothing came back within the time allowed.
    #[error("no answer in time: {0}")]
    TimedOut(String),
    /// It wants a password: `NOAUTH`, or `ERR operation not permitted` of old versions.
    #[error("it requires AUTH")]
    AuthRequired,
    /// The user may not run the command: `NOPERM`.
    #[error("the default user may not run the command: {0}")]
    NotPermitted(String),
    /// `DENIED Redis is running in protected mode`.
    #[error("protected mode refuses clients from other hosts")]
    ProtectedMode,
    /// `LOADING`, `BUSY`, `MASTERDOWN`, `CLUSTERDOWN`: it will answer later.
    #[error("it is not ready: {0}")]
    NotReady(String),
    /// `ERR max number of clients reached`.
    #[error("it has no room for another client")]
    TooManyClients,
    /// `ERR unknown command`: renamed, disabled or too new for it.
    #[error("it does not know the command: {0}")]
    UnknownCommand(String),
    /// What came back is no RESP: something else listens there, or TLS is expected.
    #[error("it does not speak plain RESP: {0}")]
    NotRedis(String),
    /// Any other error reply, kept as it was.
    #[error("it answered: {0}")]
    Other(String),
}

impl EngineFault {
    /// Whether it refuses the command for want of memory: `OOM command not allowed when used memory > 'maxmemory'`.
    #[must_use]
    pub fn is_out_of_memory(&self) -> bool {
        matches!(self, EngineFault::Other(reply) if reply.starts_with("OOM "))
    }

    /// Whether there is no connection because no resolver knows the name.
    #[must_use]
    pub fn is_unknown_name(&self) -> bool {
        self.is_unreachable_by(&RESOLVERS_WORDS)
    }

    /// Whether the host refused the connection: nothing listens on that port.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.is_unreachable_by(&["refused"])
    }

    fn is_unreachable_by(&self, words: &[&str]) -> bool {
        let EngineFault::Unreachable(why) = self else {
            return false;
        };
        let why = why.to_ascii_lowercase();
        words.iter().any(|word| why.contains(word))
    }

    /// Reads an error reply (without its leading `-`). What is not known is kept.
    #[must_use]
    pub fn from_reply(reply: &str) -> EngineFault {
        let code = reply.split_whitespace().next().unwrap_or_default();
        let lower = reply.to_ascii_lowercase();
        match code {
            "NOAUTH" | "WRONGPASS" => EngineFault::AuthRequired,
            "NOPERM" => EngineFault::NotPermitted(reply.to_owned()),
            "DENIED" => EngineFault::ProtectedMode,
            "LOADING" | "BUSY" | "MASTERDOWN" | "CLUSTERDOWN" | "TRYAGAIN" => {
                EngineFault::NotReady(reply.to_owned())
            }
            _ if lower.contains("operation not permitted") => EngineFault::AuthRequired,
            _ if lower.contains("max number of clients") => EngineFault::TooManyClients,
            _ if lower.contains("unknown command") => EngineFault::UnknownCommand(reply.to_owned()),
            _ => EngineFault::Other(reply.to_owned()),
        }
    }

    /// Whether nothing was heard of an engine at all: it may be down, or nothing leads there.
    #[must_use]
    pub fn is_silence(&self) -> bool {
        matches!(self, EngineFault::Unreachable(_) | EngineFault::TimedOut(_))
    }

    /// Whether asking again later may help without anybody doing anything.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            EngineFault::TimedOut(_) | EngineFault::NotReady(_) | EngineFault::TooManyClients => true,
            EngineFault::Unreachable(_)
            | EngineFault::AuthRequired
            | EngineFault::NotPermitted(_)
            | EngineFault::ProtectedMode
            | EngineFault::UnknownCommand(_)
            | EngineFault::NotRedis(_)
            | EngineFault::Other(_) => false,
        }
    }
}

/// What resolvers say of a name that they do not know, in lower case.
const RESOLVERS_WORDS: [&str; 5] = [
    "resolve",
    "name or service",
    "lookup address",
    "no such host",
    "nodename",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_answered_nothing_is_silence() {
        let silent = [
            EngineFault::Unreachable("refused".to_owned()),
            EngineFault::TimedOut("3 s".to_owned()),
        ];
        assert!(silent.iter().all(EngineFault::is_silence));
        for reply in [
            "NOAUTH",
            "NOPERM",
            "DENIED",
            "LOADING",
            "ERR max number of clients reached",
            "ERR unknown command",
        ] {
            assert!(!EngineFault::from_reply(reply).is_silence(), "{reply}");
        }
        assert!(!EngineFault::NotRedis("HTTP".to_owned()).is_silence());
    }

    #[test]
    fn replies_are_told_apart_by_what_to_do_about_them() {
        let read = |reply: &str| EngineFault::from_reply(reply);
        assert_eq!(read("NOAUTH Authentication required."), EngineFault::AuthRequired);
        assert_eq!(read("ERR operation not permitted"), EngineFault::AuthRequired);
        assert_eq!(
            read("DENIED Redis is running in protected mode because"),
            EngineFault::ProtectedMode
        );
        assert!(read("LOADING Valkey is loading the dataset in memory").may_pass());
        assert!(matches!(
            read("ERR unknown command 'CONFIG'"),
            EngineFault::UnknownCommand(_)
        ));
        assert_eq!(read("WEIRD thing"), EngineFault::Other("WEIRD thing".to_owned()));
        assert_eq!(read(""), EngineFault::Other(String::new()));
    }

    #[test]
    fn a_name_that_is_not_known_is_told_from_a_port_that_is_shut() {
        let name = EngineFault::Unreachable(
            "failed to lookup address information: Name or service not known".to_owned(),
        );
        let port = EngineFault::Unreachable("Connection refused (os error 111)".to_owned());
        assert!(name.is_unknown_name() && !name.is_refused());
        assert!(port.is_refused() && !port.is_unknown_name());
        let silent = EngineFault::TimedOut("3 s".to_owned());
        assert!(!silent.is_unknown_name() && !silent.is_refused());
    }
}
