//! GLAIR and the web page from outside.

use reqwest::{
    StatusCode,
    header::{ACCEPT, LOCATION},
    multipart::{Form, Part},
    redirect::Policy,
};
use serde_json::{Value, json};

use super::{World, answer, payout_body, va};

fn picture(comment: &str) -> Part {
    Part::bytes([b"\xFF\xD8\xFF\xFE".as_slice(), comment.as_bytes()].concat()).file_name("gambar.jpg")
}

async fn glair(world: &World, path: &str, form: Form) -> (u16, Value) {
    let url = format!("{}{path}", world.sandbox.glair_url);
    let request = world
        .client
        .post(url)
        .basic_auth("demo-glair-user", Some("demo-glair-pass"));
    answer(request.header("x-api-key", "demo-glair-key").multipart(form)).await
}

#[tokio::test]
async fn glair_reads_markers() {
    let world = World::new().await;
    let url = format!("{}/ocr/v1/ktp", world.sandbox.glair_url);
    let request = world
        .client
        .post(&url)
        .basic_auth("demo-glair-user", Some("demo-glair-pass"));
    assert_eq!(answer(request.header("x-api-key", "other")).await.0, 403);
    assert_eq!(
        answer(world.client.post(&url).header("x-api-key", "demo-glair-key"))
            .await
            .0,
        401
    );

    let form = Form::new().part(
        "image",
        picture("sim:nik=3273014501900001;sim:nama=SITI NURHALIZA;sim:blur"),
    );
    let (status, body) = glair(&world, "/ocr/v1/ktp/quality", form).await;
    assert_eq!(status, 200);
    assert_eq!(
        body["read"]["nik"],
        json!({"confidence": 98, "value": "3273014501900001"})
    );
    assert_eq!(body["read"]["alamat"]["confidence"], 0);
    assert_eq!(
        (&body["qualities"]["is_blurred"], &body["qualities"]["is_ktp"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(body["qualities"]["is_dark"], false);
    let text = Form::new().part("image", Part::bytes(b"not a picture".as_slice()).file_name("a.jpg"));
    assert_eq!(glair(&world, "/ocr/v1/ktp", text).await.0, 400);

    let (_, live) = glair(
        &world,
        "/face/v1/passive-liveness",
        Form::new().part("image", picture("")),
    )
    .await;
    let (_, spoof) = glair(
        &world,
        "/face/v1/passive-liveness",
        Form::new().part("image", picture("sim:spoof")),
    )
    .await;
    let percentage = |body: &Value| body["result"]["spoof_percentage"].as_f64().unwrap();
    assert!(percentage(&live) < 10.0 && percentage(&spoof) > 90.0);
    let pair = |comment: &str| {
        Form::new()
            .part("stored_image", picture(""))
            .part("captured_image", picture(comment))
    };
    let (_, same) = glair(&world, "/face/v1/match", pair("")).await;
    let (_, other) = glair(&world, "/face/v1/match", pair("sim:nomatch")).await;
    let percentage = |body: &Value| body["result"]["match_percentage"].as_f64().unwrap();
    assert!(percentage(&same) > 90.0 && percentage(&other) < 50.0);
    assert_eq!(
        glair(&world, "/face/v1/match", Form::new().part("stored_image", picture("")))
            .await
            .0,
        400
    );
}

#[tokio::test]
async fn the_nik_decides_the_identity_check() {
    let world = World::new().await;
    let form = |nik: &str, born: &str| {
        Form::new()
            .text("nik", nik.to_owned())
            .text("name", "Siti")
            .text("date_of_birth", born.to_owned())
    };
    let path = "/identity/v1/verification";
    let (_, good) = glair(&world, path, form("3273014501900001", "05-01-1990")).await;
    assert_eq!(
        good["result"],
        json!({"nik": true, "name": true, "date_of_birth": true})
    );
    let (_, name) = glair(&world, path, form("3273014501900002", "05-01-1990")).await;
    assert_eq!(name["result"]["name"], false);
    let (_, none) = glair(&world, path, form("3273014501900003", "05-01-1990")).await;
    assert!(none["result"].is_null());
    assert_eq!(glair(&world, path, form("3273014501900004", "05-01-1990")).await.0, 500);
    assert_eq!(glair(&world, path, form("3273014501900001", "1990-01-05")).await.0, 400);
    let face = form("3273014501900001", "05-01-1990").part("face_image", picture("sim:nomatch"));
    let (_, face) = glair(&world, "/identity/v1/face-verification", face).await;
    assert!(face["result"]["face_image_percentage"].as_f64().unwrap() < 50.0);
}

#[tokio::test]
async fn the_page_shows_and_its_buttons_work_without_javascript() {
    let mut world = World::new().await;
    world
        .charge("LN-<1>".replace(['<', '>'], "_").as_str(), 1_250_000, va("bca"))
        .await;
    answer(world.payout("key-1", &payout_body("DISB<b>1", "1234567890"))).await;
    let read = || async {
        world
            .client
            .get(&world.sandbox.admin_url)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    };
    let page = read().await;
    assert!(
        page.contains("Rp1.250.000") && page.contains("action=\"/_sim/midtrans/LN-_1_/pay\""),
        "{page}"
    );
    assert!(page.contains("DISB&lt;b&gt;1") && !page.contains("DISB<b>1"));
    assert!(page.contains("http-equiv=\"refresh\"") && !page.contains("<script"));

    let browser = reqwest::Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .build()
        .unwrap();
    let url = format!("{}/_sim/midtrans/LN-_1_/pay", world.sandbox.admin_url);
    let press = browser
        .post(url)
        .header(ACCEPT, "text/html,*/*")
        .form(&[("amount", "1250000")]);
    let response = press.send().await.unwrap();
    assert_eq!(
        (response.status(), response.headers()[LOCATION].to_str().unwrap()),
        (StatusCode::SEE_OTHER, "/")
    );
    let page = read().await;
    assert!(page.contains("settlement") && page.contains("/_sim/midtrans/LN-_1_/reverse"));
    world.hook().await;
    assert_eq!(world.hook().await.json()["transaction_status"], "settlement");
    let id = world.sim("xendit/payouts").await[0]["id"].as_str().unwrap().to_owned();
    let url = format!("{}/_sim/xendit/payouts/{id}/fail", world.sandbox.admin_url);
    let press = browser
        .post(url)
        .header(ACCEPT, "text/html")
        .form(&[("failure_code", "TRANSFER_ERROR")]);
    assert_eq!(press.send().await.unwrap().status(), StatusCode::SEE_OTHER);
    assert_eq!(world.hook().await.json()["data"]["failure_code"], "TRANSFER_ERROR");
}
