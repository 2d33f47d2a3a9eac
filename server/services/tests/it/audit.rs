//! Two people: a proposal ends once, never by its maker, and its effect commits with it or not at all. The log: every
//! line sealed once, and whatever is done to it behind our back is found.

use async_trait::async_trait;
use domain::{
    Actor, Error, PageRequest, Refusal, Role,
    audit::{AuditService as _, Change, Proposal, ProposalKind, Verdict},
    id::ProposalId,
};
use serde_json::{Value, json};
use services::{
    audit::{Audit, Effect, NewProposal, propose_in},
    failure::Fallible,
    gateways::storage::Storage,
    testing::World,
};
use sqlx::PgConnection;
use std::sync::Arc;

/// Leaves one line in the log, or refuses, as the payload says.
struct Mark(services::Core);

#[async_trait]
impl Effect for Mark {
    fn kinds(&self) -> &'static [ProposalKind] {
        &[ProposalKind::Posting]
    }

    async fn apply_in(
        &self,
        tx: &mut PgConnection,
        actor: &Actor,
        proposal: &Proposal,
        payload: Value,
    ) -> Fallible<()> {
        let entry = domain::audit::Entry::allowed("test.mark", "proposal", proposal.id);
        services::audit::record_in(tx, &self.0, actor, entry).await?;
        if payload["stale"] == true {
            return Err(Refusal::ProposalStale.into());
        }
        Ok(())
    }
}

fn audit(world: &World) -> Arc<Audit> {
    let core = world.services.core.clone();
    let storage = Arc::new(Storage::new(&world.config.storage).expect("a store"));
    Arc::new(Audit::new(core.clone(), storage, vec![Arc::new(Mark(core))]))
}

async fn propose(world: &World, maker: &Actor, subject: &str, payload: Value) -> Fallible<ProposalId> {
    let new = NewProposal {
        kind: ProposalKind::Posting,
        subject: subject.into(),
        title: "Pembukuan percobaan".into(),
        payload,
        diff: Change::of("Saldo", "Rp0", "Rp1.000").into_iter().collect(),
        reason: "untuk percobaan",
    };
    let mut tx = world.services.core.begin().await?;
    let id = propose_in(&mut tx, &world.services.core, maker, new).await?;
    tx.commit().await?;
    Ok(id)
}

async fn marks(world: &World) -> i64 {
    let sql = "select count(*) from audit.entry where action = 'test.mark'";
    sqlx::query_scalar(sql).fetch_one(&world.owner).await.expect("count")
}

fn refused(refusal: Refusal) -> Result<(), Error> {
    Err(Error::Refused(refusal))
}

#[tokio::test]
async fn a_second_person_approves_once_and_never_the_maker() {
    let world = World::new().await;
    let audit = audit(&world);
    let maker = world.staff(Role::Approver);
    let other = world.staff(Role::Approver);
    let id = propose(&world, &maker, "satu", json!({})).await.expect("proposed");

    let close = async |who: &Actor, verdict| audit.close_proposal(who, id, verdict, "sudah dicek").await;
    assert_eq!(close(&maker, Verdict::Approved).await, refused(Refusal::OwnProposal));
    assert_eq!(
        close(&world.staff(Role::Analyst), Verdict::Approved).await,
        Err(Error::Forbidden)
    );
    // Whoever may not read this kind sees nothing at all.
    assert_eq!(
        close(&world.staff(Role::Support), Verdict::Approved).await,
        Err(Error::NotFound)
    );
    assert_eq!(
        close(&world.stranger(), Verdict::Approved).await,
        Err(Error::Unauthenticated)
    );
    assert_eq!(close(&other, Verdict::Withdrawn).await, Err(Error::Forbidden));
    assert_eq!(
        audit
            .close_proposal(&other, id, Verdict::Rejected, " ")
            .await
            .map_err(|e| e.code()),
        Err("validation")
    );
    assert_eq!(marks(&world).await, 0);

    close(&other, Verdict::Approved).await.expect("a second person");
    assert_eq!(close(&other, Verdict::Approved).await, refused(Refusal::ProposalClosed));
    assert_eq!(
        close(&maker, Verdict::Withdrawn).await,
        refused(Refusal::ProposalClosed)
    );
    assert_eq!(marks(&world).await, 1);
    let seen = audit
        .get_proposal(&world.staff(Role::Auditor), id)
        .await
        .expect("the auditor reads all");
    let end = seen.end.expect("it ended");
    assert_eq!((end.verdict, end.checker_role), (Verdict::Approved, Role::Approver));
    let denied = "select count(*) from audit.entry where action = 'audit.close_proposal' and outcome = 'denied'";
    let denied: i64 = sqlx::query_scalar(denied).fetch_one(&world.owner).await.expect("count");
    assert_eq!(denied, 3, "every refusal of a person is remembered");
    world.finish().await;
}

