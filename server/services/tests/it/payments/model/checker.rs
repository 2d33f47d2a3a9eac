//! The checker: the gateways' records, plain SQL, and a loan calculator of a page that knows the one product of these
//! histories. It asks the product nothing and uses none of its rules.
//!
//! The product: Rp1.200.000 flat, 2 % a month, six months: each instalment 200.000 principal and 24.000 interest.
//! Interest before principal before late fee, oldest instalment first, surplus to the next ones (lending.md 8.2).
//! Loans with a late fee (0.1 % a day of overdue principal, floored once for each instalment, none while a claim is
//! open) see no reversal; only they see refunds.

use super::machine::{Loan, Machine};
use domain::id::LoanId;
use serde_json::Value;
use sqlx::{PgPool, Row as _};
use std::collections::{BTreeMap, HashMap, HashSet};
use time::{Date, Duration, Month};
use uuid::Uuid;

pub(super) const PRINCIPAL: i64 = 1_200_000;
const PART: i64 = 200_000;
const INTEREST: i64 = 24_000;
const COUNT: u8 = 6;

/// What happened to a loan, in the order of the books.
#[derive(Debug, Clone, Copy)]
enum Happened {
    /// Money came in; `may_end`: for purpose `amount` or `payoff`, which pays everything off when it is enough.
    Paid { amount: i64, may_end: bool },
    /// "I have paid", about this instalment.
    Claimed { instalment: i64 },
    /// The gateway knows whether that was so.
    Answered { confirmed: bool },
    /// The credit went back, or, above zero, came again.
    Credited(i64),
}

#[derive(Debug, PartialEq, Eq, Default)]
struct Balances {
    principal: i64,
    accrued: i64,
    unearned: i64,
    late_fees: i64,
    credit: i64,
    earned: i64,
    earned_late: i64,
}

struct Line {
    start: Date,
    due: Date,
    interest: i64,
    principal_paid: i64,
    interest_paid: i64,
    late_paid: i64,
    /// Millionths of a rupiah.
    late_sum: i64,
    /// Interest grows no more from the day after this one.
    ended: Option<Date>,
}

impl Line {
    /// Interest grown by the end of the day before `on` opens, that is up to `on`.
    fn accrued(&self, on: Date) -> i64 {
        let on = self.ended.map_or(on, |ended| ended.min(on)).min(self.due);
        if on <= self.start {
            return 0;
        }
        let (days, all) = ((on - self.start).whole_days(), (self.due - self.start).whole_days());
        let (whole, rest) = (INTEREST * days / all, INTEREST * days % all);
        // Half to even.
        whole + i64::from(rest * 2 > all || (rest * 2 == all && whole % 2 == 1))
    }

    fn late(&self) -> i64 {
        self.late_sum / 1_000_000
    }
}

fn months_later(date: Date, months: u8) -> Date {
    let index = i32::from(u8::from(date.month())) - 1 + i32::from(months);
    let month = Month::try_from(u8::try_from(index % 12 + 1).expect("a month")).expect("a month");
    let year = date.year() + index / 12;
    Date::from_calendar_date(year, month, date.day().min(month.length(year))).expect("a date")
}

