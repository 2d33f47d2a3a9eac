//! Server functions: what the forms of the pages call, under `/_fn/`. Each says who asks, calls one service,
//! and says where to go on; rules and SQL are elsewhere. Every one works from a plain form without JavaScript.
//!
//! A function returns its error by [`reply`], which leaves it for the page the form came from.

pub mod auth;
pub mod books;
pub mod desk;
pub mod late;
pub mod loans;
pub mod money;
pub mod notifications;
pub mod payments;
pub mod reconciliation;
pub mod relief;
pub mod rules;
pub mod users;

use crate::visit::{Visit, visit};
use domain::Error;
use leptos::prelude::ServerFnError;

/// The result of a server function: the answer itself is a redirect, made from the visit's reply.
pub type Answer = Result<(), ServerFnError>;

/// Runs `action` for the current visit and leaves its error for the form.
pub async fn reply<F: Future<Output = Result<(), Error>>>(action: impl FnOnce(Visit) -> F) -> Answer {
    let visit = visit();
    if let Err(error) = action(visit.clone()).await {
        visit.with_reply(|reply| reply.error = Some(error));
    }
    Ok(())
}
