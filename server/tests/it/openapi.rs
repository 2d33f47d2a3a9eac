//! The document of the API against the contract, and every answer against the document.

use crate::{
    harness::App,
    people::{PASSWORD, consent, photo, registration, upload_form},
};
use axum::http::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// contract.md 4: operationId, method, path, whether it needs a key.
const OPERATIONS: [(&str, &str, &str, bool); 28] = [
    ("auth_register", "post", "/api/auth/register", false),
    ("auth_register_verify", "post", "/api/auth/register/verify", false),
    ("auth_login", "post", "/api/auth/login", false),
    ("auth_login_verify", "post", "/api/auth/login/verify", false),
    ("auth_refresh", "post", "/api/auth/refresh", false),
    ("auth_logout", "post", "/api/auth/logout", false),
    ("users_profile_get", "get", "/api/users/profile", false),
    ("users_profile_update", "patch", "/api/users/profile", false),
    ("documents_upload", "post", "/api/documents/upload", false),
    ("documents_list", "get", "/api/documents", false),
    ("loans_simulate", "get", "/api/loans/simulate", false),
    ("loans_quote", "post", "/api/loans/quotes", true),
    ("loans_apply", "post", "/api/loans/apply", true),
    ("loans_list", "get", "/api/loans", false),
    ("loans_get", "get", "/api/loans/{id}", false),
    ("loans_schedule", "get", "/api/loans/{id}/schedule", false),
    ("loans_ledger", "get", "/api/loans/{id}/ledger", false),
    ("loans_payoff", "get", "/api/loans/{id}/payoff", false),
    ("loans_cancel", "post", "/api/loans/{id}/cancel", true),
    ("loans_review", "post", "/api/loans/{id}/review", true),
    ("payments_create", "post", "/api/payments", true),
    ("payments_get", "get", "/api/payments/{id}", false),
    ("payments_claim", "post", "/api/payments/{id}/claim", true),
    ("notifications_list", "get", "/api/notifications", false),
    ("notifications_read", "post", "/api/notifications/{id}/read", false),
    (
        "notifications_preferences",
        "get",
        "/api/notifications/preferences",
        false,
    ),
    (
        "notifications_preferences_put",
        "put",
        "/api/notifications/preferences",
        false,
    ),
    ("notifications_push_subscribe", "post", "/api/notifications/push", false),
];

/// Operations without a person.
const PUBLIC: [&str; 6] = [
    "auth_register",
    "auth_register_verify",
    "auth_login",
    "auth_login_verify",
    "auth_refresh",
    "loans_simulate",
];

async fn document(app: &App) -> Value {
    app.get("/api/openapi.json").send().await.expect(200).json()
}

#[tokio::test]
async fn the_document_has_every_operation_of_the_contract_and_no_other() {
    let app = App::start().await;
    let document = document(&app).await;
    assert!(
        document["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.1.")),
        "{}",
        document["openapi"]
    );
    let mut found = BTreeMap::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let id = operation["operationId"].as_str().expect("an operationId").to_owned();
            assert!(
                found
                    .insert(id.clone(), (method.clone(), path.clone(), operation.clone()))
                    .is_none(),
                "{id} twice"
            );
        }
    }
    assert_eq!(found.len(), OPERATIONS.len(), "{:?}", found.keys());
    for (id, method, path, keyed) in OPERATIONS {
        let (found_method, found_path, operation) = found.get(id).unwrap_or_else(|| panic!("{id} is missing"));
        assert_eq!((found_method.as_str(), found_path.as_str()), (method, path), "{id}");
        let empty = Vec::new();
        let parameters = operation["parameters"].as_array().unwrap_or(&empty);
        let key = parameters
            .iter()
            .find(|parameter| parameter["name"] == "Idempotency-Key");
        assert_eq!(
            key.is_some_and(|key| key["required"] == true && key["in"] == "header"),
            keyed,
            "{id}"
        );
        assert_eq!(operation["security"].is_array(), !PUBLIC.contains(&id), "{id}");
        let responses = operation["responses"].as_object().expect("responses");
        let mut needed = vec!["429", "500", "503"];
        if !PUBLIC.contains(&id) {
            needed.push("401");
        }
        if operation["requestBody"].is_object() {
            needed.extend(["400", "413", "415"]);
        }
        if path.contains("{id}") {
            needed.push("404");
        }
        for status in needed {
            let schema = &responses[status]["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(schema, "#/components/schemas/Problem", "{id} {status}");
        }
        let good: Vec<_> = responses.keys().filter(|status| status.starts_with('2')).collect();
        assert!(!good.is_empty(), "{id}");
    }
    let codes = document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
        .as_array()
        .expect("codes");
    for code in
        domain::Refusal::ALL
            .iter()
            .map(|refusal| refusal.code())
            .chain(["validation", "malformed", "not_found"])
    {
        assert!(codes.iter().any(|known| known == code), "{code}");
    }
    app.finish().await;
}

