//! Statements that several use cases of payments share. Row locks are taken in one order: account, then payout or
//! charge.

use super::Moment;
use crate::failure::{Failure, Fallible};
use domain::{
    Rupiah,
    id::{LoanId, PaymentId, PayoutId, UserId},
    loans::product::PrepayMode,
    payments::{
        Instruction, Method, Payment, PaymentPurpose, PaymentStatus, PayoutStatus,
        servicing::{Contract, Event, EventKind, cap_check},
    },
};
use sqlx::{PgConnection, types::Json};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// Where an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AccountState {
    /// The money did not arrive yet.
    Open,
    /// Money is owed.
    Running,
    /// Everything is paid.
    Closed,
    /// No money was lent, or it came back.
    Cancelled,
}

impl AccountState {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Running => "running",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
        }
    }

    pub(super) fn parse(text: &str) -> Fallible<Self> {
        [Self::Open, Self::Running, Self::Closed, Self::Cancelled]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| unknown("account state", text))
    }
}

/// A stored word that is not one of its set.
pub(super) fn unknown(what: &str, text: &str) -> Failure {
    Failure::broken(format!("{what} {text:?} is not known"))
}

/// An account whose row is locked.
#[derive(Debug)]
pub(super) struct LockedAccount {
    pub(super) loan_id: LoanId,
    pub(super) user_id: UserId,
    pub(super) state: AccountState,
    pub(super) contract: Contract,
    /// The books stand at the opening of this day; set once the money arrived.
    pub(super) advanced_to: Option<Date>,
}

impl LockedAccount {
    /// Whether money was lent and stayed: payments of such an account are events of its life.
    pub(super) fn is_lent(&self) -> bool {
        matches!(self.state, AccountState::Running | AccountState::Closed)
    }

    /// The day to whose opening the books stand.
    pub(super) fn advanced(&self) -> Fallible<Date> {
        self.advanced_to
            .ok_or_else(|| Failure::broken(format!("account {} has not started", self.loan_id)))
    }
}

/// Locks the account of a loan until the transaction ends; with `owner`, only when it is theirs.
pub(super) async fn lock_account(
    connection: &mut PgConnection,
    loan_id: LoanId,
    owner: Option<UserId>,
) -> Fallible<Option<LockedAccount>> {
    let row = sqlx::query!(
        r#"with account as (
               select loan_id, user_id, state, contract
                 from payments.account
                where loan_id = $1
                  and ($2::uuid is null or user_id = $2)
                  for update
           ),
           standing as (
               select advanced_to from payments.standing where loan_id = $1 for update
           )
           select loan_id, user_id, state, contract as "contract: Json<Contract>", advanced_to as "advanced_to?"
             from account
             left join standing on true"#,
        loan_id.0,
        owner.map(|owner| owner.0),
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        Ok(LockedAccount {
            loan_id: row.loan_id.into(),
            user_id: row.user_id.into(),
            state: AccountState::parse(&row.state)?,
            contract: row.contract.0,
            advanced_to: row.advanced_to,
        })
    })
    .transpose()
}

/// Every event of a loan, in the order of recording.
pub(super) async fn list_events(connection: &mut PgConnection, loan_id: LoanId) -> Fallible<Vec<Event>> {
    let rows = sqlx::query!(
        r#"select seq, effective_on, recorded_on, body as "body: Json<EventKind>"
             from payments.event
            where loan_id = $1
            order by seq"#,
        loan_id.0,
    )
    .fetch_all(connection)
    .await?;
    let event = |seq, effective_on, recorded_on, kind| Event {
        seq,
        effective_on,
        recorded_on,
        kind,
    };
    Ok(rows
        .into_iter()
        .map(|row| event(row.seq, row.effective_on, row.recorded_on, row.body.0))
        .collect())
}

/// Contract and events of a loan from their stored text. Statements that read many loans take text, so that one that
/// cannot be read any more spoils no other.
pub(super) fn parse_history(contract: &str, events: &str) -> Result<(Contract, Vec<Event>), serde_json::Error> {
    Ok((serde_json::from_str(contract)?, serde_json::from_str(events)?))
}

