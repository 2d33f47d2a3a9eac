//! Sign-in by password: devices, pauses, staff.

use super::{PASSWORD, account, again, code, code_sent_to, count, origin, phone, secret};
use domain::{
    Actor, Error, Refusal, Role,
    auth::{AuthService, Secret, SessionKind, SignIn},
    users::{Email, PersonName},
};
use services::{auth::SeedAccount, testing::World};
use time::Duration;

async fn world_without_address_limits() -> World {
    World::with(|config| {
        for action in ["login_ip", "login_ip_hour", "otp_send_ip"] {
            config.limits.insert(action.into(), "off".into());
        }
    })
    .await
}

async fn try_password(world: &World, identifier: &str, password: &str) -> Option<Error> {
    world
        .services
        .auth
        .sign_in(&world.stranger(), identifier, &secret(password), None)
        .await
        .err()
}

fn wrong() -> Option<Error> {
    Some(Refusal::CredentialsWrong.into())
}

#[tokio::test]
async fn a_new_device_proves_the_number_and_is_known_then() {
    let world = World::new().await;
    let first = account(&world, 1).await;
    let auth = &world.services.auth;
    again(&world, 1, &first).await;

    let laptop = Actor::anonymous(origin("198.51.100.7", "Firefox di Windows"));
    let unknown = secret("not a token of ours");
    let answer = auth
        .sign_in(&laptop, "SARI1@contoh.id", &secret(PASSWORD), Some(&unknown))
        .await
        .unwrap();
    let SignIn::CodeSent(challenge) = answer else {
        panic!("the device is not known")
    };
    assert_eq!(challenge.masked_phone, "+62 812 •••• 0001");
    world.run_jobs().await;
    let session = auth
        .verify_code(&laptop, challenge.id, &code_sent_to(&world, &phone(1)))
        .await
        .unwrap();
    assert_eq!(session.session.user_id, first.session.user_id);
    let token = session.device_token.expect("the device is known now");
    let answer = auth
        .sign_in(&laptop, &phone(1), &secret(PASSWORD), Some(&token))
        .await
        .unwrap();
    assert!(matches!(answer, SignIn::Done(_)));

    let other = account(&world, 2).await;
    let answer = auth
        .sign_in(&laptop, &phone(2), &secret(PASSWORD), Some(&token))
        .await
        .unwrap();
    assert!(
        matches!(answer, SignIn::CodeSent(_)),
        "another account's device does not count"
    );
    assert_ne!(other.session.user_id, session.session.user_id);
}

#[tokio::test]
async fn a_known_and_an_unknown_identifier_fail_alike() {
    let world = world_without_address_limits().await;
    account(&world, 1).await;
    for identifier in [
        phone(1),
        "0812-0001-0001".into(),
        "sari1@contoh.id".into(),
        phone(9),
        "nobody@contoh.id".into(),
        "apa saja".into(),
    ] {
        assert_eq!(
            try_password(&world, &identifier, "salah salah salah").await,
            wrong(),
            "{identifier}"
        );
    }
    let denied = "select count(*) from audit.entry where action = 'auth.sign_in' and outcome = 'denied'";
    assert_eq!(count(&world, denied).await, 6);
    // Two spellings of one number are one identifier.
    assert_eq!(count(&world, "select count(*) from auth.attempt").await, 5);
}

#[tokio::test]
async fn pauses_grow_for_known_and_unknown_and_not_for_the_owner_elsewhere() {
    let world = world_without_address_limits().await;
    account(&world, 1).await;
    for identifier in [phone(1), phone(9)] {
        for _ in 0..5 {
            assert_eq!(try_password(&world, &identifier, "salah salah salah").await, wrong());
        }
        for pause in [1, 2, 4] {
            let busy = Some(Error::TooMany { retry_after: pause });
            assert_eq!(
                try_password(&world, &identifier, "salah salah salah").await,
                busy,
                "{identifier}"
            );
            assert_eq!(
                try_password(&world, &identifier, PASSWORD).await,
                busy,
                "the right one waits too"
            );
            world.clock.advance(Duration::seconds(pause.into()));
            assert_eq!(try_password(&world, &identifier, "salah salah salah").await, wrong());
        }
    }
    let owner = Actor::anonymous(origin("198.51.100.7", "Chrome di Android"));
    assert!(
        world
            .services
            .auth
            .sign_in(&owner, &phone(1), &secret(PASSWORD), None)
            .await
            .is_ok()
    );
    world.clock.advance(Duration::seconds(8));
    assert_eq!(try_password(&world, &phone(1), PASSWORD).await, None);
    world.clock.advance(Duration::seconds(60));
    for _ in 0..4 {
        assert_eq!(
            try_password(&world, &phone(1), "salah salah salah").await,
            wrong(),
            "the right password began a new count"
        );
    }
}

#[tokio::test]
async fn a_pause_is_never_longer_than_a_quarter_of_an_hour() {
    let world = world_without_address_limits().await;
    for _ in 0..30 {
        world.clock.advance(Duration::seconds(901));
        assert_eq!(try_password(&world, &phone(9), "salah salah salah").await, wrong());
    }
    assert_eq!(
        try_password(&world, &phone(9), "salah salah salah").await,
        Some(Error::TooMany { retry_after: 900 })
    );
    world.clock.advance(Duration::days(2));
    world.services.auth.sweep().await.unwrap();
    assert_eq!(count(&world, "select count(*) from auth.attempt").await, 0);
}

