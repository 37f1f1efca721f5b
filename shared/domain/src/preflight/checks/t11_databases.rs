//! T11: the target has every logical database that the source uses.

use super::super::{Check, Facts, Verdict};
use super::PREPARE;
use crate::Observed;

pub(super) const CHECK: Check = Check {
    id: "T11",
    cause: "database_count",
    title: "The target has as many logical databases as the source uses",
    why: "A key in a database that the target does not have makes its engine exit while it loads: \"Data file was created \
          with a server configured to handle more than 16 databases. Exiting\".",
    reference: PREPARE,
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let members = match facts.target.members() {
        Ok(members) => members,
        Err(verdict) => return verdict,
    };
    let group_name = members
        .iter()
        .find_map(|member| member.parameter_group.as_deref())
        .unwrap_or("the parameter group");
    let has = match &facts.target.parameters {
        Observed::Known(parameters) => parameters.get("databases").map(|text| text.parse::<u32>()),
        Observed::Unknown(why) => {
            return Verdict::unknown(format!("the target's `databases` could not be read: {why}"), "");
        }
    };
    let Some(Ok(has)) = has else {
        return Verdict::unknown(format!("{group_name} gives no number of databases"), "");
    };
    let info = match facts.source.info() {
        Ok(info) => info,
        Err(verdict) => return verdict,
    };
    let highest = info.databases().last().map(|database| database.index);
    let needs = highest.map_or(1, |index| index.saturating_add(1));
    let uses = highest.map_or("holds no key".to_owned(), |index| {
        format!("has keys in database {index}")
    });
    let remedy = format!(
        "`databases` can be changed only while a parameter group is attached to nothing: aws elasticache \
         create-cache-parameter-group --cache-parameter-group-name {}-databases --cache-parameter-group-family <the \
         engine's family> --description \"more databases\"; aws elasticache modify-cache-parameter-group \
         --cache-parameter-group-name {0}-databases --parameter-name-values ParameterName=databases,ParameterValue={}; \
         then make the target group with it",
        facts.plan.replication_group_id,
        facts
            .source
            .database_count()
            .known()
            .copied()
            .unwrap_or(needs)
            .max(needs)
    );
    if needs > has {
        return Verdict::fail(
            format!("{group_name} has {has} databases, and the source {uses}"),
            remedy,
        );
    }
    // A cluster uses database 0 alone, whatever its configuration says.
    let configured = if info.is_set("cluster_enabled") {
        Observed::Known(1)
    } else {
        facts.source.database_count()
    };
    match &configured {
        // AWS asks for equal numbers; what breaks is a key beyond the last one, which an application may write any time.
        Observed::Known(configured) if *configured > has => Verdict::warn(
            format!(
                "{group_name} has {has} databases and the source is configured for {configured}; it {uses}, and one key \
                 beyond {} would end the target's engine",
                has.saturating_sub(1)
            ),
            remedy,
        ),
        Observed::Known(configured) => Verdict::pass(format!(
            "{group_name} has {has} databases, the source is configured for {configured} and {uses}"
        )),
        Observed::Unknown(why) => Verdict::unknown(
            format!(
                "{group_name} has {has} databases and the source {uses}; how many it may have was not read: {why}"
            ),
            "compare with redis-cli CONFIG GET databases on the source",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::NodeAnswers;
    use super::super::super::Outcome;
    use super::super::super::testing::{as_cluster, clean, with_source};
    use super::*;
    use crate::engine::config;

    #[test]
    fn a_key_in_a_database_that_the_target_lacks_stops_the_start() {
        let verdict = rule(&with_source(Ok(
            "redis_version:7.0.15\r\ndb16:keys=1,expires=0\r\n",
        )));
        assert_eq!(verdict.outcome, Outcome::Fail);
        assert!(verdict.remedy.contains("ParameterValue=17"), "{}", verdict.remedy);
        let last = rule(&with_source(Ok(
            "redis_version:7.0.15\r\ndb15:keys=1,expires=0\r\n",
        )));
        assert_eq!(last.outcome, Outcome::Pass);
    }

    #[test]
    fn a_source_that_may_have_more_is_a_warning_and_one_that_does_not_tell_is_unknown() {
        let mut facts = clean();
        facts.source.answers.config = config(&[("databases", "64")]);
        assert_eq!(rule(&facts).outcome, Outcome::Warn);
        facts.source.answers = NodeAnswers::unknown("CONFIG is renamed");
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
    }

    #[test]
    fn a_cluster_needs_database_0_alone() {
        let mut facts = as_cluster(&["0-16383"], &["0-16383"]);
        facts.target.parameters = Observed::Known([("databases".to_owned(), "1".to_owned())].into());
        assert_eq!(rule(&facts).outcome, Outcome::Pass);
    }

    #[test]
    fn a_target_that_does_not_tell_is_unknown() {
        let mut facts = clean();
        facts.target.parameters = Observed::Unknown("denied".to_owned());
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
        facts.target.parameters = Observed::Known([].into());
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
    }
}
