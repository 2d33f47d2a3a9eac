//! Forms about the person: bank account, consents, theme.
#![expect(missing_docs, reason = "of every function the macro makes a struct of its arguments")]

use super::{Answer, reply};
use crate::{shell::Theme, visit::local_path};
use domain::{
    Error,
    users::{BankAccountInput, ProfileChange},
};
use leptos::prelude::*;

/// Sets where the money of a loan is sent, and goes back to what needed it.
#[server(prefix = "/_fn", endpoint = "set_bank_account")]
pub async fn set_bank_account(
    #[server(default)] bank: String,
    #[server(default)] number: String,
    #[server(default)] next: String,
) -> Answer {
    reply(async |visit| {
        // People group the digits as their bank does.
        let number = number.chars().filter(|c| !matches!(c, ' ' | '-' | '.')).collect();
        let account = BankAccountInput { bank, number };
        let change = ProfileChange {
            bank_account: Some(account),
            ..ProfileChange::default()
        };
        visit.backend.users.update_profile(&visit.actor, change).await?;
        let to = local_path(&next).unwrap_or_else(|| "/akun?bagian=rekening#rekening".into());
        visit.go_saying(to, "Rekening disimpan.");
        Ok(())
    })
    .await
}

/// Withdraws a consent.
#[server(prefix = "/_fn", endpoint = "withdraw_consent")]
pub async fn withdraw_consent(#[server(default)] consent: String) -> Answer {
    reply(async |visit| {
        let id = consent.parse().map_err(|_| Error::NotFound)?;
        visit.backend.users.withdraw_consent(&visit.actor, id).await?;
        visit.go_saying("/akun?bagian=persetujuan#persetujuan", "Persetujuan ditarik.");
        Ok(())
    })
    .await
}

/// Chooses the theme: `light`, `dark`, or anything else to follow the phone.
#[server(prefix = "/_fn", endpoint = "choose_theme")]
pub async fn choose_theme(#[server(default)] theme: String) -> Answer {
    reply(async |visit| {
        visit.with_reply(|reply| reply.theme = Some(Theme::parse(&theme)));
        visit.go_saying("/akun?bagian=tampilan#tampilan", "Tampilan disimpan.");
        Ok(())
    })
    .await
}
