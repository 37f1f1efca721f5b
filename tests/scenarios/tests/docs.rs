//! Pages that are made from the code. `UPDATE_DOCS=1` (which `make docs` sets) writes them; without it they must be as the
//! code makes them.
#![expect(
    clippy::unwrap_used,
    reason = "what a helper of a test cannot read fails the test"
)]

fn is_fresh(page: &str, made: &str) {
    let path = format!("{}/../../docs/{page}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, made).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == made,
        "docs/{page} is not what the code says now: run make docs"
    );
}

#[test]
fn the_page_of_causes() {
    is_fresh("causes.md", &domain::diagnosis::page());
}

#[test]
fn the_schemas_of_the_inputs() {
    for (page, schema) in [
        ("input.schema.json", domain::plan::schema()),
        ("fleet.schema.json", domain::plan::FleetPlan::schema()),
    ] {
        let text = serde_json::to_string_pretty(&schema).unwrap();
        is_fresh(page, &format!("{text}\n"));
    }
}
