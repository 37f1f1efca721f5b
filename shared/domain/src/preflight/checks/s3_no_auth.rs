//! S3: the source lets a client in without a password, and lets it do what a replica and the checks do.

use super::super::narrower::ACL_RESTRICTS;
use super::super::{Check, Facts, Node, Verdict};
use super::PREPARE;
use crate::engine::{AclUser, CommandTable, EngineFault};
use crate::{Endpoint, Observed};

pub(super) const CHECK: Check = Check {
    id: "S3",
    cause: "source_requires_password",
    title: "The source requires no password, and its default user may replicate",
    why: "Node-based online migration gives ElastiCache no way to authenticate at the source: the link would stay down. \
          From 6.0 on the default user needs PSYNC, REPLCONF, PING, INFO, CONFIG, CLUSTER and COMMAND.",
    reference: PREPARE,
    rule,
};

/// What the default user must be allowed to run. A subcommand stands for a command that has subcommands since 7.0.
const RIGHTS: [&str; 8] = [
    "psync",
    "sync",
    "replconf",
    "ping",
    "info",
    "config|get",
    "cluster|nodes",
    "command",
];

/// The rights to paste.
const GRANT: &str =
    "ACL SETUSER default on nopass +psync +sync +replconf +ping +info +config +cluster +command";

fn rule(facts: &Facts) -> Verdict {
    facts.judge_nodes(judge)
}

fn judge(node: &Node<'_>) -> Result<Verdict, Verdict> {
    let at = node.endpoint;
    if let Err(fault) = node.info {
        return Ok(judge_fault(node, fault));
    }
    let open = format!("{at} answers a client that gave no password");
    let user = match &node.answers.user {
        Observed::Known(Some(user)) => user,
        Observed::Known(None) => return Ok(Verdict::pass(open)),
        Observed::Unknown(why) => {
            return Err(Verdict::unknown(
                format!("{open}, but what its user may do could not be read: {why}"),
                node.cli("ACL GETUSER default"),
            ));
        }
    };
    if !user.on || !user.nopass {
        let evidence = format!("user {} of {at} is off or has a password", user.name);
        return Ok(Verdict::fail(evidence, opening(node)));
    }
    judge_rights(at, user, &node.answers.commands, node)
}

fn judge_rights(
    at: &Endpoint,
    user: &AclUser,
    commands: &Observed<CommandTable>,
    node: &Node<'_>,
) -> Result<Verdict, Verdict> {
    // One rule that allows all and none that takes away: what each command belongs to does not matter.
    if user.commands.trim() == "+@all" {
        return Ok(Verdict::pass(format!(
            "{at} lets user {} in without a password, with +@all",
            user.name
        )));
    }
    let table = node.known(commands.clone(), "COMMAND INFO psync")?;
    let mut denied = vec![];
    for right in RIGHTS {
        // Without its categories a command's rights cannot be told: the rules may name a category it belongs to.
        let categories = table.categories(right).unwrap_or_default();
        if !user.may_run(right, categories) {
            denied.push(right);
        }
    }
    let rules = format!("user {} of {at} has {}", user.name, user.commands);
    Ok(if denied.is_empty() {
        Verdict::pass(format!("{rules}, which allows all that is needed"))
    } else {
        Verdict::fail(
            format!("{rules}, which denies {}", denied.join(", ")),
            node.cli(GRANT),
        )
        .narrowed(&ACL_RESTRICTS)
    })
}

fn judge_fault(node: &Node<'_>, fault: &EngineFault) -> Verdict {
    let at = node.endpoint;
    match fault {
        EngineFault::AuthRequired => Verdict::fail(format!("{at} requires AUTH"), opening(node)),
        EngineFault::NotPermitted(reply) => Verdict::fail(
            format!("the default user of {at} is restricted: {reply}"),
            node.cli(GRANT),
        )
        .narrowed(&ACL_RESTRICTS),
        fault => Verdict::unknown(format!("{at} could not be asked: {fault}"), ""),
    }
}

fn opening(node: &Node<'_>) -> String {
    format!(
        "for the migration, as a user who may, with the network closed to all others: {} (6.0 and later with ACLs: {}); \
         or use AWS's migration to ElastiCache Serverless, which supports AUTH at the source",
        node.cli("CONFIG SET requirepass \"\""),
        node.cli(GRANT)
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::{with_answers, with_source};
    use super::*;
    use crate::engine::{CommandInfo, CommandSeen};

    #[test]
    fn a_password_stops_the_start_and_silence_is_not_taken_for_none() {
        for (fault, outcome) in [
            (EngineFault::AuthRequired, Outcome::Fail),
            (EngineFault::NotPermitted("NOPERM".to_owned()), Outcome::Fail),
            (EngineFault::Unreachable("refused".to_owned()), Outcome::Unknown),
        ] {
            assert_eq!(rule(&with_source(Err(fault))).outcome, outcome);
        }
    }

    fn with_rules(rules: &str) -> Facts {
        with_answers(|answers| {
            answers.user = Observed::Known(Some(AclUser {
                name: "default".to_owned(),
                on: true,
                nopass: true,
                commands: rules.to_owned(),
            }));
            let dangerous = CommandSeen::Known(CommandInfo {
                categories: vec!["@dangerous".to_owned()],
                ..CommandInfo::default()
            });
            if let Observed::Known(table) = &mut answers.commands {
                table.0.insert("psync".to_owned(), dangerous);
            }
        })
    }

    #[test]
    fn the_default_user_must_be_allowed_what_a_replica_does() {
        assert_eq!(rule(&with_rules("+@all -flushall")).outcome, Outcome::Pass);
        let verdict = rule(&with_rules("+@all -@dangerous"));
        assert_eq!(verdict.outcome, Outcome::Fail);
        // What mends a password does not mend rights.
        assert_eq!(verdict.narrower, Some("source_acl_restricts"));
        assert!(verdict.evidence.ends_with("denies psync"), "{}", verdict.evidence);
        assert!(
            verdict
                .remedy
                .starts_with("redis-cli -h 10.0.0.241 -p 6379 ACL SETUSER default"),
            "{}",
            verdict.remedy
        );
        assert_eq!(rule(&with_rules("-@all +ping")).outcome, Outcome::Fail);
    }

    #[test]
    fn an_engine_without_users_passes_and_one_that_hides_them_is_unknown() {
        let facts = with_answers(|answers| answers.user = Observed::Known(None));
        assert_eq!(rule(&facts).outcome, Outcome::Pass);
        let facts = with_answers(|answers| answers.user = Observed::Unknown("NOPERM".to_owned()));
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
    }
}
