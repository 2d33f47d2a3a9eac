//! The cap table as data: every row, and the proposal of a new one. A row is never changed; a new one with a later
//! date takes its place. The difference names what would break.

use super::{
    Loans,
    catalogue::{json, parse},
    propose_product::may_read,
};
use crate::{
    audit::{NewProposal, propose_in},
    failure::{Fallible, OnConstraint as _},
};
use domain::{
    Actor, Error, Refusal,
    audit::{Change, Proposal, ProposalKind},
    id::ProposalId,
    loans::{
        Simulation,
        cap::{CapRow, select, tenor_class},
        cap_proof::prove,
        product_change::{CapRowError, cap_changes},
    },
};
use serde_json::Value;
use sqlx::PgConnection;

impl Loans {
    pub(super) async fn all_caps(&self, actor: &Actor) -> Fallible<Vec<CapRow>> {
        may_read(actor, ProposalKind::Cap)?;
        let mut rows = self.caps().await?;
        rows.sort_by(|a, b| b.valid_from.cmp(&a.valid_from).then_with(|| b.id.cmp(&a.id)));
        Ok(rows)
    }

    pub(super) async fn propose_cap_row(&self, actor: &Actor, row: CapRow, reason: &str) -> Fallible<ProposalId> {
        actor.staff(ProposalKind::Cap.makers())?;
        row.check_row().map_err(|error| {
            let field = if error == CapRowError::Id { "id" } else { "cap" };
            Error::fault(field, "cap_row", error.to_string())
        })?;
        if row.valid_from < self.core.clock.today() {
            return Err(Error::fault("valid_from", "in_the_past", "Paling awal berlaku hari ini.").into());
        }
        let mut caps = self.caps().await?;
        if caps.iter().any(|known| known.id == row.id) {
            return Err(Error::fault("id", "cap_known", "Nomor batas ini sudah ada. Baris lama tidak diubah.").into());
        }
        caps.push(row.clone());
        let mut diff = cap_changes(&row);
        diff.extend(self.broken_by(&row, &caps).await?);
        let new = NewProposal {
            kind: ProposalKind::Cap,
            subject: row.id.clone(),
            title: format!("Batas {} mulai {}", row.id, row.valid_from),
            payload: json(&row)?,
            diff,
            reason,
        };
        let mut tx = self.core.begin().await?;
        let id = propose_in(&mut tx, &self.core, actor, new).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Products and open quotes that a new row would break: they could not be used any more from its first day on.
    async fn broken_by(&self, row: &CapRow, caps: &[CapRow]) -> Fallible<Vec<Change>> {
        let mut broken = Vec::new();
        for product in self.products_in_force().await? {
            if let Err(breach) = prove(&product, caps, row.valid_from) {
                broken.extend(Change::of(format!("Produk {}", product.name), "di dalam batas", breach));
            }
        }
        let open = sqlx::query_scalar!(
            "select simulation from loans.quote where used_at is null and expires_at > $1",
            self.core.clock.now()
        )
        .fetch_all(&self.core.db)
        .await?;
        let mut quotes = 0_u32;
        for body in open {
            let quote: Simulation = parse(body)?;
            let fits = tenor_class(quote.start, quote.schedule.ends_on)
                .ok()
                .and_then(|class| select(caps, row.valid_from, quote.product.purpose_type, class).ok())
                .and_then(|cap| cap.check_schedule(&quote.schedule, &quote.product.pass_through).ok());
            quotes += u32::from(!fits.is_some_and(|check| check.pass));
        }
        broken.extend(Change::of("Rincian terbuka yang tidak bisa dipakai lagi", 0, quotes));
        Ok(broken)
    }

    /// Puts the row in, in the transaction that approves it.
    pub(super) async fn publish_cap_in(
        &self,
        tx: &mut PgConnection,
        proposal: &Proposal,
        payload: Value,
    ) -> Fallible<()> {
        let row: CapRow = parse(payload)?;
        row.check_row().map_err(|_| Refusal::ProposalStale)?;
        // Approved after its first day it would bind what was agreed before anybody knew of it.
        if row.valid_from < self.core.clock.today() {
            return Err(Refusal::ProposalStale.into());
        }
        // A product that is approved at the same time is proven with this row or ends before it.
        sqlx::query!("select 1 as one from pg_advisory_xact_lock(hashtext('loans.cap'))")
            .fetch_one(&mut *tx)
            .await?;
        sqlx::query!(
            "insert into loans.cap (cap_id, body, valid_from, created_at, proposal_id) values ($1, $2, $3, $4, $5)",
            row.id,
            json(&row)?,
            row.valid_from,
            self.core.clock.now(),
            proposal.id.0,
        )
        .execute(tx)
        .await
        .on_constraint("cap_pkey", |_| Refusal::ProposalStale.into())?;
        Ok(())
    }
}
