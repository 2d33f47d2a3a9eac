//! Products, caps and policies as data. The first versions are put in with the migrations; a published row is never
//! changed, only followed by a newer one.

use super::Loans;
use crate::failure::{Failure, Fallible};
use domain::loans::{
    cap::{CapRow, first_table},
    decision::Policy,
    product::Product,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use sqlx::PgPool;
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
    /// The newest version of each product that is valid today.
    pub(super) async fn products_in_force(&self) -> Fallible<Vec<Product>> {
        let bodies = sqlx::query_scalar!(
            "select distinct on (code) body from loans.product where valid_from <= $1 order by code, version desc",
            self.core.clock.today(),
        )
        .fetch_all(&self.core.db)
        .await?;
        bodies.into_iter().map(parse).collect()
    }

    /// The newest version of one product, the standard one without a code; a fault of `product` when unknown.
    pub(super) async fn product(&self, code: Option<&str>) -> Fallible<Product> {
        let code = code.unwrap_or(STANDARD);
        self.products_in_force()
            .await?
            .into_iter()
            .find(|product| product.code == code)
            .ok_or_else(|| domain::Error::fault("product", "product_unknown", "Produk ini tidak tersedia.").into())
    }

    /// The cap table.
    pub(super) async fn caps(&self) -> Fallible<Vec<CapRow>> {
        let bodies = sqlx::query_scalar!("select body from loans.cap order by cap_id")
            .fetch_all(&self.core.db)
            .await?;
        bodies.into_iter().map(parse).collect()
    }

    /// The policy in force.
    pub(super) async fn policy(&self) -> Fallible<Policy> {
        let body = sqlx::query_scalar!("select body from loans.policy where status = 'active'")
            .fetch_one(&self.core.db)
            .await?;
        parse(body)
    }
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
