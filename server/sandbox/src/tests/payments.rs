//! Midtrans from outside.

use std::time::Duration;

use serde_json::{Value, json};

use super::{World, answer, va};
use crate::auth;

#[tokio::test]
async fn a_wrong_key_is_refused() {
    let world = World::new().await;
    let url = format!("{}/v2/charge", world.sandbox.midtrans_url);
    for (user, password) in [("SB-Mid-server-other", ""), ("SB-Mid-server-demo", "x")] {
        let (status, body) = answer(
            world
                .client
                .post(&url)
                .basic_auth(user, Some(password))
                .json(&json!({})),
        )
        .await;
        assert_eq!((status, &body["status_code"]), (401, &json!("401")));
    }
    assert_eq!(world.client.post(&url).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn every_method_gives_its_instruction() {
    let world = World::new().await;
    for bank in ["bca", "bni", "bri", "cimb"] {
        let made = world.charge(&format!("va-{bank}"), 44_000, va(bank)).await;
        assert_eq!(made["va_numbers"][0]["bank"], bank);
        assert!(made["va_numbers"][0]["va_number"].as_str().unwrap().len() >= 12);
        assert_eq!(made["gross_amount"], "44000.00");
        assert_eq!(made["transaction_status"], "pending");
        assert_eq!(
            made["transaction_time"].as_str().unwrap().len(),
            "2019-10-23 16:33:49".len()
        );
    }
    let permata = world.charge("va-permata", 44_000, va("permata")).await;
    assert!(permata["permata_va_number"].is_string() && permata["va_numbers"].is_null());
    let mandiri = json!({"payment_type": "echannel", "echannel": {"bill_info1": "Payment:", "bill_info2": "Angsuran"}});
    let mandiri = world.charge("bill", 44_000, mandiri).await;
    assert_eq!(
        (&mandiri["biller_code"], mandiri["bill_key"].as_str().unwrap().len()),
        (&json!("70012"), 12)
    );
    let qris = world
        .charge(
            "qr",
            275_000,
            json!({"payment_type": "qris", "qris": {"acquirer": "gopay"}}),
        )
        .await;
    assert!(qris["qr_string"].as_str().unwrap().contains("5406275000"));
    let picture = world
        .client
        .get(qris["actions"][0]["url"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(picture.headers()["content-type"], "image/png");
    assert!(picture.bytes().await.unwrap().starts_with(b"\x89PNG"));
    world.fault("/v2/charge", "picture_only", 0).await;
    let bare = world
        .charge(
            "qr-2",
            275_000,
            json!({"payment_type": "qris", "qris": {"acquirer": "gopay"}}),
        )
        .await;
    assert!(bare["qr_string"].is_null() && bare["actions"][0]["url"].is_string());
    let listed = world.sim("midtrans").await;
    assert_eq!(listed.as_array().unwrap().len(), 8);
    assert_eq!(
        (&listed[1]["order_id"], &listed[1]["amount"]),
        (&json!("qr"), &json!(275_000))
    );
}

#[tokio::test]
async fn bad_charges_are_refused_with_reasons() {
    let world = World::new().await;
    let charge = |details: Value, rest: Value| {
        let mut body =
            json!({"payment_type": "bank_transfer", "bank_transfer": {"bank": "bca"}, "transaction_details": details});
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        world.midtrans("/v2/charge").json(&body)
    };
    let good = json!({"order_id": "LN-1", "gross_amount": 1_000});
    let item = |price: i64, quantity: i64| json!({"item_details": [{"id": "1", "name": "A", "price": price, "quantity": quantity}]});
    for (details, rest) in [
        (json!({"order_id": "LN 1", "gross_amount": 1_000}), json!({})),
        (json!({"order_id": "x".repeat(51), "gross_amount": 1_000}), json!({})),
        (json!({"gross_amount": 1_000}), json!({})),
        (json!({"order_id": "LN-1", "gross_amount": 0}), json!({})),
        (json!({"order_id": "LN-1", "gross_amount": 10.5}), json!({})),
        (json!({"order_id": "LN-1", "gross_amount": "1000"}), json!({})),
        (good.clone(), item(400, 2)),
        (good.clone(), json!({"bank_transfer": {"bank": "xyz"}})),
        (
            good.clone(),
            json!({"bank_transfer": {"bank": "bri", "va_number": "123"}}),
        ),
        (good.clone(), json!({"payment_type": "credit_card"})),
        (
            good.clone(),
            json!({"payment_type": "echannel", "echannel": {"bill_info1": "Pembayaran:", "bill_info2": "A"}}),
        ),
        (
            good.clone(),
            json!({"custom_expiry": {"expiry_duration": 5, "unit": "second"}}),
        ),
        (
            good.clone(),
            json!({"custom_expiry": {"expiry_duration": 5, "unit": "minute", "order_time": "2020-01-01 00:00:00 +0700"}}),
        ),
        (
            json!({"order_id": "LN-1", "gross_amount": 10_000_001}),
            json!({"payment_type": "qris"}),
        ),
    ] {
        let (status, body) = answer(charge(details.clone(), rest.clone())).await;
        assert_eq!(
            (status, &body["status_code"]),
            (400, &json!("400")),
            "{details} {rest} {body}"
        );
        assert!(!body["validation_messages"].as_array().unwrap().is_empty());
    }
    let (status, _) = answer(world.midtrans("/v2/charge").body("{")).await;
    assert_eq!(status, 413);
    assert_eq!(answer(charge(good, item(500, 2))).await.0, 200);
}

#[tokio::test]
async fn an_order_id_works_once() {
    let world = World::new().await;
    world.charge("LN-1", 1_000, va("bca")).await;
    let body = json!({"transaction_details": {"order_id": "LN-1", "gross_amount": 2_000},
                      "payment_type": "bank_transfer", "bank_transfer": {"bank": "bni"}});
    let (status, body) = answer(world.midtrans("/v2/charge").json(&body)).await;
    assert_eq!((status, &body["status_code"]), (406, &json!("406")));
    assert_eq!(world.status("LN-1").await["gross_amount"], "1000.00");
}

#[tokio::test]
async fn paying_sends_a_signed_notification_that_the_status_confirms() {
    let mut world = World::new().await;
    let made = world.charge("LN-2026-000123-07", 1_250_000, va("bni")).await;
    assert_eq!(world.hook().await.json()["transaction_status"], "pending");
    assert_eq!(world.press("midtrans/LN-2026-000123-07/pay", json!({})).await.0, 200);
    let hook = world.hook().await;
    assert_eq!(
        (hook.path.as_str(), hook.header("user-agent")),
        ("/webhooks/midtrans", "Veritrans")
    );
    let told = hook.json();
    let signature = auth::midtrans("LN-2026-000123-07", "200", "1250000.00", "SB-Mid-server-demo");
    assert_eq!(told["signature_key"], signature);
    assert_eq!(
        (
            &told["transaction_status"],
            &told["status_code"],
            &told["transaction_id"],
            &told["payment_amounts"][0]["amount"]
        ),
        (
            &json!("settlement"),
            &json!("200"),
            &made["transaction_id"],
            &json!("1250000.00")
        )
    );
    for id in ["LN-2026-000123-07", made["transaction_id"].as_str().unwrap()] {
        let status = world.status(id).await;
        assert_eq!(
            (&status["status_code"], &status["transaction_status"]),
            (&json!("200"), &json!("settlement"))
        );
        assert!(status["signature_key"].is_null());
    }
    assert_eq!(world.press("midtrans/LN-2026-000123-07/pay", json!({})).await.0, 409);
    assert_eq!(world.press("midtrans/unknown/pay", json!({})).await.0, 404);
    world.silence(Duration::from_millis(300)).await;
}

#[tokio::test]
async fn another_amount_shows_in_notification_and_status() {
    let mut world = World::new().await;
    world.charge("LN-1", 1_000, va("bca")).await;
    world.hook().await;
    assert_eq!(world.press("midtrans/LN-1/pay", json!({"amount": -5})).await.0, 400);
    assert_eq!(world.press("midtrans/LN-1/pay", json!({"amount": 900})).await.0, 200);
    assert_eq!(world.hook().await.json()["gross_amount"], "900.00");
    assert_eq!(world.status("LN-1").await["gross_amount"], "900.00");

    // BNI goes on saying what was asked for, and what came beside it.
    world.charge("LN-2", 1_000, va("bni")).await;
    world.hook().await;
    assert_eq!(world.press("midtrans/LN-2/pay", json!({"amount": 1_500})).await.0, 200);
    let told = world.hook().await.json();
    assert_eq!(told["gross_amount"], "1000.00");
    assert_eq!(told["payment_amounts"][0]["amount"], "1500.00");
}

#[tokio::test]
async fn settled_payments_can_be_reversed_by_the_bank_and_qris_refunded_by_us() {
    let mut world = World::new().await;
    world.charge("LN-1", 1_000, va("bca")).await;
    world.press("midtrans/LN-1/pay", json!({})).await;
    assert_eq!(world.press("midtrans/LN-1/reverse", json!({})).await.0, 200);
    let words = [world.hook().await, world.hook().await, world.hook().await]
        .map(|hook| hook.json()["transaction_status"].clone());
    assert_eq!(words, ["pending", "settlement", "deny"]);

    world.charge("QR-1", 1_000, json!({"payment_type": "qris"})).await;
    world.press("midtrans/QR-1/pay", json!({})).await;
    let refund = |body: Value| answer(world.midtrans("/v2/QR-1/refund/online/direct").json(&body));
    let (_, part) = refund(json!({"refund_key": "a", "amount": 400})).await;
    assert_eq!(
        (&part["transaction_status"], &part["refund_amount"]),
        (&json!("partial_refund"), &json!("400.00"))
    );
    assert_eq!(refund(json!({"refund_key": "a", "amount": 100})).await.0, 406);
    assert_eq!(refund(json!({"refund_key": "b", "amount": 601})).await.0, 400);
    let (_, rest) = refund(json!({"refund_key": "b"})).await;
    assert_eq!(
        (&rest["transaction_status"], &rest["refund_amount"]),
        (&json!("refund"), &json!("600.00"))
    );
    assert_eq!(answer(world.midtrans("/v2/LN-1/refund")).await.0, 412);
}

#[tokio::test]
async fn orders_expire_and_can_be_cancelled_while_pending() {
    let mut world = World::new().await;
    world.charge("LN-1", 1_000, va("bca")).await;
    world.charge("LN-2", 1_000, va("bca")).await;
    world.charge("LN-3", 1_000, va("bca")).await;
    for _ in 0..3 {
        world.hook().await;
    }
    let (status, body) = answer(world.midtrans("/v2/LN-1/expire")).await;
    assert_eq!(
        (status, &body["status_code"], &body["transaction_status"]),
        (200, &json!("407"), &json!("expire"))
    );
    let told = world.hook().await.json();
    assert_eq!(
        (&told["status_code"], &told["transaction_status"]),
        (&json!("202"), &json!("expire"))
    );
    assert_eq!(world.status("LN-1").await["status_code"], "407");
    let (_, body) = answer(world.midtrans("/v2/LN-2/cancel")).await;
    assert_eq!(
        (&body["status_code"], &body["transaction_status"]),
        (&json!("200"), &json!("cancel"))
    );
    assert_eq!(world.hook().await.json()["transaction_status"], "cancel");
    assert_eq!(world.press("midtrans/LN-3/deny", json!({})).await.0, 200);
    assert_eq!(world.hook().await.json()["transaction_status"], "deny");
    assert_eq!(answer(world.midtrans("/v2/LN-1/cancel")).await.0, 412);
    assert_eq!(answer(world.midtrans("/v2/LN-9/cancel")).await.0, 404);
    assert_eq!(world.status("LN-9").await["status_code"], "404");
}

#[tokio::test]
async fn time_itself_expires_an_order() {
    let mut world = World::new().await;
    let order_time = {
        let format = time::macros::format_description!(
            "[year]-[month]-[day] [hour]:[minute]:[second] [offset_hour sign:mandatory][offset_minute]"
        );
        let start = crate::state::now().to_offset(crate::state::JAKARTA) - time::Duration::seconds(18);
        start.format(format).unwrap()
    };
    let mut body = va("bca");
    body["custom_expiry"] = json!({"order_time": order_time, "expiry_duration": 20, "unit": "second"});
    world.charge("LN-1", 1_000, body).await;
    world.hook().await;
    assert_eq!(world.hook().await.json()["transaction_status"], "expire");
    assert_eq!(world.status("LN-1").await["status_code"], "407");
}

#[tokio::test]
async fn idempotency_keys_of_46_characters_repeat_the_answer() {
    let world = World::new().await;
    let charge = |key: &str, order_id: &str, bank: &str| {
        let body = json!({"transaction_details": {"order_id": order_id, "gross_amount": 1_000},
                          "payment_type": "bank_transfer", "bank_transfer": {"bank": bank}});
        answer(world.midtrans("/v2/charge").header("idempotency-key", key).json(&body))
    };
    let (short, long) = ("k".repeat(46), "k".repeat(47));
    let first = charge(&short, "LN-1", "bca").await;
    assert_eq!(first.0, 200);
    assert_eq!(charge(&short, "LN-1", "bca").await, first);
    assert_eq!(
        charge(&short, "LN-other", "bca").await,
        first,
        "the same answer whatever the body"
    );
    assert_eq!(charge(&long, "LN-2", "bca").await.0, 200);
    assert_eq!(
        charge(&long, "LN-2", "bca").await.0,
        406,
        "a key that is too long is ignored"
    );
    assert_eq!(charge("p", "LN-3", "permata").await.0, 200);
    assert_eq!(charge("p", "LN-3", "permata").await.0, 406, "not honoured for Permata");
    assert_eq!(charge("e", "LN-1", "bca").await.0, 406);
    assert_eq!(charge("e", "LN-4", "bca").await.0, 200, "errors are not stored");
}

#[tokio::test]
async fn while_the_first_call_runs_the_second_gets_202() {
    let world = World::new().await;
    world.fault("/v2/charge", "slow_ms", 600).await;
    let body = json!({"transaction_details": {"order_id": "LN-1", "gross_amount": 1_000},
                      "payment_type": "bank_transfer", "bank_transfer": {"bank": "bca"}});
    let charge = || {
        answer(
            world
                .midtrans("/v2/charge")
                .header("idempotency-key", "one")
                .json(&body),
        )
    };
    let second = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        charge().await.0
    };
    let (first, second) = tokio::join!(charge(), second);
    assert_eq!((first.0, second), (200, 202));
    assert_eq!(charge().await, first);
}

#[tokio::test]
async fn notifications_are_repeated_by_the_vendors_table() {
    let mut world = World::new().await;
    world.charge("LN-1", 1_000, va("bca")).await;
    world.hook().await;
    world.will_answer(&[503, 503]);
    world.press("midtrans/LN-1/pay", json!({})).await;
    for _ in 0..3 {
        assert_eq!(world.hook().await.json()["transaction_status"], "settlement");
    }
    world.silence(Duration::from_millis(800)).await;
    let tries = world.sim("webhooks?object=LN-1").await;
    let statuses: Vec<_> = tries
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| attempt["status"].clone())
        .collect();
    assert_eq!(statuses, [200, 503, 503, 200]);
}

#[tokio::test]
async fn notification_addresses_of_the_charge_are_used() {
    let mut world = World::new().await;
    let override_url = format!("{}/other/place", world.app);
    let mut body = va("bca");
    body["transaction_details"] = json!({"order_id": "LN-1", "gross_amount": 1_000});
    let request = world
        .midtrans("/v2/charge")
        .header("x-override-notification", override_url)
        .json(&body);
    assert_eq!(answer(request).await.0, 200);
    assert_eq!(world.hook().await.path, "/other/place");
    world.silence(Duration::from_millis(200)).await;
}

#[tokio::test]
async fn account_validation_gives_names() {
    let world = World::new().await;
    let ask = |bank: &str, account: &str, key: &str| {
        let url = format!(
            "{}/account_validation?bank={bank}&account={account}",
            world.sandbox.iris_url
        );
        world.client.get(url).basic_auth(key, Some(""))
    };
    let (_, body) = answer(ask("bca", "1234567890", "demo-iris-key")).await;
    assert_eq!(
        body,
        json!({"account_no": "1234567890", "account_name": "PEMILIK REKENING 7890", "bank_name": "bca"})
    );
    let (status, body) = answer(ask("bca", "8234567890", "demo-iris-key")).await;
    assert_eq!(
        (status, &body["errors"]["account"][0]),
        (404, &json!("Account does not exist"))
    );
    let named = json!({"bank": "BCA", "account": "8234567890", "name": "SITI NURHALIZA"});
    assert_eq!(world.press("accounts", named).await.0, 200);
    let (_, body) = answer(ask("bca", "8234567890", "SB-Mid-server-demo")).await;
    assert_eq!(body["account_name"], "SITI NURHALIZA");
    assert_eq!(answer(ask("xyz", "1234567890", "demo-iris-key")).await.0, 400);
    assert_eq!(ask("bca", "1234567890", "wrong").send().await.unwrap().status(), 401);
}
