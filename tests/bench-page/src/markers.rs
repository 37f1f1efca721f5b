//! A page with places for figures: `<!-- bench-cold -->` up to `<!-- /bench-cold -->`. Pure; what stands outside of a place
//! belongs to people.

use anyhow::{Context, Result, ensure};

/// The page with this body in the bench's place, instead of what stood there.
pub(crate) fn put(page: &str, bench: &str, body: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- {bench} -->"), format!("<!-- /{bench} -->"));
    for marker in [&begin, &end] {
        let found = page.matches(marker.as_str()).count();
        ensure!(found == 1, "{marker} stands there {found} times, not once");
    }
    let (before, rest) = page.split_once(&begin).context("the begin is there")?;
    let (_, after) = rest
        .split_once(&end)
        .with_context(|| format!("{end} stands before {begin}"))?;
    Ok(format!("{before}{begin}\n{}\n{end}{after}", body.trim()))
}

#[cfg(test)]
mod tests {
    use super::put;

    const PAGE: &str =
        "# Page\n\n<!-- bench-a -->\nold\n<!-- /bench-a -->\n\n<!-- bench-b -->\n<!-- /bench-b -->\nend\n";

    #[test]
    fn figures_replace_those_before_them_and_nothing_else() {
        let once = put(PAGE, "bench-a", "| new |\n").expect("a place");
        assert_eq!(
            once,
            "# Page\n\n<!-- bench-a -->\n| new |\n<!-- /bench-a -->\n\n<!-- bench-b -->\n<!-- /bench-b -->\nend\n"
        );
        assert_eq!(put(&once, "bench-a", "| new |\n").expect("a place"), once);
        let both = put(&once, "bench-b", "b").expect("a place");
        assert!(both.contains("| new |") && both.contains("<!-- bench-b -->\nb\n<!-- /bench-b -->"));
    }

    #[test]
    fn a_page_without_one_clear_place_stays_as_it_is() {
        for (page, why) in [
            ("", "0 times"),
            ("<!-- bench-a -->", "<!-- /bench-a --> stands there 0 times"),
            ("<!-- /bench-a --><!-- bench-a -->", "stands before"),
            (&format!("{PAGE}{PAGE}"), "2 times"),
        ] {
            let error = put(page, "bench-a", "new").expect_err("no place");
            assert!(error.to_string().contains(why), "{error} for {page}");
        }
    }

    /// `make bench` runs what the page has places for, and the page has a place for each bench that is run.
    #[test]
    fn the_page_and_the_makefile_name_the_same_benches() {
        let read = |path: &str| {
            let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
            std::fs::read_to_string(format!("{root}/{path}")).expect(path)
        };
        let page = read("docs/performance.md");
        let mut places: Vec<&str> = page
            .lines()
            .filter_map(|line| line.strip_prefix("<!-- bench-")?.strip_suffix(" -->"))
            .collect();
        let makefile = read("Makefile");
        let mut run: Vec<&str> = makefile
            .lines()
            .find_map(|line| line.strip_prefix("BENCHES := "))
            .expect("BENCHES")
            .split_whitespace()
            .collect();
        places.sort_unstable();
        run.sort_unstable();
        assert_eq!(places, run);
        for bench in run {
            let name = format!("bench-{bench}");
            put(&page, &name, "figures").expect("a place");
            assert!(makefile.contains(&format!("\n{name}: ")), "no target {name}");
        }
    }
}
