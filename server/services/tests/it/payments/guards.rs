//! What PostgreSQL itself refuses, whatever the program above it does: books that do not balance, and books that change.

use super::*;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// What the database answers.
async fn refusal(db: &PgPool, sql: &'static str) -> (String, String) {
    let error = sqlx::query(sql).execute(db).await.expect_err(sql);
    let error = error.as_database_error().expect("the database's own");
    (error.code().expect("a code").into_owned(), error.message().to_owned())
}

async fn journal(connection: &mut PgConnection, id: Uuid) {
    sqlx::query(
        "insert into payments.journal (journal_id, key, slot, kind, effective_on, booked_on, recorded_at)
         values ($1, $1::text, $1::text, 'manual', current_date, current_date, now())",
    )
    .bind(id)
    .execute(connection)
    .await
    .expect("a journal");
}

async fn line(connection: &mut PgConnection, id: Uuid, number: i16, debit: i64, credit: i64) {
    sqlx::query(
        "insert into payments.ledger_entry (journal_id, line, account, debit, credit) values ($1, $2, '1000', $3, $4)",
    )
    .bind(id)
    .bind(number)
    .bind(debit)
    .bind(credit)
    .execute(connection)
    .await
    .expect("a line");
}

#[tokio::test]
async fn a_journal_that_does_not_balance_is_not_committed() {
    let world = World::new().await;
    for (credits, balanced) in [
        (&[5_000][..], true),
        (&[2_000, 3_000], true),
        (&[4_999], false),
        (&[], false),
    ] {
        let mut tx = world.services.core.begin().await.expect("a transaction");
        let id = Uuid::now_v7();
        journal(&mut tx, id).await;
        line(&mut tx, id, 1, 5_000, 0).await;
        for (number, credit) in (2..).zip(credits) {
            line(&mut tx, id, number, 0, *credit).await;
        }
        match tx.commit().await {
            Ok(()) => assert!(balanced, "{credits:?}"),
            Err(error) => {
                assert!(!balanced, "{credits:?}: {error}");
                let error = error.as_database_error().expect("the database's own");
                assert_eq!(error.constraint(), Some("ledger_entry_balanced"));
            }
        }
    }
    world.abandon().await;
}

#[tokio::test]
async fn what_was_booked_is_never_changed() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    for sql in [
        "update payments.event set body = body",
        "delete from payments.event",
        "update payments.payment set amount = amount",
        "update payments.journal set kind = kind",
        "delete from payments.journal",
        "update payments.ledger_entry set debit = debit",
        "delete from payments.ledger_entry",
        "truncate payments.ledger_entry",
    ] {
        let (code, _) = refusal(&world.services.core.db, sql).await;
        assert_eq!(code, "42501", "{sql}: insufficient_privilege");
    }
    // Not even by the owner of the tables.
    for sql in [
        "update payments.journal set kind = kind",
        "delete from payments.ledger_entry",
        "truncate payments.event cascade",
        "truncate payments.payment cascade",
        "truncate payments.journal cascade",
        "truncate payments.ledger_entry cascade",
    ] {
        let (_, words) = refusal(&world.owner, sql).await;
        assert!(words.ends_with("rows are only ever added"), "{sql}: {words}");
    }
    case.books_match().await;
    world.finish().await;
}

/// Money is whole rupiah, in eight bytes or, for the sums of a day, in as many as it takes.
#[tokio::test]
async fn no_column_has_a_fraction() {
    let world = World::new().await;
    let fractions: Vec<String> = sqlx::query_scalar(
        "select table_schema || '.' || table_name || '.' || column_name
           from information_schema.columns
          where table_schema in ('auth', 'users', 'documents', 'loans', 'payments', 'notifications', 'audit')
            and (data_type in ('real', 'double precision', 'money') or data_type = 'numeric' and numeric_scale <> 0)",
    )
    .fetch_all(&world.owner)
    .await
    .expect("the columns");
    assert_eq!(fractions, Vec::<String>::new());
    let short: Vec<String> = sqlx::query_scalar(
        "select table_name || '.' || column_name
           from information_schema.columns
          where table_schema in ('loans', 'payments')
            and column_name in ('amount', 'debit', 'credit', 'principal', 'interest', 'net_cash')
            and data_type not in ('bigint', 'numeric')",
    )
    .fetch_all(&world.owner)
    .await
    .expect("the columns");
    assert_eq!(short, Vec::<String>::new());
    world.finish().await;
}
