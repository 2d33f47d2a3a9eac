//! Notices of the four vendors: stored once when the signature is right, not at all when it is wrong.

use crate::{
    harness::{Answer, App, nobodys_id},
    people::registration,
};
use axum::http::Method;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};

const INBOX: &str = "select count(*) from payments.inbox";

/// A notice of Midtrans, signed with `key`.
fn midtrans(order_id: &str, key: &str) -> Value {
    let (code, amount) = ("200", "544650.00");
    let signature = hex::encode(Sha512::digest(format!("{order_id}{code}{amount}{key}")));
    json!({
        "order_id": order_id, "status_code": code, "gross_amount": amount, "signature_key": signature,
        "transaction_id": "b2f1c1d0-0000-4000-8000-000000000001", "transaction_status": "settlement",
    })
}

async fn send(app: &App, vendor: &str, header: (&str, &str), body: String) -> Answer {
    app.post(&format!("/webhooks/{vendor}"))
        .header(header.0, header.1)
        .body("application/json", body)
        .send()
        .await
}

#[tokio::test]
async fn midtrans_is_believed_by_its_signature() {
    let app = App::start().await;
    let key = app.world.sandbox.credentials.midtrans_server_key.clone();
    let order = format!("SGP-{}", uuid::Uuid::now_v7().simple());
    let none = ("x-none", "");
    let mut unsigned = midtrans(&order, &key);
    unsigned.as_object_mut().expect("an object").remove("signature_key");
    let mut changed = midtrans(&order, &key);
    changed["gross_amount"] = json!("1.00");
    for (body, status) in [
        (midtrans(&order, "another key").to_string(), 401),
        (changed.to_string(), 401),
        (unsigned.to_string(), 400),
        ("{".to_owned(), 400),
        (String::new(), 400),
    ] {
        send(&app, "midtrans", none, body).await.expect(status);
    }
    assert_eq!(app.count(INBOX).await, 0, "nothing of it is stored");
    for _ in 0..2 {
        send(&app, "midtrans", none, midtrans(&order, &key).to_string())
            .await
            .expect(200);
        assert_eq!(app.count(INBOX).await, 1);
    }
    // What the notice says is never stored readable.
    let sealed: Vec<u8> = sqlx::query_scalar("select body_sealed from payments.inbox")
        .fetch_one(&app.world.owner)
        .await
        .expect("a row");
    assert!(!sealed.windows(8).any(|bytes| bytes == b"order_id"));
    app.world.run_jobs().await;
    app.finish().await;
}

#[tokio::test]
async fn xendit_is_believed_by_its_token() {
    let app = App::start().await;
    let token = app.world.sandbox.credentials.xendit_callback_token.clone();
    let notice = |status: &str| {
        json!({"event": "payout.succeeded", "business_id": "b", "created": "2026-11-24T00:00:00Z",
               "data": {"id": "disb-1", "reference_id": nobodys_id(), "status": status, "amount": 1, "currency": "IDR",
                        "channel_code": "ID_BCA"}})
        .to_string()
    };
    let body = notice("SUCCEEDED");
    for wrong in ["", "x", &format!("{token}x"), &token[1..]] {
        send(&app, "xendit", ("x-callback-token", wrong), body.clone())
            .await
            .expect(401);
    }
    send(&app, "xendit", ("x-none", ""), body.clone()).await.expect(401);
    send(&app, "xendit", ("x-callback-token", &token), "{}".into())
        .await
        .expect(400);
    assert_eq!(app.count(INBOX).await, 0);
    for _ in 0..2 {
        send(&app, "xendit", ("x-callback-token", &token), body.clone())
            .await
            .expect(200);
        assert_eq!(app.count(INBOX).await, 1);
    }
    app.world.run_jobs().await;
    app.finish().await;
}

