//! The papers of a loan that was paid off: made by jobs, sealed, the same bytes each time, for their owner only.

use domain::{
    Actor, Error, Role,
    documents::{ContractKind, DocumentService, NewContractPaper, Sheet},
    id::UserId,
    loans::{Loan, LoanService},
};
use services::{gateways::storage::Storage, testing::World};
use sha2::{Digest, Sha256};

async fn count(world: &World, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&world.owner).await.expect("count")
}

/// Everything that must hold of the papers of `loan`, which is paid off.
pub async fn check(world: &World, user: UserId, loan: &Loan) {
    let (loans, documents) = (&world.services.loans, &world.services.documents);
    let owner = world.borrower(user);
    let made = "select count(*) from documents.contract";
    assert_eq!(
        count(world, "select count(distinct kind) from documents.contract").await,
        4,
        "the jobs made every kind"
    );
    let before = count(world, made).await;

    let storage = Storage::new(&world.config.storage).expect("a store");
    for kind in ContractKind::ALL {
        let file = loans.paper(&owner, loan.id, kind).await.expect("a paper");
        assert_eq!(file.paper.kind, kind);
        assert!(
            file.pdf.starts_with(b"%PDF-") && file.pdf.len() < 60_000,
            "{kind:?}: {} bytes",
            file.pdf.len()
        );
        assert_eq!(file.paper.sha256, hex::encode(Sha256::digest(&file.pdf)));
        let again = loans.paper(&owner, loan.id, kind).await.expect("the same paper");
        assert_eq!(
            (again.paper.id, again.pdf == file.pdf),
            (file.paper.id, true),
            "{kind:?}"
        );

        // What the bucket holds is no PDF, and nobody else's.
        let key: String = sqlx::query_scalar("select object_key from documents.contract where contract_id = $1")
            .bind(file.paper.id.0)
            .fetch_one(&world.owner)
            .await
            .expect("a row");
        let sealed = storage.get(&key).await.expect("the store answers").expect("an object");
        assert!(!sealed.windows(5).any(|window| window == b"%PDF-"));
        let other = world.borrower(UserId(world.services.core.clock.new_id()));
        for stranger in [
            &other,
            &world.staff(Role::Approver),
            &world.stranger(),
            &Actor::system(),
        ] {
            let seen = documents.download(stranger, file.paper.id).await;
            assert!(seen.is_err(), "{kind:?}");
            assert!(loans.paper(stranger, loan.id, kind).await.is_err(), "{kind:?}");
        }
        assert_eq!(
            documents.download(&other, file.paper.id).await.map(drop),
            Err(Error::NotFound)
        );
    }
    assert_eq!(count(world, made).await, before, "nothing was made twice");
    assert_eq!(
        count(
            world,
            "select count(*) from audit.entry where action = 'documents.download'"
        )
        .await,
        8
    );

    // Once made, a paper stays, whatever is said later; only the product itself makes one.
    let new = NewContractPaper {
        user_id: user,
        loan_id: loan.id,
        kind: ContractKind::Agreement,
        edition: loan.quote.agreement_version.clone(),
        sheet: Sheet {
            title: "Lain".into(),
            subtitle: String::new(),
            parts: Vec::new(),
            foot: String::new(),
        },
    };
    assert_eq!(documents.issue(&owner, new.clone()).await, Err(Error::Forbidden));
    let kept = documents
        .issue(&Actor::system(), new.clone())
        .await
        .expect("the one that is there");
    let agreement = loans.paper(&owner, loan.id, ContractKind::Agreement).await.expect("it");
    assert_eq!(kept, agreement.paper);
    // Another edition by ten makers at once is made once.
    let new = NewContractPaper {
        edition: "lain".into(),
        ..new
    };
    let system = Actor::system();
    let makers = (0..10).map(|_| documents.issue(&system, new.clone()));
    let mut ids: Vec<_> = futures::future::join_all(makers)
        .await
        .into_iter()
        .map(|made| made.expect("made").id)
        .collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);
    for change in [
        "update documents.contract set edition = 'x'",
        "delete from documents.contract",
    ] {
        assert!(sqlx::query(change).execute(&world.owner).await.is_err(), "{change}");
    }
}
