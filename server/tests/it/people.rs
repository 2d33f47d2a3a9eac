//! People and how far they are, made the way they would do it: through the API, with the codes that reach their
//! phones, photos, an officer's yes, and the bank's.

use crate::harness::{App, Call};
use axum::http::Method;
use domain::{
    Actor, Role, Rupiah,
    documents::{DocumentKind, DocumentService},
    id::UserId,
    users::{IdentityDecision, UserService},
};
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};
use std::{
    io::Cursor,
    sync::atomic::{AtomicU32, Ordering},
};

/// What everybody whose income is proven earns.
pub const INCOME: i64 = 6_217_000;
/// Everybody's.
pub const NAME: &str = "Sari Wulandari";
/// Everybody's.
pub const PASSWORD: &str = "payung jingga terbang 58";

static NUMBER: AtomicU32 = AtomicU32::new(1);

/// Somebody with an account, and the tokens of their program.
#[derive(Debug, Clone)]
pub struct Person {
    pub phone: String,
    pub email: String,
    pub nik: String,
    pub user_id: UserId,
    pub access_token: String,
    pub refresh_token: String,
    pub device_token: String,
}

impl Person {
    /// The number of their account at the bank.
    pub fn account(&self) -> String {
        format!("52{}4821", &self.phone[self.phone.len() - 4..])
    }
}

impl Call {
    /// With the person's access token.
    pub fn by(self, person: &Person) -> Self {
        self.token(&person.access_token)
    }
}

/// A registration that nobody sent yet: phone, email and NIK differ each time.
pub fn registration() -> Value {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    json!({
        "full_name": NAME,
        "nik": format!("360203500198{number:04}"),
        "phone": format!("+628120000{number:04}"),
        "email": format!("sari{number}@contoh.id"),
        "password": PASSWORD,
        "consents": [{"purpose": "terms", "version": "2026-11-24"}, {"purpose": "privacy", "version": "2026-11-24"}],
    })
}

impl App {
    /// The code that reached `phone` last.
    pub fn code(&self, phone: &str) -> String {
        let messages = self.world.sandbox.messages(phone);
        let codes = messages.iter().filter_map(|message| {
            let mut runs = message
                .text
                .split(|c: char| !c.is_ascii_digit())
                .filter(|run| run.len() == 6);
            runs.next().map(str::to_owned)
        });
        codes
            .into_iter()
            .next()
            .unwrap_or_else(|| panic!("no code reached {phone}: {messages:?}"))
    }

    /// A person who just opened an account.
    pub async fn person(&self) -> Person {
        let body = registration();
        let sent = self
            .post("/api/auth/register")
            .json(&body)
            .send()
            .await
            .expect(202)
            .json();
        self.world.run_jobs().await;
        let text = |name: &str| body[name].as_str().expect("a text").to_owned();
        let answer = json!({"challenge_id": sent["challenge_id"], "code": self.code(&text("phone"))});
        let tokens = self
            .post("/api/auth/register/verify")
            .json(&answer)
            .send()
            .await
            .expect(201)
            .json();
        let token = |name: &str| tokens[name].as_str().expect("a token").to_owned();
        let profile = self
            .get("/api/users/profile")
            .token(&token("access_token"))
            .send()
            .await
            .expect(200)
            .json();
        let person = Person {
            phone: text("phone"),
            email: text("email"),
            nik: text("nik"),
            user_id: profile["id"].as_str().expect("an id").parse().expect("an id"),
            access_token: token("access_token"),
            refresh_token: token("refresh_token"),
            device_token: token("device_token"),
        };
        self.world.run_jobs().await;
        person
    }

    /// A person whose papers an officer accepted; nothing is known of their money.
    pub async fn identified(&self) -> Person {
        let person = self.person().await;
        for (number, kind) in ["income_proof", "ktp", "selfie"].into_iter().enumerate() {
            self.upload(&person, kind, photo(number as u32)).await;
        }
        self.world.run_jobs().await;
        let analyst = self.world.staff(Role::Analyst);
        let users = &self.world.services.users;
        users
            .decide_identity(&analyst, person.user_id, IdentityDecision::Approve)
            .await
            .expect("waiting for a decision");
        self.read_income(&analyst, &person).await;
        self.world.run_jobs().await;
        person
    }

