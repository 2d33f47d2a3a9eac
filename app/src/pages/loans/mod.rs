//! Simulating, applying, consenting, following, and the loans themselves.

mod agreement;
mod andai;
mod application;
mod apply;
mod consent;
mod cost;
mod decision;
mod declined;
mod derivation;
mod home;
mod list;
mod loan;
mod owing;
pub(crate) mod relief;
#[cfg(test)]
pub(crate) mod samples;
mod simulation;
pub(crate) mod terms;
pub(crate) mod words;

pub use agreement::*;
pub use andai::WhatIfPage;
pub use application::*;
pub use apply::ApplyPage;
pub(crate) use apply::known_income;
pub use consent::*;
pub use decision::*;
pub use derivation::*;
pub use home::*;
pub use list::*;
pub use loan::*;
pub use relief::ReliefPage;
pub use simulation::*;

use crate::visit::Visit;
use domain::{Error, loans::Loan, payments::servicing::Position};
use std::str::FromStr;

/// The record number in the second part of the path; what does not parse is not there.
pub(crate) fn path_id<T: FromStr>(visit: &Visit) -> Result<T, Error> {
    visit
        .path
        .split('/')
        .nth(2)
        .and_then(|part| part.parse().ok())
        .ok_or(Error::NotFound)
}

/// The loan of the address with its balances. None before the money arrived: the answer leads to its application.
async fn lent(visit: &Visit) -> Result<Option<(Loan, Position)>, Error> {
    let loan = visit.backend.loans.get(&visit.actor, path_id(visit)?).await?;
    let Some(position) = loan.position.clone() else {
        leptos_axum::redirect(&format!("/pengajuan/{}", loan.id));
        return Ok(None);
    };
    Ok(Some((loan, position)))
}
