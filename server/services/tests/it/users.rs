//! Profiles, bank accounts and identity decisions.

use crate::people::{card, person};
use domain::{
    Actor, Error, PageRequest, Refusal, Role, Rupiah,
    auth::ConsentGiven,
    documents::{DocumentKind, DocumentService, DocumentStatus},
    id::UserId,
    users::{
        BankAccountInput, Email, IdentityDecision, KycStatus, NewProfile, Nik, PersonName, Phone, Profile,
        ProfileChange, UserService,
    },
};
use services::{clock::Clock, testing::World};
use time::{Duration, macros::date};

fn bank(bank: &str, number: &str) -> ProfileChange {
    let bank_account = Some(BankAccountInput {
        bank: bank.into(),
        number: number.into(),
    });
    ProfileChange {
        bank_account,
        ..ProfileChange::default()
    }
}

async fn audit_count(world: &World, action: &str) -> i64 {
    let sql = "select count(*) from audit.entry where action = $1";
    sqlx::query_scalar(sql)
        .bind(action)
        .fetch_one(&world.owner)
        .await
        .expect("count")
}

/// A borrower whose papers are all there.
async fn waiting(world: &World, phone: &str) -> UserId {
    let user = person(world, phone).await;
    let number: u32 = phone[phone.len() - 3..].parse().expect("digits");
    for (kind, offset) in [(DocumentKind::Ktp, 0), (DocumentKind::Selfie, 1_000)] {
        world
            .services
            .documents
            .upload(&world.borrower(user), kind, card(number + offset))
            .await
            .expect("a paper");
    }
    world
        .services
        .users
        .papers_complete(&Actor::system(), user)
        .await
        .expect("in review");
    user
}

async fn profile(world: &World, user: UserId) -> Profile {
    world
        .services
        .users
        .profile(&world.borrower(user))
        .await
        .expect("a profile")
}

#[tokio::test]
async fn a_borrower_changes_only_what_was_given() {
    let world = World::new().await;
    let user = person(&world, "+6281200000001").await;
    let users = &world.services.users;
    let change = ProfileChange {
        address: Some(" Jl. Melati 3, Bandung ".into()),
        occupation: Some("Guru".into()),
        monthly_income: Some(Rupiah::new(6_000_000)),
        ..ProfileChange::default()
    };
    users.update_profile(&world.borrower(user), change).await.unwrap();
    let change = ProfileChange {
        other_instalments: Some(Rupiah::new(0)),
        ..ProfileChange::default()
    };
    let after = users.update_profile(&world.borrower(user), change).await.unwrap();
    assert_eq!(after.address.as_deref(), Some("Jl. Melati 3, Bandung"));
    assert_eq!(
        (after.monthly_income, after.other_instalments),
        (Some(Rupiah::new(6_000_000)), Some(Rupiah::new(0)))
    );
    assert_eq!(after, profile(&world, user).await);
    let bad = ProfileChange {
        address: Some("x".repeat(301)),
        ..bank("XYZ", "12")
    };
    let Err(Error::Validation(faults)) = users.update_profile(&world.borrower(user), bad).await else {
        panic!("faults")
    };
    let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["address", "bank", "number"]);
}

#[tokio::test]
async fn the_first_account_is_entered_a_change_needs_a_fresh_sign_in() {
    let world = World::new().await;
    let user = person(&world, "+6281200000001").await;
    let users = &world.services.users;
    assert_eq!(
        users.payee(&Actor::system(), user).await.err(),
        Some(Refusal::BankAccountMissing.into())
    );
    let stale = world.borrower(user);
    world.clock.advance(Duration::minutes(6));
    let first = users
        .update_profile(&stale, bank("BCA", "1234 5648 21"))
        .await
        .unwrap()
        .bank_account
        .unwrap();
    assert_eq!((first.masked_number.as_str(), first.changed_at), ("•••• 4821", None));
    assert_eq!(first.label(), "BCA\u{a0}••••\u{a0}4821");
    users.update_profile(&stale, bank("BCA", "1234564821")).await.unwrap();
    assert_eq!(
        users.update_profile(&stale, bank("BNI", "1234564821")).await,
        Err(Error::StepUpNeeded)
    );
    assert_eq!(
        profile(&world, user).await.bank_account.unwrap().bank,
        "BCA",
        "nothing was saved"
    );
    let changed = users
        .update_profile(&world.borrower(user), bank("BNI", "9876543210"))
        .await
        .unwrap()
        .bank_account
        .unwrap();
    assert_eq!(changed.changed_at, Some(world.clock.now()));
    let payee = users.payee(&Actor::system(), user).await.unwrap();
    assert_eq!(
        (payee.bank.as_str(), payee.number.as_str(), payee.holder.as_str()),
        ("BNI", "9876543210", "Sari Wulandari")
    );
    assert_eq!(audit_count(&world, "users.change_bank_account").await, 1);
}

