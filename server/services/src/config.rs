//! What the environment says, read once at the start. Secrets sit in a type that prints as dots.

use domain::auth::Secret;
use std::{collections::HashMap, fmt, net::IpAddr, path::PathBuf};

/// A variable that is missing or wrong, or a setting that production refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

/// Where this process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// A developer's machine or a test.
    Development,
    /// Real people, real money.
    Production,
}

/// Midtrans Core API.
#[derive(Debug, Clone)]
pub struct MidtransConfig {
    /// `https://api.midtrans.com` or another.
    pub base_url: String,
    /// Basic auth user, and part of every signature.
    pub server_key: Secret,
    /// Keys of before, which notices may still be signed with during a change.
    pub older_keys: Vec<Secret>,
    /// Account validation; none where it was not bought.
    pub iris: Option<IrisConfig>,
    /// Where Midtrans sends its notices, when it differs from the dashboard.
    pub notify_url: String,
}

/// Midtrans payouts, of which only the account validation is used.
#[derive(Debug, Clone)]
pub struct IrisConfig {
    /// `https://app.midtrans.com/iris/api/v1` or another.
    pub base_url: String,
    /// Basic auth user.
    pub api_key: Secret,
}

/// Xendit Payouts v2.
#[derive(Debug, Clone)]
pub struct XenditConfig {
    /// `https://api.xendit.co` or another.
    pub base_url: String,
    /// Basic auth user.
    pub secret_key: Secret,
    /// The tokens that notices may carry: the current one, and the previous one during a change.
    pub callback_tokens: Vec<Secret>,
}

/// Meta WhatsApp Cloud API.
#[derive(Debug, Clone)]
pub struct WhatsappConfig {
    /// `https://graph.facebook.com` or another.
    pub base_url: String,
    /// `v23.0`.
    pub version: String,
    /// The sender.
    pub phone_number_id: String,
    /// Bearer token.
    pub token: Secret,
    /// Signs notices.
    pub app_secret: Secret,
    /// Proves the subscription.
    pub verify_token: Secret,
}

/// Twilio.
#[derive(Debug, Clone)]
pub struct SmsConfig {
    /// `https://api.twilio.com` or another.
    pub base_url: String,
    /// Account.
    pub sid: String,
    /// Basic auth password, and signs notices.
    pub token: Secret,
    /// The sender.
    pub from: String,
    /// Public address of `/webhooks/sms`.
    pub callback_url: String,
}

/// SMTP.
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// `smtp://…` or `smtps://…`.
    pub url: Secret,
    /// `Sanggup <kabar@…>`.
    pub from: String,
}

/// S3.
#[derive(Debug, Clone)]
pub struct StorageConfig {
    /// Any S3 endpoint.
    pub endpoint: String,
    /// Region.
    pub region: String,
    /// Bucket.
    pub bucket: String,
    /// Access key.
    pub access_key: Secret,
    /// Secret key.
    pub secret_key: Secret,
}

/// Everything.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where this process runs.
    pub environment: Environment,
    /// `https://sanggup.example`, without a slash at the end; never taken from a request.
    pub public_origin: String,
    /// Where the web server listens.
    pub listen_addr: String,
    /// Where metrics are served; empty for nowhere.
    pub internal_listen_addr: String,
    /// PostgreSQL.
    pub database_url: Secret,
    /// Redis; none for one node with in-process limits.
    pub redis_url: Option<Secret>,
    /// The keyring.
    pub keyring_file: PathBuf,
    /// How many proxies in front may be believed about the client's address.
    pub trusted_proxy_hops: usize,
    /// The licence line, empty in the demo.
    pub legal_licence: String,
    /// Password of the demo people.
    pub demo_password: Secret,
    /// Overrides of rate limits: action in lower case → "10/min" or "off" (never in production).
    pub limits: HashMap<String, String>,
    /// Collections.
    pub midtrans: MidtransConfig,
    /// Payouts.
    pub xendit: XenditConfig,
    /// WhatsApp.
    pub whatsapp: WhatsappConfig,
    /// SMS.
    pub sms: SmsConfig,
    /// Email.
    pub mail: MailConfig,
    /// Files.
    pub storage: StorageConfig,
}

/// Marks of values that everybody knows, or that move no real money: fine on a developer's machine, refused in
/// production.
const DEMO_VALUES: [&str; 5] = ["demo", "sandbox", "sanggup-dev", "sb-mid-", "xnd_development"];