/// The contract and every event of a loan that was lent, not locked; with `owner`, only when it is theirs.
/// `WrongState` when the money never arrived.
pub(super) async fn get_history(
    connection: &mut PgConnection,
    loan_id: LoanId,
    owner: Option<UserId>,
) -> Fallible<(Contract, Vec<Event>)> {
    let row = sqlx::query!(
        r#"select state, contract as "contract: Json<Contract>"
             from payments.account
            where loan_id = $1
              and ($2::uuid is null or user_id = $2)"#,
        loan_id.0,
        owner.map(|owner| owner.0),
    )
    .fetch_optional(&mut *connection)
    .await?
    .ok_or(domain::Error::NotFound)?;
    match AccountState::parse(&row.state)? {
        AccountState::Running | AccountState::Closed => Ok((row.contract.0, list_events(connection, loan_id).await?)),
        AccountState::Open | AccountState::Cancelled => Err(domain::Refusal::WrongState.into()),
    }
}

/// A payout whose row is locked.
#[derive(Debug)]
pub(super) struct LockedPayout {
    pub(super) id: PayoutId,
    pub(super) loan_id: LoanId,
    pub(super) amount: Rupiah,
    pub(super) status: PayoutStatus,
    pub(super) idempotency_key: Uuid,
    pub(super) payee_sealed: Option<Vec<u8>>,
    pub(super) provider_ref: Option<String>,
    pub(super) sent_at: Option<OffsetDateTime>,
    /// "BCA •••• 4821", empty until it is sent.
    pub(super) payee_label: String,
    /// A credit balance on its way back, not the money of the loan.
    pub(super) refund: bool,
}

impl LockedPayout {
    /// The last four digits of the account it was sent to.
    pub(super) fn account_ending(&self) -> Option<String> {
        let digits = self.payee_label.rsplit(|sign: char| !sign.is_ascii_digit()).next()?;
        (digits.len() == 4).then(|| digits.to_owned())
    }
}

/// The loan a payout belongs to; it never changes, so no lock is needed.
pub(super) async fn loan_of_payout(connection: &mut PgConnection, id: PayoutId) -> Fallible<Option<LoanId>> {
    let found = sqlx::query_scalar!("select loan_id from payments.payout where payout_id = $1", id.0);
    Ok(found.fetch_optional(connection).await?.map(LoanId))
}

/// Locks the account of a payout and then the payout.
pub(super) async fn lock_payout(
    connection: &mut PgConnection,
    id: PayoutId,
) -> Fallible<Option<(LockedAccount, LockedPayout)>> {
    let Some(loan_id) = loan_of_payout(connection, id).await? else {
        return Ok(None);
    };
    let account = lock_account(connection, loan_id, None)
        .await?
        .ok_or_else(|| Failure::broken(format!("payout {id} has no account")))?;
    let row = sqlx::query!(
        r#"select payout_id, loan_id, amount, status, idempotency_key, payee_sealed, provider_ref, sent_at,
                  payee_label, purpose = 'refund' as "refund!"
             from payments.payout
            where payout_id = $1
              for update"#,
        id.0,
    )
    .fetch_one(connection)
    .await?;
    let payout = LockedPayout {
        id: row.payout_id.into(),
        loan_id: row.loan_id.into(),
        amount: Rupiah::new(row.amount),
        status: PayoutStatus::parse(&row.status).ok_or_else(|| unknown("payout status", &row.status))?,
        idempotency_key: row.idempotency_key,
        payee_sealed: row.payee_sealed,
        provider_ref: row.provider_ref,
        sent_at: row.sent_at,
        payee_label: row.payee_label,
        refund: row.refund,
    };
    Ok(Some((account, payout)))
}

