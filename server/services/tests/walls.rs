//! The walls of the house, checked by reading it: who may import whom, which SQL names which schema, and that every
//! column is classified.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const WORDS: [&str; 7] = [
    "auth",
    "users",
    "documents",
    "loans",
    "payments",
    "notifications",
    "audit",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push((path.clone(), fs::read_to_string(&path).expect("source is text")));
        }
    }
    found
}

#[test]
fn no_service_reaches_into_another() {
    for word in WORDS {
        for (path, text) in sources(&root().join("server/services/src").join(word)) {
            for other in WORDS.iter().filter(|other| **other != word && **other != "audit") {
                assert!(
                    !text.contains(&format!("crate::{other}::")),
                    "{} imports from {other}",
                    path.display()
                );
                assert!(
                    !text.contains(&format!("crate::{other};")),
                    "{} imports {other}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn sql_of_a_service_names_its_own_schema_only() {
    for word in WORDS {
        for (path, text) in sources(&root().join("server/services/src").join(word)) {
            for other in WORDS.iter().filter(|other| **other != word) {
                for verb in ["from", "join", "into", "update", "table"] {
                    let named = format!("{verb} {other}.");
                    assert!(!text.contains(&named), "{}: `{named}`", path.display());
                }
            }
        }
    }
}

/// The same of every checked query as PostgreSQL got it, however its lines are broken.
#[test]
fn a_checked_query_is_about_one_schema() {
    let folder = fs::read_dir(root().join("server/services/.sqlx")).expect("the metadata is committed");
    let mut read = 0;
    for file in folder {
        let path = file.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("metadata is text");
        let query: serde_json::Value = serde_json::from_str(&text).expect("metadata is JSON");
        let words: Vec<&str> = query["query"].as_str().expect("a query").split_whitespace().collect();
        let about = words.windows(2).filter_map(|pair| {
            let table = ["from", "join", "into", "update", "("].contains(&pair[0]);
            let (schema, _) = pair[1].trim_start_matches('(').split_once('.').filter(|_| table)?;
            WORDS.contains(&schema).then_some(schema)
        });
        let about: BTreeSet<&str> = about.collect();
        assert!(about.len() <= 1, "{} is about {about:?}", path.display());
        read += 1;
    }
    assert!(read > 100, "only {read} queries");
}

#[test]
fn the_domain_knows_no_io() {
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree",
            "-p",
            "domain",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .expect("cargo tree runs");
    let tree = String::from_utf8_lossy(&tree.stdout).into_owned();
    assert!(tree.starts_with("domain "), "cargo tree answered nothing");
    for heavy in ["tokio ", "sqlx ", "http ", "reqwest ", "axum ", "leptos "] {
        assert!(
            !tree.lines().any(|line| line.starts_with(heavy)),
            "domain depends on {heavy}"
        );
    }
}

#[test]
fn the_domain_has_no_floating_point_and_no_bare_ids() {
    for (path, text) in sources(&root().join("app/domain/src")) {
        for word in ["f64", "f32"] {
            assert!(
                !text
                    .split(|c: char| !c.is_alphanumeric() && c != '_')
                    .any(|part| part == word),
                "{}: {word}",
                path.display()
            );
        }
    }
    let ids = fs::read_to_string(root().join("app/domain/src/id.rs")).expect("id.rs");
    assert_eq!(ids.matches("macro_rules! ids").count(), 1);
}

#[test]
fn pages_hold_no_sql_and_no_raw_textarea() {
    for (path, text) in sources(&root().join("app/src")) {
        assert!(!text.contains("sqlx"), "{} knows sqlx", path.display());
        assert!(!text.contains("inner_html"), "{} uses inner_html", path.display());
        if !path.ends_with("components/textarea.rs") {
            assert!(
                !text.contains("<textarea"),
                "{}: only the escaping component may draw a textarea",
                path.display()
            );
        }
        if !path.starts_with(root().join("app/src/api/mod.rs")) {
            assert!(
                !text.contains("ServerFnError"),
                "{}: ServerFnError belongs in api/mod.rs",
                path.display()
            );
        }
    }
}

#[test]
fn context_is_given_in_one_place_and_server_functions_have_fixed_addresses() {
    for (path, text) in sources(&root().join("app/src/api")) {
        for line in text
            .lines()
            .filter(|line| line.trim_start().starts_with("#[server(") && !line.contains("default"))
        {
            assert!(
                line.contains("endpoint = \"") && line.contains("prefix = \"/_fn\""),
                "{}: {line}",
                path.display()
            );
        }
    }
    let given: usize = sources(&root().join("server/src"))
        .iter()
        .map(|(_, text)| text.matches("provide_context(").count())
        .sum();
    assert_eq!(given, 0, "the server gives its context through visit::provide");
}

#[test]
fn money_commands_say_by_what_they_are_idempotent() {
    for (word, methods) in [
        ("loans", &["quote", "apply", "cancel", "request_review"][..]),
        (
            "payments",
            &[
                "create",
                "claim",
                "open_account",
                "cancel_payout",
                "retry_payout",
                "propose_resolution",
            ][..],
        ),
    ] {
        let text = fs::read_to_string(root().join(format!("app/domain/src/{word}/service.rs"))).expect("service.rs");
        for method in methods {
            let at = text
                .find(&format!("async fn {method}("))
                .unwrap_or_else(|| panic!("{word} has no {method}"));
            let doc: String = text[..at]
                .lines()
                .rev()
                .skip(1)
                .take_while(|line| line.trim_start().starts_with("///"))
                .collect();
            assert!(
                doc.contains("Idempotent by"),
                "{word}::{method} does not say by what it is idempotent"
            );
        }
    }
}

#[test]
fn every_migration_tells_its_reason_first() {
    for entry in fs::read_dir(root().join("migrations")).expect("migrations") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|end| end == "sql") {
            let text = fs::read_to_string(&path).expect("sql is text");
            assert!(
                text.starts_with("-- ") && text.lines().next().is_some_and(|line| line.len() > 20),
                "{}",
                path.display()
            );
        }
    }
}

#[tokio::test]
async fn every_column_is_classified() {
    let world = services::testing::World::new().await;
    let rows: Vec<(String, String)> = sqlx::query_as(
        "select table_schema || '.' || table_name, column_name::text from information_schema.columns
         where table_schema = any($1)",
    )
    .bind(WORDS.map(str::to_owned).to_vec())
    .fetch_all(&world.owner)
    .await
    .expect("the catalogue answers");
    let mut classified: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut table = String::new();
    for line in fs::read_to_string(root().join("migrations/columns.toml"))
        .expect("columns.toml")
        .lines()
    {
        if let Some(name) = line.strip_prefix("[\"").and_then(|rest| rest.strip_suffix("\"]")) {
            table = name.to_owned();
        } else if let Some((column, class)) = line.split_once(" = ") {
            classified.insert((table.clone(), column.to_owned()), class.trim_matches('"').to_owned());
        }
    }
    for row in &rows {
        let class = classified
            .remove(row)
            .unwrap_or_else(|| panic!("{}.{} is not in columns.toml", row.0, row.1));
        assert!(
            ["public", "personal", "secret"].contains(&class.as_str()),
            "{row:?}: {class}"
        );
        if row.1.ends_with("_sealed") {
            assert_eq!(class, "secret", "{row:?}");
        }
    }
    assert!(
        classified.is_empty(),
        "columns.toml knows columns that are not there: {classified:?}"
    );
    world.finish().await;
}
