//! Sessions: how long they live, how many there are, and that an ended one is dead at once.

use super::{PASSWORD, account, again, holder, secret};
use domain::{
    Error, Refusal,
    auth::{AuthService, NewSession, SessionKind},
    id::SessionId,
};
use services::{clock::Clock, testing::World};
use time::Duration;

async fn lives(world: &World, session: &NewSession) -> bool {
    world
        .services
        .auth
        .session(&session.token, SessionKind::Borrower)
        .await
        .expect("an answer")
        .is_some()
}

#[tokio::test]
async fn signing_out_kills_the_session_at_once() {
    let world = World::new().await;
    let first = account(&world, 1).await;
    let second = again(&world, 1, &first).await;
    let auth = &world.services.auth;
    auth.sign_out(&holder(&first)).await.unwrap();
    assert!(!lives(&world, &first).await);
    assert!(lives(&world, &second).await);
    auth.sign_out(&holder(&first)).await.unwrap();
    assert_eq!(auth.sign_out(&world.stranger()).await, Err(Error::Unauthenticated));
    let third = again(&world, 1, &first).await;
    auth.sign_out_everywhere(&holder(&second)).await.unwrap();
    assert!(!lives(&world, &second).await && !lives(&world, &third).await);
    let answer = auth
        .sign_in(
            &world.stranger(),
            &super::phone(1),
            &secret(PASSWORD),
            first.device_token.as_ref(),
        )
        .await;
    assert!(
        matches!(answer, Ok(domain::auth::SignIn::CodeSent(_))),
        "no device is known any more"
    );
}

#[tokio::test]
async fn a_session_ends_after_a_quarter_of_an_hour_of_rest_and_after_half_a_day() {
    let world = World::new().await;
    let first = account(&world, 1).await;
    for _ in 0..51 {
        world.clock.advance(Duration::minutes(14));
        assert!(lives(&world, &first).await);
    }
    world.clock.advance(Duration::minutes(6));
    assert!(!lives(&world, &first).await, "twelve hours");
    let second = again(&world, 1, &first).await;
    world.clock.advance(Duration::minutes(15));
    assert!(!lives(&world, &second).await, "fifteen minutes");
}

#[tokio::test]
async fn activity_is_written_at_most_once_a_minute() {
    let world = World::new().await;
    let session = account(&world, 1).await;
    let seen = async || {
        let sql = "select last_seen_at from auth.session";
        sqlx::query_scalar::<_, time::OffsetDateTime>(sql)
            .fetch_one(&world.owner)
            .await
            .unwrap()
    };
    let start = world.clock.now();
    world.clock.advance(Duration::seconds(59));
    assert!(lives(&world, &session).await);
    assert_eq!(seen().await, start);
    world.clock.advance(Duration::seconds(1));
    assert!(lives(&world, &session).await);
    assert_eq!(seen().await, start + Duration::minutes(1));
}

#[tokio::test]
async fn the_sixth_session_ends_the_oldest() {
    let world = World::new().await;
    let mut sessions = vec![account(&world, 1).await];
    for _ in 0..5 {
        world.clock.advance(Duration::seconds(1));
        sessions.push(again(&world, 1, &sessions[0]).await);
    }
    assert!(!lives(&world, &sessions[0]).await);
    for session in &sessions[1..] {
        assert!(lives(&world, session).await);
    }
    let devices = world.services.auth.list_devices(&holder(&sessions[5])).await.unwrap();
    assert_eq!(devices.len(), 5);
    assert_eq!(devices[0].session_id, sessions[5].session.id, "newest first");
    let current: Vec<bool> = devices.iter().map(|device| device.current).collect();
    assert_eq!(current, [true, false, false, false, false]);
}

#[tokio::test]
async fn a_foreign_session_is_not_found() {
    let world = World::new().await;
    let (mine, other) = (account(&world, 1).await, account(&world, 2).await);
    let auth = &world.services.auth;
    assert_eq!(
        auth.end_session(&holder(&mine), other.session.id).await,
        Err(Error::NotFound)
    );
    assert_eq!(
        auth.end_session(&holder(&mine), SessionId(world.clock.new_id())).await,
        Err(Error::NotFound)
    );
    assert!(lives(&world, &other).await);
    let second = again(&world, 1, &mine).await;
    auth.end_session(&holder(&mine), second.session.id).await.unwrap();
    assert!(!lives(&world, &second).await);
}

#[tokio::test]
async fn the_password_again_gives_the_session_a_new_secret() {
    let world = World::new().await;
    let old = account(&world, 1).await;
    let auth = &world.services.auth;
    world.clock.advance(Duration::minutes(6));
    let stale = auth.session(&old.token, SessionKind::Borrower).await.unwrap().unwrap();
    let actor = domain::Actor::signed_in(stale, super::origin("127.0.0.1", "Chrome di Android"));
    assert_eq!(actor.require_fresh(world.clock.now()), Err(Error::StepUpNeeded));
    let refused = auth.confirm_password(&actor, &secret("salah salah salah")).await;
    assert_eq!(refused.err(), Some(Refusal::CredentialsWrong.into()));
    let new = auth.confirm_password(&actor, &secret(PASSWORD)).await.unwrap();
    assert!(!lives(&world, &old).await, "the old secret is dead");
    assert_eq!(new.session.id, old.session.id);
    let fresh = auth.session(&new.token, SessionKind::Borrower).await.unwrap().unwrap();
    assert_eq!(
        holder(&NewSession { session: fresh, ..new }).require_fresh(world.clock.now()),
        Ok(())
    );
}
