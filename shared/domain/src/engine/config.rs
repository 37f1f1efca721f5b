//! What CONFIG GET said, option by option. An option that was not asked for, or whose answer was refused, is unknown; one
//! that the engine does not have is known not to be there. The two must not be mixed up: CONFIG may be renamed.

use super::Reply;
use crate::Observed;
use std::collections::BTreeMap;

/// The options that the checks read. Asked for one at a time: several patterns in one call are an error before 7.0.
/// Source of the names, older ones included, and of that error: `src/config.c` of the engines.
pub const CONFIG_OPTIONS: [&str; 17] = [
    "appendonly",
    "bind",
    "client-output-buffer-limit",
    "databases",
    "maxmemory",
    "maxmemory-policy",
    "min-replicas-to-write",
    "min-slaves-to-write",
    "notify-keyspace-events",
    "port",
    "protected-mode",
    "repl-backlog-size",
    "repl-diskless-sync",
    "repl-timeout",
    "requirepass",
    "timeout",
    "tls-port",
];

/// Options whose value is a secret: only whether they are set is kept.
const SECRETS: [&str; 2] = ["requirepass", "masterauth"];

/// What stands in for a secret that is set.
const SET: &str = "(set)";

/// The answers to CONFIG GET.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigAnswers(BTreeMap<String, Observed<Option<String>>>);

impl ConfigAnswers {
    /// Remembers the answer for one option. A secret is replaced by a mark that it is set.
    pub fn record(&mut self, option: &str, answer: Observed<Reply>) {
        let value = answer.map(|reply| {
            let value = reply.fields().get(option).and_then(|value| value.text());
            match value {
                Some(value) if SECRETS.contains(&option) && !value.is_empty() => Some(SET.to_owned()),
                value => value,
            }
        });
        self.0.insert(option.to_owned(), value);
    }

    /// An option's value; `Known(None)` where the engine has no such option.
    #[must_use]
    pub fn option(&self, name: &str) -> Observed<Option<&str>> {
        match self.0.get(name) {
            Some(Observed::Known(value)) => Observed::Known(value.as_deref()),
            Some(Observed::Unknown(why)) => Observed::Unknown(why.clone()),
            None => Observed::Unknown(format!("CONFIG GET {name} was not asked")),
        }
    }

    /// The first option of several names that the engine knows: options were renamed from slave to replica in 5.0.
    #[must_use]
    pub fn either(&self, names: [&str; 2]) -> Observed<Option<&str>> {
        match self.option(names[0]) {
            Observed::Known(None) => self.option(names[1]),
            answer => answer,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answer(option: &str, value: &str) -> Observed<Reply> {
        Observed::Known(Reply::List(vec![
            Reply::Text(option.to_owned()),
            Reply::Text(value.to_owned()),
        ]))
    }

    /// Answers as a test wants them.
    pub(crate) fn config(values: &[(&str, &str)]) -> ConfigAnswers {
        let mut config = ConfigAnswers::default();
        for option in CONFIG_OPTIONS {
            config.record(option, Observed::Known(Reply::List(vec![])));
        }
        for (option, value) in values {
            config.record(option, answer(option, value));
        }
        config
    }

    #[test]
    fn an_option_that_is_not_there_is_told_from_one_that_was_refused() {
        let mut config = config(&[("bind", "10.0.0.1")]);
        assert_eq!(config.option("bind"), Observed::Known(Some("10.0.0.1")));
        assert_eq!(config.option("protected-mode"), Observed::Known(None));
        config.record("protected-mode", Observed::Unknown("NOPERM".to_owned()));
        assert_eq!(
            config.option("protected-mode"),
            Observed::Unknown("NOPERM".to_owned())
        );
        assert!(config.option("save").why_unknown().is_some());
    }

    #[test]
    fn a_password_is_not_kept() {
        let config = config(&[("requirepass", "hunter2")]);
        assert!(!format!("{config:?}").contains("hunter2"));
        assert_eq!(config.option("requirepass"), Observed::Known(Some(SET)));
    }

    proptest! {
        #[test]
        fn any_answer_is_read_without_a_panic(reply in crate::engine::reply::tests::any_reply()) {
            let mut config = ConfigAnswers::default();
            config.record("requirepass", Observed::Known(reply));
            let _ = config.option("requirepass");
        }
    }
}