#[tokio::test]
async fn the_database_itself_keeps_maker_and_checker_apart_and_forgets_nothing() {
    let world = World::new().await;
    let maker = world.staff(Role::Approver);
    let id = propose(&world, &maker, "satu", json!({})).await.expect("proposed");
    let maker = maker.session().expect("signed in").user_id;
    let insert = "insert into audit.verdict (proposal_id, verdict, maker, checker, checker_role, reason, checked_at)
                  values ($1, 'approved', $2, $3, 'approver', '', now())";
    let own = sqlx::query(insert)
        .bind(id.0)
        .bind(maker.0)
        .bind(maker.0)
        .execute(&world.owner)
        .await;
    let name = |error: sqlx::Error| {
        error
            .as_database_error()
            .and_then(|e| e.constraint().map(str::to_owned))
    };
    assert_eq!(own.err().and_then(name).as_deref(), Some("verdict_maker_checker_check"));
    // Nor by pretending that another person made it.
    let forged = sqlx::query(insert)
        .bind(id.0)
        .bind(uuid::Uuid::nil())
        .bind(maker.0)
        .execute(&world.owner)
        .await;
    assert_eq!(forged.err().and_then(name).as_deref(), Some("verdict_proposal_fkey"));
    for statement in [
        "update audit.proposal set reason = 'lain'",
        "delete from audit.proposal",
        "truncate audit.proposal cascade",
    ] {
        assert!(
            sqlx::query(statement).execute(&world.owner).await.is_err(),
            "{statement}"
        );
    }
    world.finish().await;
}

#[tokio::test]
async fn of_twenty_at_once_one_ends_it() {
    let world = World::new().await;
    let audit = audit(&world);
    let id = propose(&world, &world.staff(Role::Analyst), "satu", json!({}))
        .await
        .expect("proposed");
    let race = (0..20).map(|number| {
        let (audit, who) = (audit.clone(), world.staff(Role::Approver));
        let verdict = if number % 2 == 0 {
            Verdict::Approved
        } else {
            Verdict::Rejected
        };
        async move { audit.close_proposal(&who, id, verdict, "sudah dicek").await }
    });
    let answers = futures::future::join_all(race).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    assert!(
        answers
            .iter()
            .filter(|answer| answer.is_err())
            .all(|answer| *answer == refused(Refusal::ProposalClosed))
    );
    assert!(marks(&world).await <= 1);
    world.finish().await;
}

#[tokio::test]
async fn a_refused_effect_leaves_the_proposal_waiting() {
    let world = World::new().await;
    let audit = audit(&world);
    let maker = world.staff(Role::Analyst);
    let id = propose(&world, &maker, "satu", json!({"stale": true}))
        .await
        .expect("proposed");
    let checker = world.staff(Role::Approver);
    let approved = audit.close_proposal(&checker, id, Verdict::Approved, "").await;
    assert_eq!(approved, refused(Refusal::ProposalStale));
    assert_eq!(marks(&world).await, 0, "the effect went back with the end");
    audit
        .close_proposal(&maker, id, Verdict::Withdrawn, "sudah usang")
        .await
        .expect("its maker may");
    world.finish().await;
}

#[tokio::test]
async fn one_proposal_waits_per_subject_and_lists_show_what_a_role_may_read() {
    let world = World::new().await;
    let audit = audit(&world);
    let maker = world.staff(Role::Analyst);
    let first = propose(&world, &maker, "satu", json!({})).await.expect("proposed");
    // Newest first goes by the clock, which stands still until it is moved.
    world.clock.advance(time::Duration::seconds(1));
    let code = |failure: services::failure::Failure| failure.to_string();
    assert_eq!(
        propose(&world, &maker, "satu", json!({})).await.map_err(code),
        Err("refused: proposal_open".into())
    );
    assert_eq!(
        propose(&world, &world.staff(Role::Auditor), "dua", json!({}))
            .await
            .map_err(code),
        Err("forbidden".into())
    );
    let second = propose(&world, &maker, "dua", json!({}))
        .await
        .expect("another subject");
    let page = PageRequest { limit: 1, after: None };
    let auditor = world.staff(Role::Auditor);
    let newest = audit
        .list_proposals(&auditor, false, page.clone())
        .await
        .expect("a page");
    assert_eq!(newest.items[0].id, second);
    let rest = PageRequest {
        after: newest.next,
        ..page.clone()
    };
    let rest = audit.list_proposals(&auditor, false, rest).await.expect("the rest");
    assert_eq!((rest.items[0].id, rest.next), (first, None));
    assert!(
        audit
            .list_proposals(&world.staff(Role::Support), false, page.clone())
            .await
            .expect("none")
            .items
            .is_empty()
    );
    assert!(
        audit
            .list_proposals(&auditor, true, page)
            .await
            .expect("none ended")
            .items
            .is_empty()
    );
    // A proof of identity that is too old is not enough to decide.
    let checker = world.staff(Role::Approver);
    world.clock.advance(time::Duration::minutes(6));
    assert_eq!(
        audit.close_proposal(&checker, first, Verdict::Approved, "").await,
        Err(Error::StepUpNeeded)
    );
    world.finish().await;
}

