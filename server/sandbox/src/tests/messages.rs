//! WhatsApp and SMS from outside.

use std::time::Duration;

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::{World, answer};
use crate::auth;

fn whatsapp(world: &World, body: &Value) -> RequestBuilder {
    let url = format!("{}/v23.0/100000000000001/messages", world.sandbox.graph_url);
    world.client.post(url).bearer_auth("demo-wa-token").json(body)
}

fn otp(to: &str) -> Value {
    let code = json!([{"type": "text", "text": "123456"}]);
    json!({"messaging_product": "whatsapp", "recipient_type": "individual", "to": to, "type": "template",
           "biz_opaque_callback_data": "outbox:8f1c",
           "template": {"name": "otp_login", "language": {"code": "id"}, "components": [
               {"type": "body", "parameters": code},
               {"type": "button", "sub_type": "url", "index": "0", "parameters": code}]}})
}

fn state(hook: &super::Hook) -> Value {
    hook.json()["entry"][0]["changes"][0]["value"]["statuses"][0].clone()
}

#[tokio::test]
async fn a_template_is_caught_and_its_way_is_told() {
    let mut world = World::new().await;
    let (status, sent) = answer(whatsapp(&world, &otp("628123456789"))).await;
    assert_eq!((status, &sent["contacts"][0]["wa_id"]), (200, &json!("628123456789")));
    let id = sent["messages"][0]["id"].as_str().unwrap();
    assert!(id.starts_with("wamid."));
    for word in ["sent", "delivered"] {
        let hook = world.hook().await;
        assert_eq!(hook.path, "/webhooks/whatsapp");
        assert_eq!(
            hook.header("x-hub-signature-256"),
            auth::meta("demo-wa-app-secret", &hook.body)
        );
        let state = state(&hook);
        assert_eq!((&state["id"], &state["status"]), (&json!(id), &json!(word)));
        assert_eq!(state["biz_opaque_callback_data"], "outbox:8f1c");
    }
    let caught = world.sim("messages?to=%2B628123456789&channel=whatsapp").await;
    assert_eq!(
        (&caught[0]["text"], &caught[0]["to"]),
        (&json!("otp_login: 123456"), &json!("+628123456789"))
    );
    assert_eq!(
        (&caught[0]["channel"], &caught[0]["status"]),
        (&json!("whatsapp"), &json!("delivered"))
    );
    assert!(caught[0]["at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(world.sandbox.messages("628123456789").len(), 1);
    assert_eq!(world.sim("messages?channel=sms").await, json!([]));
    let url = format!("{}/_sim/messages?to=%2B628000000000", world.sandbox.admin_url);
    world.client.delete(url).send().await.unwrap();
    assert_eq!(world.sim("messages").await.as_array().unwrap().len(), 1);
    world
        .client
        .delete(format!("{}/_sim/messages", world.sandbox.admin_url))
        .send()
        .await
        .unwrap();
    assert_eq!(world.sim("messages").await, json!([]));
}

#[tokio::test]
async fn bad_messages_are_refused() {
    let world = World::new().await;
    let url = format!("{}/v23.0/100000000000001/messages", world.sandbox.graph_url);
    let (status, body) = answer(world.client.post(url).bearer_auth("other").json(&otp("628123456789"))).await;
    assert_eq!((status, &body["error"]["code"]), (401, &json!(190)));
    let url = format!("{}/v23.0/5/messages", world.sandbox.graph_url);
    assert_eq!(
        answer(
            world
                .client
                .post(url)
                .bearer_auth("demo-wa-token")
                .json(&otp("628123456789"))
        )
        .await
        .0,
        400
    );
    let code = |pointer: &str, value: Value| {
        let mut body = otp("628123456789");
        *body.pointer_mut(pointer).unwrap() = value;
        let request = whatsapp(&world, &body);
        async { answer(request).await.1["error"]["code"].clone() }
    };
    assert_eq!(code("/messaging_product", json!("sms")).await, 100);
    assert_eq!(code("/to", json!("0812")).await, 100);
    assert_eq!(code("/template/name", json!("OTP Login")).await, 100);
    assert_eq!(code("/template/language", json!({})).await, 100);
    assert_eq!(code("/template/components/1/index", json!(0)).await, 100);
    assert_eq!(
        code("/template/components/0/parameters/0/text", json!("")).await,
        132_000
    );
    assert_eq!(
        code("/template/components/0/parameters/0/text", json!("a\nb")).await,
        132_012
    );
    assert_eq!(code("/to", json!("628123456999")).await, 131_026);
    assert_eq!(world.sim("messages").await, json!([]));
}

#[tokio::test]
async fn free_text_needs_an_open_window_and_some_numbers_fail_late() {
    let mut world = World::new().await;
    let text = json!({"messaging_product": "whatsapp", "to": "628123456789", "type": "text", "text": {"body": "Halo"}});
    assert_eq!(answer(whatsapp(&world, &text)).await.0, 200);
    let failed = state(&world.hook().await);
    assert_eq!(
        (&failed["status"], &failed["errors"][0]["code"]),
        (&json!("failed"), &json!(131_047))
    );
    assert_eq!(world.sim("messages").await, json!([]));

    world
        .press("whatsapp/inbound", json!({"from": "+628123456789", "text": "Tolong"}))
        .await;
    let inbound = world.hook().await.json();
    let value = &inbound["entry"][0]["changes"][0]["value"];
    assert_eq!(
        (&value["messages"][0]["from"], &value["messages"][0]["text"]["body"]),
        (&json!("628123456789"), &json!("Tolong"))
    );
    assert_eq!(answer(whatsapp(&world, &text)).await.0, 200);
    assert_eq!(state(&world.hook().await)["status"], "sent");
    assert_eq!(world.sim("messages").await[0]["text"], "Halo");
    assert_eq!(state(&world.hook().await)["status"], "delivered");

    assert_eq!(answer(whatsapp(&world, &otp("628123456998"))).await.0, 200);
    let failed = state(&world.hook().await);
    assert_eq!(
        (&failed["status"], &failed["errors"][0]["code"]),
        (&json!("failed"), &json!(131_026))
    );
}

#[tokio::test]
async fn the_webhook_address_is_verified_as_meta_does() {
    let world = World::new().await;
    assert_eq!(
        world.press("whatsapp/verify", json!({})).await,
        (200, json!({"verified": true}))
    );
}

#[tokio::test]
async fn sms_is_caught_and_its_way_is_told_with_a_signature() {
    let mut world = World::new().await;
    let url = format!(
        "{}/2010-04-01/Accounts/demo-twilio-sid/Messages.json",
        world.sandbox.twilio_url
    );
    let callback = format!("{}/webhooks/sms", world.app);
    let client = world.client.clone();
    let send = |token: &str, to: &str, text: &str| {
        let form = [
            ("To", to),
            ("From", "+15005550006"),
            ("Body", text),
            ("StatusCallback", &callback),
        ];
        answer(client.post(&url).basic_auth("demo-twilio-sid", Some(token)).form(&form))
    };
    let (status, body) = send("wrong", "+628123456789", "x").await;
    assert_eq!((status, &body["code"]), (401, &json!(20_003)));
    let (status, body) = send("demo-twilio-token", "08123456789", "x").await;
    assert_eq!((status, &body["code"]), (400, &json!(21_211)));
    assert_eq!(send("demo-twilio-token", "+628123456789", "").await.1["code"], 21_602);

    let (status, sent) = send("demo-twilio-token", "+628123456789", "Kode OTP: 123456").await;
    assert_eq!(
        (status, &sent["status"], &sent["num_segments"]),
        (201, &json!("queued"), &json!("1"))
    );
    for word in ["sent", "delivered"] {
        let hook = world.hook().await;
        let url = reqwest::Url::parse(&format!("http://form/?{}", std::str::from_utf8(&hook.body).unwrap())).unwrap();
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let pairs: Vec<(&str, String)> = pairs.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
        assert_eq!(
            hook.header("x-twilio-signature"),
            auth::twilio("demo-twilio-token", &callback, &pairs)
        );
        assert!(pairs.contains(&("MessageStatus", word.to_owned())));
        assert!(pairs.contains(&("To", "+628123456789".to_owned())));
    }
    assert_eq!(world.sim("messages?channel=sms").await[0]["text"], "Kode OTP: 123456");

    send("demo-twilio-token", "+628123456997", "x").await;
    world.hook().await;
    let failed = world.hook().await;
    assert!(std::str::from_utf8(&failed.body).unwrap().contains("ErrorCode=30003"));
    world.silence(Duration::from_millis(300)).await;
}
