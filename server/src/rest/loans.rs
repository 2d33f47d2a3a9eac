//! Simulating, quoting, applying, and what became of it.

use super::{
    extract::{Anyone, Caller, Input, Key, id},
    problem::Problem,
    schedule::{PayoffAnswer, ScheduleAnswer, SimulationAnswer},
};
use crate::state::AppState;
use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use domain::{
    Error, Fault, PageRequest, Refusal, Rupiah,
    calendar::{days_between, parse_date},
    id::LoanId,
    loans::{ApplyRequest, Loan, Purpose, Quote, QuoteRequest, SimulationRequest},
};
use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use utoipa::{IntoParams, ToSchema};

/// How far ahead a payoff is computed: every day costs a step of the replay.
const MAX_DAYS_AHEAD: i64 = 366;

/// What to simulate.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SimulateQuery {
    /// Rupiah.
    amount: i64,
    /// Months.
    tenor_months: u32,
    /// Product code.
    product: Option<String>,
    /// Day of disbursement, YYYY-MM-DD.
    start: Option<String>,
}

/// What to quote.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuoteBody {
    /// Rupiah.
    amount: i64,
    /// Months.
    tenor_months: u32,
    /// Product code.
    product: Option<String>,
}

/// A quote.
#[derive(Serialize, ToSchema)]
pub struct QuoteAnswer {
    id: String,
    #[serde(flatten)]
    terms: SimulationAnswer,
    /// Sent back with the consent.
    disclosure_hash: String,
    agreement_version: String,
    #[schema(format = "date-time")]
    expires_at: String,
}

/// Consent and application.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplyBody {
    quote_id: String,
    disclosure_hash: String,
    /// Must be true: the borrower read and accepted what was shown.
    accepted: bool,
    /// `household`, `education`, `health`, `business`, `other`.
    purpose: String,
    /// Net, rupiah a month.
    monthly_income: i64,
    /// Elsewhere, rupiah a month.
    other_instalments: i64,
}

/// An application or loan.
#[derive(Serialize, ToSchema)]
pub struct LoanAnswer {
    id: String,
    number: String,
    /// `submitted`, `under_review`, `referred`, `declined`, `approved`, `disbursing`, `active`, `overdue`, `closed`, `cancelled`, `written_off`.
    status: &'static str,
    amount: i64,
    tenor_months: u32,
    purpose: &'static str,
    decision: Option<DecisionAnswer>,
    /// Once the money arrived.
    balances: Option<BalancesAnswer>,
    /// What to pay next.
    next_instalment: Option<NextAnswer>,
    #[schema(format = "date-time")]
    submitted_at: String,
    #[schema(format = "date-time")]
    disbursed_at: Option<String>,
    #[schema(format = "date-time")]
    closed_at: Option<String>,
}

/// Why.
#[derive(Serialize, ToSchema)]
pub struct DecisionAnswer {
    /// `approve`, `refer`, `decline`.
    outcome: &'static str,
    reasons: Vec<ReasonAnswer>,
    counter_offers: Vec<CounterOfferAnswer>,
    policy_version: u32,
    /// Share of income all instalments would take, percent.
    share_percent: Option<i64>,
    /// What an officer wrote.
    human_reason: Option<String>,
    #[schema(format = "date-time")]
    decided_at: String,
}

/// One reason.
#[derive(Serialize, ToSchema)]
pub struct ReasonAnswer {
    code: String,
    words: String,
}

/// What would be approved instead.
#[derive(Serialize, ToSchema)]
pub struct CounterOfferAnswer {
    amount: i64,
    tenor_months: u32,
    /// Largest instalment.
    instalment: i64,
    /// Against the request.
    extra_interest: i64,
    #[schema(format = "date")]
    valid_until: String,
}

/// What is owed.
#[derive(Serialize, ToSchema)]
pub struct BalancesAnswer {
    #[schema(format = "date")]
    as_of: String,
    outstanding_principal: i64,
    outstanding_interest: i64,
    fees: i64,
    late_fees: i64,
    credit: i64,
    days_past_due: u32,
    paid_instalments: u32,
    payoff_today: i64,
}

/// The bill of now.
#[derive(Serialize, ToSchema)]
pub struct NextAnswer {
    numbers: Vec<u32>,
    #[schema(format = "date")]
    due_on: String,
    amount: i64,
    late_fee: i64,
}

/// A page of applications and loans, newest first.
#[derive(Serialize, ToSchema)]
pub struct LoanList {
    items: Vec<LoanAnswer>,
    next: Option<String>,
}

