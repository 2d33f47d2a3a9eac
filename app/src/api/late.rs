//! Forms of staff about a loan that is late, under `/_fn/petugas/`.
#![expect(missing_docs, reason = "of every function the macro makes a struct of its arguments")]

use super::{Answer, reply};
use domain::{Error, Rupiah, calendar::parse_date, id::LoanId, loans::product::Component, payments::Decision};
use leptos::prelude::*;

fn id(loan: &str) -> Result<LoanId, Error> {
    loan.parse().map_err(|_| Error::NotFound)
}

/// Proposes to give up what is owed of one component.
#[server(prefix = "/_fn", endpoint = "petugas/propose_waiver")]
pub async fn propose_waiver(
    #[server(default)] loan: String,
    #[server(default)] component: String,
    #[server(default)] amount: String,
    #[server(default)] reason: String,
) -> Answer {
    reply(async |visit| {
        let component: Component = component
            .parse()
            .map_err(|_| Error::fault("component", "choice", "Pilih bagian tagihan."))?;
        let amount = Rupiah::parse(&amount).map_err(|error| Error::fault("amount", error.code(), error.to_string()))?;
        let decision = Decision::Waive { component, amount };
        let payments = &visit.backend.payments;
        payments.propose(&visit.actor, id(&loan)?, decision, &reason).await?;
        visit.go_saying("/petugas/usulan", "Usulan menunggu orang kedua.");
        Ok(())
    })
    .await
}

/// Proposes to take a loan off the books, or to put it back.
#[server(prefix = "/_fn", endpoint = "petugas/propose_write_off")]
pub async fn propose_write_off(
    #[server(default)] loan: String,
    #[server(default)] answer: String,
    #[server(default)] reason: String,
) -> Answer {
    reply(async |visit| {
        let decision = match answer.as_str() {
            "write_off" => Decision::WriteOff,
            "undo" => Decision::UndoWriteOff,
            _ => return Err(Error::fault("answer", "choice", "Pilih hapus buku atau batalkan.")),
        };
        let payments = &visit.backend.payments;
        payments.propose(&visit.actor, id(&loan)?, decision, &reason).await?;
        visit.go_saying("/petugas/usulan", "Usulan menunggu orang kedua.");
        Ok(())
    })
    .await
}

/// Stops late fees through a day, or until they go on again.
#[server(prefix = "/_fn", endpoint = "petugas/stop_late_fees")]
pub async fn stop_late_fees(
    #[server(default)] loan: String,
    #[server(default)] answer: String,
    #[server(default)] through: String,
    #[server(default)] reason: String,
) -> Answer {
    reply(async |visit| {
        let (id, payments) = (id(&loan)?, &visit.backend.payments);
        let words = match answer.as_str() {
            "pause" => {
                let through = Some(through.trim()).filter(|through| !through.is_empty());
                let through = through.map(parse_date).transpose();
                let through =
                    through.map_err(|_| Error::fault("through", "date", "Pilih tanggal, misalnya 2026-12-15."))?;
                payments.pause_late_fees(&visit.actor, id, through, &reason).await?;
                "Denda berhenti mulai besok."
            }
            "resume" => {
                payments.resume_late_fees(&visit.actor, id, &reason).await?;
                "Jeda petugas diakhiri. Denda dihitung lagi mulai besok."
            }
            _ => return Err(Error::fault("answer", "choice", "Pilih hentikan atau lanjutkan.")),
        };
        visit.go_saying(format!("/petugas/penagihan?pinjaman={id}"), words);
        Ok(())
    })
    .await
}
