//! One database per test, copied from a template that holds every migration and the job queue's tables.

use crate::db;
use domain::loans::{cap::first_table, decision::Policy, product::Product};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, postgres::PgConnectOptions};
use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    str::FromStr,
    sync::OnceLock,
};
use tokio::sync::OnceCell;

/// Serialises the making of the template and the copies: PostgreSQL refuses to copy a database in use.
const LOCK: i64 = 0x5a67_6775;

/// A database that belongs to one test.
pub struct TestDatabase {
    /// Where it is.
    pub url: String,
    name: String,
}

static TEMPLATE: OnceCell<String> = OnceCell::const_new();

impl TestDatabase {
    /// A new copy of the template.
    pub async fn create() -> Self {
        Self::copy_of(TEMPLATE.get_or_init(make_template).await).await
    }

    /// A copy of this one as it stands. Nobody may be connected to it.
    pub async fn copy(&self) -> Self {
        Self::copy_of(&self.name).await
    }

    async fn copy_of(template: &str) -> Self {
        let name = format!("sanggup_test_{}", uuid::Uuid::new_v4().simple());
        let mut admin = admin().await;
        run(&mut admin, format!("select pg_advisory_lock({LOCK})")).await;
        run(&mut admin, format!("create database {name} template {template}")).await;
        run(&mut admin, format!("select pg_advisory_unlock({LOCK})")).await;
        Self {
            url: url_of(&name),
            name,
        }
    }

    /// Drops it, or leaves that to the next run: while PostgreSQL itself vacuums it, only a superuser could.
    pub async fn drop(self) {
        let sql = format!("drop database if exists {} with (force)", self.name);
        if let Err(error) = admin().await.execute(AssertSqlSafe(sql)).await {
            tracing::debug!(%error, name = self.name, "a test database stays behind");
        }
    }
}

/// Makes the template for this set of migrations, and clears away what earlier runs left.
async fn make_template() -> String {
    let mut hasher = DefaultHasher::new();
    for migration in db::MIGRATIONS.iter() {
        migration.checksum.hash(&mut hasher);
    }
    // The first products, caps and policy are put in with the migrations.
    let catalogue = (Product::sanggup_tunai(), first_table(), Policy::first());
    serde_json::to_string(&catalogue)
        .expect("the catalogue is JSON")
        .hash(&mut hasher);
    let name = format!("sanggup_template_{:016x}", hasher.finish());
    let mut admin = admin().await;
    run(&mut admin, format!("select pg_advisory_lock({LOCK})")).await;
    clear_leftovers(&mut admin, &name).await;
    let exists: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(&name)
        .fetch_one(&mut admin)
        .await
        .expect("the catalogue answers");
    if !exists {
        let building = format!("{name}_building");
        run(&mut admin, format!("drop database if exists {building} with (force)")).await;
        run(&mut admin, format!("create database {building}")).await;
        db::migrate(&url_of(&building)).await.expect("the migrations run");
        run(&mut admin, format!("alter database {building} rename to {name}")).await;
    }
    run(&mut admin, format!("select pg_advisory_unlock({LOCK})")).await;
    name
}

/// Databases of tests that ended without cleaning up, and templates of older migrations.
async fn clear_leftovers(admin: &mut PgConnection, template: &str) {
    let names: Vec<String> = sqlx::query_scalar(
        "select datname::text from pg_database d
         where (datname like 'sanggup\\_test\\_%' or (datname like 'sanggup\\_template\\_%' and datname <> $1))
           and not exists (select from pg_stat_activity a where a.datid = d.oid)",
    )
    .bind(template)
    .fetch_all(&mut *admin)
    .await
    .expect("the catalogue answers");
    for name in names {
        // Somebody may have come in the meantime; then it is not left over.
        let _ = admin
            .execute(AssertSqlSafe(format!("drop database if exists {name}")))
            .await;
    }
}

async fn run(connection: &mut PgConnection, sql: String) {
    connection
        .execute(AssertSqlSafe(sql.clone()))
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

async fn admin() -> PgConnection {
    PgConnection::connect(&url_of("postgres"))
        .await
        .expect("DATABASE_URL names a running PostgreSQL (scripts/services up)")
}

fn url_of(database: &str) -> String {
    static BASE: OnceLock<PgConnectOptions> = OnceLock::new();
    let base = BASE.get_or_init(|| {
        let url = std::env::var("DATABASE_URL").expect("DATABASE_URL: a role that may create databases");
        PgConnectOptions::from_str(&url).expect("DATABASE_URL parses")
    });
    base.clone().database(database).to_url_lossy().to_string()
}
