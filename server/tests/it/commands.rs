//! The built binary, as an operator starts it.

use crate::harness::App;
use serde_json::json;
use std::{
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

/// The binary with everything that it wants to be told.
fn server(app: &App, arguments: &[&str]) -> Command {
    let config = &app.world.config;
    let expose = |secret: &domain::auth::Secret| secret.expose().to_owned();
    let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
    command.args(arguments).env_clear().envs([
        ("APP_ENV", "test".to_owned()),
        ("PUBLIC_ORIGIN", config.public_origin.clone()),
        ("DATABASE_URL", expose(&config.database_url)),
        ("KEYRING_FILE", keyring(app).to_string_lossy().into_owned()),
        ("MIDTRANS_BASE_URL", config.midtrans.base_url.clone()),
        ("MIDTRANS_SERVER_KEY", expose(&config.midtrans.server_key)),
        ("XENDIT_BASE_URL", config.xendit.base_url.clone()),
        ("XENDIT_SECRET_KEY", expose(&config.xendit.secret_key)),
        ("XENDIT_CALLBACK_TOKEN", expose(&config.xendit.callback_tokens[0])),
        ("WA_BASE_URL", config.whatsapp.base_url.clone()),
        ("WA_PHONE_NUMBER_ID", config.whatsapp.phone_number_id.clone()),
        ("WA_TOKEN", expose(&config.whatsapp.token)),
        ("WA_APP_SECRET", expose(&config.whatsapp.app_secret)),
        ("WA_VERIFY_TOKEN", expose(&config.whatsapp.verify_token)),
        ("TWILIO_BASE_URL", config.sms.base_url.clone()),
        ("TWILIO_SID", config.sms.sid.clone()),
        ("TWILIO_TOKEN", expose(&config.sms.token)),
        ("TWILIO_FROM", config.sms.from.clone()),
        ("SMTP_URL", expose(&config.mail.url)),
        ("MAIL_FROM", config.mail.from.clone()),
        ("S3_ENDPOINT", config.storage.endpoint.clone()),
        ("S3_BUCKET", config.storage.bucket.clone()),
        ("S3_ACCESS_KEY", expose(&config.storage.access_key)),
        ("S3_SECRET_KEY", expose(&config.storage.secret_key)),
    ]);
    command
}

/// A keyring of this test's own, beside its database.
fn keyring(app: &App) -> PathBuf {
    let name = app
        .world
        .config
        .database_url
        .expose()
        .rsplit('/')
        .next()
        .unwrap_or("world");
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    std::env::temp_dir().join(format!("sanggup-keyring-{name}.json"))
}

async fn run(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().expect("it runs"))
        .await
        .expect("no panic")
}

/// A serving process; killed when dropped.
struct Serving {
    process: Child,
    base: String,
}

impl Serving {
    async fn start(app: &App, arguments: &[&str]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|it| it.local_addr())
            .expect("a port")
            .port();
        let address = format!("127.0.0.1:{port}");
        let mut command = server(app, &[&["serve"], arguments].concat());
        command
            .env("LISTEN_ADDR", &address)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let serving = Self {
            process: command.spawn().expect("it runs"),
            base: format!("http://{address}"),
        };
        for _ in 0..200 {
            if serving.status("/health/ready").await == Some(200) {
                return serving;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it does not serve");
    }

    async fn status(&self, path: &str) -> Option<u16> {
        let answer = reqwest::get(format!("{}{path}", self.base)).await.ok()?;
        Some(answer.status().as_u16())
    }

    /// SIGTERM, and how it ends.
    async fn stop(mut self) -> Option<i32> {
        let sent = Command::new("kill")
            .args(["-TERM", &self.process.id().to_string()])
            .status();
        assert!(sent.expect("kill runs").success());
        for _ in 0..200 {
            if let Some(status) = self.process.try_wait().expect("it is ours") {
                return status.code();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it does not stop");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn one_half_is_served_alone_and_a_day_is_closed_by_hand() {
    let app = App::start().await;
    let path = keyring(&app);
    let made = run(server(&app, &["keyring", "--out", &path.to_string_lossy()])).await;
    assert!(made.status.success(), "{made:?}");

    let staff = Serving::start(&app, &["--only", "staff"]).await;
    let borrowers = Serving::start(&app, &["--only", "borrowers"]).await;
    for (address, by_staff, by_borrowers) in [
        ("/petugas/masuk", 200, 404),
        ("/masuk", 404, 200),
        ("/api/openapi.json", 404, 200),
        ("/health/live", 200, 200),
    ] {
        assert_eq!(staff.status(address).await, Some(by_staff), "{address}");
        assert_eq!(borrowers.status(address).await, Some(by_borrowers), "{address}");
    }
    assert_eq!(staff.stop().await, Some(0));
    assert_eq!(borrowers.stop().await, Some(0));

    for (date, code) in [("2999-01-01", Some(2)), ("kemarin", Some(2)), ("2026-01-01", Some(0))] {
        let output = run(server(&app, &["batch", "--date", date, "--prove"])).await;
        assert_eq!(output.status.code(), code, "{date}: {output:?}");
        if code == Some(0) {
            let told = String::from_utf8_lossy(&output.stdout);
            let told: Vec<serde_json::Value> = told
                .lines()
                .map(|line| serde_json::from_str(line).expect("a line of JSON"))
                .collect();
            let closed = json!({"date": date, "advanced": 0, "set_aside": 0});
            assert_eq!(told, [closed, json!({"loans": 0, "drift": 0, "books_agree": true})]);
        } else {
            assert!(String::from_utf8_lossy(&output.stderr).contains("--date"), "{output:?}");
        }
    }

    for (date, code) in [("2999-01-01", Some(2)), ("kemarin", Some(2)), ("2026-01-01", Some(0))] {
        let output = run(server(&app, &["reconcile", "--date", date])).await;
        assert_eq!(output.status.code(), code, "{date}: {output:?}");
        if code == Some(0) {
            let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a line of JSON");
            assert_eq!((&told["date"], &told["finished"]), (&json!(date), &json!(true)));
        }
    }

    let mut production = server(&app, &["serve"]);
    production.env("APP_ENV", "production");
    let refused = run(production).await;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("PUBLIC_ORIGIN: must be https in production"), "{said}");
    let _ = std::fs::remove_file(path);
    app.finish().await;
}