/// What the books of one loan must say at the opening of `today` and after the payments of that day.
fn predict(start: Date, today: Date, late_fee: bool, history: &[(Date, Happened)]) -> Balances {
    let mut lines: Vec<Line> = (0..COUNT)
        .map(|k| Line {
            start: months_later(start, k),
            due: months_later(start, k + 1),
            interest: INTEREST,
            principal_paid: 0,
            interest_paid: 0,
            late_paid: 0,
            late_sum: 0,
            ended: None,
        })
        .collect();
    let (mut credit, mut day) = (0, start);
    // Late fees stop for a claim, but not for the second one about an instalment whose first was not true.
    let (mut claimed, mut frozen, mut refuted) = (None, false, HashSet::new());
    loop {
        if day > start && late_fee && !frozen {
            for line in lines.iter_mut().filter(|line| line.due < day) {
                line.late_sum += (PART - line.principal_paid) * 1_000;
            }
        }
        for (_, happened) in history.iter().filter(|(on, _)| *on == day) {
            let (amount, may_end) = match *happened {
                Happened::Paid { amount, may_end } => (amount, may_end),
                Happened::Claimed { instalment } => {
                    frozen = !refuted.contains(claimed.get_or_insert(instalment));
                    continue;
                }
                Happened::Answered { confirmed } => {
                    frozen = false;
                    refuted.extend(claimed.take().filter(|_| !confirmed));
                    continue;
                }
                Happened::Credited(more) => {
                    credit += more;
                    continue;
                }
            };
            if may_end && amount >= payoff(&lines, day) - credit {
                for line in lines.iter_mut().filter(|line| line.due > day) {
                    line.ended = Some(line.ended.unwrap_or(day));
                    line.interest = line.accrued(day);
                }
            }
            let mut left = amount + credit;
            for line in &mut lines {
                // What was paid ahead and is not owed any more comes back first.
                left += (line.interest_paid - line.interest).max(0);
                line.interest_paid = line.interest_paid.min(line.interest);
            }
            for line in &mut lines {
                let late = line.late();
                for (paid, owed) in [
                    (&mut line.interest_paid, line.interest),
                    (&mut line.principal_paid, PART),
                    (&mut line.late_paid, late),
                ] {
                    let part = left.min(owed - *paid);
                    *paid += part;
                    left -= part;
                }
            }
            credit = left;
        }
        if day == today {
            break;
        }
        day += Duration::DAY;
    }
    let mut found = Balances {
        credit,
        ..Balances::default()
    };
    for line in &lines {
        let accrued = line.accrued(today);
        found.principal += PART - line.principal_paid;
        found.accrued += (accrued - line.interest_paid).max(0);
        found.unearned += (line.interest_paid - accrued).max(0);
        found.late_fees += line.late() - line.late_paid;
        found.earned += accrued;
        found.earned_late += line.late();
    }
    found
}

/// Everything owed on `day` (lending.md 8.5), before credit.
fn payoff(lines: &[Line], day: Date) -> i64 {
    let owed = |line: &Line| {
        let interest = if line.due <= day {
            line.interest
        } else {
            line.accrued(day)
        };
        PART - line.principal_paid + interest - line.interest_paid + line.late() - line.late_paid
    };
    lines.iter().map(owed).sum()
}

pub(super) async fn one(books: &PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(books).await.expect(sql)
}

/// Balance of an account over all loans, debits less credits.
async fn balance(books: &PgPool, account: &str) -> i64 {
    let sql = "select coalesce(sum(debit - credit), 0)::bigint from payments.posting where account = $1";
    sqlx::query_scalar(sql).bind(account).fetch_one(books).await.expect(sql)
}

/// What a history came to, so that nobody takes quiet histories for a proof.
pub(super) const COUNTED: [(&str, &str); 10] = [
    (
        "payments credited",
        "select count(*) from payments.charge where status = 'posted'",
    ),
    (
        "taken back",
        "select count(*) from payments.charge join payments.payment using (payment_id) where status = 'reversed'",
    ),
    (
        "in suspense",
        "select count(*) from payments.charge where status = 'mismatch'",
    ),
    (
        "loans lent",
        "select count(*) from payments.account where state in ('running', 'closed')",
    ),
    (
        "loans paid off",
        "select count(*) from payments.account where state = 'closed'",
    ),
    (
        "payouts failed or given back",
        "select count(*) from payments.payout where status in ('failed', 'reversed', 'cancelled')",
    ),
    ("notices taken", "select count(*) from payments.inbox"),
    (
        "refunds sent",
        "select count(*) from payments.payout where purpose = 'refund' and sent_at is not null",
    ),
    (
        "claims on late fees",
        "select count(*) from payments.event join payments.account using (loan_id)
          where body ->> 'kind' = 'claim_opened' and contract -> 'late_fee' ->> 'ppm' <> '0'",
    ),
    (
        "late fees",
        "select count(*) from payments.posting where account = '1130'",
    ),
];

