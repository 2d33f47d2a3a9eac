//! The numbers that people use for loans, "SGP-4F7K2": letters and digits without those that look alike; a billion
//! numbers, and unique by constraint. Enters: a loan, or what somebody typed. Leaves: its number, or the loan.

use super::Loans;
use crate::failure::Fallible;
use domain::{Actor, Role, id::LoanId};
use std::collections::BTreeMap;
use uuid::Uuid;

/// In front of every number.
const PREFIX: &str = "SGP-";

/// A new number.
pub(super) fn new() -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let tail: String = crate::crypto::random::<6>()
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
        .collect();
    format!("{PREFIX}{tail}")
}

/// A number as it is stored, from what somebody typed: any case, with or without what stands in front.
fn typed(text: &str) -> String {
    let text = text.trim().to_ascii_uppercase();
    let tail = text.strip_prefix(PREFIX).unwrap_or(&text);
    format!("{PREFIX}{tail}")
}

impl Loans {
    pub(super) async fn numbers_of(&self, actor: &Actor, ids: &[LoanId]) -> Fallible<BTreeMap<LoanId, String>> {
        if actor.require_system().is_err() {
            actor.staff(&Role::STAFF)?;
        }
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let rows = sqlx::query!(
            "select loan_id, number from loans.application where loan_id = any($1)",
            &ids
        )
        .fetch_all(&self.core.db)
        .await?;
        Ok(rows.into_iter().map(|row| (LoanId(row.loan_id), row.number)).collect())
    }

    pub(super) async fn find_numbered(&self, actor: &Actor, number: &str) -> Fallible<Option<LoanId>> {
        actor.staff(&Role::STAFF)?;
        let found = sqlx::query_scalar!("select loan_id from loans.application where number = $1", typed(number))
            .fetch_optional(&self.core.db)
            .await?;
        Ok(found.map(LoanId))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_however_it_is_typed() {
        for text in ["SGP-4F7K2M", " sgp-4f7k2m", "4f7k2m "] {
            assert_eq!(typed(text), "SGP-4F7K2M");
        }
        assert_eq!(new().len(), "SGP-4F7K2M".len());
    }
}
