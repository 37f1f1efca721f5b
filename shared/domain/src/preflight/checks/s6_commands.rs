//! S6: the source answers to the commands' own names.

use super::super::{Check, Facts, Node, Verdict};
use super::PREPARE;
use crate::Observed;
use crate::engine::{
    CommandSeen, CommandTable, DANGEROUS_WRITES, EngineFault, NEEDED_COMMANDS, WRITE_COMMANDS,
};

pub(super) const CHECK: Check = Check {
    id: "S6",
    cause: "source_commands_renamed",
    title: "The source has none of the commands renamed or disabled that a migration needs",
    why: "ElastiCache calls SYNC, PSYNC, INFO, CONFIG, COMMAND and CLUSTER by these names; and a write that goes by \
          another name is replicated under that name, which the target does not know.",
    reference: PREPARE,
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    facts.judge_nodes(judge)
}

fn judge(node: &Node<'_>) -> Result<Verdict, Verdict> {
    let at = node.endpoint;
    if let Err(EngineFault::UnknownCommand(reply)) = node.info {
        return Ok(Verdict::fail(
            format!("{at} does not answer to INFO ({reply})"),
            remedy(at),
        ));
    }
    node.info()?;
    let Observed::Known(table) = &node.answers.commands else {
        return Err(node
            .known(
                node.answers.commands.clone(),
                "COMMAND INFO sync psync info config command cluster",
            )
            .err()
            .unwrap_or_else(|| Verdict::unknown(format!("{at} did not say which commands it knows"), "")));
    };
    let has_clusters = node.version().is_none_or(|version| version.is_at_least(3, 0, 0));
    let needed = NEEDED_COMMANDS
        .iter()
        .filter(|name| has_clusters || **name != "cluster");
    let missing = lines(table, needed.clone(), |seen| {
        matches!(
            seen,
            CommandSeen::Renamed | CommandSeen::Disabled | CommandSeen::NotByItsName
        )
    });
    let writes = WRITE_COMMANDS.iter().chain(&DANGEROUS_WRITES);
    let renamed = lines(table, writes.clone(), |seen| *seen == CommandSeen::Renamed);
    if !missing.is_empty() || !renamed.is_empty() {
        let evidence = format!(
            "{at} does not answer to {}",
            [missing, renamed].concat().join(", ")
        );
        return Ok(Verdict::fail(evidence, remedy(at)));
    }
    let unclear = lines(table, needed.chain(writes.clone()), |seen| {
        matches!(seen, CommandSeen::Unclear(_) | CommandSeen::NotByItsName)
    });
    if !unclear.is_empty() {
        let evidence = format!("whether {at} answers to {} could not be seen", unclear.join(", "));
        return Ok(Verdict::unknown(
            evidence,
            "look for rename-command in the source's configuration",
        ));
    }
    let disabled = lines(table, writes, |seen| *seen == CommandSeen::Disabled);
    Ok(if disabled.is_empty() {
        Verdict::pass(format!("{at} answers to all of them by their own names"))
    } else {
        Verdict::warn(
            format!(
                "{at} does not have {}: they cannot be in its stream, and the target has them",
                disabled.join(", ")
            ),
            "expect that clients can run them on the target; ACLs there can take them away",
        )
    })
}

fn remedy(at: &crate::Endpoint) -> String {
    format!(
        "take the rename-command lines of these out of the configuration of {at} and restart it (a replica first, then \
         a failover, avoids the pause)"
    )
}

/// The commands that were seen so, each with how.
fn lines<'name>(
    table: &CommandTable,
    names: impl Iterator<Item = &'name &'static str>,
    seen_so: impl Fn(&CommandSeen) -> bool,
) -> Vec<String> {
    let line = |name: &&str| {
        // A command that was not asked for is as unclear as one that was not answered.
        let unasked = CommandSeen::Unclear("not asked".to_owned());
        let seen = table.get(name).unwrap_or(&unasked);
        let how = match seen {
            CommandSeen::Known(_) => String::new(),
            CommandSeen::Renamed => " (renamed)".to_owned(),
            CommandSeen::Disabled => " (disabled)".to_owned(),
            CommandSeen::NotByItsName => " (renamed or disabled)".to_owned(),
            CommandSeen::Unclear(why) => format!(" ({why})"),
        };
        seen_so(seen).then(|| format!("{}{how}", name.to_ascii_uppercase()))
    };
    names.filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::{clean, with_answers, with_info};
    use super::*;

    fn with_command(name: &str, seen: CommandSeen) -> Facts {
        with_answers(|answers| {
            if let Observed::Known(table) = &mut answers.commands {
                table.0.insert(name.to_owned(), seen);
            }
        })
    }

    #[test]
    fn what_each_way_of_missing_means_depends_on_the_command() {
        for (name, seen, outcome) in [
            ("psync", CommandSeen::Renamed, Outcome::Fail),
            ("config", CommandSeen::Disabled, Outcome::Fail),
            ("cluster", CommandSeen::NotByItsName, Outcome::Fail),
            ("set", CommandSeen::Renamed, Outcome::Fail),
            ("flushall", CommandSeen::Renamed, Outcome::Fail),
            ("flushall", CommandSeen::Disabled, Outcome::Warn),
            ("set", CommandSeen::NotByItsName, Outcome::Unknown),
            (
                "psync",
                CommandSeen::Unclear("timed out".to_owned()),
                Outcome::Unknown,
            ),
        ] {
            assert_eq!(
                rule(&with_command(name, seen.clone())).outcome,
                outcome,
                "{name} {seen:?}"
            );
        }
        assert_eq!(rule(&clean()).outcome, Outcome::Pass);
    }

    #[test]
    fn an_engine_before_clusters_need_not_know_cluster() {
        let mut facts = with_info("redis_version:2.8.21\r\n");
        if let Observed::Known(table) = &mut facts.source.answers.commands {
            table.0.insert("cluster".to_owned(), CommandSeen::Disabled);
        }
        assert_eq!(rule(&facts).outcome, Outcome::Pass);
    }

    #[test]
    fn no_answer_is_unknown() {
        let facts = with_answers(|answers| answers.commands = Observed::Unknown("timed out".to_owned()));
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
    }
}
