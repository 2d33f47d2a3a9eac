//! Products, caps and policies as data. The first versions are put in with the migrations; a published row is never
//! changed, only followed by a newer one.

use super::Loans;
use crate::failure::{Failure, Fallible};
use domain::{
    Error, Refusal,
    loans::{
        cap::{CapRow, first_table},
        decision::Policy,
        product::Product,
    },
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

/// Code of the product a borrower gets without choosing.
pub const STANDARD: &str = "sanggup-tunai";

/// Puts the first product, cap table and policy in; what is there stays. Idempotent.
pub async fn install(owner: &PgPool, now: OffsetDateTime) -> Fallible<()> {
    let product = Product::sanggup_tunai();
    sqlx::query!(
        "insert into loans.product (code, version, body, valid_from, created_at) values ($1, $2, $3, $4, $5)
         on conflict on constraint product_pkey do nothing",
        product.code,
        as_i32(product.version)?,
        json(&product)?,
        product.valid_from,
        now,
    )
    .execute(owner)
    .await?;
    for cap in first_table() {
        sqlx::query!(
            "insert into loans.cap (cap_id, body, valid_from, created_at) values ($1, $2, $3, $4)
             on conflict on constraint cap_pkey do nothing",
            cap.id,
            json(&cap)?,
            cap.valid_from,
            now,
        )
        .execute(owner)
        .await?;
    }
    let policy = Policy::first();
    sqlx::query!(
        "insert into loans.policy (version, body, status, created_at) values ($1, $2, 'active', $3)
         on conflict do nothing",
        as_i32(policy.version)?,
        json(&policy)?,
        now,
    )
    .execute(owner)
    .await?;
    Ok(())
}

impl Loans {
    /// The newest version of each product that is valid today; one whose last day has passed is not offered.
    pub(super) async fn products_in_force(&self) -> Fallible<Vec<Product>> {
        let today = self.core.clock.today();
        let bodies = sqlx::query_scalar!(
            "select distinct on (code) body from loans.product where valid_from <= $1 order by code, version desc",
            today,
        )
        .fetch_all(&self.core.db)
        .await?;
        let products: Vec<Product> = bodies.into_iter().map(parse).collect::<Fallible<_>>()?;
        Ok(products
            .into_iter()
            .filter(|product| product.is_offered_on(today))
            .collect())
    }

    /// The newest version of one product, the standard one without a code; a fault of `product` when unknown.
    pub(super) async fn product(&self, code: Option<&str>) -> Fallible<Product> {
        let code = code.unwrap_or(STANDARD);
        self.products_in_force()
            .await?
            .into_iter()
            .find(|product| product.code == code)
            .ok_or_else(|| Error::fault("product", "product_unknown", "Produk ini tidak tersedia.").into())
    }

    /// The cap table.
    pub(super) async fn caps(&self) -> Fallible<Vec<CapRow>> {
        Ok(self.dated_caps().await?.into_iter().map(|(_, row)| row).collect())
    }

    /// The cap table with the instant each row was put in; `None` for the rows that were there from the start.
    pub(super) async fn dated_caps(&self) -> Fallible<Vec<(Option<OffsetDateTime>, CapRow)>> {
        sqlx::query!("select body, created_at, proposal_id from loans.cap order by cap_id")
            .fetch_all(&self.core.db)
            .await?
            .into_iter()
            .map(|row| Ok((row.proposal_id.map(|_| row.created_at), parse(row.body)?)))
            .collect()
    }

    /// The policy in force; `NotOffered` when there is none or its last day has passed: fails closed.
    pub(super) async fn policy_in_force(&self) -> Fallible<Policy> {
        let body = sqlx::query_scalar!("select body from loans.policy where status = 'active'")
            .fetch_optional(&self.core.db)
            .await?
            .ok_or(Refusal::NotOffered)?;
        let policy: Policy = parse(body)?;
        if policy.share_on(self.core.clock.today()).is_none() {
            return Err(Refusal::NotOffered.into());
        }
        Ok(policy)
    }
}

/// The cap table, in a transaction after which no row joins it until the transaction ends.
pub(super) async fn caps_as_they_stand_in(tx: &mut PgConnection) -> Fallible<Vec<CapRow>> {
    sqlx::query!("select 1 as one from pg_advisory_xact_lock_shared(hashtext('loans.cap'))")
        .fetch_one(&mut *tx)
        .await?;
    let bodies = sqlx::query_scalar!("select body from loans.cap order by cap_id")
        .fetch_all(tx)
        .await?;
    bodies.into_iter().map(parse).collect()
}

/// The rows of a dated cap table that were known at an instant.
pub(super) fn known_at(dated: &[(Option<OffsetDateTime>, CapRow)], at: OffsetDateTime) -> Vec<CapRow> {
    let known = dated.iter().filter(|(since, _)| since.is_none_or(|since| since <= at));
    known.map(|(_, row)| row.clone()).collect()
}

/// A stored value as its type.
pub(super) fn parse<T: DeserializeOwned>(value: Value) -> Fallible<T> {
    serde_json::from_value(value).map_err(|error| Failure::broken(format!("a stored value does not parse: {error}")))
}

/// A type as a stored value.
pub(super) fn json<T: Serialize>(value: &T) -> Fallible<Value> {
    serde_json::to_value(value).map_err(Failure::broken)
}

/// A version as PostgreSQL stores it.
pub(super) fn as_i32(version: u32) -> Fallible<i32> {
    i32::try_from(version).map_err(Failure::broken)
}