#[tokio::test]
async fn after_a_hundred_wrong_passwords_only_a_reset_helps() {
    let world = world_without_address_limits().await;
    account(&world, 1).await;
    sqlx::query("update auth.account set failures = 100")
        .execute(&world.owner)
        .await
        .unwrap();
    assert_eq!(try_password(&world, &phone(1), PASSWORD).await, wrong());
    let auth = &world.services.auth;
    let id = auth.start_reset(&world.stranger(), &phone(1)).await.unwrap().id;
    auth.finish_reset(
        &world.stranger(),
        id,
        &code(&world, id),
        &secret("payung merah di teras 9"),
    )
    .await
    .unwrap();
    assert_eq!(try_password(&world, &phone(1), "payung merah di teras 9").await, None);
}

#[tokio::test]
async fn a_disabled_account_is_nobody() {
    let world = World::new().await;
    let session = account(&world, 1).await;
    sqlx::query("update auth.account set disabled_at = now()")
        .execute(&world.owner)
        .await
        .unwrap();
    assert_eq!(try_password(&world, &phone(1), PASSWORD).await, wrong());
    assert_eq!(
        world.services.auth.session(&session.token, SessionKind::Borrower).await,
        Ok(None)
    );
}

#[tokio::test]
async fn an_old_hash_is_replaced_at_the_next_sign_in() {
    let world = World::new().await;
    let session = account(&world, 1).await;
    let hash = async || {
        sqlx::query_scalar::<_, String>("select password_hash from auth.account")
            .fetch_one(&world.owner)
            .await
            .unwrap()
    };
    let before = hash().await;
    again(&world, 1, &session).await;
    assert_eq!(hash().await, before, "a current hash stays");
    // A cheaper hash of the same password, as older parameters would have left it: made under the staff's, which differ too.
    let staff = seed_staff(&world).await;
    let sql = "update auth.account a set password_hash = s.password_hash from auth.account s where a.role = 'borrower' and s.user_id = $1";
    sqlx::query(sql).bind(staff.0).execute(&world.owner).await.unwrap();
    again(&world, 1, &session).await;
    let sql = "select password_hash from auth.account where role = 'borrower'";
    let after: String = sqlx::query_scalar(sql).fetch_one(&world.owner).await.unwrap();
    assert!(after.contains("m=19456,t=2,p=1"), "{after}");
    again(&world, 1, &session).await;
}

async fn seed_staff(world: &World) -> domain::id::UserId {
    let seed = SeedAccount {
        role: Role::Analyst,
        email: Email::parse("analyst@sanggup.test").expect("an address"),
        full_name: PersonName::parse("Ani Analis").expect("a name"),
        password: Secret::new(PASSWORD),
        borrower: None,
    };
    world.services.auth.seed_account(seed).await.expect("seeded")
}

#[tokio::test]
async fn staff_sign_in_apart_from_borrowers_and_once_at_a_time() {
    let world = World::new().await;
    let borrower = account(&world, 1).await;
    let auth = &world.services.auth;
    let id = seed_staff(&world).await;
    assert_eq!(seed_staff(&world).await, id, "seeding twice is seeding once");
    let sign_in =
        async |email: &str, password: &str| auth.sign_in_staff(&world.stranger(), email, &secret(password)).await;
    let first = sign_in("Analyst@sanggup.test", PASSWORD).await.unwrap();
    assert_eq!((first.session.user_id, first.session.role), (id, Role::Analyst));
    assert!(auth.session(&first.token, SessionKind::Staff).await.unwrap().is_some());
    assert_eq!(
        auth.session(&first.token, SessionKind::Borrower).await,
        Ok(None),
        "the two cookies never mix"
    );
    assert_eq!(auth.session(&borrower.token, SessionKind::Staff).await, Ok(None));
    assert_eq!(sign_in("sari1@contoh.id", PASSWORD).await.err(), wrong());
    assert_eq!(
        sign_in("analyst@sanggup.test", "salah salah salah").await.err(),
        wrong()
    );
    assert_eq!(try_password(&world, "analyst@sanggup.test", PASSWORD).await, wrong());
    let second = sign_in("analyst@sanggup.test", PASSWORD).await.unwrap();
    assert_eq!(auth.session(&first.token, SessionKind::Staff).await, Ok(None));
    world.clock.advance(Duration::minutes(10));
    assert_eq!(auth.session(&second.token, SessionKind::Staff).await, Ok(None), "idle");
}

#[tokio::test]
async fn an_address_has_ten_tries_a_minute() {
    let world = World::new().await;
    for n in 0..10 {
        assert_eq!(try_password(&world, &phone(n), "salah salah salah").await, wrong());
    }
    let refused = try_password(&world, &phone(11), "salah salah salah").await;
    assert!(matches!(refused, Some(Error::TooMany { .. })), "{refused:?}");
}
