//! Papers: a photo in, what was measured out.

use crate::{
    harness::{Answer, App, fault, members},
    people::{Person, blurred, photo, upload_form},
};
use serde_json::json;

async fn send(app: &App, person: &Person, kind: &str, photo: Vec<u8>) -> Answer {
    app.post("/api/documents/upload")
        .by(person)
        .multipart(upload_form(kind, photo))
        .send()
        .await
}

#[tokio::test]
async fn a_photo_is_received_with_what_was_measured() {
    let app = App::start().await;
    let (person, other) = (app.person().await, app.person().await);
    let paper = send(&app, &person, "ktp", photo(1)).await.expect(201).json();
    assert_eq!(members(&paper), ["id", "kind", "quality", "received_at", "status"]);
    assert_eq!(
        members(&paper["quality"]),
        ["brightness", "glare_ppm", "sharpness", "verdict"]
    );
    assert_eq!(
        (paper["kind"].as_str(), paper["status"].as_str()),
        (Some("ktp"), Some("received"))
    );
    assert_eq!(paper["quality"]["verdict"], "good");
    // The same bytes again are the same paper; another photo takes its place.
    assert_eq!(send(&app, &person, "ktp", photo(1)).await.expect(201).json(), paper);
    app.wait(1);
    let newer = send(&app, &person, "ktp", photo(2)).await.expect(201).json();
    assert_ne!(newer["id"], paper["id"]);

    let list = app.get("/api/documents").by(&person).send().await.expect(200).json();
    assert_eq!(members(&list), ["items", "next"]);
    assert_eq!(
        (&list["items"][0], list["items"][1]["status"].as_str()),
        (&newer, Some("replaced"))
    );
    let empty = app.get("/api/documents").by(&other).send().await.expect(200).json();
    assert_eq!(empty, json!({"items": [], "next": null}));
    app.finish().await;
}

#[tokio::test]
async fn what_is_no_good_photo_is_refused_in_words_and_not_kept() {
    let app = App::start().await;
    let person = app.person().await;
    let cases = [
        (blurred(), "blurred"),
        (b"%PDF-1.7 not a photo".to_vec(), "format"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), "format"),
        (photo(1)[..2_000].to_vec(), ""),
    ];
    for (file, code) in cases {
        let found = send(&app, &person, "ktp", file).await.fault(422, "validation");
        assert_eq!(found.0, "file");
        assert!(code.is_empty() || found.1 == code, "{found:?}");
    }
    assert_eq!(app.count("select count(*) from documents.document").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn an_upload_has_two_parts_and_no_others() {
    let app = App::start().await;
    let person = app.person().await;
    let post = || app.post("/api/documents/upload").by(&person);
    assert_eq!(
        send(&app, &person, "passport", photo(1)).await.fault(422, "validation"),
        fault("kind", "unknown")
    );
    let only_kind = reqwest::multipart::Form::new().text("kind", "ktp");
    assert_eq!(
        post().multipart(only_kind).send().await.fault(422, "validation"),
        fault("file", "required")
    );
    let only_file = reqwest::multipart::Form::new().part("file", reqwest::multipart::Part::bytes(photo(1)));
    assert_eq!(
        post().multipart(only_file).send().await.fault(422, "validation"),
        fault("kind", "required")
    );
    let more = upload_form("ktp", photo(1)).text("user_id", "1");
    post().multipart(more).send().await.problem(400, "malformed");
    post()
        .json(&json!({"kind": "ktp"}))
        .send()
        .await
        .problem(415, "unsupported_media_type");
    post()
        .body("multipart/form-data", "x")
        .send()
        .await
        .problem(415, "unsupported_media_type");
    post()
        .body("multipart/form-data; boundary=b", "--b\r\nbroken")
        .send()
        .await
        .problem(400, "malformed");
    app.finish().await;
}

#[tokio::test]
async fn ten_mebibytes_are_the_most() {
    let app = App::start().await;
    let person = app.person().await;
    let most = domain::documents::MAX_FILE_BYTES;
    send(&app, &person, "ktp", vec![0; most + 1])
        .await
        .problem(413, "too_large");
    send(&app, &person, "ktp", vec![0; most + 1024 * 1024])
        .await
        .problem(413, "too_large");
    assert_eq!(
        send(&app, &person, "ktp", vec![0; most]).await.fault(422, "validation"),
        fault("file", "format")
    );
    app.finish().await;
}

#[tokio::test]
async fn an_accepted_paper_needs_no_repeat() {
    let app = App::start().await;
    let person = app.verified().await;
    for kind in ["ktp", "selfie"] {
        send(&app, &person, kind, photo(9))
            .await
            .problem(409, "document_accepted");
    }
    send(&app, &person, "income_proof", photo(9)).await.expect(201);
    app.finish().await;
}

#[tokio::test]
async fn too_many_or_too_much_of_one_account_or_address_waits() {
    for (action, rate, most_seconds) in [
        ("upload_ip", "2/h", 1_800),
        ("upload", "2/day", 43_200),
        ("upload_kib", "200/day", 86_400),
    ] {
        let app = App::with_limit(action, rate).await;
        let person = app.person().await;
        let mut refused = None;
        for number in 0..20 {
            let answer = send(&app, &person, "income_proof", photo(number)).await;
            match answer.status {
                201 => assert!(number < 15, "{action} does not count"),
                _ => {
                    refused = Some((number, answer));
                    break;
                }
            }
        }
        let (number, refused) = refused.expect("there is a limit");
        refused.problem(429, "too_many_requests");
        assert!(number > 0, "{action}: the first passes");
        if action != "upload_kib" {
            assert_eq!(number, 2, "{action}");
        }
        let wait = refused.header("retry-after").parse::<u32>().expect("seconds");
        assert!((1..=most_seconds).contains(&wait), "{action}: {wait}");
        app.finish().await;
    }
}
