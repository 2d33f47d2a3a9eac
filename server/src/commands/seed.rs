//! `server seed`: the demo people of contract.md 8, made by the product's own services with a clock that goes back.
//!
//! Idempotent: what is there stays. Refused in production.

mod people;
mod pictures;

use super::{Outcome, services};
use ::services::{
    Services,
    clock::Clock,
    config::{Config, Environment},
    gateways::Gateways,
    jobs,
    payments::PastPayment,
};
use domain::{
    Actor, PageRequest, Role, Rupiah, Session,
    auth::Secret,
    calendar::{MonthEnd, add_days, add_months, jakarta_date},
    documents::{DocumentKind, DocumentService as _},
    id::{SessionId, UserId},
    loans::{ApplyRequest, LoanService as _, Purpose, QuoteRequest},
    payments::{Method, PaymentPurpose},
    users::{BankAccountInput, IdentityDecision, KycStatus, ProfileChange, UserService as _},
};
use people::{Borrower, History};
use std::sync::{Arc, Mutex, PoisonError};
use time::{Date, Duration, OffsetDateTime, Time, UtcOffset};

/// A clock that a seeding sets.
struct SeedClock(Mutex<OffsetDateTime>);

impl SeedClock {
    fn set(&self, at: OffsetDateTime) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }
}

impl Clock for SeedClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts in staff and borrowers and prints how they sign in.
pub async fn run() -> Outcome {
    let (present, config) = services(5).await?;
    if config.environment == Environment::Production {
        return Err("seed puts in people with a known password: refused in production".into());
    }
    let now = present.core.clock.now();
    let clock = Arc::new(SeedClock(Mutex::new(now)));
    let past = with_clock(&present, &config, clock.clone())?;
    let analyst = seed_staff(&present, &config.demo_password).await?;
    for borrower in people::borrowers() {
        let user = present
            .auth
            .seed_account(borrower.account(&config.demo_password))
            .await?;
        let began = first_day(&borrower.history, jakarta_date(now))?;
        if borrower.history != History::None {
            clock.set(at_ten(began));
            verify(&past, user, analyst, &borrower).await?;
            lend(&past, user, &borrower, began).await?;
            jobs::run_pending(&past).await?;
        }
    }
    println!(
        "Borrowers ({}/masuk), password {}:",
        config.public_origin,
        config.demo_password.expose()
    );
    for borrower in people::borrowers() {
        println!("  {:<18} {:<15} {}", borrower.email, borrower.phone, borrower.words);
    }
    println!("Staff (/petugas/masuk), the same password:");
    for (role, name) in people::STAFF {
        println!("  {:<26} {name}", format!("{}@sanggup.test", role.as_str()));
    }
    Ok(())
}

/// The same services, with a clock of ours.
fn with_clock(
    present: &Services,
    config: &Config,
    clock: Arc<SeedClock>,
) -> Result<Services, Box<dyn std::error::Error + Send + Sync>> {
    let core = ::services::Core {
        clock,
        ..present.core.clone()
    };
    Ok(Services::new(core, config, Gateways::new(config)?))
}

async fn seed_staff(present: &Services, password: &Secret) -> Result<UserId, Box<dyn std::error::Error + Send + Sync>> {
    let mut analyst = None;
    for (role, name) in people::STAFF {
        let user = present.auth.seed_account(people::staff(role, name, password)).await?;
        if role == Role::Analyst {
            analyst = Some(user);
        }
    }
    analyst.ok_or_else(|| "no analyst among the demo staff".into())
}

