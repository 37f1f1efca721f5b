//! T5: the target keeps all its data in memory.

use super::super::{Check, Facts, Verdict};
use super::PREPARE;

pub(super) const CHECK: Check = Check {
    id: "T5",
    cause: "target_has_data_tiering",
    title: "The target has no data tiering and is not of a node type with it",
    why: "AWS supports online migration neither with data tiering nor to r6gd nodes.",
    reference: PREPARE,
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let group = match facts.target.group() {
        Ok(group) => group,
        Err(verdict) => return verdict,
    };
    let id = &group.id;
    let Some(node_type) = &group.node_type else {
        return Verdict::unknown(
            format!("DescribeReplicationGroups gave no node type for {id}"),
            "",
        );
    };
    // Tiering is a property of the r6gd family, set when the group is made.
    if group.data_tiering || node_type.starts_with("cache.r6gd.") {
        let tiering = if group.data_tiering { "on" } else { "off" };
        return Verdict::fail(
            format!("{id} has nodes of {node_type}, with data tiering {tiering}"),
            "make another target group of a node type that keeps all its data in memory, such as cache.r7g: data tiering \
             cannot be taken off a group",
        );
    }
    Verdict::pass(format!("{id} has nodes of {node_type}, without data tiering"))
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::with_group;
    use super::*;

    #[test]
    fn tiering_or_its_node_family_stops_the_start_and_no_node_type_is_unknown() {
        assert_eq!(
            rule(&with_group(|group| group.data_tiering = true)).outcome,
            Outcome::Fail
        );
        let of = |node_type: Option<&str>| {
            rule(&with_group(|group| {
                group.node_type = node_type.map(str::to_owned)
            }))
            .outcome
        };
        assert_eq!(of(Some("cache.r6gd.xlarge")), Outcome::Fail);
        assert_eq!(of(Some("cache.r6g.xlarge")), Outcome::Pass);
        assert_eq!(of(None), Outcome::Unknown);
    }
}
