//! The audit log: written in the transaction of what it tells, by every service, and only ever added to.

use crate::{Core, failure::Fallible};
use domain::{Actor, Principal, audit::Entry};
use sqlx::PgConnection;

/// Writes one line. `connection` is the caller's transaction, so that the line exists exactly when the deed does;
/// for a refusal, which leaves no deed, it is a connection of its own.
pub async fn record_in(connection: &mut PgConnection, core: &Core, actor: &Actor, entry: Entry) -> Fallible<()> {
    let kind = match actor.principal {
        Principal::Anonymous => "anonymous",
        Principal::Borrower(_) => "borrower",
        Principal::Staff(_) => "staff",
        Principal::System => "system",
    };
    let session = actor.session();
    sqlx::query!(
        "insert into audit.entry
             (audit_id, at, actor_kind, actor_id, role, session_id, action, object_kind, object_id, reason, outcome,
              device, trace_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        core.clock.new_id(),
        core.clock.now(),
        kind,
        session.map(|session| session.user_id.0),
        session.map_or("", |session| session.role.as_str()),
        session.map(|session| session.id.0),
        entry.action,
        entry.object_kind,
        entry.object_id,
        entry.reason,
        entry.outcome.as_str(),
        actor.origin.device,
        actor.origin.trace_id,
    )
    .execute(connection)
    .await?;
    Ok(())
}
