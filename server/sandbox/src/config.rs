//! What the sandbox is told at start. In: command line and environment (binary) or [`Config::port_zero`] (tests).
//! Out: addresses, delays and the demo credentials that every simulated vendor checks.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser};

/// Every third party of Sanggup on this machine, speaking its real protocol. Development and tests only.
#[derive(Clone, Debug, Parser)]
#[command(name = "sandbox", version)]
pub struct Config {
    /// Where the HTTP vendors, the control surface and the web page listen.
    #[arg(long, env = "SANDBOX_LISTEN", default_value = "127.0.0.1:7070")]
    pub listen: SocketAddr,
    /// Where the S3 endpoint listens.
    #[arg(long, env = "SANDBOX_S3_LISTEN", default_value = "127.0.0.1:7071")]
    pub s3_listen: SocketAddr,
    /// Where the mail catcher (SMTP) listens.
    #[arg(long, env = "SANDBOX_SMTP_LISTEN", default_value = "127.0.0.1:7025")]
    pub smtp_listen: SocketAddr,
    /// Folder for stored objects; without it a temporary one, removed at the end.
    #[arg(long = "data", env = "SANDBOX_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Origin of the application that receives the webhooks, such as http://127.0.0.1:3000.
    #[arg(
        long,
        env = "SANDBOX_WEBHOOK_BASE",
        value_name = "URL",
        default_value = "http://127.0.0.1:3000"
    )]
    pub webhook_base: Option<String>,
    /// Origin under which this sandbox is reached, when it is not the listen address.
    #[arg(long, env = "SANDBOX_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// Payouts reach their final state by themselves after this many seconds; 0: a person decides.
    #[arg(
        long,
        env = "SANDBOX_AUTO_PAYOUT_SECONDS",
        value_name = "SECONDS",
        default_value = "2"
    )]
    pub auto_payout_seconds: Option<u32>,
    /// Payments settle by themselves after this many seconds; absent or 0: a person presses the button.
    #[arg(long, env = "SANDBOX_AUTO_SETTLE_SECONDS", value_name = "SECONDS")]
    pub auto_settle_seconds: Option<u32>,
    /// What the callers must present.
    #[command(flatten)]
    pub credentials: Credentials,
}

/// Demo secrets, all of them made up; each is an environment variable of the same meaning as in the server.
#[derive(Clone, Debug, Args)]
pub struct Credentials {
    /// Midtrans server key (Basic user, empty password) and the key of the notification signature.
    #[arg(long, env = "MIDTRANS_SERVER_KEY", default_value_t = Credentials::default().midtrans_server_key, hide_env_values = true)]
    pub midtrans_server_key: String,
    /// Midtrans payouts (Iris) key; the account validation also takes the server key.
    #[arg(long, env = "IRIS_API_KEY", default_value_t = Credentials::default().iris_api_key, hide_env_values = true)]
    pub iris_api_key: String,
    /// Xendit secret key (Basic user, empty password).
    #[arg(long, env = "XENDIT_SECRET_KEY", default_value_t = Credentials::default().xendit_secret_key, hide_env_values = true)]
    pub xendit_secret_key: String,
    /// Xendit's static webhook token, sent as `x-callback-token`.
    #[arg(long, env = "XENDIT_CALLBACK_TOKEN", default_value_t = Credentials::default().xendit_callback_token, hide_env_values = true)]
    pub xendit_callback_token: String,
    /// WhatsApp Cloud API bearer token.
    #[arg(long, env = "WA_TOKEN", default_value_t = Credentials::default().wa_token, hide_env_values = true)]
    pub wa_token: String,
    /// WhatsApp app secret: key of `X-Hub-Signature-256`.
    #[arg(long, env = "WA_APP_SECRET", default_value_t = Credentials::default().wa_app_secret, hide_env_values = true)]
    pub wa_app_secret: String,
    /// WhatsApp webhook verification token.
    #[arg(long, env = "WA_VERIFY_TOKEN", default_value_t = Credentials::default().wa_verify_token, hide_env_values = true)]
    pub wa_verify_token: String,
    /// WhatsApp sender, digits.
    #[arg(long, env = "WA_PHONE_NUMBER_ID", default_value_t = Credentials::default().wa_phone_number_id, hide_env_values = true)]
    pub wa_phone_number_id: String,
    /// Twilio account sid.
    #[arg(long, env = "TWILIO_SID", default_value_t = Credentials::default().twilio_sid, hide_env_values = true)]
    pub twilio_sid: String,
    /// Twilio auth token: Basic password and key of `X-Twilio-Signature`.
    #[arg(long, env = "TWILIO_TOKEN", default_value_t = Credentials::default().twilio_token, hide_env_values = true)]
    pub twilio_token: String,
    /// GLAIR Basic user.
    #[arg(long, env = "GLAIR_USER", default_value_t = Credentials::default().glair_user, hide_env_values = true)]
    pub glair_user: String,
    /// GLAIR Basic password.
    #[arg(long, env = "GLAIR_PASS", default_value_t = Credentials::default().glair_pass, hide_env_values = true)]
    pub glair_pass: String,
    /// GLAIR `x-api-key`.
    #[arg(long, env = "GLAIR_KEY", default_value_t = Credentials::default().glair_key, hide_env_values = true)]
    pub glair_key: String,
    /// S3 access key.
    #[arg(long, env = "S3_ACCESS_KEY", default_value_t = Credentials::default().s3_access_key, hide_env_values = true)]
    pub s3_access_key: String,
    /// S3 secret key.
    #[arg(long, env = "S3_SECRET_KEY", default_value_t = Credentials::default().s3_secret_key, hide_env_values = true)]
    pub s3_secret_key: String,
    /// S3 bucket, created at start.
    #[arg(long, env = "S3_BUCKET", default_value_t = Credentials::default().s3_bucket, hide_env_values = true)]
    pub s3_bucket: String,
}

impl Config {
    /// For tests: random ports on loopback, a temporary data folder, demo credentials, nothing automatic;
    /// the environment is not read.
    #[must_use]
    pub fn port_zero() -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            listen: any,
            s3_listen: any,
            smtp_listen: any,
            data: None,
            webhook_base: None,
            public_url: None,
            auto_payout_seconds: None,
            auto_settle_seconds: None,
            credentials: Credentials::default(),
        }
    }
}

impl Default for Credentials {
    /// The demo values; the command line falls back on them too.
    fn default() -> Self {
        let demo = |value: &str| value.to_owned();
        Self {
            midtrans_server_key: demo("SB-Mid-server-demo"),
            iris_api_key: demo("demo-iris-key"),
            xendit_secret_key: demo("xnd_development_demo"),
            xendit_callback_token: demo("demo-callback-token"),
            wa_token: demo("demo-wa-token"),
            wa_app_secret: demo("demo-wa-app-secret"),
            wa_verify_token: demo("demo-wa-verify-token"),
            wa_phone_number_id: demo("100000000000001"),
            twilio_sid: demo("demo-twilio-sid"),
            twilio_token: demo("demo-twilio-token"),
            glair_user: demo("demo-glair-user"),
            glair_pass: demo("demo-glair-pass"),
            glair_key: demo("demo-glair-key"),
            s3_access_key: demo("demo-access-key"),
            s3_secret_key: demo("demo-secret-key"),
            s3_bucket: demo("demo-sanggup"),
        }
    }
}
