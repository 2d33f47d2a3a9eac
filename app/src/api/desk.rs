//! Forms of staff. Their addresses lie under `/_fn/petugas/`, where the staff session counts.
#![expect(missing_docs, reason = "of every function the macro makes a struct of its arguments")]

use super::{Answer, reply};
use crate::visit::local_path;
use domain::{
    Error, Refusal, Rupiah,
    auth::Secret,
    documents::DocumentKind,
    loans::{HumanDecision, LoanStatus},
    users::IdentityDecision,
};
use leptos::prelude::*;

/// Signs staff in.
#[server(prefix = "/_fn", endpoint = "petugas/sign_in")]
pub async fn staff_sign_in(
    #[server(default)] email: String,
    #[server(default)] password: String,
    #[server(default)] next: String,
) -> Answer {
    reply(async |visit| {
        let session = visit
            .backend
            .auth
            .sign_in_staff(&visit.actor, &email, &Secret::new(password))
            .await?;
        visit.with_reply(|reply| reply.session = Some(session));
        visit.go(local_path(&next)
            .filter(|path| path.starts_with("/petugas"))
            .unwrap_or_else(|| "/petugas".into()));
        Ok(())
    })
    .await
}

/// Signs staff out.
#[server(prefix = "/_fn", endpoint = "petugas/sign_out")]
pub async fn staff_sign_out() -> Answer {
    reply(async |visit| {
        visit.backend.auth.sign_out(&visit.actor).await?;
        visit.with_reply(|reply| reply.signed_out = true);
        visit.go("/petugas/masuk");
        Ok(())
    })
    .await
}

/// Decides an identity.
#[server(prefix = "/_fn", endpoint = "petugas/decide_identity")]
pub async fn decide_identity(
    #[server(default)] user: String,
    #[server(default)] decision: String,
    #[server(default)] photo: String,
    #[server(default)] reason: String,
    #[server(default)] loan: String,
) -> Answer {
    reply(async |visit| {
        let user = user.parse().map_err(|_| Error::NotFound)?;
        // From the review of an application: only while that waits for an officer.
        if let Some(loan) = Some(loan).filter(|loan| !loan.is_empty()) {
            let loan = loan.parse().map_err(|_| Error::NotFound)?;
            let review = visit.backend.loans.review(&visit.actor, loan).await?;
            if review.loan.status != LoanStatus::Referred {
                return Err(Refusal::AlreadyDecided.into());
            }
        }
        let (decision, done) = identity_decision(&decision, &photo, reason)?;
        visit
            .backend
            .users
            .decide_identity(&visit.actor, user, decision)
            .await?;
        visit.go_saying("/petugas?daftar=identitas", done);
        Ok(())
    })
    .await
}

/// Accepts an income proof with what the officer read from it.
#[server(prefix = "/_fn", endpoint = "petugas/accept_income")]
pub async fn accept_income(
    #[server(default)] document: String,
    #[server(default)] monthly_income: String,
    #[server(default)] next: String,
) -> Answer {
    reply(async |visit| {
        let id = document.parse().map_err(|_| Error::NotFound)?;
        let monthly = Rupiah::parse(&monthly_income)
            .map_err(|error| Error::fault("monthly_income", error.code(), error.to_string()))?;
        visit.backend.documents.accept_income(&visit.actor, id, monthly).await?;
        let back = local_path(&next).filter(|path| path.starts_with("/petugas"));
        visit.go_saying(back.unwrap_or_else(|| "/petugas".into()), "Angka dari bukti tersimpan.");
        Ok(())
    })
    .await
}

/// Decides an application.
#[server(prefix = "/_fn", endpoint = "petugas/decide")]
pub async fn decide(
    #[server(default)] loan: String,
    #[server(default)] decision: String,
    #[server(default)] reason: String,
) -> Answer {
    reply(async |visit| {
        let loan = loan.parse().map_err(|_| Error::NotFound)?;
        let (decision, done) = loan_decision(&decision, reason)?;
        visit.backend.loans.decide(&visit.actor, loan, decision).await?;
        visit.go_saying("/petugas?daftar=pengajuan", done);
        Ok(())
    })
    .await
}

fn identity_decision(decision: &str, photo: &str, reason: String) -> Result<(IdentityDecision, &'static str), Error> {
    let kind = DocumentKind::parse(photo).unwrap_or(DocumentKind::Ktp);
    match decision {
        "approve" => Ok((IdentityDecision::Approve, "Identitas disetujui.")),
        "retake" => Ok((IdentityDecision::Retake { kind, reason }, "Foto ulang diminta.")),
        "reject" => Ok((IdentityDecision::Reject { reason }, "Identitas ditolak.")),
        _ => Err(Error::fault("", "decision", "Pilih salah satu keputusan.")),
    }
}

fn loan_decision(decision: &str, reason: String) -> Result<(HumanDecision, &'static str), Error> {
    match decision {
        "approve" => Ok((HumanDecision::Approve, "Keputusan disimpan.")),
        "decline" => Ok((HumanDecision::Decline { reason }, "Keputusan disimpan.")),
        _ => Err(Error::fault("", "decision", "Pilih salah satu keputusan.")),
    }
}