/// Papers, account, income, and an officer's yes.
async fn verify(past: &Services, user: UserId, analyst: UserId, borrower: &Borrower) -> Outcome {
    let actor = session_of(past, user, Role::Borrower);
    let profile = past.users.profile(&actor).await?;
    if profile.bank_account.is_none() {
        let change = ProfileChange {
            monthly_income: Some(Rupiah::new(borrower.income)),
            other_instalments: Some(Rupiah::new(borrower.other_instalments)),
            bank_account: Some(BankAccountInput {
                bank: "BCA".into(),
                number: borrower.account_number.into(),
            }),
            ..ProfileChange::default()
        };
        past.users.update_profile(&actor, change).await?;
    }
    if profile.kyc_status == KycStatus::Verified {
        return Ok(());
    }
    for (kind, picture) in [
        (DocumentKind::IncomeProof, pictures::payslip(borrower)?),
        (DocumentKind::Ktp, pictures::card(borrower)?),
        (DocumentKind::Selfie, pictures::face(borrower)?),
    ] {
        past.documents.upload(&actor, kind, picture).await?;
    }
    past.users.papers_complete(&Actor::system(), user).await?;
    let analyst = session_of(past, analyst, Role::Analyst);
    past.users
        .decide_identity(&analyst, user, IdentityDecision::Approve)
        .await?;
    let papers = past.documents.list_of(&analyst, user).await?;
    for proof in papers.iter().filter(|paper| paper.kind == DocumentKind::IncomeProof) {
        past.documents.view(&analyst, proof.id, "income check").await?;
        past.documents
            .accept_income(&analyst, proof.id, Rupiah::new(borrower.income))
            .await?;
    }
    Ok(())
}

/// A loan that began on `began`, with the payments made since.
async fn lend(past: &Services, user: UserId, borrower: &Borrower, began: Date) -> Outcome {
    let Some((amount, tenor, paid)) = borrower.history.loan() else {
        return Ok(());
    };
    let actor = session_of(past, user, Role::Borrower);
    if !past.loans.list(&actor, PageRequest::default()).await?.items.is_empty() {
        return Ok(());
    }
    let quote = past
        .loans
        .quote(
            &actor,
            QuoteRequest {
                amount,
                tenor,
                product: None,
            },
            "seed-quote-00000001",
        )
        .await?;
    let request = ApplyRequest {
        quote_id: quote.id,
        disclosure_hash: quote.disclosure_hash.clone(),
        accepted: true,
        purpose: Purpose::Household,
        monthly_income: Rupiah::new(borrower.income),
        other_instalments: Rupiah::new(borrower.other_instalments),
    };
    let loan = past.loans.apply(&actor, request, "seed-apply-00000001").await?;
    past.loans.decide_by_engine(&Actor::system(), loan.id).await?;
    let due_dates = quote.simulation.schedule.lines.iter().map(|line| line.due_on);
    let payments: Vec<_> = due_dates
        .take(paid)
        .map(|due_on| PastPayment {
            paid_at: at_ten(due_on),
            purpose: PaymentPurpose::Instalment,
            method: Method::Qris,
            amount: None,
        })
        .collect();
    let open = past.loans.prepare_account(loan.id).await?;
    past.payments
        .seed_history(open, at_ten(began) + Duration::minutes(15), &payments)
        .await?;
    past.loans.follow_payments(&Actor::system(), loan.id).await?;
    Ok(())
}

/// The day a history begins, so that today shows what the design shows.
fn first_day(history: &History, today: Date) -> Result<Date, Box<dyn std::error::Error + Send + Sync>> {
    let day = match history {
        History::None | History::Verified => add_days(today, -30)?,
        History::Running => add_months(add_days(today, 11)?, -3, MonthEnd::Clamp)?,
        History::Overdue => add_months(add_days(today, -3)?, -3, MonthEnd::Clamp)?,
        History::Closed => add_months(add_days(today, -20)?, -3, MonthEnd::Clamp)?,
    };
    Ok(day)
}

fn session_of(past: &Services, user_id: UserId, role: Role) -> Actor {
    let clock = &past.core.clock;
    let session = Session {
        id: SessionId(clock.new_id()),
        user_id,
        role,
        name: String::new(),
        authenticated_at: clock.now(),
    };
    Actor::signed_in(
        session,
        domain::Origin {
            device: "server seed".into(),
            ..domain::Origin::default()
        },
    )
}

/// Ten in the morning in Jakarta.
fn at_ten(day: Date) -> OffsetDateTime {
    const JAKARTA: UtcOffset = match UtcOffset::from_hms(7, 0, 0) {
        Ok(offset) => offset,
        Err(_) => UtcOffset::UTC,
    };
    let ten = Time::from_hms(10, 0, 0).unwrap_or(Time::MIDNIGHT);
    day.with_time(ten).assume_offset(JAKARTA).to_offset(UtcOffset::UTC)
}
