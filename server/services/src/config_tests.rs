//! What production refuses, variable by variable.

use super::*;

/// What a real installation sets.
const REAL: [(&str, &str); 23] = [
    ("APP_ENV", "production"),
    ("PUBLIC_ORIGIN", "https://sanggup.example"),
    (
        "DATABASE_URL",
        "postgres://sanggup:q7Zp0w@db.internal/sanggup?sslmode=verify-full",
    ),
    ("KEYRING_FILE", "/run/secrets/keyring.json"),
    ("MIDTRANS_BASE_URL", "https://api.midtrans.com"),
    ("MIDTRANS_SERVER_KEY", "Mid-server-GwUP_WGbJPXsDzsNEBRs8IYA"),
    ("XENDIT_BASE_URL", "https://api.xendit.co"),
    (
        "XENDIT_SECRET_KEY",
        "xnd_production_P4qDfOss0OCpl8RtKrROHjaQYNCk9dN5lSfk",
    ),
    ("XENDIT_CALLBACK_TOKEN", "4f1c9a,77ab02"),
    ("WA_BASE_URL", "https://graph.facebook.com"),
    ("WA_PHONE_NUMBER_ID", "106540352242922"),
    ("WA_TOKEN", "EAAJB2c"),
    ("WA_APP_SECRET", "b11c5a"),
    ("WA_VERIFY_TOKEN", "90aa31"),
    ("TWILIO_BASE_URL", "https://api.twilio.com"),
    ("TWILIO_SID", "AC5ef8732a3c49700934481addd5ce1659"),
    ("TWILIO_TOKEN", "12ab77"),
    ("TWILIO_FROM", "+6281100000000"),
    ("SMTP_URL", "smtps://user:pass@mail.example:465"),
    ("MAIL_FROM", "Sanggup <kabar@sanggup.example>"),
    ("S3_ENDPOINT", "https://storage.googleapis.com"),
    ("S3_BUCKET", "sanggup-papers"),
    ("S3_ACCESS_KEY", "GOOG1E"),
];

/// Reads [`REAL`] with some variables set to something else; `""` is not set.
fn read(changes: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let mut variables: HashMap<&str, &str> = REAL.into();
    variables.insert("S3_SECRET_KEY", "bGoa+V7g");
    variables.extend(changes.iter().copied());
    Config::read(&|name| variables.get(name).map(|value| (*value).to_owned()))
}

/// Refused, with a message that names the variable and, as far as it is a secret, not its value.
#[track_caller]
fn refused(name: &str, value: &str) {
    let error = read(&[(name, value)]).expect_err(&format!("{name}={value} passes"));
    assert!(error.0.starts_with(name), "{name}={value}: {error}");
    assert!(value.len() < 10 || !error.0.contains(value), "{error}");
}

#[test]
fn a_real_installation_starts() {
    let config = read(&[("LIMIT_LOGIN_IP", "5/min"), ("REDIS_URL", "redis://10.0.0.5")]).expect("complete");
    assert_eq!(config.environment, Environment::Production);
    assert_eq!(config.xendit.callback_tokens.len(), 2);
    assert_eq!(config.sms.callback_url, "https://sanggup.example/webhooks/sms");
    read(&[("SMTP_URL", "smtp://mail.example?tls=required")]).expect("encrypted as well");
}

#[test]
fn nothing_that_is_needed_may_be_missing_anywhere() {
    for (name, _) in REAL.iter().chain(&[("S3_SECRET_KEY", "")]) {
        if *name != "APP_ENV" {
            refused(name, "");
            let error = read(&[("APP_ENV", "development"), (name, " ")]).expect_err(name);
            assert!(error.0.starts_with(name), "{error}");
        }
    }
}

#[test]
fn production_is_served_over_https() {
    for origin in [
        "http://sanggup.example",
        "http://localhost:3000",
        "sanggup.example",
        "HTTPS//x",
    ] {
        let error = read(&[("PUBLIC_ORIGIN", origin)]).expect_err(origin);
        assert!(error.0.starts_with("PUBLIC_ORIGIN"), "{error}");
    }
}

