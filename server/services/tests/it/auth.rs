//! Accounts end to end: codes arrive as messages at the sandbox, sessions and tokens live in PostgreSQL.

mod passkeys;
mod register;
mod reset;
mod sessions;
mod sign_in;
mod tokens;

use domain::{
    Actor, Origin,
    auth::{AuthService, NewSession, Registration, RegistrationForm, Secret, SignIn},
    id::ChallengeId,
};
use services::{clock::Clock, testing::World};
use sqlx::AssertSqlSafe;

pub const PASSWORD: &str = "kucing hujan 72 lemari";

/// The registration of person `n`: another NIK, number and address for another `n` below 100.
pub fn registration(world: &World, n: u32) -> Registration {
    let form = RegistrationForm {
        full_name: "Sari Wulandari".into(),
        nik: format!("36020350019800{:02}", n + 1),
        phone: format!("0812000100{n:02}"),
        email: format!("sari{n}@contoh.id"),
        password: PASSWORD.into(),
        terms: true,
        privacy: true,
    };
    form.parse(world.clock.today()).expect("the form has no faults")
}

pub fn phone(n: u32) -> String {
    format!("+62812000100{n:02}")
}

pub fn secret(text: &str) -> Secret {
    Secret::new(text)
}

/// The code that came last to a number; other messages may have come after it.
pub fn code_sent_to(world: &World, phone: &str) -> String {
    let messages = world.sandbox.messages(phone);
    let codes = messages
        .iter()
        .flat_map(|message| message.text.split(|c: char| !c.is_ascii_digit()));
    codes
        .into_iter()
        .find(|part| part.len() == 6)
        .expect("a code came")
        .to_owned()
}

/// The code of the first send, without waiting for a message.
pub fn code(world: &World, id: ChallengeId) -> String {
    world.services.core.vault.code(id, 1).expose().to_owned()
}

/// A code of six digits that is not the right one.
pub fn wrong_code(world: &World, id: ChallengeId) -> String {
    let right: u32 = code(world, id).parse().expect("digits");
    format!("{:06}", (right + 1) % 1_000_000)
}

/// Person `n` with an account, signed in.
pub async fn account(world: &World, n: u32) -> NewSession {
    let auth = &world.services.auth;
    let challenge = auth
        .register(&world.stranger(), registration(world, n))
        .await
        .expect("a challenge");
    auth.verify_code(&world.stranger(), challenge.id, &code(world, challenge.id))
        .await
        .expect("an account")
}

/// Signs person `n` in again on the device that `session` made known.
pub async fn again(world: &World, n: u32, session: &NewSession) -> NewSession {
    let token = session.device_token.as_ref();
    match world
        .services
        .auth
        .sign_in(&world.stranger(), &phone(n), &secret(PASSWORD), token)
        .await
        .expect("signed in")
    {
        SignIn::Done(session) => session,
        SignIn::CodeSent(_) => panic!("the device is known"),
    }
}

/// The holder of a session.
pub fn holder(session: &NewSession) -> Actor {
    Actor::signed_in(session.session.clone(), origin("127.0.0.1", "Chrome di Android"))
}

pub fn origin(address: &str, device: &str) -> Origin {
    Origin {
        address: address.into(),
        device: device.into(),
        trace_id: "test".into(),
    }
}

pub async fn count(world: &World, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&world.owner).await.expect("count")
}

/// Makes every insert into a table fail, or lets it work again.
pub async fn break_table(world: &World, table: &str, broken: bool) {
    let sql = if broken {
        format!("alter table {table} add constraint out_of_order check (false) not valid")
    } else {
        format!("alter table {table} drop constraint out_of_order")
    };
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&world.owner)
        .await
        .expect("the table is changed");
}