/// A page of journals, oldest first.
#[derive(Serialize, ToSchema)]
pub struct LedgerList {
    items: Vec<JournalAnswer>,
    next: Option<String>,
}

/// A balanced journal.
#[derive(Serialize, ToSchema)]
pub struct JournalAnswer {
    kind: String,
    #[schema(format = "date")]
    effective_on: String,
    #[schema(format = "date-time")]
    recorded_at: String,
    entries: Vec<EntryAnswer>,
}

/// One line of a journal.
#[derive(Serialize, ToSchema)]
pub struct EntryAnswer {
    account: String,
    debit: i64,
    credit: i64,
    instalment: Option<u32>,
}

/// Which part of a list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// 1 to 100.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Which day.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DateQuery {
    /// YYYY-MM-DD, today in Jakarta when absent.
    date: Option<String>,
}

impl PageQuery {
    /// The request; a limit outside 1 to 100 is a fault.
    pub fn request(self) -> Result<PageRequest, Problem> {
        match self.limit {
            Some(limit) if !(1..=100).contains(&limit) => Err(Problem::malformed(
                "malformed",
                "limit harus 1 sampai 100.",
                vec![Fault::new("limit", "out_of_range", "1 sampai 100.")],
            )),
            limit => Ok(PageRequest {
                limit: limit.unwrap_or(20),
                after: self.after,
            }),
        }
    }
}

/// A query string that fits, or 400.
pub type Ask<T> = Result<Query<T>, axum::extract::rejection::QueryRejection>;

/// The query, or 400.
pub fn ask<T>(query: Ask<T>) -> Result<T, Problem> {
    query
        .map(|Query(query)| query)
        .map_err(|_| Problem::malformed("malformed", "Parameter alamat tidak sesuai.", Vec::new()))
}

