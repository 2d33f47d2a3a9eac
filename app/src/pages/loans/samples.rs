//! For the tests of pages: the borrower of the design kit, her quote, her loan, her position.

use domain::{
    Rupiah,
    id::{LoanId, QuoteId, UserId},
    loans::{
        DecisionRecord, Loan, LoanStatus, Milestones, Purpose, Quote, Simulation,
        cap::{first_table, select, tenor_class},
        decision::{IdentityFacts, Policy, Snapshot, decide},
        disclosure::Disclosure,
        product::{OverdueInterest, PrepayMode, Product},
        schedule::{Terms, schedule},
    },
    payments::servicing::{Contract, Event, EventKind, Position, Purpose as PaidFor, replay},
};
use time::{
    Date,
    macros::{date, datetime},
};
use uuid::Uuid;

/// The day of every sample.
pub(crate) const START: Date = date!(2026 - 09 - 05);

/// Rp3.000.000 for 6 months.
pub(crate) fn quote() -> Quote {
    quote_of(3_000_000, 6)
}

/// A quote of other terms.
pub(crate) fn quote_of(amount: i64, tenor: u32) -> Quote {
    let product = Product::sanggup_tunai();
    let amount = Rupiah::new(amount);
    let schedule = schedule(&Terms::of(&product, amount, tenor, START)).expect("a schedule");
    let class = tenor_class(START, schedule.ends_on).expect("a class");
    let table = first_table();
    let cap = select(&table, START, product.purpose_type, class).expect("a cap");
    let payee = "BCA\u{a0}••••\u{a0}4821, Sari Wulandari";
    let disclosure = Disclosure::of(&product, &schedule, &cap, payee).expect("a disclosure");
    let check = disclosure.cap.clone();
    Quote {
        id: QuoteId(Uuid::from_u128(7)),
        simulation: Simulation {
            product,
            amount,
            tenor,
            start: START,
            schedule,
            disclosure,
            cap: check,
        },
        disclosure_hash: "ab".repeat(32),
        payee_label: payee.into(),
        agreement_version: "2026-11".into(),
        expires_at: datetime!(2026-09-05 03:30 UTC),
    }
}

/// An application for `quote` that stands at `status`.
pub(crate) fn loan(status: LoanStatus, quote: Quote) -> Loan {
    Loan {
        id: LoanId(Uuid::from_u128(4)),
        number: "SGP-7K4M2".into(),
        user_id: UserId(Uuid::from_u128(1)),
        status,
        quote,
        purpose: Purpose::Household,
        monthly_income: Rupiah::new(4_500_000),
        other_instalments: Rupiah::new(350_000),
        decision: None,
        payout: None,
        last_received: None,
        position: None,
        milestones: Milestones {
            submitted_at: datetime!(2026-09-04 03:12 UTC),
            decided_at: None,
            disbursed_at: None,
            closed_at: None,
        },
        may_ask_review: false,
        review_due: None,
    }
}

/// What the engine says about `quote` for her income of Rp4.500.000 and Rp350.000 elsewhere.
pub(crate) fn decision(quote: &Quote) -> DecisionRecord {
    let snapshot = Snapshot {
        today: START,
        amount: quote.simulation.amount,
        tenor: quote.simulation.tenor,
        identity: IdentityFacts {
            verified: true,
            birth_date: date!(1995 - 08 - 17),
            mismatch: false,
            duplicate: false,
            checks: None,
        },
        income_stated: Rupiah::new(4_500_000),
        income_evidenced: Some(Rupiah::new(4_500_000)),
        obligations_stated: Rupiah::new(350_000),
        obligations_here: Rupiah::ZERO,
        bureau: None,
        online_lenders_stated: Some(0),
        ladder: Vec::new(),
        outstanding_here: Rupiah::ZERO,
        reserved_here: Rupiah::ZERO,
        overdue_here: false,
        unrecovered_loss_here: false,
        other_application_open: false,
    };
    let engine = decide(&snapshot, &Policy::first(), &quote.simulation.product, &first_table()).expect("a decision");
    DecisionRecord {
        outcome: engine.outcome,
        policy_version: engine.policy_version,
        engine,
        decided_at: datetime!(2026-09-05 03:15 UTC),
        decided_by: None,
        human_reason: None,
    }
}

/// Her contract, and `paid` instalments paid on their due dates.
pub(crate) fn history(paid: usize) -> (Contract, Vec<Event>) {
    let quote = quote();
    let product = &quote.simulation.product;
    let contract = Contract {
        terms: Terms::of(product, quote.simulation.amount, quote.simulation.tenor, START),
        late_fee: product.late_fee,
        allocation: product.allocation,
        prepay_default: PrepayMode::Next,
        total_cap_percent: 100,
        overdue_interest: OverdueInterest::None,
        cap: None,
        agreed: Vec::new(),
    };
    let events: Vec<_> = (1..)
        .zip(&quote.simulation.schedule.lines)
        .take(paid)
        .map(|(seq, line)| {
            let kind = EventKind::Payment {
                reference: format!("p{seq}"),
                amount: line.total(),
                purpose: PaidFor::Instalment,
            };
            Event::new(seq, line.due_on, line.due_on, kind)
        })
        .collect();
    (contract, events)
}

/// Her loan on `on`, after `paid` instalments paid on their due dates.
pub(crate) fn position(paid: usize, on: Date) -> Position {
    let (contract, events) = history(paid);
    replay(&contract, &events, on).expect("a position")
}
