//! Says at once that something about a person changed, to whoever follows a page of theirs. Enters: the transaction
//! that changes it. Leaves: the person's id, on every server, when the transaction commits. Only a hint: who gets it
//! asks for the facts, and who misses it asks again after a while.

use crate::failure::Fallible;
use domain::id::UserId;
use sqlx::{PgConnection, PgPool, postgres::PgListener};
use std::time::Duration;
use tokio::sync::broadcast::{self, Receiver, Sender};

const CHANNEL: &str = "person_changed";
/// Hints kept for a slow follower; it asks anyway when it missed some.
const BACKLOG: usize = 256;

/// Tells it with the caller's transaction.
pub async fn tell_in(connection: &mut PgConnection, user: UserId) -> Fallible<()> {
    sqlx::query("select pg_notify($1, $2)")
        .bind(CHANNEL)
        .bind(user.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

/// One listener for all followers on this server.
#[derive(Debug, Clone)]
pub struct Changes(Sender<UserId>);

impl Changes {
    /// Listens until the pool is closed; takes one of its connections.
    pub fn listen(db: PgPool) -> Self {
        let (sender, _) = broadcast::channel(BACKLOG);
        let changes = Self(sender.clone());
        tokio::spawn(async move {
            while !db.is_closed() {
                if let Err(error) = pass_on(&db, &sender).await {
                    tracing::debug!(%error, "the database cannot be listened to");
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        changes
    }

    /// Everybody's changes from now on.
    pub fn watch(&self) -> Receiver<UserId> {
        self.0.subscribe()
    }
}

async fn pass_on(db: &PgPool, sender: &Sender<UserId>) -> sqlx::Result<()> {
    let mut listener = PgListener::connect_with(db).await?;
    listener.listen(CHANNEL).await?;
    loop {
        // An unreadable hint, or nobody who follows, is no fault.
        if let Ok(user) = listener.recv().await?.payload().parse() {
            let _ = sender.send(UserId(user));
        }
    }
}