    /// An officer opens the income proof and writes down what it says.
    async fn read_income(&self, officer: &Actor, person: &Person) {
        let documents = &self.world.services.documents;
        let papers = documents.list_of(officer, person.user_id).await.expect("papers");
        let mut proofs = papers.iter().filter(|paper| paper.kind == DocumentKind::IncomeProof);
        let proof = proofs.next().expect("a proof").id;
        documents.view(officer, proof, "income check").await.expect("a look");
        documents
            .accept_income(officer, proof, Rupiah::new(INCOME))
            .await
            .expect("read");
    }

    /// The same with income proven and an account at a bank.
    pub async fn verified(&self) -> Person {
        let person = self.identified().await;
        let account =
            json!({"monthly_income": INCOME, "bank_account": {"bank": "BCA", "account_number": person.account()}});
        self.call(Method::PATCH, "/api/users/profile")
            .by(&person)
            .json(&account)
            .send()
            .await
            .expect(200);
        self.world.run_jobs().await;
        person
    }

    /// Sends a paper.
    pub async fn upload(&self, person: &Person, kind: &str, photo: Vec<u8>) -> Value {
        let call = self
            .post("/api/documents/upload")
            .by(person)
            .multipart(upload_form(kind, photo));
        call.send().await.expect(201).json()
    }

    /// A quote for Rp3.000.000 in six months.
    pub async fn quote(&self, person: &Person, key: &str) -> Value {
        let body = json!({"amount": 3_000_000, "tenor_months": 6});
        self.post("/api/loans/quotes")
            .by(person)
            .key(key)
            .json(&body)
            .send()
            .await
            .expect(201)
            .json()
    }

    /// An application that nobody looked at yet.
    pub async fn application(&self, person: &Person) -> Value {
        let quote = self.quote(person, "key-of-a-quote-0001").await;
        let body = consent(&quote);
        self.post("/api/loans/apply")
            .by(person)
            .key("key-of-an-application")
            .json(&body)
            .send()
            .await
            .expect(201)
            .json()
    }

    /// A verified person whose loan runs since today.
    pub async fn with_loan(&self) -> (Person, String) {
        let person = self.verified().await;
        let loan = self.application(&person).await;
        let id = loan["id"].as_str().expect("an id").to_owned();
        self.world.run_jobs().await;
        let payouts = self.control(Method::GET, "/_sim/xendit/payouts", json!({})).await;
        let payout = payouts[0]["id"]
            .as_str()
            .unwrap_or_else(|| panic!("no payout: {payouts}"))
            .to_owned();
        self.press(&format!("/_sim/xendit/payouts/{payout}/succeed")).await;
        let path = format!("/api/loans/{id}");
        self.world
            .run_jobs_until(async || self.get(&path).by(&person).send().await.expect(200).json()["status"] == "active")
            .await;
        self.world.run_jobs().await;
        (person, id)
    }
}

/// The consent to a quote as it was shown.
pub fn consent(quote: &Value) -> Value {
    json!({
        "quote_id": quote["id"],
        "disclosure_hash": quote["disclosure_hash"],
        "accepted": true,
        "purpose": "household",
        "monthly_income": INCOME,
        "other_instalments": 0,
    })
}

/// The two parts of an upload.
pub fn upload_form(kind: &str, photo: Vec<u8>) -> reqwest::multipart::Form {
    let file = reqwest::multipart::Part::bytes(photo).file_name("foto.png");
    reqwest::multipart::Form::new()
        .text("kind", kind.to_owned())
        .part("file", file)
}

/// A sharp, evenly lit PNG of something like a card; another `number`, another photo.
pub fn photo(number: u32) -> Vec<u8> {
    png(&RgbImage::from_fn(1_000, 630, |x, y| {
        let (u, v) = (x / 5, y / 5);
        let letter = (u * 7 + v * 13 + u * v + number) % 5 < 2 && v % 6 < 4 && u % 40 > 4;
        if letter {
            Rgb([40, 40, 60])
        } else {
            Rgb([150, 190, 215])
        }
    }))
}

/// An even grey: as blurred as can be.
pub fn blurred() -> Vec<u8> {
    png(&RgbImage::from_pixel(1_000, 630, Rgb([140, 140, 140])))
}

fn png(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, ImageFormat::Png)
        .expect("a picture encodes");
    bytes.into_inner()
}
