//! S16: the source takes writes whether or not the target follows it.

use super::super::{Check, Facts, Node, Verdict};

pub(super) const CHECK: Check = Check {
    id: "S16",
    cause: "source_needs_replicas",
    title: "The source takes writes however many replicas it has",
    why: "With min-replicas-to-write above 0 the target counts as a replica while it follows, and is missed when it is \
          promoted; the fence uses the same setting.",
    reference: "https://valkey.io/topics/replication/",
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    facts.judge_nodes(judge)
}

fn judge(node: &Node<'_>) -> Result<Verdict, Verdict> {
    let info = node.info()?;
    let names = ["min-replicas-to-write", "min-slaves-to-write"];
    let value = node.known(node.answers.config.either(names), "CONFIG GET min-*-to-write")?;
    let at = node.endpoint;
    Ok(match value.map(str::parse::<u64>) {
        None | Some(Ok(0)) => Verdict::pass(format!("{at} asks for no replicas")),
        Some(Ok(wanted)) => {
            let good = info
                .count("min_slaves_good_slaves")
                .map_or("how many are good is not shown".to_owned(), |good| {
                    format!("{good} are good")
                });
            Verdict::warn(
                format!("{at} takes writes only with {wanted} good replicas; {good}"),
                format!(
                    "keep as many replicas beside the target as it asks for, or for the migration: {} (and {wanted} \
                     afterwards)",
                    node.cli(&format!("CONFIG SET {} 0", names[1]))
                ),
            )
        }
        Some(Err(_)) => Verdict::unknown(format!("{at} gives no number of replicas: {value:?}"), ""),
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::{clean, with_answers};
    use super::*;
    use crate::Observed;
    use crate::engine::config;

    #[test]
    fn a_source_that_needs_replicas_is_told_of_by_either_name() {
        assert_eq!(rule(&clean()).outcome, Outcome::Pass);
        for (name, value, outcome) in [
            ("min-replicas-to-write", "1", Outcome::Warn),
            ("min-slaves-to-write", "2", Outcome::Warn),
            ("min-slaves-to-write", "0", Outcome::Pass),
            ("min-slaves-to-write", "many", Outcome::Unknown),
        ] {
            let config = config(&[(name, value)]);
            let facts = with_answers(|answers| answers.config = config);
            assert_eq!(rule(&facts).outcome, outcome, "{name} {value}");
        }
        let hidden = with_answers(|answers| {
            answers
                .config
                .record("min-replicas-to-write", Observed::Unknown("NOPERM".to_owned()));
        });
        assert_eq!(rule(&hidden).outcome, Outcome::Unknown);
    }
}
