//! S10: the source has no modules.

use super::super::{Check, Facts, Node, Verdict};

pub(super) const CHECK: Check = Check {
    id: "S10",
    cause: "source_has_modules",
    title: "The source has no modules loaded",
    why: "An RDB with a module's data, or only a module's settings, does not load where the module is missing; ElastiCache \
          loads no modules of its users.",
    reference: "https://valkey.io/topics/modules-intro/",
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    facts.judge_nodes(judge)
}

fn judge(node: &Node<'_>) -> Result<Verdict, Verdict> {
    node.info()?;
    let modules = node.known(node.answers.modules.clone(), "MODULE LIST")?;
    let at = node.endpoint;
    let Some(first) = modules.first() else {
        return Ok(Verdict::pass(format!("{at} has no modules")));
    };
    Ok(Verdict::fail(
        format!("{at} has modules loaded: {}", modules.join(", ")),
        format!(
            "unload what is not used: {} and so on. An engine refuses to unload a module that has data types; then turn \
             its keys into plain types, or copy with a tool that does",
            node.cli(&format!("MODULE UNLOAD {first}"))
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::{clean, with_answers};
    use super::*;
    use crate::Observed;

    #[test]
    fn any_module_stops_the_start_and_no_answer_is_unknown() {
        assert_eq!(rule(&clean()).outcome, Outcome::Pass);
        let facts = with_answers(|answers| answers.modules = Observed::Known(vec!["ReJSON".to_owned()]));
        let verdict = rule(&facts);
        assert_eq!(verdict.outcome, Outcome::Fail);
        assert!(
            verdict.remedy.contains("MODULE UNLOAD ReJSON"),
            "{}",
            verdict.remedy
        );
        let facts = with_answers(|answers| answers.modules = Observed::Unknown("NOPERM".to_owned()));
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
    }
}
