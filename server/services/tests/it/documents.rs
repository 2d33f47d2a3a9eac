//! Identity papers end to end: a photo goes in, lies sealed in the bucket, and opens for those who may.

use crate::people::{card, person};
use domain::{
    Error, Refusal, Role,
    documents::{Document, DocumentKind, DocumentService, DocumentStatus, Verdict},
    id::DocumentId,
    notifications::NotificationService,
};
use services::{clock::Clock, gateways::storage::Storage, testing::World};
use time::Duration;

async fn object_key(world: &World, id: DocumentId) -> String {
    sqlx::query_scalar("select object_key from documents.document where document_id = $1")
        .bind(id.0)
        .fetch_one(&world.owner)
        .await
        .expect("the paper has a row")
}

async fn audit_count(world: &World, action: &str, outcome: &str) -> i64 {
    sqlx::query_scalar("select count(*) from audit.entry where action = $1 and outcome = $2")
        .bind(action)
        .bind(outcome)
        .fetch_one(&world.owner)
        .await
        .expect("count")
}

async fn paper_count(world: &World) -> i64 {
    sqlx::query_scalar("select count(*) from documents.document")
        .fetch_one(&world.owner)
        .await
        .expect("count")
}

fn field_and_code(result: Result<Document, Error>) -> (String, String) {
    match result {
        Err(Error::Validation(faults)) => (faults[0].field.clone(), faults[0].code.clone()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_photo_lies_sealed_and_opens_for_a_reviewer_with_a_reason() {
    let world = World::new().await;
    let user = person(&world, "+6281200000001").await;
    let documents = &world.services.documents;
    let paper = documents
        .upload(&world.borrower(user), DocumentKind::Ktp, card(1))
        .await
        .unwrap();
    assert_eq!(
        (paper.kind, paper.status, paper.verdict),
        (DocumentKind::Ktp, DocumentStatus::Received, Verdict::Good)
    );

    // What the bucket holds is no picture, under a name that says nothing.
    let key = object_key(&world, paper.id).await;
    assert!(
        !key.contains(&user.to_string()) && !key.contains(&paper.id.to_string()),
        "{key}"
    );
    let stored = Storage::new(&world.config.storage)
        .unwrap()
        .get(&key)
        .await
        .unwrap()
        .expect("the object is there");
    assert!(image::guess_format(&stored).is_err() && image::load_from_memory(&stored).is_err());
    assert!(
        !stored
            .windows(6)
            .any(|bytes| bytes == [0xff, 0xd8, 0xff, 0xe0, 0x00, 0x10]),
        "no JPEG begins anywhere in it"
    );

    let analyst = world.staff(Role::Analyst);
    let content = documents.view(&analyst, paper.id, " cek nama ").await.unwrap();
    let picture = image::load_from_memory_with_format(&content.bytes, image::ImageFormat::Jpeg).unwrap();
    assert_eq!((picture.width(), picture.height()), (1_000, 630));

    let (viewer, reason): (uuid::Uuid, String) =
        sqlx::query_as("select viewer_id, reason from documents.view where document_id = $1")
            .bind(paper.id.0)
            .fetch_one(&world.owner)
            .await
            .unwrap();
    assert_eq!(
        (viewer, reason.as_str()),
        (analyst.session().unwrap().user_id.0, "cek nama")
    );
    let (actor, role, object, why): (uuid::Uuid, String, String, String) = sqlx::query_as(
        "select actor_id, role, object_id, reason from audit.entry where action = 'documents.view' and outcome = 'allowed'",
    )
    .fetch_one(&world.owner)
    .await
    .unwrap();
    assert_eq!(
        (actor, role.as_str(), object, why.as_str()),
        (viewer, "analyst", paper.id.to_string(), "cek nama")
    );
    world.finish().await;
}

#[tokio::test]
async fn nobody_else_sees_a_paper_and_every_refusal_is_on_record() {
    let world = World::new().await;
    let (user, other) = (
        person(&world, "+6281200000001").await,
        person(&world, "+6281200000002").await,
    );
    let documents = &world.services.documents;
    let id = documents
        .upload(&world.borrower(user), DocumentKind::Selfie, card(1))
        .await
        .unwrap()
        .id;

    let refused = [
        (world.borrower(user), Error::Forbidden),
        (world.borrower(other), Error::Forbidden),
        (world.staff(Role::Collector), Error::Forbidden),
        (world.staff(Role::Auditor), Error::Forbidden),
        (world.staff(Role::Superadmin), Error::Forbidden),
        (world.stranger(), Error::Unauthenticated),
    ];
    let count = i64::try_from(refused.len()).unwrap();
    for (actor, error) in refused {
        assert_eq!(
            documents.view(&actor, id, "ingin tahu").await.err(),
            Some(error),
            "{actor:?}"
        );
        assert!(documents.list_of(&actor, user).await.is_err(), "{actor:?}");
        assert!(
            documents.ask_retake(&actor, user, DocumentKind::Selfie).await.is_err(),
            "{actor:?}"
        );
        assert!(documents.accept_identity(&actor, user).await.is_err(), "{actor:?}");
        assert!(documents.owner(&actor, id).await.is_err(), "{actor:?}");
    }
    assert_eq!(audit_count(&world, "documents.view", "denied").await, count);
    assert_eq!(audit_count(&world, "documents.view", "allowed").await, 0);

    let support = world.staff(Role::Support);
    assert_eq!(documents.list_of(&support, user).await.unwrap().len(), 1);
    assert_eq!(documents.list(&world.borrower(other)).await.unwrap(), []);
    assert_eq!(documents.list(&world.stranger()).await, Err(Error::Unauthenticated));
    let absent = DocumentId(world.clock.new_id());
    assert_eq!(
        documents.view(&support, absent, "alasan").await.err(),
        Some(Error::NotFound)
    );
    for reason in ["", "   ", &"x".repeat(201)] {
        assert!(
            matches!(
                documents.view(&support, id, reason).await.err(),
                Some(Error::Validation(_))
            ),
            "{reason:?}"
        );
    }
    assert_eq!(
        documents.upload(&support, DocumentKind::Ktp, card(1)).await,
        Err(Error::Forbidden)
    );
    world.finish().await;
}

#[tokio::test]
async fn fifty_looks_a_day_are_the_most() {
    let world = World::new().await;
    let user = person(&world, "+6281200000001").await;
    let documents = &world.services.documents;
    let id = documents
        .upload(&world.borrower(user), DocumentKind::Ktp, card(1))
        .await
        .unwrap()
        .id;
    let analyst = world.staff(Role::Analyst);
    sqlx::query(
        "insert into documents.view (view_id, document_id, viewer_id, reason, viewed_at)
         select gen_random_uuid(), $1, $2, 'antrean', $3 from generate_series(1, 49)",
    )
    .bind(id.0)
    .bind(analyst.session().unwrap().user_id.0)
    .bind(world.clock.now())
    .execute(&world.owner)
    .await
    .unwrap();
    assert!(documents.view(&analyst, id, "yang kelima puluh").await.is_ok());
    match documents.view(&analyst, id, "satu lagi").await.err() {
        Some(Error::TooMany { retry_after }) => {
            assert!((1..=86_400).contains(&retry_after), "{retry_after}")
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(audit_count(&world, "documents.view", "denied").await, 1);
    assert!(
        documents
            .view(&world.staff(Role::Analyst), id, "petugas lain")
            .await
            .is_ok()
    );
    world.clock.advance(Duration::DAY);
    assert!(documents.view(&analyst, id, "hari berikutnya").await.is_ok());
    world.finish().await;
}

#[tokio::test]
async fn the_same_photo_is_one_paper_and_a_new_one_takes_its_place() {
    let world = World::new().await;
    let user = person(&world, "+6281200000001").await;
    let (documents, actor) = (&world.services.documents, world.borrower(user));
    let first = documents.upload(&actor, DocumentKind::Ktp, card(1)).await.unwrap();
    assert_eq!(
        documents.upload(&actor, DocumentKind::Ktp, card(1)).await.unwrap(),
        first
    );
    assert_eq!(paper_count(&world).await, 1);

    world.clock.advance(Duration::MINUTE);
    let second = documents.upload(&actor, DocumentKind::Ktp, card(2)).await.unwrap();
    let papers: Vec<_> = documents
        .list(&actor)
        .await
        .unwrap()
        .iter()
        .map(|paper| (paper.id, paper.status))
        .collect();
    assert_eq!(
        papers,
        [
            (second.id, DocumentStatus::Received),
            (first.id, DocumentStatus::Replaced)
        ]
    );
    // The photo that was replaced may come back.
    world.clock.advance(Duration::MINUTE);
    let third = documents.upload(&actor, DocumentKind::Ktp, card(1)).await.unwrap();
    assert!(third.id != first.id && third.status == DocumentStatus::Received);
    // Proofs of income stand side by side.
    for photo in [3, 4] {
        documents
            .upload(&actor, DocumentKind::IncomeProof, card(photo))
            .await
            .unwrap();
    }
    let current = documents.list(&actor).await.unwrap();
    assert_eq!(
        current
            .iter()
            .filter(|paper| paper.status == DocumentStatus::Received)
            .count(),
        3
    );
    world.finish().await;
}

#[tokio::test]
async fn both_papers_are_told_and_decided_upon() {
    let world = World::new().await;
    let user = person(&world, "+6281200000001").await;
    let (documents, actor, system) = (&world.services.documents, world.borrower(user), domain::Actor::system());
    let ktp = documents.upload(&actor, DocumentKind::Ktp, card(1)).await.unwrap();
    assert_eq!(world.jobs_left().await, 0);
    assert_eq!(
        documents.accept_identity(&system, user).await,
        Err(Refusal::WrongState.into())
    );
    documents.upload(&actor, DocumentKind::Selfie, card(2)).await.unwrap();
    assert_eq!(world.jobs_left().await, 1);
    world.run_jobs().await;
    let notices = world
        .services
        .notifications
        .list(&actor, Default::default())
        .await
        .unwrap()
        .items;
    assert_eq!(
        notices.iter().map(|notice| notice.kind.as_str()).collect::<Vec<_>>(),
        ["identity_papers_complete"]
    );

    // One again; the same photo is not another one.
    assert_eq!(documents.ask_retake(&system, user, DocumentKind::Ktp).await, Ok(ktp.id));
    assert_eq!(documents.ask_retake(&system, user, DocumentKind::Ktp).await, Ok(ktp.id));
    assert_eq!(
        documents.ask_retake(&system, user, DocumentKind::IncomeProof).await,
        Err(Error::NotFound)
    );
    let same = documents.upload(&actor, DocumentKind::Ktp, card(1)).await;
    assert_eq!(field_and_code(same), ("file".into(), "same_photo".into()));
    let again = documents.upload(&actor, DocumentKind::Ktp, card(3)).await.unwrap();
    assert_eq!(world.jobs_left().await, 1, "complete once more");
    assert_eq!(documents.owner(&system, again.id).await, Ok(user));

    documents.accept_identity(&system, user).await.unwrap();
    documents.accept_identity(&system, user).await.unwrap();
    let accepted = documents.list(&actor).await.unwrap();
    assert_eq!(
        accepted
            .iter()
            .filter(|paper| paper.status == DocumentStatus::Accepted)
            .count(),
        2
    );
    let late = documents.upload(&actor, DocumentKind::Ktp, card(4)).await;
    assert_eq!(late, Err(Refusal::DocumentAccepted.into()));
    // A copy of the request that was accepted is still the same paper.
    assert_eq!(
        documents.upload(&actor, DocumentKind::Ktp, card(3)).await.unwrap().id,
        again.id
    );
    world.finish().await;
}

#[tokio::test]
async fn two_photos_at_once_leave_one_that_counts() {
    let world = World::new().await;
    let user = person(&world, "+6281200000001").await;
    let (documents, actor) = (&world.services.documents, world.borrower(user));
    let upload = |photo| documents.upload(&actor, DocumentKind::Ktp, card(photo));
    let (once, twice) = tokio::join!(upload(1), upload(1));
    assert_eq!(once.unwrap().id, twice.unwrap().id, "the same photo is one paper");
    let (one, other) = tokio::join!(upload(2), upload(3));
    assert_ne!(one.unwrap().id, other.unwrap().id);
    assert_eq!(paper_count(&world).await, 3);
    let current = documents.list(&actor).await.unwrap();
    assert_eq!(
        current
            .iter()
            .filter(|paper| paper.status == DocumentStatus::Received)
            .count(),
        1
    );
    world.finish().await;
}

#[tokio::test]
async fn what_is_refused_leaves_nothing_behind() {
    let world = World::new().await;
    let user = person(&world, "+6281200000001").await;
    let (documents, actor) = (&world.services.documents, world.borrower(user));
    let script = b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>".to_vec();
    let dark = image::RgbImage::from_pixel(800, 600, image::Rgb([9, 9, 9]));
    let mut dark_photo = std::io::Cursor::new(Vec::new());
    dark.write_to(&mut dark_photo, image::ImageFormat::Png).unwrap();
    for (bytes, code) in [
        (Vec::new(), "required"),
        (script, "format"),
        (vec![0; 10 * 1024 * 1024 + 1], "too_big"),
        (dark_photo.into_inner(), "too_dark"),
    ] {
        let result = documents.upload(&actor, DocumentKind::Ktp, bytes).await;
        assert_eq!(field_and_code(result), ("file".into(), code.into()));
    }
    assert_eq!((paper_count(&world).await, world.jobs_left().await), (0, 0));
    world.finish().await;
}

#[tokio::test]
async fn a_bucket_that_is_away_is_said_and_nothing_is_recorded() {
    let world = World::with(|config| config.storage.endpoint = "http://127.0.0.1:9".into()).await;
    let user = person(&world, "+6281200000001").await;
    let result = world
        .services
        .documents
        .upload(&world.borrower(user), DocumentKind::Ktp, card(1))
        .await;
    assert!(matches!(result, Err(Error::Busy { .. })), "{result:?}");
    assert_eq!(paper_count(&world).await, 0);
    world.finish().await;
}

#[tokio::test]
async fn the_bucket_tells_a_missing_object_from_a_wrong_secret() {
    let world = World::new().await;
    let storage = Storage::new(&world.config.storage).unwrap();
    assert_eq!(storage.get("papers/none.sealed").await, Ok(None));
    assert_eq!(storage.delete("papers/none.sealed").await, Ok(()));
    storage.put("papers/one.sealed", b"sealed").await.unwrap();
    assert_eq!(storage.get("papers/one.sealed").await, Ok(Some(b"sealed".to_vec())));
    storage.delete("papers/one.sealed").await.unwrap();
    assert_eq!(storage.get("papers/one.sealed").await, Ok(None));
    let mut wrong = world.config.storage.clone();
    wrong.secret_key = domain::auth::Secret::new("wrong");
    let refused = Storage::new(&wrong).unwrap().put("papers/two.sealed", b"x").await;
    assert!(
        matches!(refused, Err(services::gateways::GatewayError::Auth { .. })),
        "{refused:?}"
    );
    world.finish().await;
}