/// Writes `count` lines.
async fn write(world: &World, count: usize) {
    let core = &world.services.core;
    for number in 0..count {
        let mut tx = core.begin().await.expect("begun");
        let entry = domain::audit::Entry::allowed("test.line", "proposal", number).because("untuk percobaan");
        services::audit::record_in(&mut tx, core, &Actor::system(), entry)
            .await
            .expect("a line");
        tx.commit().await.expect("committed");
    }
}

async fn fault(world: &World) -> Option<String> {
    world.services.audit.verify().await.expect("looked through").fault
}

/// Does to the log what only the owner of the database can, with its guards away.
async fn behind_our_back(world: &World, sql: &'static str) {
    for statement in [
        "alter table audit.entry disable trigger user",
        "alter table audit.seal disable trigger user",
        "alter table audit.seal drop constraint if exists seal_entry_fkey",
        sql,
    ] {
        sqlx::query(statement).execute(&world.owner).await.expect(statement);
    }
}

#[tokio::test]
async fn every_line_is_sealed_once_in_the_order_of_commits() {
    let world = World::new().await;
    let audit = &world.services.audit;
    assert_eq!(fault(&world).await, None, "an empty log is whole");
    // A line that is committed after a later one.
    let core = &world.services.core;
    let mut slow = core.begin().await.expect("begun");
    let entry = domain::audit::Entry::allowed("test.slow", "proposal", 0);
    services::audit::record_in(&mut slow, core, &Actor::system(), entry)
        .await
        .expect("a line");
    write(&world, 3).await;
    let sealed = audit.seal().await.expect("sealed");
    assert!(sealed >= 3);
    slow.commit().await.expect("committed");
    let (a, b) = tokio::join!(audit.seal(), audit.seal());
    assert_eq!(a.expect("sealed") + b.expect("sealed"), 1);
    assert_eq!(audit.seal().await.expect("sealed"), 0);
    let found = audit.verify().await.expect("looked through");
    assert_eq!((found.sealed, found.waiting, found.fault), (sealed + 1, 0, None));
    assert!(found.signed_through.is_some_and(|position| position >= sealed));
    // A new line waits; one that waits too long was slipped past the chain.
    write(&world, 1).await;
    let found = audit.verify().await.expect("looked through");
    assert_eq!((found.waiting, found.fault), (1, None));
    world.clock.advance(time::Duration::minutes(6));
    assert!(fault(&world).await.expect("a fault").ends_with("was never sealed"));
    audit.seal().await.expect("sealed");
    assert_eq!(fault(&world).await, None);
    world.finish().await;
}

#[tokio::test]
async fn what_is_done_to_the_log_behind_our_back_is_found() {
    for (done, expected) in [
        (
            "update audit.entry set reason = 'lain' where seq = (select seq from audit.seal where position = 3)",
            "was changed",
        ),
        (
            "delete from audit.entry where seq = (select seq from audit.seal where position = 2)",
            "is gone",
        ),
        (
            "delete from audit.seal where position = 2",
            "position 2 of the chain is gone",
        ),
        ("delete from audit.seal where position > 2", "was signed at"),
        (
            "update audit.seal set hash = sha256('x') where position = (select max(position) from audit.seal)",
            "is not what was signed",
        ),
    ] {
        let world = World::new().await;
        write(&world, 5).await;
        world.services.audit.seal().await.expect("sealed");
        assert_eq!(fault(&world).await, None);
        behind_our_back(&world, done).await;
        let found = fault(&world).await.expect(done);
        assert!(found.contains(expected), "{done}: {found}");
        world.abandon().await;
    }
}

#[tokio::test]
async fn a_chain_that_was_made_anew_is_not_the_one_that_was_signed() {
    let world = World::new().await;
    write(&world, 5).await;
    world.services.audit.seal().await.expect("sealed");
    behind_our_back(
        &world,
        "update audit.entry set reason = 'lain' where seq = (select min(seq) from audit.entry)",
    )
    .await;
    behind_our_back(&world, "delete from audit.seal").await;
    // Time passes and lines are added: what was made anew is not signed.
    for _ in 0..3 {
        world.clock.advance(time::Duration::hours(9));
        write(&world, 2).await;
        world.services.audit.seal().await.expect("sealed");
        assert!(fault(&world).await.expect("a fault").contains("is not what was signed"));
    }
    world.abandon().await;
}
