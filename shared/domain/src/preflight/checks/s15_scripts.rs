//! S15: clients do not rely on scripts that only the source has in memory, nor on functions that the target cannot hold.

use super::super::{Check, Facts, Node, Verdict};
use crate::Observed;
use crate::engine::EngineVersion;

pub(super) const CHECK: Check = Check {
    id: "S15",
    cause: "scripts_do_not_travel",
    title: "Clients rely on no scripts or functions that the target will lack",
    why: "Scripts that clients loaded (SCRIPT LOAD, EVAL) do not travel: EVALSHA answers NOSCRIPT on the target until they \
          are loaded again. Libraries of functions travel, to a target of 7.0 or later.",
    reference: "https://valkey.io/topics/eval-intro/",
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let target = facts.target.clusters.known();
    let target = target.and_then(|clusters| clusters.iter().find_map(|cluster| cluster.version.clone()));
    facts.judge_nodes(|node| judge(node, target.as_ref()))
}

fn judge(node: &Node<'_>, target: Option<&EngineVersion>) -> Result<Verdict, Verdict> {
    let info = node.info()?;
    let at = node.endpoint;
    let libraries = match &node.answers.libraries {
        Observed::Known(libraries) => libraries.clone(),
        // INFO of 7.0 and later counts them: none is none, whoever may not list them.
        Observed::Unknown(_) if info.count("number_of_libraries") == Some(0) => vec![],
        unknown => node.known(unknown.clone(), "FUNCTION LIST")?,
    };
    if !libraries.is_empty() {
        let held = format!("{at} holds libraries of functions: {}", libraries.join(", "));
        match target {
            Some(target) if !target.is_at_least(7, 0, 0) => {
                return Ok(Verdict::fail(
                    format!("{held}; the target runs {target}, which has no functions"),
                    format!(
                        "use a target of Redis 7.0, Valkey 7.2 or later, or take them away: {}",
                        node.cli("FUNCTION DELETE <library>")
                    ),
                ));
            }
            Some(_) => {
                return Ok(Verdict::warn(
                    held,
                    format!(
                        "they travel with the keys; keep a copy, and compare afterwards: {}",
                        node.cli("FUNCTION LIST")
                    ),
                ));
            }
            None => {
                return Err(Verdict::unknown(
                    format!("{held}; the target's version is not known"),
                    "",
                ));
            }
        }
    }
    // Counted from 5.0 on; before, only the memory of all scripts together with Lua's own is given.
    Ok(match info.count("number_of_cached_scripts") {
        Some(0) => Verdict::pass(format!("{at} holds no script and no library")),
        Some(count) => Verdict::warn(
            format!("{at} has {count} scripts in memory that clients loaded"),
            "make sure that clients fall back to EVAL, or load the scripts again, on NOSCRIPT; or load them on the \
             target once it takes writes: redis-cli -h <target> SCRIPT LOAD \"$(cat script.lua)\"",
        ),
        None => Verdict::unknown(
            format!("{at} does not count its scripts in INFO"),
            "ask the clients' authors whether they use EVALSHA without a fall-back to EVAL",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::{clean, with_answers, with_info, with_source, with_target_version};
    use super::*;

    #[test]
    fn scripts_are_told_of_and_engines_that_do_not_count_them_are_unknown() {
        assert_eq!(rule(&clean()).outcome, Outcome::Pass);
        assert_eq!(
            rule(&with_info("number_of_cached_scripts:4\r\n")).outcome,
            Outcome::Warn
        );
        assert_eq!(
            rule(&with_source(Ok("redis_version:4.0.0"))).outcome,
            Outcome::Unknown
        );
    }

    #[test]
    fn functions_need_a_target_that_has_them() {
        let library = || Observed::Known(vec!["mylib".to_owned()]);
        assert_eq!(
            rule(&with_answers(|answers| answers.libraries = library())).outcome,
            Outcome::Warn
        );
        let mut facts = with_target_version("redis", "6.2.6");
        facts.source.answers.libraries = library();
        assert_eq!(rule(&facts).outcome, Outcome::Fail);
        let hidden = with_answers(|answers| answers.libraries = Observed::Unknown("NOPERM".to_owned()));
        assert_eq!(rule(&hidden).outcome, Outcome::Unknown);
    }
}