#[tokio::test]
async fn bodies_are_closed_and_their_members_described() {
    let app = App::start().await;
    let document = document(&app).await;
    let expected = [
        (
            "auth_register",
            vec!["consents", "email", "full_name", "nik", "password", "phone"],
        ),
        ("auth_login", vec!["identifier", "password"]),
        ("loans_quote", vec!["amount", "tenor_months"]),
        (
            "loans_apply",
            vec![
                "accepted",
                "disclosure_hash",
                "monthly_income",
                "other_instalments",
                "purpose",
                "quote_id",
            ],
        ),
        ("payments_create", vec!["loan_id", "method", "purpose"]),
        ("users_profile_update", vec![]),
    ];
    for (id, members) in expected {
        let (_, method, path, _) = OPERATIONS
            .into_iter()
            .find(|operation| operation.0 == id)
            .expect("known");
        let body = &document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"];
        let schema = resolve(&document, body);
        let empty = Vec::new();
        let mut required: Vec<_> = schema["required"]
            .as_array()
            .unwrap_or(&empty)
            .iter()
            .filter_map(Value::as_str)
            .collect();
        required.sort_unstable();
        assert_eq!(required, members, "{id}");
        assert_eq!(schema["additionalProperties"], false, "{id}");
    }
    app.finish().await;
}

#[tokio::test]
async fn the_document_can_be_browsed_under_the_pages_policy() {
    let app = App::start().await;
    let page = app.get("/api/docs").send().await.expect(200);
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("'strict-dynamic'") && !policy.contains("unsafe-inline"),
        "{policy}"
    );
    let html = page.text();
    assert_eq!(html.matches("<script").count(), html.matches("nonce=").count());
    for file in [
        "swagger-ui.css",
        "swagger-ui-bundle.js",
        "swagger-ui-standalone-preset.js",
        "swagger-initializer.js",
    ] {
        assert!(html.contains(&format!("/api/docs/{file}")), "{file}");
        let file = app.get(&format!("/api/docs/{file}")).send().await.expect(200);
        assert!(!file.bytes.is_empty() && !file.header("content-type").is_empty());
    }
    assert!(
        app.get("/api/docs/swagger-initializer.js")
            .send()
            .await
            .text()
            .contains("/api/openapi.json")
    );
    app.get("/api/docs/nothing.js").send().await.problem(404, "not_found");
    app.finish().await;
}

/// The schema behind a reference.
fn resolve<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(reference) => &document["components"]["schemas"][reference.rsplit('/').next().expect("a name")],
        None => schema,
    }
}

/// What in `value` is not as the schema says. Objects are closed: a member that the document does not know is wrong.
fn check(document: &Value, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
    let schema = resolve(document, schema);
    for one_of in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[one_of].as_array() {
            let fits = |choice: &Value| {
                let mut wrong = Vec::new();
                check(document, choice, value, at, &mut wrong);
                wrong.is_empty()
            };
            if !choices.iter().any(fits) {
                wrong.push(format!("{at}: none of {one_of} fits {value}"));
            }
            return;
        }
    }
    let parts: Vec<&Value> = match schema["allOf"].as_array() {
        Some(parts) => parts.iter().map(|part| resolve(document, part)).collect(),
        None => vec![schema],
    };
    if let Some(object) = value
        .as_object()
        .filter(|_| parts.iter().any(|part| part["properties"].is_object()))
    {
        let required = parts
            .iter()
            .filter_map(|part| part["required"].as_array())
            .flatten()
            .filter_map(Value::as_str);
        wrong.extend(
            required
                .filter(|name| !object.contains_key(*name))
                .map(|name| format!("{at}.{name} is missing")),
        );
        for (name, member) in object {
            match parts.iter().find_map(|part| part["properties"].get(name)) {
                Some(schema) => check(document, schema, member, &format!("{at}.{name}"), wrong),
                None => wrong.push(format!("{at}.{name} is not in the document")),
            }
        }
        return;
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let fits = |name: &&str| match *name {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => false,
    };
    if types.is_empty() || !types.iter().any(fits) {
        wrong.push(format!("{at}: {value} is not {types:?}"));
    }
    for (number, item) in value.as_array().into_iter().flatten().enumerate() {
        check(document, &schema["items"], item, &format!("{at}[{number}]"), wrong);
    }
}

/// Checks answers against the document and remembers which operations were seen.
struct Checked<'a> {
    app: &'a App,
    document: Value,
    seen: Vec<&'static str>,
}

