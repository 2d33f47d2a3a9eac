//! From a form to an account, and everything that may go wrong on the way.

use super::{account, break_table, code, code_sent_to, count, holder, origin, phone, registration, secret, wrong_code};
use domain::{
    Actor, Error, Refusal,
    auth::{AuthService, CodeChannel, Registration, SessionKind},
    id::ChallengeId,
    users::{KycStatus, Nik, UserService},
};
use services::{clock::Clock, testing::World};
use std::collections::BTreeSet;
use time::Duration;

#[tokio::test]
async fn a_form_a_code_and_an_account() {
    let world = World::new().await;
    let auth = &world.services.auth;
    let challenge = auth.register(&world.stranger(), registration(&world, 1)).await.unwrap();
    assert_eq!(challenge.masked_phone, "+62 812 •••• 0001");
    assert_eq!(challenge.expires_at, world.clock.now() + Duration::minutes(5));
    assert_eq!((challenge.tries_left, challenge.channel), (5, CodeChannel::Whatsapp));
    assert_eq!(
        auth.challenge(&world.stranger(), challenge.id).await.unwrap(),
        challenge
    );
    assert_eq!(
        count(&world, "select count(*) from auth.account").await,
        0,
        "nothing is made before the code"
    );

    world.run_jobs().await;
    let typed = code_sent_to(&world, &phone(1));
    let session = auth
        .verify_code(
            &world.stranger(),
            challenge.id,
            &format!(" {} {} ", &typed[..3], &typed[3..]),
        )
        .await
        .unwrap();
    assert!(session.device_token.is_some());
    let live = auth.session(&session.token, SessionKind::Borrower).await.unwrap();
    assert_eq!(live, Some(session.session.clone()));
    let profile = world.services.users.profile(&holder(&session)).await.unwrap();
    assert_eq!(
        (profile.full_name.as_str(), profile.masked_nik.as_str()),
        ("Sari Wulandari", "3602 •••• •••• 0002")
    );
    assert_eq!(
        (profile.email.as_str(), profile.kyc_status),
        ("sari1@contoh.id", KycStatus::Incomplete)
    );
    assert_eq!(
        world
            .services
            .users
            .list_consents(&holder(&session))
            .await
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        auth.challenge(&world.stranger(), challenge.id).await,
        Err(Error::NotFound)
    );
}

