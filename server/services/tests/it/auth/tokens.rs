//! REST tokens: short access, refresh once, reuse ends the family.

use super::{account, holder, origin};
use domain::{
    Actor, Error,
    auth::{AuthService, SessionKind, Tokens},
};
use services::testing::World;
use time::Duration;

async fn issued(world: &World) -> Tokens {
    let session = account(world, 1).await;
    world
        .services
        .auth
        .issue_tokens(&world.stranger(), &session)
        .await
        .expect("tokens")
}

async fn works(world: &World, tokens: &Tokens) -> bool {
    match world.services.auth.bearer(tokens.access_token.expose()).await {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error, Error::Unauthenticated);
            false
        }
    }
}

async fn refresh(world: &World, tokens: &Tokens) -> Result<Tokens, Error> {
    world
        .services
        .auth
        .refresh_tokens(&world.stranger(), &tokens.refresh_token)
        .await
}

#[tokio::test]
async fn a_session_becomes_tokens_and_its_cookie_dies() {
    let world = World::new().await;
    let session = account(&world, 1).await;
    let auth = &world.services.auth;
    let tokens = auth.issue_tokens(&world.stranger(), &session).await.unwrap();
    assert_eq!(tokens.expires_in, 300);
    assert_eq!(
        auth.bearer(tokens.access_token.expose()).await.unwrap(),
        session.session
    );
    assert_eq!(auth.session(&session.token, SessionKind::Borrower).await, Ok(None));
    let twice = auth.issue_tokens(&world.stranger(), &session).await;
    assert_eq!(twice.err(), Some(Error::Unauthenticated));
    world.clock.advance(Duration::seconds(329));
    assert!(works(&world, &tokens).await, "with thirty seconds of leeway");
    world.clock.advance(Duration::seconds(1));
    assert!(!works(&world, &tokens).await);
}

#[tokio::test]
async fn signing_out_kills_both_tokens_at_once() {
    let world = World::new().await;
    let tokens = issued(&world).await;
    let auth = &world.services.auth;
    let session = auth.bearer(tokens.access_token.expose()).await.unwrap();
    auth.sign_out(&Actor::signed_in(session, origin("127.0.0.1", "Chrome di Android")))
        .await
        .unwrap();
    assert!(!works(&world, &tokens).await);
    assert_eq!(refresh(&world, &tokens).await.err(), Some(Error::Unauthenticated));
}

#[tokio::test]
async fn a_refresh_token_works_once_and_a_lost_answer_is_given_again() {
    let world = World::new().await;
    let first = issued(&world).await;
    world.clock.advance(Duration::minutes(10));
    let second = refresh(&world, &first).await.unwrap();
    assert!(works(&world, &second).await);
    world.clock.advance(Duration::seconds(10));
    let lost = refresh(&world, &first).await.unwrap();
    assert_eq!(lost.refresh_token, second.refresh_token, "the same successor");
    let third = refresh(&world, &second).await.unwrap();
    assert_ne!(third.refresh_token, second.refresh_token);
    assert!(works(&world, &third).await);
}

#[tokio::test]
async fn reuse_ends_the_whole_family() {
    let world = World::new().await;
    let first = issued(&world).await;
    let second = refresh(&world, &first).await.unwrap();
    world.clock.advance(Duration::seconds(11));
    assert_eq!(refresh(&world, &first).await.err(), Some(Error::Unauthenticated));
    assert!(!works(&world, &second).await);
    assert_eq!(refresh(&world, &second).await.err(), Some(Error::Unauthenticated));
    let told: i64 = super::count(
        &world,
        "select count(*) from audit.entry where action = 'auth.refresh_tokens' and reason = 'reuse'",
    )
    .await;
    assert_eq!(told, 1);
}

#[tokio::test]
async fn reuse_from_another_device_or_after_the_successor_was_used_is_theft() {
    let world = World::new().await;
    let first = issued(&world).await;
    let second = refresh(&world, &first).await.unwrap();
    let thief = Actor::anonymous(origin("127.0.0.1", "Firefox di Windows"));
    let stolen = world.services.auth.refresh_tokens(&thief, &first.refresh_token).await;
    assert_eq!(stolen.err(), Some(Error::Unauthenticated));
    assert!(!works(&world, &second).await);

    let session = account(&world, 2).await;
    let first = world
        .services
        .auth
        .issue_tokens(&world.stranger(), &session)
        .await
        .unwrap();
    let second = refresh(&world, &first).await.unwrap();
    let third = refresh(&world, &second).await.unwrap();
    assert_eq!(refresh(&world, &first).await.err(), Some(Error::Unauthenticated));
    assert!(!works(&world, &third).await);
}

#[tokio::test]
async fn two_refreshes_at_once_get_the_same_successor() {
    let world = World::new().await;
    let first = issued(&world).await;
    let (a, b) = tokio::join!(refresh(&world, &first), refresh(&world, &first));
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_eq!(a.refresh_token, b.refresh_token);
    assert_eq!(super::count(&world, "select count(*) from auth.refresh_token").await, 2);
    assert!(works(&world, &a).await && works(&world, &b).await);
}

#[tokio::test]
async fn a_week_of_rest_ends_the_tokens_and_the_sweep_clears_them_away() {
    let world = World::new().await;
    let tokens = issued(&world).await;
    world.clock.advance(Duration::days(7));
    assert_eq!(refresh(&world, &tokens).await.err(), Some(Error::Unauthenticated));
    world.services.auth.sweep().await.unwrap();
    assert_eq!(
        super::count(&world, "select count(*) from auth.refresh_token").await,
        1,
        "its session may still be noticed"
    );
    world.clock.advance(Duration::days(24));
    world.services.auth.sweep().await.unwrap();
    assert_eq!(super::count(&world, "select count(*) from auth.refresh_token").await, 0);
}

#[tokio::test]
async fn a_token_of_another_origin_or_a_disabled_account_is_refused() {
    let world = World::new().await;
    let tokens = issued(&world).await;
    for text in ["", "a.b.c", tokens.refresh_token.expose()] {
        assert_eq!(world.services.auth.bearer(text).await, Err(Error::Unauthenticated));
    }
    let cookie = account(&world, 2).await;
    assert!(world.services.auth.list_devices(&holder(&cookie)).await.is_ok());
    sqlx::query("update auth.account set disabled_at = now()")
        .execute(&world.owner)
        .await
        .unwrap();
    assert!(!works(&world, &tokens).await);
    assert_eq!(refresh(&world, &tokens).await.err(), Some(Error::Unauthenticated));
}
