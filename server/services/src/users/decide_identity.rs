//! A person decides an identity.
//!
//! The profile's row is held while the papers are marked, so that of two officers one decides. The papers belong to
//! another service: a crash after they are marked and before the decision is written leaves the identity waiting, and
//! marking them again is harmless.

use super::Users;
use crate::{audit, failure::Fallible, jobs};
use domain::{
    Actor, Error, Refusal, Role,
    audit::Entry,
    documents::DocumentKind,
    event::Event,
    id::UserId,
    users::{IdentityDecision, KycStatus, MAX_REASON},
};

/// What a decision writes.
struct Verdict {
    status: KycStatus,
    retake: Option<(DocumentKind, String)>,
    event: Event,
    action: &'static str,
    reason: String,
}

impl Users {
    pub(super) async fn decide(&self, actor: &Actor, user: UserId, decision: IdentityDecision) -> Fallible<()> {
        let officer = actor.staff(&[Role::Analyst, Role::Approver])?.user_id;
        let decision = check(decision)?;
        let mut tx = self.core.begin().await?;
        let status = sqlx::query_scalar!(
            "select kyc_status from users.profile where user_id = $1 for update",
            user.0
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::NotFound)?;
        let again = matches!(decision, IdentityDecision::Retake { .. }) && status == KycStatus::Verified.as_str();
        if status != KycStatus::InReview.as_str() && !again {
            return Err(Refusal::AlreadyDecided.into());
        }
        let verdict = self.mark_papers(user, decision).await?;
        let (kind, words) = verdict.retake.unzip();
        sqlx::query!(
            "update users.profile
             set kyc_status = $2, kyc_changed_at = $3, kyc_decided_by = $4, retake_kind = $5, retake_reason = $6, updated_at = $3
             where user_id = $1",
            user.0,
            verdict.status.as_str(),
            self.core.clock.now(),
            officer.0,
            kind.map(DocumentKind::as_str),
            words,
        )
        .execute(&mut *tx)
        .await?;
        jobs::publish_in(&mut tx, &self.core, verdict.event).await?;
        let entry = Entry::allowed(verdict.action, "account", user).because(verdict.reason);
        audit::record_in(&mut tx, &self.core, actor, entry).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Marks the papers as the decision says.
    async fn mark_papers(&self, user_id: UserId, decision: IdentityDecision) -> Fallible<Verdict> {
        let system = Actor::system();
        Ok(match decision {
            IdentityDecision::Approve => {
                self.documents.accept_identity(&system, user_id).await?;
                Verdict {
                    status: KycStatus::Verified,
                    retake: None,
                    event: Event::IdentityVerified { user_id },
                    action: "users.verify_identity",
                    reason: String::new(),
                }
            }
            IdentityDecision::Retake { kind, reason } => {
                let document_id = self.documents.ask_retake(&system, user_id, kind).await?;
                Verdict {
                    status: KycStatus::Retake,
                    retake: Some((kind, reason.clone())),
                    event: Event::PhotoRetakeAsked { user_id, document_id },
                    action: "users.ask_retake",
                    reason,
                }
            }
            IdentityDecision::Reject { reason } => Verdict {
                status: KycStatus::Rejected,
                retake: None,
                event: Event::IdentityRejected { user_id },
                action: "users.reject_identity",
                reason,
            },
        })
    }
}

/// A reason that a borrower will read, and a photo that can be repeated.
fn check(decision: IdentityDecision) -> Fallible<IdentityDecision> {
    let reason = match &decision {
        IdentityDecision::Approve => return Ok(decision),
        IdentityDecision::Retake {
            kind: DocumentKind::IncomeProof,
            ..
        } => {
            return Err(Error::fault("kind", "kind", "Pilih KTP atau selfie.").into());
        }
        IdentityDecision::Retake { reason, .. } | IdentityDecision::Reject { reason } => reason.trim(),
    };
    if reason.is_empty() {
        return Err(Error::fault("reason", "required", "Tulis alasan untuk peminjam.").into());
    }
    if reason.chars().count() > usize::from(MAX_REASON) {
        let words = format!("Alasan paling panjang {MAX_REASON} karakter.");
        return Err(Error::fault("reason", "too_long", words).into());
    }
    Ok(decision)
}