#[tokio::test]
async fn nobody_sees_or_changes_another_persons_profile() {
    let world = World::new().await;
    let (mine, theirs) = (
        person(&world, "+6281200000001").await,
        person(&world, "+6281200000002").await,
    );
    let users = &world.services.users;
    let me = world.borrower(mine);
    let forbidden = Some(Error::Forbidden);
    assert_eq!(users.profile_of(&me, theirs).await.err(), forbidden);
    assert_eq!(users.contact(&me, theirs).await.err(), forbidden);
    assert_eq!(users.payee(&me, theirs).await.err(), forbidden);
    assert_eq!(users.identity_check(&me, theirs).await.err(), forbidden);
    assert_eq!(users.reveal_nik(&me, theirs, "ingin tahu").await.err(), forbidden);
    assert_eq!(users.identity_queue(&me, PageRequest::default()).await.err(), forbidden);
    assert_eq!(
        users.decide_identity(&me, mine, IdentityDecision::Approve).await.err(),
        forbidden
    );
    assert_eq!(users.papers_complete(&me, mine).await.err(), forbidden);
    assert_eq!(
        users.profile(&world.stranger()).await.err(),
        Some(Error::Unauthenticated)
    );
    assert_eq!(users.profile(&world.staff(Role::Analyst)).await.err(), forbidden);
    for role in [Role::Superadmin, Role::Borrower] {
        assert_eq!(
            users.profile_of(&world.staff(role), theirs).await.err(),
            forbidden,
            "{role:?}"
        );
    }
    for role in [Role::Collector, Role::Auditor, Role::Superadmin] {
        assert_eq!(
            users.identity_check(&world.staff(role), theirs).await.err(),
            forbidden,
            "{role:?}"
        );
    }
    let seen = users.profile_of(&world.staff(Role::Support), theirs).await.unwrap();
    assert_eq!(
        (seen.email.as_str(), seen.masked_nik.as_str()),
        ("s•••@contoh.id", "3602 •••• •••• 0002")
    );
    assert_eq!(audit_count(&world, "users.view_profile").await, 1);
    let nobody = UserId(world.clock.new_id());
    assert_eq!(
        users.profile_of(&world.staff(Role::Support), nobody).await.err(),
        Some(Error::NotFound)
    );
}

#[tokio::test]
async fn a_profile_is_opened_once_and_a_nik_belongs_to_one() {
    let world = World::new().await;
    let user = person(&world, "+6281200000001").await;
    let other = person(&world, "+6281200000002").await;
    let users = &world.services.users;
    let draft = |user_id, nik: &str| NewProfile {
        user_id,
        full_name: PersonName::parse("Orang Lain").unwrap(),
        nik: Nik::parse(nik).unwrap(),
        phone: Phone::parse("081200000009").unwrap(),
        email: Email::parse("lain@contoh.id").unwrap(),
        birth_date: date!(1998 - 01 - 10),
        consents: vec![ConsentGiven {
            purpose: "terms".into(),
            version: "1".into(),
        }],
    };
    let system = Actor::system();
    users
        .open_profile(&system, draft(user, "3602035001980009"))
        .await
        .unwrap();
    assert_eq!(
        profile(&world, user).await.full_name,
        "Sari Wulandari",
        "the second call changes nothing"
    );
    assert!(users.list_consents(&world.borrower(user)).await.unwrap().is_empty());
    sqlx::query("delete from users.profile where user_id = $1")
        .bind(other.0)
        .execute(&world.owner)
        .await
        .unwrap();
    assert_eq!(
        users.open_profile(&system, draft(other, "3602035001980001")).await,
        Err(Refusal::NikTaken.into())
    );
    let nobody = UserId(world.clock.new_id());
    assert_eq!(
        users.open_profile(&system, draft(nobody, "3602035001980008")).await,
        Err(Error::NotFound)
    );
    assert_eq!(
        users
            .open_profile(&world.borrower(user), draft(user, "3602035001980008"))
            .await,
        Err(Error::Forbidden)
    );
}