impl Config {
    /// Reads the process's environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(&|name| std::env::var(name).ok())
    }

    /// Reads from `get`: a variable's name to its value.
    pub fn read(get: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let vars = Vars { get };
        let environment = match vars.or("APP_ENV", "development").as_str() {
            "production" => Environment::Production,
            "development" | "test" => Environment::Development,
            other => {
                return Err(ConfigError(format!(
                    "APP_ENV must be development or production, not {other}"
                )));
            }
        };
        let public_origin = vars.needed("PUBLIC_ORIGIN")?.trim_end_matches('/').to_owned();
        let hops = vars.or("TRUSTED_PROXY_HOPS", "0");
        let config = Self {
            environment,
            listen_addr: match vars.optional("PORT") {
                Some(port) => format!("0.0.0.0:{port}"),
                None => vars.or("LISTEN_ADDR", "127.0.0.1:3000"),
            },
            internal_listen_addr: vars.or("INTERNAL_LISTEN_ADDR", ""),
            database_url: vars.secret("DATABASE_URL")?,
            redis_url: vars.optional("REDIS_URL").map(Secret::new),
            keyring_file: vars.needed("KEYRING_FILE")?.into(),
            trusted_proxy_hops: hops
                .parse()
                .map_err(|_| ConfigError(format!("TRUSTED_PROXY_HOPS must be a number, not {hops}")))?,
            legal_licence: vars.or("LEGAL_LICENCE", ""),
            demo_password: Secret::new(vars.or("DEMO_PASSWORD", "sanggup-demo-2026")),
            limits: std::iter::empty()
                .chain(crate::limits::ACTIONS.iter().filter_map(|action| {
                    let name = format!("LIMIT_{}", action.to_uppercase());
                    vars.optional(&name).map(|value| ((*action).to_owned(), value))
                }))
                .collect(),
            midtrans: MidtransConfig {
                base_url: vars.url("MIDTRANS_BASE_URL")?,
                server_key: Secret::new(
                    vars.needed("MIDTRANS_SERVER_KEY")?
                        .split(',')
                        .next()
                        .unwrap_or("")
                        .trim(),
                ),
                older_keys: vars
                    .needed("MIDTRANS_SERVER_KEY")?
                    .split(',')
                    .skip(1)
                    .map(|key| Secret::new(key.trim()))
                    .collect(),
                iris: match vars.optional("MIDTRANS_IRIS_BASE_URL") {
                    None => None,
                    Some(_) => Some(IrisConfig {
                        base_url: vars.url("MIDTRANS_IRIS_BASE_URL")?,
                        api_key: vars.secret("MIDTRANS_IRIS_API_KEY")?,
                    }),
                },
                notify_url: vars.or("MIDTRANS_NOTIFY_URL", ""),
            },
            xendit: XenditConfig {
                base_url: vars.url("XENDIT_BASE_URL")?,
                secret_key: vars.secret("XENDIT_SECRET_KEY")?,
                callback_tokens: vars
                    .needed("XENDIT_CALLBACK_TOKEN")?
                    .split(',')
                    .map(|token| Secret::new(token.trim()))
                    .collect(),
            },
            whatsapp: WhatsappConfig {
                base_url: vars.url("WA_BASE_URL")?,
                version: vars.or("WA_VERSION", "v23.0"),
                phone_number_id: vars.needed("WA_PHONE_NUMBER_ID")?,
                token: vars.secret("WA_TOKEN")?,
                app_secret: vars.secret("WA_APP_SECRET")?,
                verify_token: vars.secret("WA_VERIFY_TOKEN")?,
            },
            sms: SmsConfig {
                base_url: vars.url("TWILIO_BASE_URL")?,
                sid: vars.needed("TWILIO_SID")?,
                token: vars.secret("TWILIO_TOKEN")?,
                from: vars.needed("TWILIO_FROM")?,
                callback_url: format!("{public_origin}/webhooks/sms"),
            },
            mail: MailConfig {
                url: vars.secret("SMTP_URL")?,
                from: vars.needed("MAIL_FROM")?,
            },
            storage: StorageConfig {
                endpoint: vars.url("S3_ENDPOINT")?,
                region: vars.or("S3_REGION", "auto"),
                bucket: vars.needed("S3_BUCKET")?,
                access_key: vars.secret("S3_ACCESS_KEY")?,
                secret_key: vars.secret("S3_SECRET_KEY")?,
            },
            public_origin,
        };
        if environment == Environment::Production {
            config.refuse_unsafe()?;
        }
        Ok(config)
    }

    /// The rules of contract.md 1 for production.
    fn refuse_unsafe(&self) -> Result<(), ConfigError> {
        let refuse = |name: &str, why: &str| Err(ConfigError(format!("{name}: {why} in production")));
        if !self.public_origin.starts_with("https://") {
            return refuse("PUBLIC_ORIGIN", "must be https");
        }
        let urls = [
            ("MIDTRANS_BASE_URL", &self.midtrans.base_url),
            ("XENDIT_BASE_URL", &self.xendit.base_url),
            ("WA_BASE_URL", &self.whatsapp.base_url),
            ("TWILIO_BASE_URL", &self.sms.base_url),
            ("S3_ENDPOINT", &self.storage.endpoint),
        ];
        let iris = self.midtrans.iris.as_ref();
        let iris = iris.map(|iris| ("MIDTRANS_IRIS_BASE_URL", &iris.base_url));
        for (name, url) in urls.into_iter().chain(iris) {
            if !url.starts_with("https://") {
                return refuse(name, "must be https");
            }
            if !is_out_there(url) {
                return refuse(name, "must not be this machine or a sandbox");
            }
        }
        let smtp = self.mail.url.expose();
        let encrypted = smtp.starts_with("smtps://") || smtp.contains("tls=required");
        if !encrypted || !is_out_there(smtp) {
            return refuse("SMTP_URL", "must be encrypted and not this machine or a sandbox");
        }
        let mut secrets = vec![
            ("DATABASE_URL", &self.database_url),
            ("MIDTRANS_SERVER_KEY", &self.midtrans.server_key),
            ("XENDIT_SECRET_KEY", &self.xendit.secret_key),
            ("WA_TOKEN", &self.whatsapp.token),
            ("WA_APP_SECRET", &self.whatsapp.app_secret),
            ("WA_VERIFY_TOKEN", &self.whatsapp.verify_token),
            ("TWILIO_TOKEN", &self.sms.token),
            ("S3_ACCESS_KEY", &self.storage.access_key),
            ("S3_SECRET_KEY", &self.storage.secret_key),
        ];
        secrets.extend(
            self.xendit
                .callback_tokens
                .iter()
                .map(|token| ("XENDIT_CALLBACK_TOKEN", token)),
        );
        secrets.extend(self.midtrans.older_keys.iter().map(|key| ("MIDTRANS_SERVER_KEY", key)));
        secrets.extend(
            self.midtrans
                .iris
                .iter()
                .map(|iris| ("MIDTRANS_IRIS_API_KEY", &iris.api_key)),
        );
        for (name, secret) in secrets {
            let value = secret.expose().to_lowercase();
            if value.is_empty() || DEMO_VALUES.iter().any(|demo| value.contains(demo)) {
                return refuse(name, "must not be empty, a demo value or a vendor's test key");
            }
        }
        if let Some((action, _)) = self.limits.iter().find(|(_, value)| *value == "off") {
            return refuse(&format!("LIMIT_{}", action.to_uppercase()), "must not be off");
        }
        Ok(())
    }
}

