//! Misbehaviour on command, from outside.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{World, answer, payout_body, va};
use crate::auth;

fn charge(order_id: &str) -> Value {
    let mut body = va("bca");
    body["transaction_details"] = json!({"order_id": order_id, "gross_amount": 1_000});
    body
}

#[tokio::test]
async fn a_timeout_after_accept_leaves_the_order_behind() {
    let world = World::new().await;
    world.fault("/v2/charge", "timeout_after_accept", 300).await;
    let lost = world.midtrans("/v2/charge").json(&charge("LN-1")).send().await;
    assert!(lost.is_err());
    assert_eq!(world.status("LN-1").await["transaction_status"], "pending");
    let exchange = world.sim("requests?path=charge").await;
    assert_eq!(
        (
            &exchange[0]["unanswered"],
            &exchange[0]["body"]["transaction_details"]["order_id"]
        ),
        (&json!(true), &json!("LN-1"))
    );
    assert_eq!(world.sim("faults").await, json!([]));
}

#[tokio::test]
async fn a_caller_who_leaves_does_not_stop_the_work() {
    let world = World::new().await;
    world.fault("POST /v2/payouts", "slow_ms", 500).await;
    let request = world.payout("key-1", &payout_body("DISB-1", "1234567890"));
    assert!(
        request
            .timeout(Duration::from_millis(150))
            .send()
            .await
            .unwrap_err()
            .is_timeout()
    );
    assert_eq!(world.sim("xendit/payouts").await, json!([]));
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(world.sim("xendit/payouts").await[0]["reference_id"], "DISB-1");
}

#[tokio::test]
async fn failures_have_the_vendors_shape_and_no_effect() {
    let world = World::new().await;
    world.fault("/v2/charge", "http_500", 0).await;
    world.fault("/v2/charge", "http_429", 0).await;
    world.fault("/v2/charge", "error_body_200", 0).await;
    world.fault("/v2/charge", "drop_connection", 0).await;
    let call = || world.midtrans("/v2/charge").json(&charge("LN-1")).send();
    let (first, second, third) = (call().await.unwrap(), call().await.unwrap(), call().await.unwrap());
    assert_eq!(first.status(), 500);
    assert_eq!(
        (
            second.status().as_u16(),
            second.headers()["retry-after"].to_str().unwrap()
        ),
        (429, "1")
    );
    assert_eq!(third.status(), 200);
    assert_eq!(third.json::<Value>().await.unwrap()["status_code"], "500");
    assert!(call().await.is_err());
    assert_eq!(world.sim("midtrans").await, json!([]));
    assert_eq!(call().await.unwrap().status(), 200);

    world.fault("/v2/payouts", "http_429", 0).await;
    let limited = world
        .payout("key", &payout_body("DISB-1", "1234567890"))
        .send()
        .await
        .unwrap();
    assert_eq!(limited.headers()["rate-limit-remaining"], "0");
    assert_eq!(
        limited.json::<Value>().await.unwrap()["error_code"],
        "RATE_LIMIT_EXCEEDED"
    );
    let unknown = json!({"route": "/v2/charge", "mode": "earthquake"});
    assert_eq!(world.press("faults", unknown).await.0, 400);
}

#[tokio::test]
async fn slow_answers_are_slow_and_good() {
    let world = World::new().await;
    world.fault("/v2/charge", "slow_ms", 400).await;
    let start = Instant::now();
    world.charge("LN-1", 1_000, va("bca")).await;
    assert!(start.elapsed() >= Duration::from_millis(400));
}

#[tokio::test]
async fn a_late_answer_tells_what_was_and_a_cut_one_half_of_it() {
    let world = World::new().await;
    world.charge("LN-1", 1_000, va("bca")).await;
    world.fault("/v2/*/status", "late_answer", 500).await;
    let url = format!("{}/v2/LN-1/status", world.sandbox.midtrans_url);
    let status = || world.client.get(&url).basic_auth("SB-Mid-server-demo", Some("")).send();
    let (late, _) = tokio::join!(status(), async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        world.press("midtrans/LN-1/pay", json!({})).await;
    });
    assert_eq!(
        late.unwrap().json::<Value>().await.unwrap()["transaction_status"],
        "pending"
    );
    let now = status().await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(now["transaction_status"], "settlement");

    world.fault("/v2/charge", "cut_body", 0).await;
    let cut = world.midtrans("/v2/charge").json(&charge("LN-2")).send().await.unwrap();
    assert!(cut.bytes().await.is_err());
    assert_eq!(world.sim("midtrans").await[0]["order_id"], "LN-2");
}

