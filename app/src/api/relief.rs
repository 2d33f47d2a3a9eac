//! Forms of staff about ways out that borrowers asked for, under `/_fn/petugas/`.
#![expect(missing_docs, reason = "of every function the macro makes a struct of its arguments")]

use super::{Answer, reply};
use domain::{
    Error, Refusal,
    id::LoanId,
    payments::{Decision, ReliefState},
};
use leptos::prelude::*;

/// Proposes to give the way out that its borrower asked for, or says no.
#[server(prefix = "/_fn", endpoint = "petugas/answer_relief")]
pub async fn answer_relief(
    #[server(default)] loan: String,
    #[server(default)] answer: String,
    #[server(default)] reason: String,
) -> Answer {
    reply(async |visit| {
        let id: LoanId = loan.parse().map_err(|_| Error::NotFound)?;
        let payments = &visit.backend.payments;
        match answer.as_str() {
            "propose" => {
                let last = payments.last_way_out(&visit.actor, id).await?;
                let open = last.filter(|request| request.state == ReliefState::Open);
                let option = open.ok_or(Refusal::WrongState)?.option;
                let decision = Decision::Relieve { option };
                payments.propose(&visit.actor, id, decision, &reason).await?;
                visit.go_saying("/petugas/usulan", "Usulan menunggu orang kedua.");
            }
            "refuse" => {
                payments.end_way_out(&visit.actor, id, &reason).await?;
                let words = "Permintaan ditolak. Peminjam dikabari dengan alasannya.";
                visit.go_saying("/petugas/jalan-keluar", words);
            }
            _ => return Err(Error::fault("answer", "choice", "Pilih usulkan atau tolak.")),
        }
        Ok(())
    })
    .await
}
