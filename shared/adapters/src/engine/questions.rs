//! What one node is asked beside INFO. Each question stands alone: where one is refused, the others are still asked.

use super::Connection;
use domain::Observed;
use domain::engine::{
    AclUser, CONFIG_OPTIONS, CommandInfo, CommandSeen, CommandTable, ConfigAnswers, DANGEROUS_WRITES,
    EngineFault, EngineVersion, FENCE_COMMANDS, Info, NEEDED_COMMANDS, Reply, WRITE_COMMANDS, command_names,
    libraries, modules,
};
use domain::preflight::{LaterInfo, NodeAnswers};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Asks everything, and INFO once more when `apart` has passed since `first_at`.
pub(super) async fn ask_all(
    connection: &mut Connection,
    info: &Info,
    first_at: Instant,
    apart: Duration,
) -> NodeAnswers {
    let version = EngineVersion::from_info(info);
    let since = |major, minor| {
        version
            .as_ref()
            .is_none_or(|version| version.is_at_least(major, minor, 0))
    };
    NodeAnswers {
        config: config(connection).await,
        commands: commands(connection, since(7, 0)).await,
        user: if since(6, 0) {
            user(connection).await
        } else {
            Observed::Known(None)
        },
        modules: match since(4, 0) {
            true => Observed::from(connection.ask(&["MODULE", "LIST"]).await).map(|reply| modules(&reply)),
            false => Observed::Known(vec![]),
        },
        libraries: match since(7, 0) {
            true => {
                Observed::from(connection.ask(&["FUNCTION", "LIST"]).await).map(|reply| libraries(&reply))
            }
            false => Observed::Known(vec![]),
        },
        later: later(connection, first_at, apart).await,
    }
}

async fn later(connection: &mut Connection, first_at: Instant, apart: Duration) -> Observed<LaterInfo> {
    sleep_until(first_at + apart).await;
    let answer = connection.info().await;
    let after_millis = u64::try_from(first_at.elapsed().as_millis()).unwrap_or(u64::MAX);
    Observed::from(answer).map(|info| LaterInfo { info, after_millis })
}

/// One option at a time. Where CONFIG itself is refused, the first refusal stands for all.
async fn config(connection: &mut Connection) -> ConfigAnswers {
    let mut answers = ConfigAnswers::default();
    let mut refused: Option<EngineFault> = None;
    for option in CONFIG_OPTIONS {
        let answer = match &refused {
            Some(fault) => Err(fault.clone()),
            None => connection.ask(&["CONFIG", "GET", option]).await,
        };
        if let Err(fault @ (EngineFault::UnknownCommand(_) | EngineFault::NotPermitted(_))) = &answer {
            refused = Some(fault.clone());
        }
        answers.record(option, Observed::from(answer));
    }
    answers
}

/// The user that a client without a password is.
async fn user(connection: &mut Connection) -> Observed<Option<AclUser>> {
    let name = match connection.ask(&["ACL", "WHOAMI"]).await {
        Ok(reply) => reply.text().unwrap_or_else(|| "default".to_owned()),
        Err(fault) => return Observed::Unknown(fault.to_string()),
    };
    match connection.ask(&["ACL", "GETUSER", &name]).await {
        Ok(reply) => match AclUser::parse(&name, &reply) {
            Some(user) => Observed::Known(Some(user)),
            None => Observed::Unknown(format!("ACL GETUSER {name} could not be understood")),
        },
        Err(fault) => Observed::Unknown(fault.to_string()),
    }
}

async fn commands(connection: &mut Connection, has_list: bool) -> Observed<CommandTable> {
    let names: Vec<&str> = [
        &NEEDED_COMMANDS[..],
        &WRITE_COMMANDS,
        &DANGEROUS_WRITES,
        &FENCE_COMMANDS,
    ]
    .concat();
    let question: Vec<&str> = ["COMMAND", "INFO"]
        .into_iter()
        .chain(names.iter().copied())
        .collect();
    let table = match connection.ask(&question).await {
        Ok(reply) => CommandTable::from_command_info(&names, &reply),
        Err(EngineFault::UnknownCommand(_)) => return Observed::Known(probe(connection).await),
        Err(fault) => return Observed::Unknown(fault.to_string()),
    };
    if !table.0.values().any(|seen| *seen == CommandSeen::NotByItsName) {
        return Observed::Known(table);
    }
    let list: &[&str] = if has_list {
        &["COMMAND", "LIST"]
    } else {
        &["COMMAND"]
    };
    match connection.ask(list).await {
        Ok(reply) => Observed::Known(table.with_list(&command_names(&reply))),
        Err(_) => Observed::Known(table),
    }
}

/// Where COMMAND goes by another name, each command is called without the arguments it needs, which an engine refuses
/// before it runs anything: "wrong number of arguments" from a command that is there, "unknown command" from one that is
/// not. Commands that would run without an argument are not tried.
/// Source: `processCommand` in `src/server.c` (2.8 and 3.0: `src/redis.c`).
async fn probe(connection: &mut Connection) -> CommandTable {
    let mut table = CommandTable::default();
    table.0.insert("command".to_owned(), CommandSeen::NotByItsName);
    for name in NEEDED_COMMANDS
        .into_iter()
        .filter(|name| *name != "command")
        .chain(WRITE_COMMANDS)
        .chain(FENCE_COMMANDS)
    {
        // These take no argument, so they are called with one too many.
        let question: &[&str] = if ["sync", "multi", "exec"].contains(&name) {
            &[name, "x"]
        } else {
            &[name]
        };
        let seen = match connection.ask(question).await {
            Err(EngineFault::UnknownCommand(_)) => CommandSeen::NotByItsName,
            Ok(Reply::Text(_)) => CommandSeen::Known(CommandInfo::default()),
            Err(EngineFault::Other(reply)) if reply.contains("wrong number of arguments") => {
                CommandSeen::Known(CommandInfo::default())
            }
            Ok(_) => CommandSeen::Unclear("its answer was not expected".to_owned()),
            Err(fault) => CommandSeen::Unclear(fault.to_string()),
        };
        table.0.insert(name.to_owned(), seen);
    }
    for name in DANGEROUS_WRITES {
        table.0.insert(
            name.to_owned(),
            CommandSeen::Unclear("not tried: it would run".to_owned()),
        );
    }
    table
}
