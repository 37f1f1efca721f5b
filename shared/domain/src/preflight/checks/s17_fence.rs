//! S17: the plan's fence can be raised on the source, and taken down again.

use super::super::{Check, Facts, Node, Verdict};
use crate::cutover::Means;
use crate::engine::{CommandSeen, EngineVersion};
use crate::plan::FenceKind;

pub(super) const CHECK: Check = Check {
    id: "S17",
    cause: "fence_not_possible",
    title: "The fence that the plan asks for can be raised on the source",
    why: "At the cutover the source's writers are stopped, by CLIENT PAUSE or by min-replicas-to-write. A source whose \
          version or rights do not allow it would stop the migration at its last step, when everybody waits.",
    reference: "https://valkey.io/commands/client-pause/",
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let kind = facts.plan.cutover.fence;
    if kind == FenceKind::None {
        return Verdict::pass("the plan asks for no fence: whoever owns the writers stops them");
    }
    match facts.source.chain.last() {
        None => facts.judge_nodes(|node| judge(kind, node)),
        // The fence goes up at the top of the chain, of which INFO alone was read.
        Some(top) => {
            let version = top.info.as_ref().ok().and_then(EngineVersion::from_info);
            let at = &top.endpoint;
            let Some(version) = version else {
                return Verdict::unknown(
                    format!("the version of {at}, which would be fenced, could not be read"),
                    "give the primary as the source",
                );
            };
            match Means::of(kind, &version) {
                Err(remedy) => Verdict::fail(format!("{at} is {version}"), remedy),
                Ok(_) => Verdict::unknown(
                    format!(
                        "{at}, the primary at the top, would be fenced; whether a client without a password may do so \
                         there was not asked"
                    ),
                    format!("give {at} as the source, and the check asks it"),
                ),
            }
        }
    }
}

fn judge(kind: FenceKind, node: &Node<'_>) -> Result<Verdict, Verdict> {
    node.info()?;
    let at = node.endpoint;
    let Some(version) = node.version() else {
        return Err(Verdict::unknown(
            format!("{at} does not tell its version, so it is not known how its writers can be stopped"),
            "stop the writers before the cutover and set cutover.fence to \"none\"",
        ));
    };
    let means =
        Means::of(kind, &version).map_err(|remedy| Verdict::fail(format!("{at} is {version}"), remedy))?;
    let needed: &[&str] = match kind {
        FenceKind::Pause => &["client|pause", "client|unpause", "multi", "exec"],
        FenceKind::Reject | FenceKind::None => &["config|get", "config|set", "multi", "exec"],
    };
    all_may_run(node, needed, remedy_of(kind))?;
    // Below the pause a refusal holds the source once AWS was asked; where it cannot be set, the pause is alone.
    let alone = || {
        format!(
            "let it run CONFIG SET {} until the cutover is over, or keep the cutover's function able to reach {at}: it \
             renews the pause",
            means.setting
        )
    };
    if kind == FenceKind::Pause
        && let Err(verdict) = all_may_run(node, &["config|get", "config|set"], "")
    {
        let evidence = format!(
            "{at} can be paused, but not be made to refuse writes: {}",
            verdict.evidence
        );
        return Ok(Verdict::warn(evidence, alone()));
    }
    Ok(match means.caveat() {
        Some(caveat) => Verdict::warn(
            format!("{at} is {version}: {caveat}"),
            "stop scripts and long reads for the cutover, or set cutover.fence to the other kind",
        ),
        None => Verdict::pass(format!("{at} is {version} and lets its writers be stopped")),
    })
}

fn remedy_of(kind: FenceKind) -> &'static str {
    match kind {
        FenceKind::Pause => {
            "let the default user run CLIENT PAUSE and CLIENT UNPAUSE in a transaction (ACL SETUSER default +client|pause \
             +client|unpause +multi +exec; before 7.0 +client), or set cutover.fence to \"reject\" or \"none\""
        }
        FenceKind::Reject | FenceKind::None => {
            "let the default user run CONFIG GET and CONFIG SET in a transaction (ACL SETUSER default +config +multi \
             +exec), or set cutover.fence to \"pause\" or \"none\""
        }
    }
}

