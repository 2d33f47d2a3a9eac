//! Products as data: every version, and the proposal of the next. The cap proof runs when it is proposed and again
//! when it is published.

use super::{
    Loans,
    catalogue::{as_i32, caps_as_they_stand_in, json, parse},
};
use crate::{
    audit::{NewProposal, propose_in},
    failure::{Failure, Fallible},
};
use domain::{
    Actor, Error, Refusal, Role,
    audit::{Change, Proposal, ProposalKind},
    id::ProposalId,
    loans::{ProductVersion, cap::CapRow, cap_proof::prove, product::Product, product_change::product_changes},
    text,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;
use time::Date;

/// What is stored with the proposal.
#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    product: Product,
    /// The newest version when it was proposed; 0 for a new product.
    base: u32,
}

impl Loans {
    pub(super) async fn all_product_versions(&self, actor: &Actor) -> Fallible<Vec<ProductVersion>> {
        may_read(actor, ProposalKind::Product)?;
        let in_force = self.products_in_force().await?;
        let bodies = sqlx::query_scalar!("select body from loans.product order by code, version desc")
            .fetch_all(&self.core.db)
            .await?;
        bodies
            .into_iter()
            .map(|body| {
                let product: Product = parse(body)?;
                let in_force = in_force.contains(&product);
                Ok(ProductVersion { product, in_force })
            })
            .collect()
    }

    pub(super) async fn propose_product_version(
        &self,
        actor: &Actor,
        mut product: Product,
        reason: &str,
    ) -> Fallible<ProposalId> {
        actor.staff(ProposalKind::Product.makers())?;
        let today = self.core.clock.today();
        let code = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(3..=40).contains(&product.code.len()) || !product.code.bytes().all(code) {
            let words = "Kode produk terdiri atas 3 sampai 40 huruf kecil, angka, atau tanda hubung.";
            return Err(Error::fault("product", "code", words).into());
        }
        if product.valid_from < today {
            return Err(Error::fault("valid_from", "in_the_past", "Paling awal berlaku hari ini.").into());
        }
        if !product.pass_through.is_empty() {
            // The books have its account (2130) and no journal that fills it yet.
            let words = "Biaya titipan belum bisa dipungut.";
            return Err(Error::fault("product", "pass_through", words).into());
        }
        let caps = self.caps().await?;
        let mut tx = self.core.begin().await?;
        let newest = newest_version(&mut tx, &product.code).await?;
        let base = newest.as_ref().map_or(0, |newest| newest.version);
        product.version = base + 1;
        let mut diff = product_changes(newest.as_ref(), &product);
        if diff.iter().all(|change| change.what == "Versi") {
            return Err(Error::fault("", "unchanged", "Tidak ada yang berubah dari versi terbaru.").into());
        }
        for (tenor, words) in proof(&product, &caps, today)? {
            diff.extend(Change::of(
                format!("Termahal, {}", text::tenor(tenor, product.every)),
                "",
                words,
            ));
        }
        let new = NewProposal {
            kind: ProposalKind::Product,
            subject: product.code.clone(),
            title: format!("{} versi {}", product.name, product.version),
            payload: json(&Payload { product, base })?,
            diff,
            reason,
        };
        let id = propose_in(&mut tx, &self.core, actor, new).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Publishes the version, in the transaction that approves it.
    pub(super) async fn publish_product_in(
        &self,
        tx: &mut PgConnection,
        proposal: &Proposal,
        payload: Value,
    ) -> Fallible<()> {
        let Payload { product, base } = parse(payload)?;
        let newest = newest_version(tx, &product.code).await?;
        if newest.map_or(0, |newest| newest.version) != base {
            return Err(Refusal::ProposalStale.into());
        }
        proof(&product, &caps_as_they_stand_in(tx).await?, self.core.clock.today())?;
        sqlx::query!(
            "insert into loans.product (code, version, body, valid_from, created_at, proposal_id)
             values ($1, $2, $3, $4, $5, $6)",
            product.code,
            as_i32(product.version)?,
            json(&product)?,
            product.valid_from,
            self.core.clock.now(),
            proposal.id.0,
        )
        .execute(tx)
        .await?;
        Ok(())
    }
}

/// Readers of a kind of proposal read its catalogue too.
pub(super) fn may_read(actor: &Actor, kind: ProposalKind) -> Fallible<()> {
    let session = actor.staff(&Role::STAFF)?;
    if kind.shows_to(session.role) {
        Ok(())
    } else {
        Err(Error::Forbidden.into())
    }
}

async fn newest_version(tx: &mut PgConnection, code: &str) -> Fallible<Option<Product>> {
    sqlx::query_scalar!(
        "select body from loans.product where code = $1 order by version desc limit 1",
        code
    )
    .fetch_optional(tx)
    .await?
    .map(parse)
    .transpose()
}

/// The dearest terms of each tenor in words, proven against the caps in force when the version starts and after each
/// later row; the fault tells the breach.
fn proof(product: &Product, caps: &[CapRow], today: Date) -> Fallible<Vec<(u32, String)>> {
    let start = product.valid_from.max(today);
    let later = caps.iter().map(|row| row.valid_from).filter(|date| *date > start);
    let mut dates: Vec<Date> = later
        .filter(|date| product.valid_until.is_none_or(|last| *date <= last))
        .collect();
    dates.push(start);
    dates.sort_unstable();
    dates.dedup();
    let mut dearest = Vec::new();
    for on in dates {
        let worst = prove(product, caps, on)
            .map_err(|breach| Failure::from(Error::fault("product", "product_breaks_cap", breach.to_string())))?;
        dearest = worst.into_iter().map(|case| (case.tenor, case.check.words())).collect();
    }
    Ok(dearest)
}