#[tokio::test]
async fn webhooks_can_be_doubled_forged_and_wrong() {
    let mut world = World::new().await;
    for (order_id, mode) in [
        ("LN-1", "duplicate_webhook"),
        ("LN-2", "bad_signature"),
        ("LN-3", "wrong_amount"),
    ] {
        world.fault("/v2/charge", mode, 0).await;
        world.charge(order_id, 1_000, va("bca")).await;
        let pending = world.hook().await.json();
        assert_eq!(pending["transaction_status"], "pending");
        world.press(&format!("midtrans/{order_id}/pay"), json!({})).await;
        let told = world.hook().await.json();
        let amount = told["gross_amount"].as_str().unwrap().to_owned();
        let right = auth::midtrans(order_id, "200", &amount, "SB-Mid-server-demo");
        match mode {
            "duplicate_webhook" => assert_eq!(world.hook().await.json(), told),
            "bad_signature" => assert_ne!(told["signature_key"], right),
            _ => {
                assert_eq!((amount.as_str(), &told["signature_key"]), ("2000.00", &json!(right)));
                assert_eq!(world.status(order_id).await["gross_amount"], "1000.00");
            }
        }
    }
    answer(world.payout("key-1", &payout_body("DISB-1", "1234567890"))).await;
    world.fault("/webhooks/xendit", "bad_signature", 0).await;
    world.press("xendit/payouts/DISB-1/succeed", json!({})).await;
    assert_ne!(world.hook().await.header("x-callback-token"), "demo-callback-token");
    world.silence(Duration::from_millis(300)).await;
}

#[tokio::test]
async fn webhooks_can_arrive_out_of_order() {
    let mut world = World::new().await;
    world.charge("LN-1", 1_000, va("bca")).await;
    world.fault("/v2/charge", "out_of_order", 0).await;
    world.press("midtrans/LN-1/pay", json!({})).await;
    let words = [world.hook().await, world.hook().await, world.hook().await]
        .map(|hook| hook.json()["transaction_status"].clone());
    assert_eq!(words, ["pending", "settlement", "pending"]);

    answer(world.payout("key-1", &payout_body("DISB-1", "1234567890"))).await;
    world.fault("/v2/payouts", "out_of_order", 5_000).await;
    world.press("xendit/payouts/DISB-1/succeed", json!({})).await;
    world.silence(Duration::from_millis(300)).await;
    world.press("xendit/payouts/DISB-1/reverse", json!({})).await;
    let words = [world.hook().await, world.hook().await].map(|hook| hook.json()["event"].clone());
    assert_eq!(words, ["payout.reversed", "payout.succeeded"]);
}

#[tokio::test]
async fn money_can_come_after_the_end() {
    let mut world = World::new().await;
    world.charge("LN-1", 1_000, va("bca")).await;
    world.fault("/v2/charge", "late_success", 200).await;
    world.press("midtrans/LN-1/expire", json!({})).await;
    assert_eq!(world.status("LN-1").await["status_code"], "407");
    let words = [world.hook().await, world.hook().await, world.hook().await]
        .map(|hook| hook.json()["transaction_status"].clone());
    assert_eq!(words, ["pending", "expire", "settlement"]);
    assert_eq!(world.status("LN-1").await["transaction_status"], "settlement");

    answer(world.payout("key-1", &payout_body("DISB-1", "1234567890"))).await;
    world.fault("/v2/payouts", "late_success", 200).await;
    world.press("xendit/payouts/DISB-1/fail", json!({})).await;
    let words = [world.hook().await, world.hook().await].map(|hook| hook.json()["data"]["status"].clone());
    assert_eq!(words, ["FAILED", "SUCCEEDED"]);
}
