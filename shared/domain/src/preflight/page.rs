//! `docs/checks.md`, made from the table of checks, so that the two cannot drift apart.

use super::NARROWER;
use super::checks::ALL;

const INTRODUCTION: &str = "\
<!-- Made from shared/domain/src/preflight/checks by its tests: make docs -->

# What preflight checks

Every check answers with one of four words, the evidence it read, and what to do.

| word | means | the migration |
| --- | --- | --- |
| PASS | the rule holds, and was seen to hold | goes on |
| WARN | somebody should know | goes on |
| UNKNOWN | the facts could not be read; the evidence says why | goes on, and the finding is shown |
| FAIL | the migration would fail or lose data | does not start |

`T` is the target, `S` the source, `P` a prediction from two samples of the source and the plan's `assumptions`. A
source that is a cluster is judged node by node: the worst node decides.

";

/// The page, in Markdown.
#[must_use]
pub fn render_checks_page() -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str("| id | what must hold |\n| --- | --- |\n");
    for check in &ALL {
        let anchor = check.id.to_ascii_lowercase();
        page.push_str(&format!("| [{}](#{anchor}) | {} |\n", check.id, check.title));
    }
    for check in &ALL {
        page.push_str(&format!(
            "\n## {}\n\n**{}.**\n\n{}\n\nA diagnosis calls it `{}`. Source: <{}>\n",
            check.id, check.title, check.why, check.cause, check.reference
        ));
        for way in NARROWER.iter().filter(|way| way.check == check.id) {
            page.push_str(&format!("\nOr `{}`: {}.\n", way.cause, way.title));
        }
    }
    page
}