/// Sets the state of a locked account.
pub(super) async fn set_account_state(
    connection: &mut PgConnection,
    loan_id: LoanId,
    state: AccountState,
) -> Fallible<()> {
    sqlx::query!(
        "update payments.account set state = $2 where loan_id = $1",
        loan_id.0,
        state.as_str()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// An attempt to pay, with or without a lock on its row.
#[derive(Debug, Clone)]
pub(super) struct Charge {
    pub(super) id: PaymentId,
    pub(super) order_id: String,
    pub(super) loan_id: LoanId,
    pub(super) purpose: PaymentPurpose,
    pub(super) method: Method,
    pub(super) amount: Rupiah,
    pub(super) prepay: Option<PrepayMode>,
    pub(super) status: PaymentStatus,
    pub(super) expires_at: Option<OffsetDateTime>,
    pub(super) claimed_at: Option<OffsetDateTime>,
}

impl Charge {
    /// Whether the borrower may still pay it.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.status, PaymentStatus::Created | PaymentStatus::Pending)
    }
}

struct ChargeRow {
    payment_id: Uuid,
    order_id: String,
    loan_id: Uuid,
    purpose: String,
    method: String,
    amount: i64,
    prepay: Option<String>,
    status: String,
    expires_at: Option<OffsetDateTime>,
    claimed_at: Option<OffsetDateTime>,
}

impl ChargeRow {
    fn charge(self) -> Fallible<Charge> {
        Ok(Charge {
            id: self.payment_id.into(),
            order_id: self.order_id,
            loan_id: self.loan_id.into(),
            purpose: PaymentPurpose::parse(&self.purpose).ok_or_else(|| unknown("purpose", &self.purpose))?,
            method: Method::parse(&self.method).ok_or_else(|| unknown("method", &self.method))?,
            amount: Rupiah::new(self.amount),
            prepay: self
                .prepay
                .map(|mode| mode.parse().map_err(Failure::broken))
                .transpose()?,
            status: PaymentStatus::parse(&self.status).ok_or_else(|| unknown("payment status", &self.status))?,
            expires_at: self.expires_at,
            claimed_at: self.claimed_at,
        })
    }
}

/// A charge as it is now, not locked.
pub(super) async fn find_charge(connection: &mut PgConnection, id: PaymentId) -> Fallible<Option<Charge>> {
    sqlx::query_as!(
        ChargeRow,
        "select payment_id, order_id, loan_id, purpose, method, amount, prepay, status, expires_at, claimed_at
           from payments.charge
          where payment_id = $1",
        id.0,
    )
    .fetch_optional(connection)
    .await?
    .map(ChargeRow::charge)
    .transpose()
}

/// Locks the account of a charge and then the charge; with `owner`, only when it is theirs.
pub(super) async fn lock_charge(
    connection: &mut PgConnection,
    id: PaymentId,
    owner: Option<UserId>,
) -> Fallible<Option<(LockedAccount, Charge)>> {
    let found = sqlx::query_scalar!("select loan_id from payments.charge where payment_id = $1", id.0);
    let Some(loan_id) = found.fetch_optional(&mut *connection).await? else {
        return Ok(None);
    };
    let Some(account) = lock_account(connection, loan_id.into(), owner).await? else {
        return Ok(None);
    };
    let charge = sqlx::query_as!(
        ChargeRow,
        "select payment_id, order_id, loan_id, purpose, method, amount, prepay, status, expires_at, claimed_at
           from payments.charge
          where payment_id = $1
            for update",
        id.0,
    )
    .fetch_one(connection)
    .await?
    .charge()?;
    if charge.loan_id != account.loan_id {
        // Two people credited its money to another loan while we waited: the next try locks that one.
        return Err(domain::Error::Busy { retry_after: 1 }.into());
    }
    Ok(Some((account, charge)))
}

/// Sets the status of a locked charge.
pub(super) async fn set_charge_status(
    connection: &mut PgConnection,
    id: PaymentId,
    status: PaymentStatus,
) -> Fallible<()> {
    sqlx::query!(
        "update payments.charge set status = $2 where payment_id = $1",
        id.0,
        status.as_str()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Cancels the open attempts of a locked account; returns what must also be cancelled at the gateway.
pub(super) async fn cancel_open_charges(connection: &mut PgConnection, loan_id: LoanId) -> Fallible<Vec<PaymentId>> {
    let cancelled = sqlx::query_scalar!(
        "update payments.charge
            set status = 'cancelled'
          where loan_id = $1
            and status in ('created', 'pending')
         returning payment_id",
        loan_id.0,
    )
    .fetch_all(connection)
    .await?;
    Ok(cancelled.into_iter().map(PaymentId).collect())
}

/// A new attempt to pay of a locked account.
pub(super) async fn insert_charge(
    connection: &mut PgConnection,
    account: &LockedAccount,
    charge: &Charge,
    events: &[Event],
    at: Moment,
) -> Fallible<()> {
    let cap = cap_check(&account.contract, events, at.today).map_err(Failure::broken)?;
    sqlx::query!(
        "insert into payments.charge
             (payment_id, order_id, loan_id, user_id, purpose, method, amount, status, created_at, expires_at, cap_id,
              cap_benefit, cap_days, cap_ratio_ppm, prepay)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        charge.id.0,
        charge.order_id,
        charge.loan_id.0,
        account.user_id.0,
        charge.purpose.as_str(),
        charge.method.as_str(),
        charge.amount.get(),
        charge.status.as_str(),
        at.now,
        charge.expires_at,
        cap.as_ref().map(|cap| cap.cap_id.as_str()),
        cap.as_ref().map(|cap| cap.benefit.get()),
        cap.as_ref()
            .map(|cap| i32::try_from(cap.days))
            .transpose()
            .map_err(Failure::broken)?,
        cap.as_ref().map(|cap| cap.ppm),
        charge.prepay.map(PrepayMode::as_str),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A payment as its payer sees it.
pub(super) struct PaymentRow {
    payment_id: Uuid,
    order_id: String,
    loan_id: Uuid,
    purpose: String,
    method: String,
    amount: i64,
    status: String,
    instruction: Option<Json<Instruction>>,
    expires_at: Option<OffsetDateTime>,
    paid_at: Option<OffsetDateTime>,
    created_at: OffsetDateTime,
}

impl TryFrom<PaymentRow> for Payment {
    type Error = Failure;

    fn try_from(row: PaymentRow) -> Fallible<Self> {
        Ok(Self {
            id: row.payment_id.into(),
            order_id: row.order_id,
            loan_id: row.loan_id.into(),
            purpose: PaymentPurpose::parse(&row.purpose).ok_or_else(|| unknown("purpose", &row.purpose))?,
            method: Method::parse(&row.method).ok_or_else(|| unknown("method", &row.method))?,
            amount: Rupiah::new(row.amount),
            status: PaymentStatus::parse(&row.status).ok_or_else(|| unknown("payment status", &row.status))?,
            instruction: row.instruction.map(|instruction| instruction.0),
            expires_at: row.expires_at,
            paid_at: row.paid_at,
            created_at: row.created_at,
        })
    }
}

/// One payment; with `owner`, only when it is theirs.
pub(super) async fn find_payment(
    connection: &mut PgConnection,
    id: PaymentId,
    owner: Option<UserId>,
) -> Fallible<Option<Payment>> {
    sqlx::query_as!(
        PaymentRow,
        r#"select c.payment_id, c.order_id, c.loan_id, c.purpose, c.method, c.amount, c.status,
                  c.instruction as "instruction: Json<Instruction>", c.expires_at, p.paid_at as "paid_at?", c.created_at
             from payments.charge c
             left join payments.payment p using (payment_id)
            where c.payment_id = $1
              and ($2::uuid is null or c.user_id = $2)"#,
        id.0,
        owner.map(|owner| owner.0),
    )
    .fetch_optional(connection)
    .await?
    .map(Payment::try_from)
    .transpose()
}

/// The payments of a loan, newest first; with `owner`, only theirs.
pub(super) async fn list_payments(
    connection: &mut PgConnection,
    loan_id: LoanId,
    owner: Option<UserId>,
) -> Fallible<Vec<Payment>> {
    let rows = sqlx::query_as!(
        PaymentRow,
        r#"select c.payment_id, c.order_id, c.loan_id, c.purpose, c.method, c.amount, c.status,
                  c.instruction as "instruction: Json<Instruction>", c.expires_at, p.paid_at as "paid_at?", c.created_at
             from payments.charge c
             left join payments.payment p using (payment_id)
            where c.loan_id = $1
              and ($2::uuid is null or c.user_id = $2)
            order by c.created_at desc, c.payment_id desc"#,
        loan_id.0,
        owner.map(|owner| owner.0),
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Payment::try_from).collect()
}
