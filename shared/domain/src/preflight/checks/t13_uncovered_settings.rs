//! T13: settings that AWS's migration page does not speak of.

use super::super::{Check, Facts, Verdict};
use super::PREPARE;

pub(super) const CHECK: Check = Check {
    id: "T13",
    cause: "target_setting_not_covered",
    title: "The target has no setting that AWS's migration page leaves out",
    why: "Cluster mode compatible, durability, IPv6 and Outposts are newer than the page: nobody says that a migration \
          works with them.",
    reference: PREPARE,
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let group = match facts.target.group() {
        Ok(group) => group,
        Err(verdict) => return verdict,
    };
    let mut uncovered = vec![];
    if let Some(mode @ "compatible") = group.cluster_mode.as_deref() {
        uncovered.push(format!("cluster mode {mode}"));
    }
    match group.durability.as_deref() {
        None | Some("disabled") => {}
        Some(durability) => uncovered.push(format!("durability {durability}")),
    }
    match group.network_type.as_deref() {
        None | Some("ipv4") => {}
        Some(network) => uncovered.push(format!("network type {network}")),
    }
    if group.on_outpost {
        uncovered.push("nodes on an Outpost".to_owned());
    }
    if uncovered.is_empty() {
        return Verdict::pass(format!("{} has none", group.id));
    }
    Verdict::warn(
        format!("{} has {}", group.id, uncovered.join(", ")),
        "rehearse before you start (\"rehearse\": true), or migrate into a group without these settings and add them \
         afterwards",
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::{clean, with_group};
    use super::*;
    use crate::target::ReplicationGroup;

    type Setting = fn(&mut ReplicationGroup);

    #[test]
    fn each_setting_is_a_warning_that_names_it() {
        let settings: [(Setting, &str); 4] = [
            (
                |group| group.cluster_mode = Some("compatible".to_owned()),
                "compatible",
            ),
            (
                |group| group.durability = Some("sync".to_owned()),
                "durability sync",
            ),
            (
                |group| group.network_type = Some("dual_stack".to_owned()),
                "dual_stack",
            ),
            (|group| group.on_outpost = true, "Outpost"),
        ];
        for (set, named) in settings {
            let verdict = rule(&with_group(set));
            assert_eq!(verdict.outcome, Outcome::Warn, "{named}");
            assert!(verdict.evidence.contains(named), "{}", verdict.evidence);
        }
        assert_eq!(rule(&clean()).outcome, Outcome::Pass);
    }
}