#[tokio::test]
async fn five_tries_then_only_a_new_code_helps() {
    let world = World::new().await;
    let auth = &world.services.auth;
    let (stranger, id) = (
        world.stranger(),
        auth.register(&world.stranger(), registration(&world, 1))
            .await
            .unwrap()
            .id,
    );
    let wrong = wrong_code(&world, id);
    for left in (1..=4).rev() {
        assert_eq!(
            auth.verify_code(&stranger, id, &wrong).await.err(),
            Some(Refusal::CodeWrong.into())
        );
        assert_eq!(auth.challenge(&stranger, id).await.unwrap().tries_left, left);
    }
    assert_eq!(
        auth.verify_code(&stranger, id, &wrong).await.err(),
        Some(Refusal::CodeExpired.into())
    );
    let right = code(&world, id);
    assert_eq!(
        auth.verify_code(&stranger, id, &right).await.err(),
        Some(Refusal::CodeExpired.into()),
        "used up by tries"
    );

    assert_eq!(
        auth.resend_code(&stranger, id, CodeChannel::Sms).await,
        Err(Error::TooMany { retry_after: 60 })
    );
    world.clock.advance(Duration::seconds(60));
    let sent = auth.resend_code(&stranger, id, CodeChannel::Sms).await.unwrap();
    assert_eq!((sent.channel, sent.tries_left), (CodeChannel::Sms, 5));
    assert_eq!(
        auth.verify_code(&stranger, id, &right).await.err(),
        Some(Refusal::CodeWrong.into()),
        "the old code is dead"
    );
    world.run_jobs().await;
    let messages = world.sandbox.messages(&phone(1));
    assert_eq!(
        messages.len(),
        1,
        "the job of the first send found it replaced: {messages:?}"
    );
    auth.verify_code(&stranger, id, &code_sent_to(&world, &phone(1)))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_code_lives_five_minutes_and_belongs_to_the_device_that_asked() {
    let world = World::new().await;
    let auth = &world.services.auth;
    let id = auth
        .register(&world.stranger(), registration(&world, 1))
        .await
        .unwrap()
        .id;
    let right = code(&world, id);
    let other_device = Actor::anonymous(origin("127.0.0.1", "Firefox di Windows"));
    let expired = Some(Refusal::CodeExpired.into());
    assert_eq!(auth.verify_code(&other_device, id, &right).await.err(), expired);
    assert_eq!(
        auth.resend_code(&other_device, id, CodeChannel::Sms).await,
        Err(Error::NotFound)
    );
    let never = ChallengeId(world.clock.new_id());
    assert_eq!(auth.verify_code(&world.stranger(), never, &right).await.err(), expired);
    world.clock.advance(Duration::minutes(5));
    assert_eq!(auth.verify_code(&world.stranger(), id, &right).await.err(), expired);
    world.clock.advance(Duration::minutes(25));
    assert_eq!(auth.challenge(&world.stranger(), id).await, Err(Error::NotFound));
    world.clock.advance(Duration::minutes(10));
    auth.sweep().await.unwrap();
    assert_eq!(count(&world, "select count(*) from auth.challenge").await, 0);
}

#[tokio::test]
async fn a_code_makes_one_account_however_often_it_is_sent() {
    let world = World::new().await;
    let auth = &world.services.auth;
    let id = auth
        .register(&world.stranger(), registration(&world, 1))
        .await
        .unwrap()
        .id;
    let right = code(&world, id);
    let stranger = world.stranger();
    let (a, b, c) = tokio::join!(
        auth.verify_code(&stranger, id, &right),
        auth.verify_code(&stranger, id, &right),
        auth.verify_code(&stranger, id, &right)
    );
    let errors: Vec<Error> = [a, b, c].into_iter().filter_map(Result::err).collect();
    assert_eq!(errors, vec![Error::from(Refusal::CodeExpired); 2], "one of three wins");
    assert_eq!(
        auth.verify_code(&stranger, id, &right).await.err(),
        Some(Refusal::CodeExpired.into())
    );
    assert_eq!(count(&world, "select count(*) from auth.account").await, 1);
    assert_eq!(count(&world, "select count(*) from auth.session").await, 1);
    assert_eq!(count(&world, "select count(*) from users.consent").await, 2);
}

#[tokio::test]
async fn an_account_that_exists_is_told_only_after_the_code() {
    let world = World::new().await;
    account(&world, 1).await;
    let auth = &world.services.auth;
    let known = Registration {
        email: registration(&world, 2).email,
        nik: registration(&world, 2).nik,
        ..registration(&world, 1)
    };
    let same = auth.register(&world.stranger(), known).await.unwrap();
    let fresh = auth.register(&world.stranger(), registration(&world, 3)).await.unwrap();
    assert_eq!(
        (same.expires_at, same.resend_at, same.tries_left),
        (fresh.expires_at, fresh.resend_at, fresh.tries_left)
    );
    world.run_jobs().await;
    for (n, challenge) in [(1, &same), (3, &fresh)] {
        assert_eq!(
            code_sent_to(&world, &phone(n)),
            code(&world, challenge.id),
            "a code goes out either way"
        );
    }
    let wrong = wrong_code(&world, same.id);
    assert_eq!(
        auth.verify_code(&world.stranger(), same.id, &wrong).await.err(),
        Some(Refusal::CodeWrong.into())
    );
    let right = code(&world, same.id);
    assert_eq!(
        auth.verify_code(&world.stranger(), same.id, &right).await.err(),
        Some(Refusal::AccountExists.into())
    );
    assert_eq!(
        auth.verify_code(&world.stranger(), same.id, &right).await.err(),
        Some(Refusal::CodeExpired.into())
    );
    assert_eq!(count(&world, "select count(*) from auth.account").await, 1);
}

#[tokio::test]
async fn a_taken_nik_leaves_nothing_behind() {
    let world = World::new().await;
    account(&world, 1).await;
    let auth = &world.services.auth;
    let thief = Registration {
        nik: registration(&world, 1).nik,
        ..registration(&world, 2)
    };
    let id = auth.register(&world.stranger(), thief).await.unwrap().id;
    let right = code(&world, id);
    assert_eq!(
        auth.verify_code(&world.stranger(), id, &right).await.err(),
        Some(Refusal::NikTaken.into())
    );
    assert_eq!(
        auth.verify_code(&world.stranger(), id, &right).await.err(),
        Some(Refusal::CodeExpired.into())
    );
    assert_eq!(count(&world, "select count(*) from auth.account").await, 1);
    assert_eq!(count(&world, "select count(*) from auth.data_key").await, 1);
    account(&world, 2).await;
}

#[tokio::test]
async fn a_crash_before_the_profile_leaves_the_code_good() {
    let world = World::new().await;
    let auth = &world.services.auth;
    let id = auth
        .register(&world.stranger(), registration(&world, 1))
        .await
        .unwrap()
        .id;
    let right = code(&world, id);
    break_table(&world, "users.profile", true).await;
    assert!(matches!(
        auth.verify_code(&world.stranger(), id, &right).await,
        Err(Error::Internal { .. })
    ));
    assert_eq!(
        count(&world, "select count(*) from auth.account where opened_at is null").await,
        1
    );
    let wrong = auth
        .sign_in(&world.stranger(), &phone(1), &secret(super::PASSWORD), None)
        .await;
    assert_eq!(
        wrong.err(),
        Some(Refusal::CredentialsWrong.into()),
        "a half account signs nobody in"
    );
    break_table(&world, "users.profile", false).await;
    auth.verify_code(&world.stranger(), id, &right).await.unwrap();
    assert_eq!(
        count(&world, "select count(*) from auth.account where opened_at is not null").await,
        1
    );
}

#[tokio::test]
async fn a_half_account_that_nobody_comes_back_to_is_cleared_away() {
    let world = World::new().await;
    let auth = &world.services.auth;
    let id = auth
        .register(&world.stranger(), registration(&world, 1))
        .await
        .unwrap()
        .id;
    break_table(&world, "users.profile", true).await;
    assert!(
        auth.verify_code(&world.stranger(), id, &code(&world, id))
            .await
            .is_err()
    );
    break_table(&world, "users.profile", false).await;
    auth.sweep().await.unwrap();
    assert_eq!(
        count(&world, "select count(*) from auth.account").await,
        1,
        "a running request is left in peace"
    );
    world.clock.advance(Duration::minutes(11));
    auth.sweep().await.unwrap();
    assert_eq!(count(&world, "select count(*) from auth.account").await, 0);
    assert_eq!(count(&world, "select count(*) from auth.data_key").await, 0);
}

#[tokio::test]
async fn the_number_of_a_half_account_is_free_at_once() {
    let world = World::new().await;
    let auth = &world.services.auth;
    let id = auth
        .register(&world.stranger(), registration(&world, 1))
        .await
        .unwrap()
        .id;
    break_table(&world, "users.profile", true).await;
    assert!(
        auth.verify_code(&world.stranger(), id, &code(&world, id))
            .await
            .is_err()
    );
    break_table(&world, "users.profile", false).await;
    account(&world, 1).await;
    assert_eq!(count(&world, "select count(*) from auth.account").await, 1);
}

#[tokio::test]
async fn a_crash_after_the_profile_still_gives_the_account() {
    let world = World::new().await;
    let auth = &world.services.auth;
    let id = auth
        .register(&world.stranger(), registration(&world, 1))
        .await
        .unwrap()
        .id;
    break_table(&world, "auth.session", true).await;
    assert!(
        auth.verify_code(&world.stranger(), id, &code(&world, id))
            .await
            .is_err()
    );
    break_table(&world, "auth.session", false).await;
    world.clock.advance(Duration::minutes(11));
    auth.sweep().await.unwrap();
    assert!(
        auth.sign_in(&world.stranger(), &phone(1), &secret(super::PASSWORD), None)
            .await
            .is_ok()
    );
    assert!(
        world
            .services
            .users
            .nik_taken(&Actor::system(), &registration(&world, 1).nik)
            .await
            .unwrap()
    );
    let free = Nik::parse("3602035001980099").unwrap();
    assert!(!world.services.users.nik_taken(&Actor::system(), &free).await.unwrap());
}

#[tokio::test]
async fn weak_passwords_are_faults_of_the_field() {
    let world = World::new().await;
    for (password, expected) in [
        ("basketball", "password_leaked"),
        ("basketball1", "password_guessable"),
        ("pendek", "password_too_short"),
    ] {
        let form = Registration {
            password: secret(password),
            ..registration(&world, 1)
        };
        let Err(Error::Validation(faults)) = world.services.auth.register(&world.stranger(), form).await else {
            panic!("{password} passes");
        };
        assert_eq!(
            (faults[0].field.as_str(), faults[0].code.as_str()),
            ("password", expected)
        );
    }
}

#[tokio::test]
async fn registering_is_limited_by_address() {
    let world = World::new().await;
    let stranger = Actor::anonymous(origin("203.0.113.5", "Chrome di Android"));
    for n in 1..=5 {
        world
            .services
            .auth
            .register(&stranger, registration(&world, n))
            .await
            .unwrap();
    }
    let refused = world.services.auth.register(&stranger, registration(&world, 6)).await;
    assert!(
        matches!(refused, Err(Error::TooMany { retry_after }) if retry_after > 600),
        "{refused:?}"
    );
    let neighbour = Actor::anonymous(origin("203.0.113.6", "Chrome di Android"));
    world
        .services
        .auth
        .register(&neighbour, registration(&world, 6))
        .await
        .unwrap();
}

/// Searches every row of every table, as text, for what must never lie there in the clear.
#[tokio::test]
async fn no_table_holds_a_number_an_address_or_a_code_in_the_clear() {
    let world = World::new().await;
    let auth = &world.services.auth;
    let challenge = auth.register(&world.stranger(), registration(&world, 1)).await.unwrap();
    let right = code(&world, challenge.id);
    let session = auth.verify_code(&world.stranger(), challenge.id, &right).await.unwrap();
    auth.sign_in(&world.stranger(), "sari1@contoh.id", &secret(super::PASSWORD), None)
        .await
        .unwrap();
    auth.start_reset(&world.stranger(), &phone(1)).await.unwrap();
    let pending = auth.register(&world.stranger(), registration(&world, 2)).await.unwrap();
    world.run_jobs().await;
    let tokens = auth.issue_tokens(&world.stranger(), &session).await.unwrap();

    let mut canaries = vec![
        "3602035001980002".into(),
        "3602035001980003".into(),
        "81200010001".into(),
        "81200010002".into(),
    ];
    canaries.extend(
        [
            "sari1@contoh.id",
            "sari2@contoh.id",
            "Wulandari",
            "1998-01-10",
            super::PASSWORD,
        ]
        .map(String::from),
    );
    canaries.extend(
        [session.token, session.device_token.unwrap(), tokens.refresh_token].map(|token| token.expose().to_owned()),
    );
    let codes = [right, code(&world, pending.id)];

    let tables: Vec<(String, String)> = sqlx::query_as(
        "select table_schema::text, table_name::text from information_schema.tables
         where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')",
    )
    .fetch_all(&world.owner)
    .await
    .unwrap();
    let mut filled = BTreeSet::new();
    for (schema, table) in tables {
        let sql = sqlx::AssertSqlSafe(format!("select t::text from {schema}.{table} t"));
        let rows: Vec<String> = sqlx::query_scalar(sql).fetch_all(&world.owner).await.unwrap();
        for row in rows {
            // A bytea is written in hexadecimal: what lies in it unsealed is looked for in that form too.
            for canary in &canaries {
                let hex: String = canary.bytes().map(|byte| format!("{byte:02x}")).collect();
                assert!(
                    !row.contains(canary.as_str()) && !row.contains(&hex),
                    "{canary} lies in {schema}.{table}: {row}"
                );
            }
            // Six digits may be part of an identifier; a code would stand alone.
            let alone = |part: &str| codes.iter().any(|code| code == part);
            assert!(
                !row.split(|c: char| !c.is_ascii_alphanumeric()).any(alone),
                "a code lies in {schema}.{table}: {row}"
            );
            filled.insert(format!("{schema}.{table}"));
        }
    }
    for table in [
        "auth.account",
        "auth.challenge",
        "auth.session",
        "users.profile",
        "audit.entry",
        "notifications.delivery",
    ] {
        assert!(filled.contains(table), "the search saw nothing in {table}");
    }
}
