//! The page docs/causes.md, made from the tables: a cause that is not there is not documented, and none is documented twice.

use super::causes;
use crate::preflight::{NARROWER, checks};
use crate::progress::stop;
use std::collections::BTreeMap;

/// The whole page, in Markdown.
#[must_use]
pub fn page() -> String {
    let mut page = String::from(
        "# Causes\n\n\
         What a diagnosis can name. Made from `shared/domain/src/diagnosis/causes/` and from the table of checks; \
         `make docs` writes this page, and a test holds it fresh.\n\n\
         A diagnosis lists every cause that the evidence supports, best first: `certain` was seen itself, `likely` has \
         hardly another explanation, `possible` would explain something that was seen. Where nothing fits the cause is \
         `unknown`, and everything that was seen is listed.\n",
    );
    for cause in &causes::ALL {
        page.push_str(&format!(
            "\n## {}\n\n{}. {}\n\n- **Do:** {}\n- **Source:** <{}>\n",
            cause.id, cause.title, cause.why, cause.fix, cause.reference
        ));
    }
    page.push_str(
        "\n## From preflight\n\nA check that fails stops the migration before anything is touched, and is the cause under \
         this name. The finding holds the remedy. A connection that a network ACL or a route may stop, and that a \
         function in the target's subnets made all the same, is a warning: it is named when the target does not reach its \
         source.\n\n| cause | check | what must hold, or, for one of a check's several names, what is the case |\n| --- | --- | --- |\n",
    );
    let by_name: BTreeMap<(&str, &str), &str> = checks::ALL
        .iter()
        .map(|check| ((check.cause, check.id), check.title))
        .chain(NARROWER.iter().map(|way| ((way.cause, way.check), way.title)))
        .collect();
    for ((cause, check), title) in by_name {
        page.push_str(&format!("| {cause} | {check} | {title} |\n"));
    }
    page.push_str(
        "\n## From watching\n\nA rule that stops a migration that would never end is the cause under its own name \
         ([phases](phases.md) says when each holds).\n\n| cause | what to do |\n| --- | --- |\n",
    );
    for rule in &stop::RULES {
        page.push_str(&format!("| {} | {} |\n", rule.id, rule.fix.replace('|', "\\|")));
    }
    page
}
