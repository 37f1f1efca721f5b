//! Which commands an engine knows by their own names. `rename-command` may have taken one away or given it another name;
//! a stream that carries a renamed write cannot be applied by a target that knows the command by its own name only.

use super::Reply;
use std::collections::BTreeMap;

/// The commands that AWS names, and those that a replica and the checks need.
/// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Migration-Prepare.html>.
pub const NEEDED_COMMANDS: [&str; 8] = [
    "sync", "psync", "replconf", "ping", "info", "config", "command", "cluster",
];

/// Writes that every version since 2.8 has, one or two of each data type: where one of them goes by another name, the
/// replication stream does too. Each needs at least one argument, so that asking without any runs nothing.
/// Source: the engines' table of commands: `src/redis.c` (2.8, 3.0), `src/server.c` (up to 6.2), `src/commands/` (7.0 on).
pub const WRITE_COMMANDS: [&str; 10] = [
    "set", "del", "expire", "incr", "append", "hset", "lpush", "sadd", "zadd", "eval",
];

/// Writes that are often taken away for safety. They run without an argument, so they are never tried.
/// Source: the same table.
pub const DANGEROUS_WRITES: [&str; 2] = ["flushall", "flushdb"];

/// What the cutover needs to stop the source's writers, beside CONFIG. Each fails without its arguments, or with one too
/// many, before it does anything.
/// Sources: `src/networking.c` (CLIENT), `src/multi.c` (MULTI, EXEC), and the same table for their arguments.
pub const FENCE_COMMANDS: [&str; 3] = ["client", "multi", "exec"];

/// Whether an engine knows one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandSeen {
    /// By its own name.
    Known(CommandInfo),
    /// By another name: it is in the list of commands but does not answer to its name.
    Renamed,
    /// Not by any name.
    Disabled,
    /// Not by its own name; the list of commands could not be read, so whether it has another is not known.
    NotByItsName,
    /// It could not be asked; the text says why.
    Unclear(String),
}

/// What COMMAND INFO says of a command. Only 6.0 and later give categories.
/// Source: `src/server.c`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandInfo {
    /// ACL categories, each with its `@`.
    pub categories: Vec<String>,
    /// The categories of its subcommands (7.0 and later), by full name such as `config|get`.
    pub subcommands: BTreeMap<String, Vec<String>>,
}

/// What an engine knows, by command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandTable(pub BTreeMap<String, CommandSeen>);

impl CommandTable {
    /// Reads COMMAND INFO's answer for these names, in their order.
    #[must_use]
    pub fn from_command_info(names: &[&str], reply: &Reply) -> CommandTable {
        let table = names.iter().enumerate().map(|(at, name)| {
            let seen = match reply.items().get(at) {
                Some(entry @ Reply::List(_)) => CommandSeen::Known(CommandInfo::parse(entry)),
                Some(Reply::Nil) => CommandSeen::NotByItsName,
                _ => CommandSeen::Unclear("COMMAND INFO gave no entry for it".to_owned()),
            };
            ((*name).to_owned(), seen)
        });
        CommandTable(table.collect())
    }

    /// Tells renamed from disabled by the list of all commands, which shows a renamed command under its own name.
    #[must_use]
    pub fn with_list(mut self, list: &[String]) -> CommandTable {
        for (name, seen) in &mut self.0 {
            if *seen == CommandSeen::NotByItsName {
                *seen = if list.iter().any(|listed| listed.eq_ignore_ascii_case(name)) {
                    CommandSeen::Renamed
                } else {
                    CommandSeen::Disabled
                };
            }
        }
        self
    }

    /// One command.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&CommandSeen> {
        self.0.get(name)
    }

    /// The ACL categories of a command, or of a subcommand such as `config|get`; none where they are not known.
    #[must_use]
    pub fn categories(&self, name: &str) -> Option<&[String]> {
        let command = name.split('|').next().unwrap_or(name);
        let CommandSeen::Known(info) = self.0.get(command)? else {
            return None;
        };
        let own = info.subcommands.get(name).unwrap_or(&info.categories);
        (!own.is_empty()).then_some(own.as_slice())
    }
}