/// Panics with what does not hold; else tells how much of everything there was.
pub(super) async fn check(machine: &Machine) -> [i64; COUNTED.len()] {
    let books = &machine.world.owner;
    nothing_is_crooked(books).await;
    let orders = machine.orders().await;
    let payouts = machine.payouts().await;
    in_matches(books, &orders, &machine.acknowledged).await;
    let loans: Vec<LoanId> = machine.loans.iter().map(|loan| loan.id).collect();
    out_matches(books, &payouts, &loans).await;
    for loan in &machine.loans {
        loan_matches(machine, books, loan).await;
    }
    let answered = answers_are_kept(machine, books).await;
    assert_eq!(answered, Ok(()));
    let agree = machine.world.services.payments.prove(None).await.expect("a proof");
    assert_eq!(agree.drifts, [], "the product's own proof");
    let mut counts = [0; COUNTED.len()];
    for (count, (_, sql)) in counts.iter_mut().zip(COUNTED) {
        *count = one(books, sql).await;
    }
    counts
}

/// Each journal balances, all together too; nothing is there twice.
pub(super) async fn nothing_is_crooked(books: &PgPool) {
    let crooked = "select count(*) from (
        select from payments.ledger_entry group by journal_id having sum(debit) <> sum(credit)) crooked";
    assert_eq!(one(books, crooked).await, 0, "journals that do not balance");
    let total = "select coalesce(sum(debit - credit), 0)::bigint from payments.posting";
    assert_eq!(one(books, total).await, 0, "the whole ledger");
    let doubled = "select count(*) from (
        select from payments.payment group by provider, provider_ref having count(*) > 1
        union all
        select from payments.event
         where (body ? 'reference' or body -> 'payment' ? 'reference') and body ->> 'kind' not like 'refund_%'
         group by loan_id, body having count(*) > 1
        union all
        select from payments.journal where reversal_of is not null group by reversal_of having count(*) > 1) doubled";
    assert_eq!(one(books, doubled).await, 0, "money counted twice");
    let orphans = "select count(*) from payments.payment p
        where not exists (select from payments.event e where e.loan_id = p.loan_id and e.seq = p.event_seq)
           or not exists (select from payments.charge c
                           where c.payment_id = p.payment_id and c.amount = p.amount and c.loan_id = p.loan_id
                             and c.status in ('posted', 'reversed', 'mismatch'))";
    assert_eq!(one(books, orphans).await, 0, "payments without their attempt");
    let left = "select (select count(*) from payments.inbox where processed_at is null)
                     + (select count(*) from payments.charge where status = 'created')
                     + (select count(*) from payments.payout where status in ('created', 'sent', 'in_progress', 'in_doubt'))";
    assert_eq!(one(books, left).await, 0, "work that never ends");
}

/// What was acknowledged is credited, what is credited was sent, each once; the rest is in suspense or nowhere.
pub(super) async fn in_matches(books: &PgPool, orders: &[Value], acknowledged: &HashSet<String>) {
    let rows = sqlx::query(
        "select c.order_id, c.status, c.amount, a.state, (p.payment_id is not null) as credited
           from payments.charge c
           join payments.account a using (loan_id)
           left join payments.payment p using (payment_id)",
    )
    .fetch_all(books)
    .await
    .expect("charges");
    let charges: HashMap<String, (String, i64, String, bool)> = rows
        .iter()
        .map(|row| {
            (
                row.get("order_id"),
                (
                    row.get("status"),
                    row.get("amount"),
                    row.get("state"),
                    row.get("credited"),
                ),
            )
        })
        .collect();
    let mut sent: HashMap<&str, &Value> = HashMap::new();
    let (mut received, mut suspended) = (0, 0);
    for order in orders {
        let id = order["order_id"].as_str().expect("an order");
        sent.insert(id, order);
        let (status, amount, state, credited) = charges.get(id).unwrap_or_else(|| panic!("{id} was not asked for"));
        let settled = order["status"] == "settlement";
        let money = if settled {
            order["paid_amount"].as_i64().expect("an amount")
        } else {
            0
        };
        received += money;
        let told = format!("{id}: ours {status}, {credited}; theirs {order}");
        match (settled, status.as_str()) {
            (true, "posted") => assert!(*credited && money == *amount, "{told}"),
            (true, "mismatch") => {
                // What paid a loan whose own payout came back after it was a payment once.
                assert!(money != *amount && !credited || state == "cancelled", "{told}");
                suspended += money;
            }
            (false, "reversed") => {}
            (false, "posted" | "mismatch") | (true, _) => panic!("{told}"),
            (false, _) => assert!(!credited, "{told}"),
        }
        if acknowledged.contains(id) {
            assert!(
                ["posted", "mismatch", "reversed"].contains(&status.as_str()) || !settled,
                "acknowledged: {told}"
            );
        }
    }
    for (id, (status, _, _, credited)) in &charges {
        assert!(
            !credited || sent.contains_key(id.as_str()),
            "{id} is {status} and nobody paid it"
        );
    }
    assert_eq!(balance(books, "1020").await, received, "money in");
    assert_eq!(balance(books, "2120").await, -suspended, "money in suspense");
}