#[tokio::test]
async fn only_marketing_is_withdrawn_and_only_ones_own() {
    let world = World::new().await;
    let (mine, theirs) = (
        person(&world, "+6281200000001").await,
        person(&world, "+6281200000002").await,
    );
    for (user, purpose) in [(mine, "marketing"), (mine, "terms"), (theirs, "marketing")] {
        let sql =
            "insert into users.consent (consent_id, user_id, purpose, version, given_at) values ($1, $2, $3, '1', $4)";
        let query = sqlx::query(sql)
            .bind(world.clock.new_id())
            .bind(user.0)
            .bind(purpose)
            .bind(world.clock.now());
        query.execute(&world.owner).await.unwrap();
    }
    let users = &world.services.users;
    let find = async |user, purpose: &str| {
        let consents = users.list_consents(&world.borrower(user)).await.unwrap();
        consents.into_iter().find(|consent| consent.purpose == purpose).unwrap()
    };
    let foreign = find(theirs, "marketing").await.id;
    assert_eq!(
        users.withdraw_consent(&world.borrower(mine), foreign).await,
        Err(Error::NotFound)
    );
    let terms = find(mine, "terms").await.id;
    assert_eq!(
        users.withdraw_consent(&world.borrower(mine), terms).await,
        Err(Refusal::WrongState.into())
    );
    let marketing = find(mine, "marketing").await.id;
    for _ in 0..2 {
        users.withdraw_consent(&world.borrower(mine), marketing).await.unwrap();
    }
    assert_eq!(find(mine, "marketing").await.withdrawn_at, Some(world.clock.now()));
    assert_eq!(find(theirs, "marketing").await.withdrawn_at, None);
}

#[tokio::test]
async fn the_queue_is_read_page_by_page_oldest_first() {
    let world = World::new().await;
    let mut expected = Vec::new();
    for n in 1..=5 {
        expected.push(waiting(&world, &format!("+62812000000{n:02}")).await);
        // The second and third wait since the same moment.
        if n != 2 {
            world.clock.advance(Duration::seconds(1));
        }
    }
    let (users, support) = (&world.services.users, world.staff(Role::Support));
    let all = async || {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = users
                .identity_queue(&support, PageRequest { limit: 2, after })
                .await
                .unwrap();
            assert!(page.items.len() <= 2 && page.items.iter().all(|item| item.full_name == "Sari Wulandari"));
            seen.extend(page.items.into_iter().map(|item| item.user_id));
            after = page.next;
            if after.is_none() {
                return seen;
            }
        }
    };
    let mut seen = all().await;
    seen[1..3].sort();
    expected[1..3].sort();
    assert_eq!(seen, expected);
    // One whose key is erased can be read by nobody; the others still wait, on every page.
    sqlx::query("delete from auth.data_key where user_id = $1")
        .bind(expected.remove(3).0)
        .execute(&world.owner)
        .await
        .unwrap();
    let mut seen = all().await;
    seen[1..3].sort();
    assert_eq!(seen, expected);
    let odd = PageRequest {
        limit: 2,
        after: Some("'; drop table".into()),
    };
    assert!(matches!(
        users.identity_queue(&support, odd).await,
        Err(Error::Validation(_))
    ));
}

