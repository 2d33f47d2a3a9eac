//! Forms of staff about money that waits for a person, under `/_fn/petugas/`.
#![expect(missing_docs, reason = "of every function the macro makes a struct of its arguments")]

use super::{Answer, reply};
use domain::{
    Error,
    id::{LoanId, SuspenseId},
    payments::Resolution,
};
use leptos::prelude::*;

/// Proposes to credit money in suspense to a loan, or to return it to its payer.
#[server(prefix = "/_fn", endpoint = "petugas/resolve_suspense")]
pub async fn resolve_suspense(
    #[server(default)] money: String,
    #[server(default)] answer: String,
    #[server(default)] loan: String,
    #[server(default)] reference: String,
    #[server(default)] reason: String,
) -> Answer {
    reply(async |visit| {
        let id: SuspenseId = money.parse().map_err(|_| Error::NotFound)?;
        let resolution = match answer.as_str() {
            "credit" => {
                let loan_id = visit.backend.loans.find_by_number(&visit.actor, &loan).await?;
                let unknown = || Error::fault("loan", "unknown", "Nomor pinjaman ini tidak dikenal.");
                Resolution::Credit {
                    loan_id: loan_id.ok_or_else(unknown)?,
                }
            }
            "return" => Resolution::Return { reference },
            _ => return Err(Error::fault("answer", "choice", "Pilih catat atau kembalikan.")),
        };
        visit
            .backend
            .payments
            .propose_resolution(&visit.actor, id, resolution, &reason)
            .await?;
        visit.go_saying("/petugas/usulan", "Usulan menunggu orang kedua.");
        Ok(())
    })
    .await
}

/// Sends the money of a finally failed payout once more.
#[server(prefix = "/_fn", endpoint = "petugas/retry_payout")]
pub async fn retry_failed_payout(#[server(default)] loan: String) -> Answer {
    reply(async |visit| {
        let id: LoanId = loan.parse().map_err(|_| Error::NotFound)?;
        visit.backend.payments.retry_payout(&visit.actor, id).await?;
        visit.go_saying("/petugas/uang", "Pencairan dikirim sekali lagi.");
        Ok(())
    })
    .await
}
