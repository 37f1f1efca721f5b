//! Each check is documented and tested, and the page is what the code says.

use domain::preflight::{checks, render_checks_page};
use std::path::{Path, PathBuf};

fn in_crate(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn the_page_is_what_the_code_says() {
    let path = in_crate("../../docs/checks.md");
    let rendered = render_checks_page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &rendered).expect("the page is written");
    }
    let written = std::fs::read_to_string(&path).expect("docs/checks.md");
    assert!(
        written == rendered,
        "docs/checks.md is not what the checks say; to write it anew: \
         make docs"
    );
}

#[test]
fn each_check_has_an_entry_on_the_page() {
    let written = std::fs::read_to_string(in_crate("../../docs/checks.md")).expect("docs/checks.md");
    for check in &checks::ALL {
        assert!(
            written.contains(&format!("\n## {}\n", check.id)),
            "{} has no entry",
            check.id
        );
        assert!(
            written.contains(check.why),
            "{}: the page does not say why",
            check.id
        );
    }
}

/// A check is one file named by its id, and its tests see it both ways: something else than PASS among them.
#[test]
fn each_check_has_a_file_with_tests_that_see_it_both_ways() {
    let files: Vec<PathBuf> = std::fs::read_dir(in_crate("src/preflight/checks"))
        .expect("the folder of checks")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    for check in &checks::ALL {
        let prefix = format!("{}_", check.id.to_ascii_lowercase());
        let file = files
            .iter()
            .find(|path| {
                path.file_name()
                    .is_some_and(|name| name.to_string_lossy().starts_with(&prefix))
            })
            .unwrap_or_else(|| panic!("{} has no file {prefix}*.rs", check.id));
        let text = std::fs::read_to_string(file).expect("a check's file");
        assert!(
            text.contains(&format!("id: \"{}\"", check.id)),
            "{} is another check's file",
            file.display()
        );
        let (_, tests) = text
            .split_once("mod tests {")
            .unwrap_or_else(|| panic!("{} has no tests", file.display()));
        assert!(tests.contains("#[test]"), "{} has no test", file.display());
        let bad = ["Outcome::Fail", "Outcome::Warn", "Outcome::Unknown"];
        assert!(
            bad.iter().any(|outcome| tests.contains(outcome)),
            "{}: no test breaks the rule",
            file.display()
        );
    }
}