#[tokio::test]
async fn an_officer_verifies_an_identity_once() {
    let world = World::new().await;
    let user = waiting(&world, "+6281200000001").await;
    let (users, analyst) = (&world.services.users, world.staff(Role::Analyst));
    let check = users.identity_check(&world.staff(Role::Support), user).await.unwrap();
    assert_eq!(check.documents.len(), 2);
    let finding = |label: &str| {
        check
            .findings
            .iter()
            .find(|finding| finding.label == label)
            .unwrap()
            .fits
    };
    assert_eq!(
        (finding("NIK"), finding("Tanggal lahir"), finding("Wajah")),
        (Some(true), Some(true), None)
    );
    assert_eq!(audit_count(&world, "users.view_identity").await, 1);
    let support = users
        .decide_identity(&world.staff(Role::Support), user, IdentityDecision::Approve)
        .await;
    assert_eq!(support, Err(Error::Forbidden));

    let approver = world.staff(Role::Approver);
    let reject = IdentityDecision::Reject {
        reason: "Foto bukan KTP".into(),
    };
    let (a, b) = tokio::join!(
        users.decide_identity(&analyst, user, IdentityDecision::Approve),
        users.decide_identity(&approver, user, reject)
    );
    let already = Err(Refusal::AlreadyDecided.into());
    assert!(
        (a == Ok(()) && b == already) || (a == already && b == Ok(())),
        "{a:?} {b:?}"
    );
    let status = profile(&world, user).await.kyc_status;
    assert_eq!(
        status,
        if a.is_ok() {
            KycStatus::Verified
        } else {
            KycStatus::Rejected
        }
    );
    let written = [
        audit_count(&world, "users.verify_identity").await,
        audit_count(&world, "users.reject_identity").await,
    ];
    let decided = [i64::from(a.is_ok()), i64::from(b.is_ok())];
    assert_eq!(written, decided, "one decision, one entry");
    let papers = world.services.documents.list(&world.borrower(user)).await.unwrap();
    let accepted = papers.iter().all(|paper| paper.status == DocumentStatus::Accepted);
    assert_eq!(accepted, a.is_ok(), "papers and profile say the same");
    users.papers_complete(&Actor::system(), user).await.unwrap();
    assert_eq!(
        profile(&world, user).await.kyc_status,
        status,
        "a decided identity does not go back to the queue"
    );
}

#[tokio::test]
async fn a_photo_is_asked_for_again_and_comes_back_to_the_queue() {
    let world = World::new().await;
    let user = waiting(&world, "+6281200000001").await;
    let (users, analyst) = (&world.services.users, world.staff(Role::Analyst));
    let retake = |kind, reason: &str| IdentityDecision::Retake {
        kind,
        reason: reason.into(),
    };
    for bad in [
        retake(DocumentKind::Ktp, "  "),
        retake(DocumentKind::IncomeProof, "Buram"),
        retake(DocumentKind::Ktp, &"x".repeat(301)),
    ] {
        assert!(matches!(
            users.decide_identity(&analyst, user, bad).await,
            Err(Error::Validation(_))
        ));
    }
    users
        .decide_identity(&analyst, user, retake(DocumentKind::Ktp, "KTP terlalu silau"))
        .await
        .unwrap();
    assert_eq!(
        audit_count(&world, "users.ask_retake").await,
        1,
        "what was refused is no entry"
    );
    let asked = profile(&world, user).await;
    assert_eq!(asked.kyc_status, KycStatus::Retake);
    let wanted = asked.retake.unwrap();
    assert_eq!(
        (wanted.kind, wanted.reason.as_str()),
        (DocumentKind::Ktp, "KTP terlalu silau")
    );
    world.run_jobs().await;
    world
        .services
        .documents
        .upload(&world.borrower(user), DocumentKind::Ktp, card(77))
        .await
        .unwrap();
    world.run_jobs().await;
    let back = profile(&world, user).await;
    assert_eq!((back.kyc_status, back.retake), (KycStatus::InReview, None));
}

#[tokio::test]
async fn a_nik_is_revealed_with_a_reason_a_fresh_sign_in_and_fifty_times_a_day() {
    let world = World::with(|config| {
        config.limits.insert("reveal".into(), "2/day".into());
    })
    .await;
    let user = person(&world, "+6281200000001").await;
    let (users, analyst) = (&world.services.users, world.staff(Role::Analyst));
    assert!(matches!(
        users.reveal_nik(&analyst, user, " ").await,
        Err(Error::Validation(_))
    ));
    assert_eq!(
        users.reveal_nik(&world.staff(Role::Support), user, "cek").await,
        Err(Error::Forbidden)
    );
    for _ in 0..2 {
        assert_eq!(
            users.reveal_nik(&analyst, user, "cocokkan dengan KTP").await.unwrap(),
            "3602035001980001"
        );
    }
    assert!(matches!(
        users.reveal_nik(&analyst, user, "lagi").await,
        Err(Error::TooMany { .. })
    ));
    users
        .reveal_nik(&world.staff(Role::Analyst), user, "petugas lain")
        .await
        .unwrap();
    assert_eq!(audit_count(&world, "users.reveal_nik").await, 3);
    world.clock.advance(Duration::minutes(6));
    assert_eq!(users.reveal_nik(&analyst, user, "cek").await, Err(Error::StepUpNeeded));
}
