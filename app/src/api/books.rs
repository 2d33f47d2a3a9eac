//! The form of staff that proposes a journal by hand, under `/_fn/petugas/`.
#![expect(missing_docs, reason = "of every function the macro makes a struct of its arguments")]

use super::{Answer, reply};
use domain::{
    Error, Fault, Rupiah,
    calendar::parse_date,
    payments::{ManualPosting, ledger::Account},
};
use leptos::prelude::*;

/// Proposes one debit and one credit.
#[server(prefix = "/_fn", endpoint = "petugas/propose_posting")]
pub async fn propose_posting(
    #[server(default)] debit: String,
    #[server(default)] credit: String,
    #[server(default)] amount: String,
    #[server(default)] on: String,
    #[server(default)] reason: String,
) -> Answer {
    reply(async |visit| {
        let mut faults = Vec::new();
        let mut account = |field: &str, text: String| {
            Account::try_from(text)
                .map_err(|_| faults.push(Fault::new(field, "choice", "Pilih akun.")))
                .ok()
        };
        let (debit, credit) = (account("debit", debit), account("credit", credit));
        let amount = Rupiah::parse(&amount)
            .map_err(|error| faults.push(Fault::new("amount", error.code(), error.to_string())))
            .ok();
        let effective_on = parse_date(on.trim())
            .map_err(|_| faults.push(Fault::new("on", "date", "Pilih tanggal, misalnya 2026-12-15.")))
            .ok();
        let (Some(debit), Some(credit), Some(amount), Some(effective_on)) = (debit, credit, amount, effective_on)
        else {
            return Err(Error::Validation(faults));
        };
        let posting = ManualPosting {
            debit,
            credit,
            amount,
            effective_on,
        };
        let payments = &visit.backend.payments;
        payments.propose_posting(&visit.actor, posting, &reason).await?;
        visit.go_saying("/petugas/usulan", "Usulan menunggu orang kedua.");
        Ok(())
    })
    .await
}
