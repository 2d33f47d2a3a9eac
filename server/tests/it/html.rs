//! What every page must be, whatever it shows.

use crate::{browser::between, harness::Answer};

/// The nonce of a page's policy.
#[track_caller]
pub fn nonce(page: &Answer) -> String {
    let policy = page.header("content-security-policy");
    between(policy, "script-src 'nonce-", "'")
        .unwrap_or_else(|| panic!("no nonce: {policy}"))
        .to_owned()
}

/// Everything security.md 4.4 wants of an HTML answer: headers, policy, and nothing in the document that the policy
/// would have to forbid.
#[track_caller]
pub fn check_page(path: &str, page: &Answer) {
    assert!(
        page.header("content-type").starts_with("text/html"),
        "{path}: {}",
        page.header("content-type")
    );
    check_headers(path, page);
    assert_eq!(page.header("cache-control"), "no-store", "{path}");
    let nonce = nonce(page);
    assert!(nonce.len() >= 22, "{path}: {nonce}");
    let policy = page.header("content-security-policy");
    for part in [
        "default-src 'none'; ",
        "'strict-dynamic'",
        "script-src-attr 'none'",
        "style-src-attr 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "object-src 'none'",
        "require-trusted-types-for 'script'",
        "report-uri /csp-report",
    ] {
        assert!(policy.contains(part), "{path}: {part} is not in {policy}");
    }
    assert!(
        !policy.contains("unsafe-inline") && !policy.contains("unsafe-eval' ") && !policy.contains("http:"),
        "{policy}"
    );

    let html = page.text();
    if page.status == 200 && path.starts_with("/petugas") && path != "/petugas/masuk" {
        let leave = html.matches("action=\"/_fn/petugas/sign_out\"").count();
        assert_eq!(leave, 1, "{path}: staff can sign out from every page of theirs");
    }
    assert!(
        html.starts_with("<!DOCTYPE html>") && html.contains("lang=\"id\""),
        "{path}: {}",
        &html[..html.len().min(200)]
    );
    assert_eq!(html.matches("<main").count(), 1, "{path}");
    for forbidden in [
        " style=",
        "<style",
        "javascript:",
        "<iframe",
        "<object",
        "<embed",
        "<base",
    ] {
        assert!(!html.contains(forbidden), "{path}: {forbidden}");
    }
    let handler = html.match_indices(" on").find(|(at, _)| {
        let rest = html[at + 3..].trim_start_matches(|c: char| c.is_ascii_lowercase());
        rest.len() < html.len() - at - 3 && rest.starts_with("=\"")
    });
    assert!(handler.is_none(), "{path}: an event handler at {handler:?}");
    for script in html.split("<script").skip(1) {
        let (tag, body) = script.split_once('>').expect("a tag ends");
        let body = body.split("</script>").next().expect("a script ends");
        assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "{path}: <script{tag}>");
        assert!(
            body.is_empty() == tag.contains(" src=") && says_nothing(body),
            "{path}: <script{tag}>{body}"
        );
    }
    let signed_in = html.contains("<meta name=\"csrf\"");
    for form in html.split("<form").skip(1) {
        let form = form.split("</form>").next().expect("a form");
        if form.contains("method=\"post\"") {
            assert!(form.contains("name=\"page\""), "{path}: <form{form}");
            assert_eq!(form.contains("name=\"csrf\""), signed_in, "{path}: <form{form}");
        }
    }
}

/// Nothing, or the empty lists that the islands look for; never data.
fn says_nothing(script: &str) -> bool {
    let lists = [
        "__RESOLVED_RESOURCES",
        "__SERIALIZED_ERRORS",
        "__PENDING_RESOURCES",
        "__RESOURCE_RESOLVERS",
        "__INCOMPLETE_CHUNKS",
    ];
    lists
        .iter()
        .fold(script.to_owned(), |rest, list| rest.replace(&format!("{list}=[];"), ""))
        .is_empty()
}

/// The page, when its main part says `words`.
#[track_caller]
pub fn says(page: Answer, words: &str) -> Answer {
    let html = page.text();
    let main = between(&html, "<main", "</main>").unwrap_or(&html);
    assert!(main.contains(words), "{words:?} is not in {main}");
    page
}

/// The headers of every answer.
#[track_caller]
pub fn check_headers(path: &str, answer: &Answer) {
    for (name, value) in [
        (
            "strict-transport-security",
            "max-age=63072000; includeSubDomains; preload",
        ),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-embedder-policy", "require-corp"),
        ("cross-origin-resource-policy", "same-origin"),
        ("reporting-endpoints", "csp=\"/csp-report\""),
    ] {
        assert_eq!(answer.header(name), value, "{path}: {name}");
    }
    assert!(answer.header("permissions-policy").contains("camera=(self)"), "{path}");
    assert!(!answer.header("content-security-policy").is_empty(), "{path}");
    assert!(!answer.header("x-request-id").is_empty(), "{path}");
    assert!(
        answer
            .headers
            .keys()
            .all(|name| !name.as_str().starts_with("access-control")),
        "{path}"
    );
    assert!(
        !answer.headers.contains_key("server") && !answer.headers.contains_key("x-powered-by"),
        "{path}"
    );
}

/// The value of a hidden field of a page.
#[track_caller]
pub fn hidden(page: &str, name: &str) -> String {
    let value = between(page, &format!("name=\"{name}\" value=\""), "\"");
    value.unwrap_or_else(|| panic!("no {name} in the page")).to_owned()
}