impl Checked<'_> {
    async fn call(&mut self, id: &'static str, fill: &str, token: &str, body: Option<Value>) -> Value {
        let (_, method, path, _) = OPERATIONS
            .into_iter()
            .find(|operation| operation.0 == id)
            .expect("known");
        let (path, query) = (
            path.to_owned(),
            fill.strip_prefix('?')
                .map(|query| format!("?{query}"))
                .unwrap_or_default(),
        );
        let address = format!("{}{query}", path.replace("{id}", fill));
        let method_name: Method = method.to_uppercase().parse().expect("a method");
        let mut call = self.app.call(method_name, &address).key(&format!("key-for-{id}-0001"));
        if !token.is_empty() {
            call = call.token(token);
        }
        if let Some(body) = &body {
            call = call.json(body);
        }
        let answer = call.send().await;
        self.check(id, &answer)
    }

    fn check(&mut self, id: &'static str, answer: &crate::harness::Answer) -> Value {
        let (_, method, path, _) = OPERATIONS
            .into_iter()
            .find(|operation| operation.0 == id)
            .expect("known");
        assert!(
            (200..300).contains(&answer.status),
            "{id}: {} {}",
            answer.status,
            answer.text()
        );
        let response = &self.document["paths"][path][method]["responses"][answer.status.to_string()];
        assert!(response.is_object(), "{id}: {} is not in the document", answer.status);
        self.seen.push(id);
        let schema = &response["content"]["application/json"]["schema"];
        if schema.is_null() {
            assert!(answer.bytes.is_empty(), "{id}: {}", answer.text());
            return Value::Null;
        }
        let (value, mut wrong) = (answer.json(), Vec::new());
        check(&self.document, schema, &value, id, &mut wrong);
        assert!(wrong.is_empty(), "{wrong:#?}");
        value
    }
}

#[tokio::test]
async fn every_answer_is_as_the_document_says() {
    let app = App::start().await;
    let mut checked = Checked {
        app: &app,
        document: document(&app).await,
        seen: Vec::new(),
    };
    let text = |value: &Value, name: &str| {
        value[name]
            .as_str()
            .unwrap_or_else(|| panic!("{name}: {value}"))
            .to_owned()
    };

    let body = registration();
    let sent = checked.call("auth_register", "", "", Some(body.clone())).await;
    app.world.run_jobs().await;
    let code = app.code(&text(&body, "phone"));
    let answer = json!({"challenge_id": sent["challenge_id"], "code": code});
    let tokens = checked.call("auth_register_verify", "", "", Some(answer)).await;
    let login = json!({"identifier": body["email"], "password": PASSWORD});
    app.wait(61);
    let sent = checked.call("auth_login", "", "", Some(login)).await;
    app.world.run_jobs().await;
    let answer = json!({"challenge_id": sent["challenge_id"], "code": app.code(&text(&body, "phone"))});
    checked.call("auth_login_verify", "", "", Some(answer)).await;
    let login = json!({"identifier": body["email"], "password": PASSWORD, "device_token": tokens["device_token"]});
    checked.call("auth_login", "", "", Some(login)).await;
    checked
        .call(
            "auth_refresh",
            "",
            "",
            Some(json!({"refresh_token": tokens["refresh_token"]})),
        )
        .await;
    checked
        .call("auth_logout", "", &text(&tokens, "access_token"), None)
        .await;

    let (person, loan) = app.with_loan().await;
    let token = person.access_token.as_str();
    checked.call("users_profile_get", "", token, None).await;
    checked
        .call("users_profile_update", "", token, Some(json!({"occupation": "Guru"})))
        .await;
    let upload = app
        .post("/api/documents/upload")
        .by(&person)
        .multipart(upload_form("income_proof", photo(7)))
        .send()
        .await;
    checked.check("documents_upload", &upload);
    checked.call("documents_list", "", token, None).await;
    checked
        .call("loans_simulate", "?amount=3000000&tenor_months=6", "", None)
        .await;
    for id in ["loans_get", "loans_schedule", "loans_ledger", "loans_payoff"] {
        checked.call(id, &loan, token, None).await;
    }
    checked.call("loans_list", "", token, None).await;
    let payment = json!({"loan_id": loan, "purpose": "instalment", "method": "va_mandiri"});
    let payment = checked.call("payments_create", "", token, Some(payment)).await;
    checked.call("payments_get", &text(&payment, "id"), token, None).await;
    checked.call("payments_claim", &text(&payment, "id"), token, None).await;
    let notices = checked.call("notifications_list", "", token, None).await;
    checked
        .call("notifications_read", &text(&notices["items"][0], "id"), token, None)
        .await;
    let chosen = checked.call("notifications_preferences", "", token, None).await;
    checked
        .call("notifications_preferences_put", "", token, Some(chosen))
        .await;

    let other = app.verified().await;
    let token = other.access_token.as_str();
    let quote = checked
        .call(
            "loans_quote",
            "",
            token,
            Some(json!({"amount": 3_000_000, "tenor_months": 6})),
        )
        .await;
    let mut body = consent(&quote);
    body["other_instalments"] = json!(1_500_000);
    let declined = checked.call("loans_apply", "", token, Some(body)).await;
    app.world.run_jobs().await;
    checked.call("loans_get", &text(&declined, "id"), token, None).await;
    checked.call("loans_review", &text(&declined, "id"), token, None).await;
    checked.call("loans_cancel", &text(&declined, "id"), token, None).await;
    app.finish().await;
}
