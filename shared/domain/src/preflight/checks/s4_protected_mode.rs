//! S4: the source does not refuse clients from other hosts.

use super::super::{Check, Facts, Node, Verdict};
use super::PREPARE;
use crate::engine::EngineFault;

pub(super) const CHECK: Check = Check {
    id: "S4",
    cause: "source_in_protected_mode",
    title: "The source has protected-mode off",
    why: "In protected mode an engine without a password refuses every client that does not come from its own host. The \
          option exists from 3.2 on and is on by default.",
    reference: PREPARE,
    rule,
};

const OFF: &str = "CONFIG SET protected-mode no";

fn rule(facts: &Facts) -> Verdict {
    facts.judge_nodes(judge)
}

fn judge(node: &Node<'_>) -> Result<Verdict, Verdict> {
    let at = node.endpoint;
    if let Err(EngineFault::ProtectedMode) = node.info {
        let evidence = format!("{at} refuses clients from other hosts (DENIED)");
        return Ok(Verdict::fail(
            evidence,
            format!("on the source's own host: {OFF} (redis-cli {OFF})"),
        ));
    }
    node.info()?;
    Ok(match node.option("protected-mode")? {
        None => Verdict::pass(format!("{at} has no such option: it is older than 3.2")),
        Some("no") => Verdict::pass(format!("{at} has protected-mode no")),
        Some(value) => Verdict::warn(
            format!("{at} has protected-mode {value}; this client was let in, others may not be"),
            node.cli(OFF),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::{with_answers, with_source};
    use super::*;
    use crate::Observed;
    use crate::engine::config;

    #[test]
    fn a_refusal_fails_the_option_alone_warns_and_no_answer_is_unknown() {
        assert_eq!(
            rule(&with_source(Err(EngineFault::ProtectedMode))).outcome,
            Outcome::Fail
        );
        let set = |value: &str| {
            let config = config(&[("protected-mode", value)]);
            rule(&with_answers(|answers| answers.config = config)).outcome
        };
        assert_eq!(set("yes"), Outcome::Warn);
        assert_eq!(set("no"), Outcome::Pass);
        let old = with_answers(|answers| answers.config = config(&[]));
        assert_eq!(rule(&old).outcome, Outcome::Pass);
        let hidden = with_answers(|answers| {
            answers
                .config
                .record("protected-mode", Observed::Unknown("NOPERM".to_owned()));
        });
        assert_eq!(rule(&hidden).outcome, Outcome::Unknown);
    }
}