#[tokio::test]
async fn whatsapp_is_believed_by_its_signature_and_subscribed_by_its_token() {
    let app = App::start().await;
    let credentials = app.world.sandbox.credentials.clone();
    let body = r#"{"object":"whatsapp_business_account","entry":[]}"#.to_owned();
    let mut mac = Hmac::<Sha256>::new_from_slice(credentials.wa_app_secret.as_bytes()).expect("any length");
    mac.update(body.as_bytes());
    let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    send(&app, "whatsapp", ("x-hub-signature-256", &signature), body.clone())
        .await
        .expect(200);
    for wrong in ["", "sha256=", &signature[7..], &format!("sha256={}", "0".repeat(64))] {
        send(&app, "whatsapp", ("x-hub-signature-256", wrong), body.clone())
            .await
            .expect(401);
    }
    send(
        &app,
        "whatsapp",
        ("x-hub-signature-256", &signature),
        format!("{body} "),
    )
    .await
    .expect(401);

    let subscribe = |token: &str| {
        app.get(&format!(
            "/webhooks/whatsapp?hub.mode=subscribe&hub.verify_token={token}&hub.challenge=1158201444"
        ))
        .send()
    };
    let answer = subscribe(&credentials.wa_verify_token).await.expect(200);
    assert_eq!(answer.text(), "1158201444");
    assert!(answer.header("content-type").starts_with("text/plain"));
    subscribe("other").await.expect(403);
    app.get("/webhooks/whatsapp").send().await.expect(403);
    app.finish().await;
}

#[tokio::test]
async fn the_vendors_own_notices_are_all_accepted() {
    let app = App::start().await;
    // By WhatsApp and by SMS.
    let body = registration();
    let sent = app
        .post("/api/auth/register")
        .json(&body)
        .send()
        .await
        .expect(202)
        .json();
    app.world.run_jobs().await;
    app.wait(61);
    let mut browser = crate::browser::Browser::new(&app);
    browser
        .open(&format!(
            "/daftar/kode?kode={}",
            sent["challenge_id"].as_str().expect("an id")
        ))
        .await
        .expect(200);
    let fields = [
        ("challenge", sent["challenge_id"].as_str().expect("an id")),
        ("channel", "sms"),
    ];
    browser.submit("/_fn/resend_code", &fields).await.expect(303);
    app.world.run_jobs().await;
    let (person, loan) = app.with_loan().await;
    let payment = json!({"loan_id": loan, "purpose": "payoff", "method": "va_bca"});
    let payment = app
        .post("/api/payments")
        .by(&person)
        .key("key-of-this-payment-1")
        .json(&payment)
        .send()
        .await
        .expect(201)
        .json();
    app.press(&format!(
        "/_sim/midtrans/{}/pay",
        payment["order_id"].as_str().expect("an id")
    ))
    .await;
    let path = format!("/api/loans/{loan}");
    app.world
        .run_jobs_until(async || app.get(&path).by(&person).send().await.expect(200).json()["status"] == "closed")
        .await;

    let sent = app.control(Method::GET, "/_sim/webhooks", json!({})).await;
    let sent = sent.as_array().expect("deliveries");
    for vendor in ["midtrans", "xendit", "whatsapp", "sms"] {
        let of_vendor: Vec<_> = sent
            .iter()
            .filter(|delivery| delivery.to_string().contains(&format!("/webhooks/{vendor}")))
            .collect();
        assert!(!of_vendor.is_empty(), "{vendor}: {sent:?}");
        assert!(
            of_vendor.iter().all(|delivery| delivery["status"] == 200),
            "{vendor}: {of_vendor:?}"
        );
    }
    app.finish().await;
}

#[tokio::test]
async fn a_notice_of_more_than_64_kib_is_not_read() {
    let app = App::start().await;
    for vendor in ["midtrans", "xendit", "whatsapp", "sms"] {
        let answer = send(&app, vendor, ("x-none", ""), "x".repeat(64 * 1024 + 1)).await;
        assert_eq!(answer.status, 413, "{vendor}: {}", answer.text());
    }
    assert_eq!(app.count(INBOX).await, 0);
    app.finish().await;
}

#[tokio::test]
async fn sms_needs_its_signature_and_other_vendors_do_not_exist() {
    let app = App::start().await;
    let form = [("MessageSid", "SM1"), ("MessageStatus", "delivered")];
    for wrong in ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="] {
        app.post("/webhooks/sms")
            .header("x-twilio-signature", wrong)
            .form(&form)
            .send()
            .await
            .expect(401);
    }
    app.get("/webhooks/midtrans").send().await.expect(405);
    app.post("/webhooks/unknown").json(&json!({})).send().await.expect(404);
    app.finish().await;
}

#[tokio::test]
async fn each_vendor_has_its_own_limit() {
    let app = App::with_limit("webhook", "2/min").await;
    for status in [400, 400, 429] {
        send(&app, "midtrans", ("x-none", ""), "{".into()).await.expect(status);
    }
    send(&app, "xendit", ("x-none", ""), "{".into()).await.expect(401);
    app.finish().await;
}