/// Of each loan at most one payout arrived, and the loan runs exactly when one did.
pub(super) async fn out_matches(books: &PgPool, payouts: &[Value], loans: &[LoanId]) {
    let rows = sqlx::query("select payout_id, loan_id, status, amount, purpose from payments.payout")
        .fetch_all(books)
        .await
        .expect("payouts");
    let ours: HashMap<String, (Uuid, String, i64, String)> = rows
        .iter()
        .map(|row| {
            (
                row.get::<Uuid, _>("payout_id").to_string(),
                (
                    row.get("loan_id"),
                    row.get("status"),
                    row.get("amount"),
                    row.get("purpose"),
                ),
            )
        })
        .collect();
    let mut arrived: BTreeMap<Uuid, i64> = BTreeMap::new();
    let mut paid = 0;
    for payout in payouts {
        let reference = payout["reference_id"].as_str().expect("a reference");
        let (loan, status, amount, purpose) = ours.get(reference).unwrap_or_else(|| panic!("{reference} is not ours"));
        assert_eq!(payout["amount"], *amount, "{payout}");
        let is_there = payout["status"] == "SUCCEEDED";
        let told = format!("ours {status}; theirs {payout}");
        assert_eq!(is_there, status == "succeeded", "{told}");
        if is_there {
            *arrived.entry(*loan).or_default() += i64::from(purpose == "loan");
            paid += amount;
        }
    }
    for loan in loans {
        let times = arrived.get(&loan.0).copied().unwrap_or(0);
        assert!(times <= 1, "{loan} was paid out {times} times");
        let sql = "select state from payments.account where loan_id = $1";
        let state: String = sqlx::query_scalar(sql).bind(loan.0).fetch_one(books).await.expect(sql);
        assert_eq!(
            times == 1,
            ["running", "closed"].contains(&state.as_str()),
            "{loan}: {state}"
        );
    }
    assert_eq!(balance(books, "1010").await, -paid, "money out");
}

