//! S12: nothing in the source's configuration has to be repeated on the target by hand.

use super::super::{Check, Facts, Node, Verdict};
use crate::Observed;

pub(super) const CHECK: Check = Check {
    id: "S12",
    cause: "settings_do_not_travel",
    title: "The source's settings are those that a new ElastiCache group has",
    why: "Only keys travel. Eviction, keyspace notifications, the client timeout, users and Sentinel are configuration: \
          what clients rely on has to be set on the target's parameter group too.",
    reference: "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ParameterGroups.Engine.html",
    rule,
};

/// Settings that clients notice, each with the value a new group has.
const NOTICED: [(&str, &str); 3] = [
    ("maxmemory-policy", "volatile-lru"),
    ("notify-keyspace-events", ""),
    ("timeout", "0"),
];

fn rule(facts: &Facts) -> Verdict {
    let group = facts
        .target
        .clusters
        .known()
        .and_then(|clusters| clusters.first());
    let group = group
        .and_then(|cluster| cluster.parameter_group.as_deref())
        .unwrap_or("<the target's parameter group>");
    facts.judge_nodes(|node| judge(node, group))
}

fn judge(node: &Node<'_>, group: &str) -> Result<Verdict, Verdict> {
    node.info()?;
    let mut different = vec![];
    for (option, of_a_new_group) in NOTICED {
        if let Some(value) = setting(node, option)?
            && value != of_a_new_group
        {
            different.push((option, value));
        }
    }
    let shown: Vec<String> = different
        .iter()
        .map(|(option, value)| format!("{option} {value:?}"))
        .collect();
    Ok(if different.is_empty() {
        Verdict::pass(format!(
            "{} has the eviction, notifications and timeout of a new group",
            node.endpoint
        ))
    } else {
        let values: Vec<String> = different
            .iter()
            .map(|(option, value)| format!("\"ParameterName={option},ParameterValue={value}\""))
            .collect();
        Verdict::warn(
            format!("{} has {}", node.endpoint, shown.join(", ")),
            format!(
                "set on the target what clients rely on: aws elasticache modify-cache-parameter-group \
                 --cache-parameter-group-name {group} --parameter-name-values {} (a default group cannot be changed: \
                 give the target a group of its own)",
                values.join(" ")
            ),
        )
    })
}

/// A setting; from INFO where CONFIG GET was refused and INFO has it.
fn setting<'facts>(node: &Node<'facts>, option: &str) -> Result<Option<&'facts str>, Verdict> {
    let in_info = node.info()?.text(&option.replace('-', "_"));
    match node.answers.config.option(option) {
        Observed::Known(value) => Ok(value),
        Observed::Unknown(_) if in_info.is_some() => Ok(in_info),
        Observed::Unknown(_) => node.option(option),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::{clean, with_answers};
    use super::*;
    use crate::engine::config;

    #[test]
    fn what_clients_rely_on_is_told_with_the_command_that_sets_it() {
        assert_eq!(rule(&clean()).outcome, Outcome::Pass);
        let mut facts = with_answers(|answers| {
            answers.config = config(&[
                ("maxmemory-policy", "noeviction"),
                ("notify-keyspace-events", "Ex"),
            ]);
        });
        if let Observed::Known(clusters) = &mut facts.target.clusters {
            clusters[0].parameter_group = Some("orders-params".to_owned());
        }
        let verdict = rule(&facts);
        assert_eq!(verdict.outcome, Outcome::Warn);
        insta::assert_snapshot!(verdict.remedy, @r#"set on the target what clients rely on: aws elasticache modify-cache-parameter-group --cache-parameter-group-name orders-params --parameter-name-values "ParameterName=maxmemory-policy,ParameterValue=noeviction" "ParameterName=notify-keyspace-events,ParameterValue=Ex" (a default group cannot be changed: give the target a group of its own)"#);
    }

    #[test]
    fn a_configuration_that_is_hidden_is_unknown() {
        let facts = with_answers(|answers| {
            answers
                .config
                .record("timeout", Observed::Unknown("ERR unknown command".to_owned()));
        });
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
    }
}