/// Whether an address leads away from this machine, to something that is not a sandbox.
fn is_out_there(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else {
        return false;
    };
    let host = url.host_str().unwrap_or("").trim_end_matches('.').to_lowercase();
    let here = match host
        .trim_matches(['[', ']'])
        .parse::<IpAddr>()
        .map(|it| it.to_canonical())
    {
        Ok(address) => address.is_loopback() || address.is_unspecified(),
        Err(_) => host.is_empty() || host == "localhost" || host.ends_with(".localhost"),
    };
    !here && !host.contains("sandbox") && !url.path().to_lowercase().contains("sandbox")
}

struct Vars<'a> {
    get: &'a dyn Fn(&str) -> Option<String>,
}

impl fmt::Debug for Vars<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vars")
    }
}

impl Vars<'_> {
    fn optional(&self, name: &str) -> Option<String> {
        (self.get)(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    }

    fn or(&self, name: &str, default: &str) -> String {
        self.optional(name).unwrap_or_else(|| default.to_owned())
    }

    fn needed(&self, name: &str) -> Result<String, ConfigError> {
        self.optional(name)
            .ok_or_else(|| ConfigError(format!("{name} is not set; .env.example explains it")))
    }

    fn secret(&self, name: &str) -> Result<Secret, ConfigError> {
        self.needed(name).map(Secret::new)
    }

    fn url(&self, name: &str) -> Result<String, ConfigError> {
        let url = self.needed(name)?.trim_end_matches('/').to_owned();
        if url.starts_with("https://") || url.starts_with("http://") {
            Ok(url)
        } else {
            Err(ConfigError(format!("{name} must begin with https:// or http://")))
        }
    }
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