/// The names in the answer to COMMAND (each entry's first) or to COMMAND LIST (each entry).
#[must_use]
pub fn command_names(reply: &Reply) -> Vec<String> {
    let name = |entry: &Reply| entry.text().or_else(|| entry.items().first()?.text());
    reply.items().iter().filter_map(name).collect()
}

impl CommandInfo {
    /// Where COMMAND INFO puts the categories, and the subcommands, counted from 0.
    /// Source: `addReplyCommandInfo` in `src/server.c`.
    const CATEGORIES: usize = 6;
    const SUBCOMMANDS: usize = 9;

    fn parse(entry: &Reply) -> CommandInfo {
        let texts = |reply: Option<&Reply>| -> Vec<String> {
            reply
                .map(|reply| reply.items().iter().filter_map(Reply::text).collect())
                .unwrap_or_default()
        };
        let subcommands = entry
            .items()
            .get(Self::SUBCOMMANDS)
            .map(Reply::items)
            .unwrap_or_default()
            .iter()
            .filter_map(|sub| {
                let parts = sub.items();
                Some((parts.first()?.text()?, texts(parts.get(Self::CATEGORIES))))
            })
            .collect();
        CommandInfo {
            categories: texts(entry.items().get(Self::CATEGORIES)),
            subcommands,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::reply::tests::{any_reply, recorded};
    use super::*;
    use proptest::prelude::*;

    const ASKED: [&str; 6] = ["sync", "psync", "info", "config", "command", "cluster"];

    #[test]
    fn each_recorded_version_is_read() {
        for (file, has_cluster, config_get) in [
            (
                include_str!("../../../../tests/fixtures/engines/redis-2.8.21/command_info.json"),
                false,
                None,
            ),
            (
                include_str!("../../../../tests/fixtures/engines/redis-4.0.0/command_info.json"),
                true,
                None,
            ),
            (
                include_str!("../../../../tests/fixtures/engines/redis-5.0.0/command_info.json"),
                true,
                None,
            ),
            (
                include_str!("../../../../tests/fixtures/engines/redis-6.2.0/command_info.json"),
                true,
                Some("@dangerous"),
            ),
            (
                include_str!("../../../../tests/fixtures/engines/redis-7.4.0/command_info.json"),
                true,
                Some("@dangerous"),
            ),
            (
                include_str!("../../../../tests/fixtures/engines/valkey-8.0.1/command_info.json"),
                true,
                Some("@dangerous"),
            ),
        ] {
            let table = CommandTable::from_command_info(&ASKED, &recorded(file));
            assert!(matches!(table.get("psync"), Some(CommandSeen::Known(_))));
            let cluster = matches!(table.get("cluster"), Some(CommandSeen::Known(_)));
            assert_eq!(cluster, has_cluster);
            let categories = table.categories("config|get");
            assert_eq!(
                categories
                    .and_then(|all| all.iter().find(|it| *it == "@dangerous"))
                    .map(String::as_str),
                config_get
            );
        }
    }

    #[test]
    fn renamed_is_told_from_disabled_where_the_list_can_be_read() {
        let reply = Reply::List(vec![Reply::Nil, Reply::Nil]);
        let table = CommandTable::from_command_info(&["config", "flushall"], &reply);
        assert_eq!(table.get("config"), Some(&CommandSeen::NotByItsName));
        let table = table.with_list(&["config".to_owned()]);
        assert_eq!(table.get("config"), Some(&CommandSeen::Renamed));
        assert_eq!(table.get("flushall"), Some(&CommandSeen::Disabled));
    }

    proptest! {
        #[test]
        fn any_answer_is_read_without_a_panic(reply in any_reply()) {
            let table = CommandTable::from_command_info(&ASKED, &reply).with_list(&command_names(&reply));
            prop_assert_eq!(table.0.len(), ASKED.len());
            let _ = table.categories("config|get");
        }
    }
}
