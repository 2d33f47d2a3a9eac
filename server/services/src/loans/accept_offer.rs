//! A counter-offer that is agreed to: no new application, but a new decision on the old one, with the same snapshot and
//! policy (lending.md 6.5, 7.2). What referred then refers again.
//!
//! Enters: a quote that somebody agreed to. Leaves: the declined application it accepts an offer of, if any, and later
//! that application with its new terms and decision.

use super::{
    Loans,
    apply::one_open,
    catalogue::caps_as_they_stand_in,
    decide_by_engine::{Verdict, lock_in_status},
    queries,
    snapshot::Figures,
};
use crate::{
    audit,
    crypto::UserKey,
    failure::{Failure, Fallible},
};
use domain::{
    Actor, Refusal,
    audit::Entry,
    id::{LoanId, UserId},
    loans::{
        Purpose, Quote,
        decision::{Policy, Snapshot, decide},
    },
};
use sqlx::PgConnection;
use uuid::Uuid;

/// A declined application with the offer that a quote accepts.
pub(super) struct OpenOffer {
    pub loan_id: LoanId,
    /// The decision that made the offer.
    decision_id: Uuid,
    /// What it looked at, with the terms of the offer.
    snapshot: Snapshot,
    policy: Policy,
}

impl Loans {
    /// The offer of the borrower's newest application that these terms and figures accept. New arrears revoke it, and
    /// what no longer fits the limit is no offer any more: both are asked about anew, as any application.
    pub(super) async fn offer_accepted_by(
        &self,
        user: UserId,
        quote: &Quote,
        figures: Figures,
    ) -> Fallible<Option<OpenOffer>> {
        let mut connection = self.core.db.acquire().await?;
        let newest = queries::applications_of(&mut connection, user, None, 1).await?;
        let Some(row) = newest.into_iter().next().filter(|row| row.status == "declined") else {
            return Ok(None);
        };
        let key = self.core.vault.user_key(&mut connection, user).await?;
        let (asked, stated, decision) = row.unseal(&key)?;
        let (Some(decision), Some(decision_id)) = (decision, row.decision_id) else {
            return Ok(None);
        };
        let wanted = &quote.simulation;
        let open = decision.engine.counter_offers.iter().any(|offer| {
            (offer.amount, offer.tenor) == (wanted.amount, wanted.tenor) && offer.valid_until >= self.core.clock.today()
        });
        // What a person refused is not offered by the engine any more.
        let fits = open && decision.decided_by.is_none() && stated == figures;
        if !fits || asked.simulation.product != wanted.product {
            return Ok(None);
        }
        let snapshot = self.snapshot_of(&mut connection, &key, decision_id).await?;
        drop(connection);
        let standing = self.standing(user).await?;
        let (_, available) = self.limit_of(user).await?;
        if standing.overdue || standing.unrecovered_loss || wanted.amount > available {
            return Ok(None);
        }
        let (policy, _) = self.policy_version(decision.policy_version).await?;
        Ok(Some(OpenOffer {
            loan_id: row.loan_id(),
            decision_id,
            snapshot: Snapshot {
                amount: wanted.amount,
                tenor: wanted.tenor,
                ..snapshot
            },
            policy,
        }))
    }

    async fn snapshot_of(&self, connection: &mut PgConnection, key: &UserKey, decision_id: Uuid) -> Fallible<Snapshot> {
        let sealed = sqlx::query_scalar!(
            "select snapshot_sealed from loans.decision where decision_id = $1",
            decision_id
        )
        .fetch_one(connection)
        .await?;
        let bytes = key.open("loans.decision.snapshot", decision_id, &sealed)?;
        serde_json::from_slice(&bytes).map_err(Failure::broken)
    }

    /// Gives the application the terms of the offer and decides it anew; the caller writes the consent.
    pub(super) async fn accept_offer_in(
        &self,
        tx: &mut PgConnection,
        actor: &Actor,
        user: UserId,
        offer: &OpenOffer,
        quote: &Quote,
        purpose: Purpose,
    ) -> Fallible<()> {
        let id = offer.loan_id;
        if !lock_in_status(tx, id, &["declined"]).await? {
            return Err(Refusal::ActiveApplication.into());
        }
        let newest = sqlx::query_scalar!(
            "select decision_id from loans.decision where loan_id = $1 order by decided_at desc, decision_id desc limit 1",
            id.0,
        )
        .fetch_one(&mut *tx)
        .await?;
        if newest != offer.decision_id {
            return Err(Refusal::AlreadyDecided.into());
        }
        let changed = sqlx::query!(
            "update loans.application set quote_id = $2, purpose = $3, status = 'under_review' where loan_id = $1",
            id.0,
            quote.id.0,
            purpose.as_str(),
        )
        .execute(&mut *tx)
        .await;
        one_open(changed)?;
        audit::record_in(tx, &self.core, actor, Entry::allowed("loans.accept_offer", "loan", id)).await?;
        let (product, caps) = (&quote.simulation.product, caps_as_they_stand_in(tx).await?);
        let decision = decide(&offer.snapshot, &offer.policy, product, &caps).map_err(Failure::broken)?;
        let verdict = Verdict {
            outcome: decision.outcome,
            snapshot: &offer.snapshot,
            engine: &decision,
            decided_by: None,
            human_reason: None,
        };
        let decision_id = self.write_in(tx, actor, user, id, verdict).await?;
        self.decide_in_shadow(tx, user, decision_id, &offer.snapshot, product, &caps)
            .await
    }
}
