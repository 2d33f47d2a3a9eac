//! Forms of staff about differences with the gateways and about refunds, under `/_fn/petugas/`.
#![expect(missing_docs, reason = "of every function the macro makes a struct of its arguments")]

use super::{Answer, reply};
use domain::{
    Error, Refusal,
    id::LoanId,
    payments::{Decision, RefundState},
};
use leptos::prelude::*;

/// Closes a difference that somebody has looked into.
#[server(prefix = "/_fn", endpoint = "petugas/close_difference")]
pub async fn close_difference(#[server(default)] difference: String, #[server(default)] reason: String) -> Answer {
    reply(async |visit| {
        let id = difference.parse().map_err(|_| Error::NotFound)?;
        let payments = &visit.backend.payments;
        payments.close_difference(&visit.actor, id, &reason).await?;
        visit.go_saying("/petugas/rekonsiliasi", "Selisih ditutup dengan alasan Anda.");
        Ok(())
    })
    .await
}

/// Proposes to send the credit balance back that waits for it.
#[server(prefix = "/_fn", endpoint = "petugas/propose_refund")]
pub async fn propose_refund(#[server(default)] loan: String, #[server(default)] reason: String) -> Answer {
    reply(async |visit| {
        let id: LoanId = loan.parse().map_err(|_| Error::NotFound)?;
        let payments = &visit.backend.payments;
        let last = payments.last_refund(&visit.actor, id).await?;
        let waiting = last.filter(|refund| refund.state == RefundState::Waiting);
        let amount = waiting.ok_or(Refusal::WrongState)?.amount;
        payments
            .propose(&visit.actor, id, Decision::Refund { amount }, &reason)
            .await?;
        visit.go_saying("/petugas/usulan", "Usulan menunggu orang kedua.");
        Ok(())
    })
    .await
}
