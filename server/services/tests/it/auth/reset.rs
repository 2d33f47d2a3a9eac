//! Choosing a new password.

use super::{PASSWORD, account, again, code, code_sent_to, phone, secret, wrong_code};
use domain::{
    Error, Refusal,
    auth::{AuthService, SessionKind},
};
use services::testing::World;

const NEW: &str = "payung merah di teras 9";

#[tokio::test]
async fn asking_looks_the_same_for_everybody() {
    let world = World::new().await;
    account(&world, 1).await;
    let auth = &world.services.auth;
    let before = world.jobs_left().await;
    let known = auth.start_reset(&world.stranger(), &phone(1)).await.unwrap();
    let unknown = auth.start_reset(&world.stranger(), &phone(9)).await.unwrap();
    assert_eq!(known.masked_phone, "+62 812 •••• 0001");
    assert_eq!(unknown.masked_phone, "+62 812 •••• 0009");
    assert_eq!(
        (known.expires_at, known.resend_at, known.tries_left),
        (unknown.expires_at, unknown.resend_at, unknown.tries_left)
    );
    let by_email = auth.start_reset(&world.stranger(), "sari1@contoh.id").await.unwrap();
    assert_eq!(
        by_email.masked_phone, "s•••@contoh.id",
        "the number behind an address is not told"
    );
    assert_eq!(world.jobs_left().await, before + 3, "each asks for a code");
    world.run_jobs().await;
    assert!(world.sandbox.messages(&phone(9)).is_empty());
    for challenge in [&known, &unknown] {
        let wrong = wrong_code(&world, challenge.id);
        let refused = auth
            .finish_reset(&world.stranger(), challenge.id, &wrong, &secret(NEW))
            .await;
        assert_eq!(refused, Err(Refusal::CodeWrong.into()));
    }
    assert!(matches!(
        auth.start_reset(&world.stranger(), "apa saja").await,
        Err(Error::Validation(_))
    ));
}

#[tokio::test]
async fn a_reset_ends_every_session_and_the_old_password() {
    let world = World::new().await;
    let session = account(&world, 1).await;
    let auth = &world.services.auth;
    let id = auth.start_reset(&world.stranger(), "sari1@contoh.id").await.unwrap().id;
    world.run_jobs().await;
    let right = code_sent_to(&world, &phone(1));
    assert_eq!(right, code(&world, id));
    let weak = auth
        .finish_reset(&world.stranger(), id, &right, &secret("sari wulandari"))
        .await;
    assert!(matches!(weak, Err(Error::Validation(faults)) if faults[0].field == "password"));
    auth.finish_reset(&world.stranger(), id, &right, &secret(NEW))
        .await
        .unwrap();
    assert_eq!(
        auth.finish_reset(&world.stranger(), id, &right, &secret(NEW)).await,
        Err(Refusal::CodeExpired.into())
    );
    assert_eq!(auth.session(&session.token, SessionKind::Borrower).await, Ok(None));
    let old = auth
        .sign_in(
            &world.stranger(),
            &phone(1),
            &secret(PASSWORD),
            session.device_token.as_ref(),
        )
        .await;
    assert_eq!(old.err(), Some(Refusal::CredentialsWrong.into()));
    assert!(
        auth.sign_in(&world.stranger(), &phone(1), &secret(NEW), None)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_code_for_one_purpose_serves_no_other() {
    let world = World::new().await;
    let session = account(&world, 1).await;
    let auth = &world.services.auth;
    let reset = auth.start_reset(&world.stranger(), &phone(1)).await.unwrap().id;
    let refused = auth.verify_code(&world.stranger(), reset, &code(&world, reset)).await;
    assert_eq!(refused.err(), Some(Refusal::CodeExpired.into()));
    again(&world, 1, &session).await;
    let register = auth
        .register(&world.stranger(), super::registration(&world, 2))
        .await
        .unwrap()
        .id;
    let refused = auth
        .finish_reset(&world.stranger(), register, &code(&world, register), &secret(NEW))
        .await;
    assert_eq!(refused, Err(Refusal::CodeExpired.into()));
}