/// The balances of one loan are what its payments make them.
async fn loan_matches(machine: &Machine, books: &PgPool, loan: &Loan) {
    let sql = "select state, started_on from payments.account where loan_id = $1";
    let row = sqlx::query(sql).bind(loan.id.0).fetch_one(books).await.expect(sql);
    let state: String = row.get("state");
    let lent = ["running", "closed"].contains(&state.as_str());
    let rows = sqlx::query(
        "select c.order_id, c.purpose, p.amount, p.effective_on, p.event_seq
           from payments.payment p
           join payments.charge c using (payment_id)
          where p.loan_id = $1 and c.status = 'posted'",
    )
    .bind(loan.id.0)
    .fetch_all(books)
    .await
    .expect("payments");
    let mut history: Vec<(Date, i64, Happened)> = rows
        .iter()
        .map(|row| {
            let paid = Happened::Paid {
                amount: row.get("amount"),
                may_end: row.get::<String, _>("purpose") != "instalment",
            };
            (row.get("effective_on"), row.get("event_seq"), paid)
        })
        .collect();
    let paid: i64 = rows.iter().map(|row| row.get::<i64, _>("amount")).sum();
    let others = others(books, loan.id).await;
    let sent_back: i64 = others
        .iter()
        .map(|(_, _, other)| if let Happened::Credited(more) = other { -more } else { 0 })
        .sum();
    history.extend(others);
    history.sort_by_key(|(on, seq, _)| (*on, *seq));
    let history: Vec<(Date, Happened)> = history.into_iter().map(|(on, _, happened)| (on, happened)).collect();
    for row in &rows {
        let (order, on): (String, Date) = (row.get("order_id"), row.get("effective_on"));
        let paid_on = machine.paid_on[&order];
        assert!(
            paid_on <= on && on <= machine.today(),
            "{order} paid on {paid_on} counts from {on}"
        );
    }
    let mut expected = Balances::default();
    if lent {
        expected = predict(row.get("started_on"), machine.today(), loan.late_fee, &history);
    }
    let sums = sqlx::query(
        "select account, sum(debit - credit)::bigint as sum from payments.posting where loan_id = $1 group by account",
    )
    .bind(loan.id.0)
    .fetch_all(books)
    .await
    .expect("balances");
    let sums: HashMap<String, i64> = sums.iter().map(|row| (row.get("account"), row.get("sum"))).collect();
    let of = |account: &str| sums.get(account).copied().unwrap_or(0);
    let found = Balances {
        principal: of("1100"),
        accrued: of("1110"),
        unearned: -of("2110"),
        late_fees: of("1130"),
        credit: -of("2100"),
        earned: -of("4010"),
        earned_late: -of("4030"),
    };
    let told = format!(
        "{} {state}, late fee {}, {history:?} by {}",
        loan.id,
        loan.late_fee,
        machine.today(),
    );
    assert_eq!(found, expected, "{told}");
    let owed = expected.principal + expected.accrued + expected.late_fees;
    assert!(!lent || (state == "closed") == (owed == 0), "{told}: {expected:?}");
    let sql = "select coalesce(sum(amount), 0)::bigint from payments.allocation where loan_id = $1";
    let spread: i64 = sqlx::query_scalar(sql)
        .bind(loan.id.0)
        .fetch_one(books)
        .await
        .expect(sql);
    assert_eq!(spread, paid - sent_back, "{told}: what the payments were spread over");
    let on_its_way = "select coalesce(sum(amount), 0)::bigint from payments.payout
        where loan_id = $1 and purpose = 'refund' and status not in ('succeeded', 'failed')";
    let on_its_way: i64 = sqlx::query_scalar(on_its_way)
        .bind(loan.id.0)
        .fetch_one(books)
        .await
        .expect(on_its_way);
    assert_eq!(-of("2140"), on_its_way, "{told}: refunds on their way");
}

/// Claims, their answers, and what refunds did to the credit, by the days of their events and the amounts of their
/// payouts.
async fn others(books: &PgPool, loan_id: LoanId) -> Vec<(Date, i64, Happened)> {
    let rows = sqlx::query(
        "select e.effective_on, e.seq, e.body ->> 'kind' as kind, (e.body ->> 'instalment')::bigint as instalment,
                (e.body ->> 'confirmed')::boolean as confirmed, p.amount
           from payments.event e
           left join payments.payout p on p.payout_id::text = e.body ->> 'reference' and p.purpose = 'refund'
          where e.loan_id = $1",
    )
    .bind(loan_id.0)
    .fetch_all(books)
    .await
    .expect("events");
    let happened = |row: &sqlx::postgres::PgRow| {
        let happened = match row.get::<&str, _>("kind") {
            "claim_opened" => Happened::Claimed {
                instalment: row.get("instalment"),
            },
            "claim_resolved" => Happened::Answered {
                confirmed: row.get("confirmed"),
            },
            "refund_asked" => Happened::Credited(-row.get::<i64, _>("amount")),
            "refund_failed" | "refund_returned" => Happened::Credited(row.get("amount")),
            _ => return None,
        };
        Some((row.get("effective_on"), row.get("seq"), happened))
    };
    rows.iter().filter_map(happened).collect()
}

/// Every payment a borrower was told of exists, one for each key.
async fn answers_are_kept(machine: &Machine, books: &PgPool) -> Result<(), String> {
    let mut seen = HashMap::new();
    for (key, payment) in &machine.answers {
        let sql = "select count(*) from payments.charge where payment_id = $1 and order_id = $2 and amount = $3 and loan_id = $4";
        let count: i64 = sqlx::query_scalar(sql)
            .bind(payment.id.0)
            .bind(&payment.order_id)
            .bind(payment.amount.get())
            .bind(payment.loan_id.0)
            .fetch_one(books)
            .await
            .expect(sql);
        if count != 1 {
            return Err(format!("{key} was answered with {payment:?}, which is not there"));
        }
        if let Some(other) = seen.insert(payment.id, key) {
            return Err(format!("{key} and {other} were answered with one payment"));
        }
    }
    Ok(())
}
