//! Xendit from outside.

use std::time::Duration;

use serde_json::{Value, json};

use super::{World, answer, payout_body};
use crate::Config;

#[tokio::test]
async fn keys_and_references_are_guarded() {
    let world = World::new().await;
    let body = payout_body("DISB-1", "1234567890");
    let url = format!("{}/v2/payouts", world.sandbox.xendit_url);
    let (status, refused) = answer(world.client.post(&url).basic_auth("xnd_other", Some("")).json(&body)).await;
    assert_eq!((status, &refused["error_code"]), (401, &json!("INVALID_API_KEY")));
    let without = world
        .client
        .post(&url)
        .basic_auth("xnd_development_demo", Some(""))
        .json(&body);
    let (status, refused) = answer(without).await;
    assert_eq!((status, &refused["error_code"]), (400, &json!("API_VALIDATION_ERROR")));

    let (status, first) = answer(world.payout("key-1", &body)).await;
    assert_eq!(
        (status, &first["status"], &first["amount"]),
        (200, &json!("ACCEPTED"), &json!(5_000_000))
    );
    assert!(first["id"].as_str().unwrap().starts_with("disb-"));
    assert_eq!(answer(world.payout("key-1", &body)).await, (200, first.clone()));
    let mut other = body.clone();
    other["amount"] = json!(6_000_000);
    let (status, refused) = answer(world.payout("key-1", &other)).await;
    assert_eq!((status, &refused["error_code"]), (409, &json!("IDEMPOTENCY_ERROR")));
    let (status, refused) = answer(world.payout("key-2", &body)).await;
    assert_eq!((status, &refused["error_code"]), (409, &json!("DUPLICATE_ERROR")));
    assert_eq!(world.sim("xendit/payouts").await.as_array().unwrap().len(), 1);

    let id = first["id"].as_str().unwrap();
    assert_eq!(
        world
            .press(&format!("xendit/payouts/{id}/fail"), json!({"failure_code": "NOT_ONE"}))
            .await
            .0,
        400
    );
    let failed = json!({"failure_code": "TEMPORARY_TRANSFER_ERROR"});
    assert_eq!(world.press(&format!("xendit/payouts/{id}/fail"), failed).await.0, 200);
    let (status, second) = answer(world.payout("key-2", &body)).await;
    assert_eq!(status, 200, "after a final failure a new key may try again: {second}");
    let find = |query: &str| {
        answer(
            world
                .client
                .get(format!("{url}?{query}"))
                .basic_auth("xnd_development_demo", Some("")),
        )
    };
    let (_, found) = find("reference_id=DISB-1").await;
    let ids: Vec<_> = found["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|payout| payout["id"].clone())
        .collect();
    assert_eq!(ids, [second["id"].clone(), first["id"].clone()]);
    assert_eq!(find("reference_id=DISB-9").await.1["data"], json!([]));
    let (_, page) = find("reference_id=DISB-1&limit=1").await;
    assert_eq!(
        (page["has_more"].clone(), &page["data"][0]["id"]),
        (json!(true), &second["id"])
    );
    let (_, page) = find(&format!(
        "reference_id=DISB-1&limit=1&after_id={}",
        second["id"].as_str().unwrap()
    ))
    .await;
    assert_eq!(
        (page["has_more"].clone(), &page["data"][0]["id"]),
        (json!(false), &first["id"])
    );
    assert_eq!(find("limit=1").await.0, 400);
}

#[tokio::test]
async fn bad_payouts_get_the_vendors_codes() {
    let world = World::new().await;
    let mut number = 0;
    let mut change = |path: &str, value: Value| {
        number += 1;
        let mut body = payout_body("DISB-1", "1234567890");
        *body.pointer_mut(path).unwrap() = value;
        world.payout(&format!("key-{number}"), &body)
    };
    for (path, value, code) in [
        ("/channel_code", json!("ID_XYZ"), "CHANNEL_CODE_NOT_SUPPORTED_ERROR"),
        (
            "/channel_properties/account_number",
            json!("12a4567890"),
            "RECIPIENT_ACCOUNT_NUMBER_ERROR",
        ),
        (
            "/channel_properties/account_holder_name",
            json!(""),
            "API_VALIDATION_ERROR",
        ),
        ("/amount", json!("5000000"), "API_VALIDATION_ERROR"),
        ("/amount", json!(-1), "API_VALIDATION_ERROR"),
        ("/amount", json!(9_999), "RECIPIENT_AMOUNT_ERROR"),
        ("/amount", json!(1_000_000_001), "MAXIMUM_TRANSFER_LIMIT_ERROR"),
        ("/currency", json!("USD"), "API_VALIDATION_ERROR"),
        ("/reference_id", json!(""), "API_VALIDATION_ERROR"),
        ("/description", json!("x".repeat(101)), "API_VALIDATION_ERROR"),
    ] {
        let (status, body) = answer(change(path, value)).await;
        assert_eq!((status, &body["error_code"]), (400, &json!(code)), "{path}");
    }
    assert_eq!(world.sim("xendit/payouts").await, json!([]));
}

#[tokio::test]
async fn ends_are_told_with_the_token() {
    let mut world = World::new().await;
    let (_, made) = answer(world.payout("key-1", &payout_body("DISB-1", "1234567890"))).await;
    let id = made["id"].as_str().unwrap();
    world.silence(Duration::from_millis(200)).await;
    assert_eq!(
        world.press("xendit/payouts/DISB-1/succeed", json!({})).await.0,
        200,
        "by reference too"
    );
    let hook = world.hook().await;
    assert_eq!(
        (hook.path.as_str(), hook.header("x-callback-token")),
        ("/webhooks/xendit", "demo-callback-token")
    );
    let told = hook.json();
    assert_eq!(
        (&told["event"], &told["data"]["id"]),
        (&json!("payout.succeeded"), &json!(id))
    );
    assert_eq!(told["data"]["status"], "SUCCEEDED");
    assert_eq!(
        world.press(&format!("xendit/payouts/{id}/succeed"), json!({})).await.0,
        409
    );
    assert_eq!(
        world.press(&format!("xendit/payouts/{id}/reverse"), json!({})).await.0,
        200
    );
    assert_eq!(world.hook().await.json()["event"], "payout.reversed");
    let read = |id: &str| {
        let url = format!("{}/v2/payouts/{id}", world.sandbox.xendit_url);
        answer(world.client.get(url).basic_auth("xnd_development_demo", Some("")))
    };
    assert_eq!(read(id).await.1["status"], "REVERSED");
    assert_eq!(read("disb-none").await.1["error_code"], "DATA_NOT_FOUND");
}

#[tokio::test]
async fn only_accepted_payouts_are_cancelled() {
    let world = World::new().await;
    let (_, made) = answer(world.payout("key-1", &payout_body("DISB-1", "1234567890"))).await;
    let id = made["id"].as_str().unwrap();
    let cancel = || {
        let url = format!("{}/v2/payouts/{id}/cancel", world.sandbox.xendit_url);
        answer(world.client.post(url).basic_auth("xnd_development_demo", Some("")))
    };
    assert_eq!(cancel().await.1["status"], "CANCELLED");
    assert_eq!(cancel().await.0, 400);
    assert_eq!(
        world.press(&format!("xendit/payouts/{id}/succeed"), json!({})).await.0,
        409
    );
}

#[tokio::test]
async fn in_automatic_mode_the_account_decides() {
    let config = Config {
        auto_payout_seconds: Some(1),
        ..Config::port_zero()
    };
    let mut world = World::with(config).await;
    world
        .press(
            "accounts",
            json!({"bank": "bca", "account": "5550001111", "name": "BUDI SANTOSO"}),
        )
        .await;
    for (reference, account) in [
        ("ok", "1234567890"),
        ("bad", "1234569901"),
        ("later", "1234569904"),
        ("other-name", "5550001111"),
        ("waits", "1234569907"),
        ("back", "1234569906"),
    ] {
        assert_eq!(
            answer(world.payout(reference, &payout_body(reference, account)))
                .await
                .0,
            200
        );
    }
    let mut told = Vec::new();
    for _ in 0..6 {
        let hook = world.hook().await.json();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        told.push((
            text(&hook["data"]["reference_id"]),
            text(&hook["data"]["status"]),
            text(&hook["data"]["failure_code"]),
        ));
    }
    told.sort();
    let expected = [
        ("back", "REVERSED", ""),
        ("back", "SUCCEEDED", ""),
        ("bad", "FAILED", "INVALID_DESTINATION"),
        ("later", "FAILED", "INSUFFICIENT_BALANCE"),
        ("ok", "SUCCEEDED", ""),
        ("other-name", "FAILED", "INVALID_DESTINATION"),
    ];
    assert_eq!(
        told,
        expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()))
    );
}

#[tokio::test]
async fn channels_are_listed() {
    let world = World::new().await;
    let list = |query: &str| {
        let url = format!("{}/payouts_channels?{query}", world.sandbox.xendit_url);
        answer(world.client.get(url).basic_auth("xnd_development_demo", Some("")))
    };
    let (_, banks) = list("currency=IDR&channel_category=BANK").await;
    assert!(
        banks
            .as_array()
            .unwrap()
            .iter()
            .any(|channel| channel["channel_code"] == "ID_BCA")
    );
    assert_eq!(list("channel_category=EWALLET").await.1, json!([]));
}
