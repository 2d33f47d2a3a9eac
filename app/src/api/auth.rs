//! Forms of registration, sign-in, codes, passwords, sessions and passkeys.
#![expect(missing_docs, reason = "of every function the macro makes a struct of its arguments")]

use super::{Answer, reply};
use crate::visit::local_path;
use domain::{
    Error,
    auth::{self, Challenge, ChallengePurpose, CodeChannel, NewSession, RegistrationForm, Secret},
};
use leptos::prelude::*;

/// Starts an account and goes on to the code.
#[server(prefix = "/_fn", endpoint = "register")]
pub async fn register(
    #[server(default)] full_name: String,
    #[server(default)] nik: String,
    #[server(default)] phone: String,
    #[server(default)] email: String,
    #[server(default)] password: String,
    #[server(default)] terms: String,
    #[server(default)] privacy: String,
) -> Answer {
    reply(async |visit| {
        let form = RegistrationForm {
            full_name,
            nik,
            phone,
            email,
            password,
            terms: !terms.is_empty(),
            privacy: !privacy.is_empty(),
        };
        let registration = form.parse(visit.today()).map_err(Error::Validation)?;
        let challenge = visit.backend.auth.register(&visit.actor, registration).await?;
        visit.go(code_page(&challenge, ""));
        Ok(())
    })
    .await
}

/// Checks a code and signs in.
#[server(prefix = "/_fn", endpoint = "verify_code")]
pub async fn verify_code(
    #[server(default)] challenge: String,
    #[server(default)] code: String,
    #[server(default)] next: String,
) -> Answer {
    reply(async |visit| {
        let id = challenge.parse().map_err(|_| Error::NotFound)?;
        let purpose = visit.backend.auth.challenge(&visit.actor, id).await?.purpose;
        let session = visit.backend.auth.verify_code(&visit.actor, id, &code).await?;
        let fallback = if purpose == ChallengePurpose::Register {
            "/daftar/ktp"
        } else {
            "/beranda"
        };
        begin(&visit, session, &next, fallback);
        Ok(())
    })
    .await
}

/// Sends the code again, by WhatsApp or SMS.
#[server(prefix = "/_fn", endpoint = "resend_code")]
pub async fn resend_code(
    #[server(default)] challenge: String,
    #[server(default)] channel: String,
    #[server(default)] next: String,
) -> Answer {
    reply(async |visit| {
        let id = challenge.parse().map_err(|_| Error::NotFound)?;
        let channel = if channel == "sms" {
            CodeChannel::Sms
        } else {
            CodeChannel::Whatsapp
        };
        let challenge = visit.backend.auth.resend_code(&visit.actor, id, channel).await?;
        visit.go_saying(code_page(&challenge, &next), "Kode baru sudah dikirim.");
        Ok(())
    })
    .await
}

/// Signs a borrower in by password, or goes on to the code on a device not seen before.
#[server(prefix = "/_fn", endpoint = "sign_in")]
pub async fn sign_in(
    #[server(default)] identifier: String,
    #[server(default)] password: String,
    #[server(default)] next: String,
) -> Answer {
    reply(async |visit| {
        let answer = visit
            .backend
            .auth
            .sign_in(
                &visit.actor,
                &identifier,
                &Secret::new(password),
                visit.device_token.as_ref(),
            )
            .await?;
        match answer {
            auth::SignIn::Done(session) => begin(&visit, session, &next, "/beranda"),
            auth::SignIn::CodeSent(challenge) => visit.go(code_page(&challenge, &next)),
        }
        Ok(())
    })
    .await
}

/// Signs the asker out here.
#[server(prefix = "/_fn", endpoint = "sign_out")]
pub async fn sign_out() -> Answer {
    reply(async |visit| {
        visit.backend.auth.sign_out(&visit.actor).await?;
        visit.with_reply(|reply| reply.signed_out = true);
        visit.go("/masuk");
        Ok(())
    })
    .await
}

/// Signs the asker out on every device.
#[server(prefix = "/_fn", endpoint = "sign_out_everywhere")]
pub async fn sign_out_everywhere() -> Answer {
    reply(async |visit| {
        visit.backend.auth.sign_out_everywhere(&visit.actor).await?;
        visit.with_reply(|reply| reply.signed_out = true);
        visit.go_saying("/masuk", "Anda sudah keluar di semua perangkat.");
        Ok(())
    })
    .await
}

/// Signs one other device out.
#[server(prefix = "/_fn", endpoint = "end_session")]
pub async fn end_session(#[server(default)] session: String) -> Answer {
    reply(async |visit| {
        let id = session.parse().map_err(|_| Error::NotFound)?;
        visit.backend.auth.end_session(&visit.actor, id).await?;
        visit.go_saying("/akun", "Perangkat itu sudah keluar.");
        Ok(())
    })
    .await
}

/// Proves the password again and goes back to what needed it.
#[server(prefix = "/_fn", endpoint = "confirm_password")]
pub async fn confirm_password(#[server(default)] password: String, #[server(default)] next: String) -> Answer {
    reply(async |visit| {
        let session = visit
            .backend
            .auth
            .confirm_password(&visit.actor, &Secret::new(password))
            .await?;
        begin(&visit, session, &next, "/akun");
        Ok(())
    })
    .await
}

/// Sends a code for choosing a new password.
#[server(prefix = "/_fn", endpoint = "start_reset")]
pub async fn start_reset(#[server(default)] identifier: String) -> Answer {
    reply(async |visit| {
        let challenge = visit.backend.auth.start_reset(&visit.actor, &identifier).await?;
        visit.go(code_page(&challenge, ""));
        Ok(())
    })
    .await
}

/// Sets the new password.
#[server(prefix = "/_fn", endpoint = "finish_reset")]
pub async fn finish_reset(
    #[server(default)] challenge: String,
    #[server(default)] code: String,
    #[server(default)] password: String,
) -> Answer {
    reply(async |visit| {
        let id = challenge.parse().map_err(|_| Error::NotFound)?;
        visit
            .backend
            .auth
            .finish_reset(&visit.actor, id, &code, &Secret::new(password))
            .await?;
        visit.go_saying("/masuk", "Kata sandi sudah diganti. Masuk dengan kata sandi baru.");
        Ok(())
    })
    .await
}

/// Removes a passkey of the asker.
#[server(prefix = "/_fn", endpoint = "remove_passkey")]
pub async fn remove_passkey(#[server(default)] passkey: String) -> Answer {
    reply(async |visit| {
        let id = passkey.parse().map_err(|_| Error::NotFound)?;
        visit.backend.auth.remove_passkey(&visit.actor, id).await?;
        visit.go_saying("/akun", "Kunci sandi dihapus.");
        Ok(())
    })
    .await
}

/// The page that asks for the code.
fn code_page(challenge: &Challenge, next: &str) -> String {
    let page = match challenge.purpose {
        ChallengePurpose::Reset => "/lupa-sandi",
        ChallengePurpose::Register | ChallengePurpose::SignIn => "/daftar/kode",
    };
    match local_path(next) {
        Some(next) => format!("{page}?kode={}&lanjut={}", challenge.id, encode(&next)),
        None => format!("{page}?kode={}", challenge.id),
    }
}

fn begin(visit: &crate::visit::Visit, session: NewSession, next: &str, fallback: &str) {
    visit.with_reply(|reply| reply.session = Some(session));
    visit.go(local_path(next).unwrap_or_else(|| fallback.into()));
}

/// A local path as one value of a query.
pub fn encode(path: &str) -> String {
    path.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