/// Prices terms; public.
#[utoipa::path(get, path = "/api/loans/simulate", operation_id = "loans_simulate", params(SimulateQuery),
    responses((status = 200, body = SimulationAnswer), (status = 400, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn simulate(
    State(state): State<AppState>,
    Anyone(actor): Anyone,
    query: Ask<SimulateQuery>,
) -> Result<Json<SimulationAnswer>, Problem> {
    let query = ask(query)?;
    let request = SimulationRequest {
        amount: Rupiah::new(query.amount),
        tenor: query.tenor_months,
        product: query.product,
        start: query.start.as_deref().map(date_of).transpose()?,
    };
    Ok(Json((&state.backend.loans.simulate(&actor, request).await?).into()))
}

/// Prices terms for the caller and keeps them for thirty minutes.
#[utoipa::path(post, path = "/api/loans/quotes", operation_id = "loans_quote", request_body = QuoteBody, security(("bearer" = [])),
    params(("Idempotency-Key" = String, Header, description = "16 to 128 visible ASCII characters")),
    responses((status = 201, body = QuoteAnswer), (status = 400, body = Problem), (status = 401, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn quote(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Key(key): Key,
    Input(body): Input<QuoteBody>,
) -> Result<(StatusCode, Json<QuoteAnswer>), Problem> {
    let request = QuoteRequest {
        amount: Rupiah::new(body.amount),
        tenor: body.tenor_months,
        product: body.product,
    };
    let quote = state.backend.loans.quote(&actor, request, &key).await?;
    Ok((StatusCode::CREATED, Json(quote_answer(&quote))))
}

/// Applies with the consent to a quote.
#[utoipa::path(post, path = "/api/loans/apply", operation_id = "loans_apply", request_body = ApplyBody, security(("bearer" = [])),
    params(("Idempotency-Key" = String, Header, description = "16 to 128 visible ASCII characters")),
    responses((status = 201, body = LoanAnswer), (status = 400, body = Problem), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn apply(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Key(key): Key,
    Input(body): Input<ApplyBody>,
) -> Result<(StatusCode, Json<LoanAnswer>), Problem> {
    let purpose = Purpose::parse(&body.purpose).ok_or_else(|| {
        Error::fault(
            "purpose",
            "unknown",
            "Pilih household, education, health, business, atau other.",
        )
    })?;
    let request = ApplyRequest {
        quote_id: id(&body.quote_id)?,
        disclosure_hash: body.disclosure_hash,
        accepted: body.accepted,
        purpose,
        monthly_income: Rupiah::new(body.monthly_income),
        other_instalments: Rupiah::new(body.other_instalments),
    };
    let loan = state.backend.loans.apply(&actor, request, &key).await?;
    Ok((StatusCode::CREATED, Json(answer(&loan))))
}

/// The caller's applications and loans, newest first.
#[utoipa::path(get, path = "/api/loans", operation_id = "loans_list", params(PageQuery), security(("bearer" = [])),
    responses((status = 200, body = LoanList), (status = 400, body = Problem), (status = 401, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
    query: Ask<PageQuery>,
) -> Result<Json<LoanList>, Problem> {
    let page = state.backend.loans.list(&actor, ask(query)?.request()?).await?;
    Ok(Json(LoanList {
        items: page.items.iter().map(answer).collect(),
        next: page.next,
    }))
}

/// One application or loan.
#[utoipa::path(get, path = "/api/loans/{id}", operation_id = "loans_get", params(("id" = String, Path)), security(("bearer" = [])),
    responses((status = 200, body = LoanAnswer), (status = 401, body = Problem), (status = 404, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Path(loan): Path<String>,
) -> Result<Json<LoanAnswer>, Problem> {
    Ok(Json(answer(&state.backend.loans.get(&actor, id(&loan)?).await?)))
}

/// Its instalments with what is paid; before the money arrived, the agreed ones.
#[utoipa::path(get, path = "/api/loans/{id}/schedule", operation_id = "loans_schedule", params(("id" = String, Path)), security(("bearer" = [])),
    responses((status = 200, body = ScheduleAnswer), (status = 401, body = Problem), (status = 404, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn schedule(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Path(loan): Path<String>,
) -> Result<Json<ScheduleAnswer>, Problem> {
    let loan = state.backend.loans.get(&actor, id(&loan)?).await?;
    Ok(Json(match &loan.position {
        Some(position) => position.into(),
        None => (&loan.quote.simulation.schedule).into(),
    }))
}

/// Its journal.
#[utoipa::path(get, path = "/api/loans/{id}/ledger", operation_id = "loans_ledger", params(("id" = String, Path), PageQuery), security(("bearer" = [])),
    responses((status = 200, body = LedgerList), (status = 400, body = Problem), (status = 401, body = Problem), (status = 404, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn ledger(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Path(loan): Path<String>,
    query: Ask<PageQuery>,
) -> Result<Json<LedgerList>, Problem> {
    let loan: LoanId = id(&loan)?;
    let page = ask(query)?.request()?;
    // An application without an account has an empty ledger; a foreign one does not exist.
    state.backend.loans.get(&actor, loan).await?;
    let journals = match state.backend.payments.ledger(&actor, loan, page).await {
        Err(Error::NotFound) => {
            return Ok(Json(LedgerList {
                items: Vec::new(),
                next: None,
            }));
        }
        other => other?,
    };
    let items = journals.items.iter().map(|posted| JournalAnswer {
        kind: serde_json::to_value(posted.journal.kind)
            .ok()
            .and_then(|kind| kind.as_str().map(str::to_owned))
            .unwrap_or_default(),
        effective_on: posted.journal.effective_on.to_string(),
        recorded_at: instant(posted.recorded_at),
        entries: posted
            .journal
            .lines
            .iter()
            .map(|line| EntryAnswer {
                account: line.account.code().to_string(),
                debit: line.debit.get(),
                credit: line.credit.get(),
                instalment: line.instalment,
            })
            .collect(),
    });
    Ok(Json(LedgerList {
        items: items.collect(),
        next: journals.next,
    }))
}

/// What paying it off costs on a day.
#[utoipa::path(get, path = "/api/loans/{id}/payoff", operation_id = "loans_payoff", params(("id" = String, Path), DateQuery), security(("bearer" = [])),
    responses((status = 200, body = PayoffAnswer), (status = 400, body = Problem), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn payoff(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Path(loan): Path<String>,
    query: Ask<DateQuery>,
) -> Result<Json<PayoffAnswer>, Problem> {
    let loan: LoanId = id(&loan)?;
    let date = ask(query)?.date.as_deref().map(date_of).transpose()?;
    if state.backend.loans.get(&actor, loan).await?.position.is_none() {
        return Err(Error::from(Refusal::WrongState).into());
    }
    let out_of_range = || {
        Error::fault(
            "date",
            "out_of_range",
            "Pilih tanggal sejak dana diterima, paling jauh setahun dari hari ini.",
        )
    };
    if date.is_some_and(|date| days_between(crate::pages::today(&state), date) > MAX_DAYS_AHEAD) {
        return Err(out_of_range().into());
    }
    let account = state
        .backend
        .payments
        .account(&actor, loan, date)
        .await?
        .ok_or(Error::NotFound)?;
    let position = account.position.ok_or_else(out_of_range)?;
    Ok(Json((&position.payoff).into()))
}

/// Cancels before money is sent.
#[utoipa::path(post, path = "/api/loans/{id}/cancel", operation_id = "loans_cancel", security(("bearer" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = String, Header, description = "16 to 128 visible ASCII characters")),
    responses((status = 200, body = LoanAnswer), (status = 400, body = Problem), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn cancel(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Key(key): Key,
    Path(loan): Path<String>,
) -> Result<Json<LoanAnswer>, Problem> {
    let loan = state.backend.loans.cancel(&actor, id(&loan)?, Some(&key)).await?;
    Ok(Json(answer(&loan)))
}

/// Asks for a person's decision.
#[utoipa::path(post, path = "/api/loans/{id}/review", operation_id = "loans_review", security(("bearer" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = String, Header, description = "16 to 128 visible ASCII characters")),
    responses((status = 202, body = LoanAnswer), (status = 400, body = Problem), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn review(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Key(key): Key,
    Path(loan): Path<String>,
) -> Result<(StatusCode, Json<LoanAnswer>), Problem> {
    let loan = state
        .backend
        .loans
        .request_review(&actor, id(&loan)?, Some(&key))
        .await?;
    Ok((StatusCode::ACCEPTED, Json(answer(&loan))))
}

fn quote_answer(quote: &Quote) -> QuoteAnswer {
    QuoteAnswer {
        id: quote.id.to_string(),
        terms: (&quote.simulation).into(),
        disclosure_hash: quote.disclosure_hash.clone(),
        agreement_version: quote.agreement_version.clone(),
        expires_at: instant(quote.expires_at),
    }
}

fn answer(loan: &Loan) -> LoanAnswer {
    LoanAnswer {
        id: loan.id.to_string(),
        number: loan.number.clone(),
        status: loan.status.as_str(),
        amount: loan.amount().get(),
        tenor_months: loan.quote.simulation.tenor,
        purpose: loan.purpose.as_str(),
        decision: loan.decision.as_ref().map(|record| DecisionAnswer {
            outcome: record.outcome.as_str(),
            reasons: record
                .engine
                .reasons
                .iter()
                .map(|reason| ReasonAnswer {
                    code: reason.code.as_str().to_owned(),
                    words: reason.words.clone(),
                })
                .collect(),
            counter_offers: record
                .engine
                .counter_offers
                .iter()
                .map(|offer| CounterOfferAnswer {
                    amount: offer.amount.get(),
                    tenor_months: offer.tenor,
                    instalment: offer.schedule.largest().get(),
                    extra_interest: offer.extra_interest.get(),
                    valid_until: offer.valid_until.to_string(),
                })
                .collect(),
            policy_version: record.policy_version,
            share_percent: record.engine.share_percent,
            human_reason: record.human_reason.clone(),
            decided_at: instant(record.decided_at),
        }),
        balances: loan.position.as_ref().map(|position| BalancesAnswer {
            as_of: position.as_of.to_string(),
            outstanding_principal: position.outstanding_principal.get(),
            outstanding_interest: position.outstanding_interest.get(),
            fees: position.fees.get(),
            late_fees: position.late_fees.get(),
            credit: position.credit.get(),
            days_past_due: position.days_past_due,
            paid_instalments: position.paid_count,
            payoff_today: position.payoff.total.get(),
        }),
        next_instalment: loan
            .position
            .as_ref()
            .and_then(|position| position.bill.as_ref())
            .map(|bill| NextAnswer {
                numbers: bill.instalments.clone(),
                due_on: bill.due_on.to_string(),
                amount: bill.total.get(),
                late_fee: bill.late_fee.get(),
            }),
        submitted_at: instant(loan.milestones.submitted_at),
        disbursed_at: loan.milestones.disbursed_at.map(instant),
        closed_at: loan.milestones.closed_at.map(instant),
    }
}

/// An instant as RFC 3339.
pub fn instant(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}

fn date_of(text: &str) -> Result<time::Date, Problem> {
    parse_date(text).map_err(|_| {
        Problem::malformed(
            "malformed",
            "Tanggal tidak sesuai.",
            vec![Fault::new("date", "date", "Tulis tanggal sebagai TTTT-BB-HH.")],
        )
    })
}