#[test]
fn production_talks_to_the_real_third_parties_and_encrypted() {
    for name in [
        "MIDTRANS_BASE_URL",
        "XENDIT_BASE_URL",
        "WA_BASE_URL",
        "TWILIO_BASE_URL",
        "S3_ENDPOINT",
    ] {
        for url in [
            "http://api.vendor.example",
            "ftp://api.vendor.example",
            "https://",
            "https://localhost:7070/midtrans",
            "https://LOCALHOST",
            "https://localhost./x",
            "https://api.localhost",
            "https://127.0.0.1:7070",
            "https://127.1",
            "https://2130706433",
            "https://0.0.0.0",
            "https://[::1]:7071",
            "https://[::ffff:127.0.0.1]",
            "https://user@127.0.0.1",
            "https://api.sandbox.midtrans.com",
            "https://vendor.example/Sandbox/v2",
        ] {
            refused(name, url);
        }
    }
}

#[test]
fn production_sends_mail_encrypted_and_elsewhere() {
    for url in [
        "smtp://mail.example:25",
        "smtps://127.0.0.1:465",
        "smtps://localhost",
        "smtp://[::1]?tls=required",
        "smtp://sandbox.mail.example?tls=required",
        "smtps://",
    ] {
        refused("SMTP_URL", url);
    }
}

#[test]
fn production_knows_no_demo_secret() {
    let names = [
        "DATABASE_URL",
        "MIDTRANS_SERVER_KEY",
        "XENDIT_SECRET_KEY",
        "XENDIT_CALLBACK_TOKEN",
        "WA_TOKEN",
        "WA_APP_SECRET",
        "WA_VERIFY_TOKEN",
        "TWILIO_TOKEN",
        "S3_ACCESS_KEY",
        "S3_SECRET_KEY",
    ];
    for name in names {
        for value in [
            "demo",
            "a-Demo-key",
            "sandbox-1",
            "SB-Mid-server-x",
            "xnd_development_x",
        ] {
            refused(name, value);
        }
    }
    refused("DATABASE_URL", "postgres://sanggup:sanggup-dev@db.internal/sanggup");
    refused("XENDIT_CALLBACK_TOKEN", "4f1c9a,demo-callback-token");
    refused("XENDIT_CALLBACK_TOKEN", "4f1c9a,");
}

#[test]
fn every_demo_value_of_the_example_is_refused() {
    let example = include_str!("../../../.env.example");
    let example: HashMap<&str, &str> = example
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .collect();
    // Not secrets, and the same everywhere or checked with what they belong to.
    let plain = [
        "KEYRING_FILE",
        "MAIL_FROM",
        "WA_PHONE_NUMBER_ID",
        "TWILIO_SID",
        "TWILIO_FROM",
        "S3_BUCKET",
    ];
    for (name, _) in REAL.iter().chain(&[("S3_SECRET_KEY", "")]) {
        let value = example
            .get(name)
            .unwrap_or_else(|| panic!("{name} is not in .env.example"));
        if *name != "APP_ENV" && !plain.contains(name) {
            refused(name, value);
        }
    }
}

#[test]
fn production_limits_may_be_changed_but_not_switched_off() {
    for action in crate::limits::ACTIONS {
        refused(&format!("LIMIT_{}", action.to_uppercase()), "off");
    }
    let off = [("APP_ENV", "development"), ("LIMIT_APPLY", "off")];
    read(&off).expect("fine on a developer's machine");
}

#[test]
fn what_cannot_be_read_is_named() {
    for (name, value) in [
        ("APP_ENV", "staging"),
        ("TRUSTED_PROXY_HOPS", "-1"),
        ("WA_BASE_URL", "graph"),
    ] {
        let error = read(&[(name, value)]).expect_err(name);
        assert!(error.0.starts_with(name), "{error}");
    }
}

#[test]
fn secrets_are_printed_as_dots() {
    let shown = format!("{:?}", read(&[]).expect("complete"));
    for (name, value) in REAL {
        let secret = name.ends_with("KEY") || name.ends_with("TOKEN") || name.ends_with("SECRET");
        if secret || name == "DATABASE_URL" || name == "SMTP_URL" {
            assert!(!shown.contains(value), "{name} is printed");
        }
    }
}
