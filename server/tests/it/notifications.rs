//! Notices and the channels they take.

use crate::{
    harness::{Answer, App, fault, members, nobodys_id},
    people::Person,
};
use axum::http::Method;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

async fn list(app: &App, person: &Person, query: &str) -> Value {
    app.get(&format!("/api/notifications{query}"))
        .by(person)
        .send()
        .await
        .expect(200)
        .json()
}

#[tokio::test]
async fn what_happened_is_in_the_list_newest_first() {
    let app = App::start().await;
    let (person, _) = app.with_loan().await;
    let notices = list(&app, &person, "").await;
    let items = notices["items"].as_array().expect("items");
    assert_eq!(
        members(&items[0]),
        ["body", "created_at", "id", "kind", "link", "read_at", "title"]
    );
    let kinds: Vec<_> = items
        .iter()
        .map(|notice| notice["kind"].as_str().expect("a kind"))
        .collect();
    for kind in [
        "account_opened",
        "identity_verified",
        "application_submitted",
        "application_approved",
        "loan_disbursed",
    ] {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
    let times: Vec<_> = items
        .iter()
        .map(|notice| notice["created_at"].as_str().expect("a time"))
        .collect();
    assert!(times.is_sorted_by(|newer, older| newer >= older), "{times:?}");

    // Page by page, each once.
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = list(&app, &person, &format!("?limit=2{after}")).await;
        seen.extend(page["items"].as_array().expect("items").clone());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(&seen, items);
    for query in ["?limit=0", "?limit=101", "?unread=1"] {
        app.get(&format!("/api/notifications{query}"))
            .by(&person)
            .send()
            .await
            .problem(400, "malformed");
    }
    let answer = app.get("/api/notifications?after=x").by(&person).send().await;
    assert_eq!(answer.fault(422, "validation"), fault("after", "cursor"));
    app.finish().await;
}

#[tokio::test]
async fn what_is_told_has_the_figures_and_never_the_name() {
    let app = App::start().await;
    let (person, loan) = app.with_loan().await;
    let body = json!({"loan_id": loan, "purpose": "instalment", "method": "qris"});
    let call = app.post("/api/payments").by(&person).key("key-of-a-payment-0001");
    let payment = call.json(&body).send().await.expect(201).json();
    let order = payment["order_id"].as_str().expect("an order");
    app.press(&format!("/_sim/midtrans/{order}/pay")).await;
    let posted = "select count(*) from notifications.notice where kind = 'payment_posted'";
    app.world.run_jobs_until(async || app.count(posted).await == 1).await;
    app.world.run_jobs().await;
    let notices = list(&app, &person, "").await;
    let texts: Vec<String> = notices["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|notice| {
            let part = |name: &str| notice[name].as_str().expect("a text").to_owned();
            format!("{}. {}", part("title"), part("body"))
        })
        .collect();
    let said = [
        "Pinjaman disetujui. Rp3.000.000 disetujui. Dananya sedang kami siapkan untuk dikirim ke rekening Anda.",
        "Dana Rp3.000.000 sudah dikirim. Dana masuk ke rekening Anda yang berakhir 4821. Jadwal cicilan ada di aplikasi.",
        "Pembayaran Rp544.650 diterima. Sisa utang Rp2.723.249.",
    ];
    for words in said {
        assert!(texts.iter().any(|text| text == words), "{words}: {texts:#?}");
    }
    // The same by WhatsApp and by email, every event of the way among them.
    for to in [&person.phone, &person.email] {
        let messages = app.world.sandbox.messages(to);
        let sent = |words: &str| messages.iter().any(|message| message.text.contains(words));
        for (words, figure) in [
            ("Foto sudah kami terima", "Petugas sedang memeriksa"),
            ("Pembayaran Rp544.650 diterima", "Sisa utang Rp2.723.249."),
        ] {
            assert!(sent(words) && sent(figure), "{to}: {words}: {messages:#?}");
        }
        for message in messages {
            let text = &message.text;
            assert!(!text.contains("Sari") && !text.contains(&person.nik), "{text}");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn a_notice_is_read_once_and_only_by_its_person() {
    let app = App::start().await;
    let (person, other) = (app.person().await, app.person().await);
    let notices = list(&app, &person, "").await;
    assert!(notices["items"][0]["read_at"].is_null());
    let id = notices["items"][0]["id"].as_str().expect("an id").to_owned();
    let read = |id: String, person: &Person| app.post(&format!("/api/notifications/{id}/read")).by(person).send();
    let (foreign, absent) = (read(id.clone(), &other).await, read(nobodys_id(), &other).await);
    foreign.problem(404, "not_found");
    assert_eq!(foreign.anonymous(), absent.anonymous());
    assert_eq!(read("x".into(), &person).await.anonymous(), absent.anonymous());
    assert!(list(&app, &person, "").await["items"][0]["read_at"].is_null());
    read(id.clone(), &person).await.expect(204);
    let at = list(&app, &person, "").await["items"][0]["read_at"].clone();
    assert!(at.is_string());
    app.wait(5);
    read(id, &person).await.expect(204);
    assert_eq!(
        list(&app, &person, "").await["items"][0]["read_at"],
        at,
        "the first time counts"
    );
    app.finish().await;
}

#[tokio::test]
async fn channels_are_set_all_at_once() {
    let app = App::start().await;
    let (person, other) = (app.person().await, app.person().await);
    let path = "/api/notifications/preferences";
    let put = |body: Value| app.call(Method::PUT, path).by(&person).json(&body).send();
    let defaults = json!({"whatsapp": true, "email": true, "sms": false, "push": true, "amounts_in_push": false});
    assert_eq!(app.get(path).by(&person).send().await.expect(200).json(), defaults);
    let chosen = json!({"whatsapp": false, "email": true, "sms": true, "push": false, "amounts_in_push": true});
    assert_eq!(put(chosen.clone()).await.expect(200).json(), chosen);
    assert_eq!(app.get(path).by(&person).send().await.expect(200).json(), chosen);
    assert_eq!(app.get(path).by(&other).send().await.expect(200).json(), defaults);
    assert_eq!(
        put(json!({"whatsapp": false})).await.fault(400, "malformed").1,
        "required"
    );
    let mut more = chosen.clone();
    more["telegram"] = json!(true);
    assert_eq!(put(more).await.fault(400, "malformed"), fault("telegram", "unknown"));
    let mut mistyped = chosen.clone();
    mistyped["sms"] = json!("yes");
    assert_eq!(put(mistyped).await.fault(400, "malformed"), fault("sms", "invalid"));
    assert_eq!(app.get(path).by(&person).send().await.expect(200).json(), chosen);
    app.finish().await;
}

fn subscription(endpoint: &str) -> Value {
    json!({
        "endpoint": endpoint,
        "expirationTime": null,
        "keys": {
            "p256dh": URL_SAFE_NO_PAD.encode([&[4_u8][..], &[7; 64]].concat()),
            "auth": URL_SAFE_NO_PAD.encode([1_u8; 16]),
        },
    })
}

#[tokio::test]
async fn a_browser_is_remembered_at_the_known_push_services_only() {
    let app = App::start().await;
    let person = app.person().await;
    let post = |body: Value| app.post("/api/notifications/push").by(&person).json(&body).send();
    let good = subscription("https://fcm.googleapis.com/fcm/send/abc");
    post(good.clone()).await.expect(201);
    post(good.clone()).await.expect(201);
    assert_eq!(
        app.count("select count(*) from notifications.push_subscription").await,
        1
    );
    for endpoint in [
        "http://fcm.googleapis.com/x",
        "https://169.254.169.254/latest",
        "https://evil.example/push",
        "x",
    ] {
        assert_eq!(
            post(subscription(endpoint)).await.fault(422, "validation").0,
            "endpoint",
            "{endpoint}"
        );
    }
    let mut short = good.clone();
    short["keys"]["auth"] = json!("AA");
    let answer: Answer = post(short).await;
    assert_eq!(answer.fault(422, "validation").0, "keys.auth");
    let mut more = good.clone();
    more["user_id"] = json!(nobodys_id());
    assert_eq!(post(more).await.fault(400, "malformed"), fault("user_id", "unknown"));
    assert_eq!(
        post(json!({"endpoint": "https://fcm.googleapis.com/x"}))
            .await
            .fault(400, "malformed"),
        fault("keys", "required")
    );
    app.finish().await;
}