/// Whether a client without a password may run each of these.
///
/// # Errors
/// `Fail` where one is missing or not permitted, `Unknown` where that could not be seen.
fn all_may_run(node: &Node<'_>, needed: &[&str], remedy: &str) -> Result<(), Verdict> {
    let at = node.endpoint;
    let table = node.known(
        node.answers.commands.clone(),
        "COMMAND INFO client config multi exec",
    )?;
    let user = node.known(node.answers.user.clone(), "ACL WHOAMI")?;
    for command in needed {
        let name = command.split('|').next().unwrap_or(command);
        let shown = command.replace('|', " ").to_ascii_uppercase();
        match table.get(name) {
            Some(CommandSeen::Known(_)) => {}
            Some(CommandSeen::Renamed | CommandSeen::Disabled | CommandSeen::NotByItsName) => {
                return Err(Verdict::fail(
                    format!("{at} does not answer to {shown} (renamed or disabled)"),
                    remedy,
                ));
            }
            Some(CommandSeen::Unclear(_)) | None => {
                return Err(Verdict::unknown(
                    format!("whether {at} answers to {shown} could not be seen"),
                    remedy,
                ));
            }
        }
        // Before 6.0 there are no users, and a client may run whatever is there.
        let Some(user) = &user else { continue };
        let categories = table.categories(command).unwrap_or_default();
        if !user.may_run(command, categories) {
            return Err(Verdict::fail(
                format!("{at} does not let the user {} run {shown}", user.name),
                remedy,
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{clean, with_answers, with_cluster, with_info};
    use super::super::super::{ChainLink, NodeAnswers, Outcome};
    use super::*;
    use crate::engine::{AclUser, Info};
    use crate::{Endpoint, Observed};

    fn asking_for(kind: FenceKind, mut facts: Facts) -> Facts {
        facts.plan.cutover.fence = kind;
        facts
    }

    fn user(commands: &str) -> AclUser {
        AclUser {
            name: "default".to_owned(),
            on: true,
            nopass: true,
            commands: commands.to_owned(),
        }
    }

    #[test]
    fn a_version_that_has_no_such_fence_is_told_which_one_it_has() {
        let cases = [
            (
                "redis_version:2.8.21",
                FenceKind::Pause,
                Outcome::Fail,
                "no CLIENT PAUSE",
            ),
            (
                "redis_version:2.8.21",
                FenceKind::Reject,
                Outcome::Warn,
                "scripts",
            ),
            (
                "redis_version:2.6.0",
                FenceKind::Reject,
                Outcome::Fail,
                "no setting",
            ),
            (
                "redis_version:6.0.16",
                FenceKind::Pause,
                Outcome::Warn,
                "every command",
            ),
            ("redis_version:6.2.0", FenceKind::Pause, Outcome::Pass, "6.2.0"),
            ("redis_version:6.2.0", FenceKind::Reject, Outcome::Warn, "EVAL"),
            ("redis_version:7.0.15", FenceKind::Reject, Outcome::Pass, "7.0.15"),
            ("valkey_version:8.0.1", FenceKind::Pause, Outcome::Pass, "8.0.1"),
            ("redis_version:2.6.0", FenceKind::None, Outcome::Pass, "no fence"),
        ];
        for (version, kind, outcome, words) in cases {
            let verdict = rule(&asking_for(kind, with_info(&format!("{version}\r\n"))));
            assert_eq!(verdict.outcome, outcome, "{version} {kind:?}: {verdict:?}");
            let said = format!("{} {}", verdict.evidence, verdict.remedy);
            assert!(said.contains(words), "{version} {kind:?}: {said}");
            assert_eq!(verdict.remedy.is_empty(), outcome == Outcome::Pass, "{verdict:?}");
        }
    }

    #[test]
    fn a_user_who_may_not_raise_the_fence_fails_early_with_the_rights_to_give() {
        for (rights, kind, outcome) in [
            ("+@all", FenceKind::Pause, Outcome::Pass),
            ("+@all -client", FenceKind::Pause, Outcome::Fail),
            ("+@all -client", FenceKind::Reject, Outcome::Pass),
            ("+@all -client|pause", FenceKind::Pause, Outcome::Fail),
            ("+@all -multi", FenceKind::Pause, Outcome::Fail),
            ("+@all -config|set", FenceKind::Pause, Outcome::Warn),
            ("+@all -config|set", FenceKind::Reject, Outcome::Fail),
            ("-@all +info", FenceKind::None, Outcome::Pass),
        ] {
            let facts = with_answers(|answers| answers.user = Observed::Known(Some(user(rights))));
            let verdict = rule(&asking_for(kind, facts));
            assert_eq!(verdict.outcome, outcome, "{rights} {kind:?}: {verdict:?}");
            assert_eq!(verdict.remedy.is_empty(), outcome == Outcome::Pass, "{verdict:?}");
        }
    }

    #[test]
    fn a_command_that_is_away_fails_and_one_that_was_not_seen_is_unknown() {
        for (seen, outcome) in [
            (CommandSeen::Disabled, Outcome::Fail),
            (CommandSeen::Renamed, Outcome::Fail),
            (CommandSeen::Unclear("timed out".to_owned()), Outcome::Unknown),
        ] {
            let facts = with_answers(|answers| {
                if let Observed::Known(table) = &mut answers.commands {
                    table.0.insert("client".to_owned(), seen.clone());
                }
            });
            assert_eq!(rule(&facts).outcome, outcome, "{seen:?}");
        }
        let silent = with_answers(|answers| *answers = NodeAnswers::unknown("timed out"));
        assert_eq!(rule(&silent).outcome, Outcome::Unknown);
        assert_eq!(rule(&clean()).outcome, Outcome::Pass);
    }

    #[test]
    fn every_primary_of_a_cluster_has_to_be_fenced() {
        let facts = with_cluster(|cluster| {
            cluster.members[1].answers.user = Observed::Known(Some(user("+@all -client")));
        });
        let verdict = rule(&facts);
        assert_eq!(verdict.outcome, Outcome::Fail);
        assert!(verdict.evidence.contains("10.0.0.243"), "{verdict:?}");
    }

    #[test]
    fn of_a_chained_source_the_primary_at_the_top_is_the_one_to_fence() {
        let top = |info: &str| {
            let mut facts = clean();
            facts.source.chain = vec![ChainLink {
                endpoint: Endpoint::new("10.0.0.1", 6379).expect("an address"),
                info: Ok(Info::parse(info)),
            }];
            rule(&facts)
        };
        assert_eq!(
            top("redis_version:7.0.15\r\nrole:master\r\n").outcome,
            Outcome::Unknown
        );
        assert_eq!(
            top("redis_version:2.8.21\r\nrole:master\r\n").outcome,
            Outcome::Fail
        );
        assert_eq!(top("role:master\r\n").outcome, Outcome::Unknown);
    }
}
