//! An attempt to pay. Enters: a loan, a purpose, a method, a key. Leaves: a payment with its code.
//!
//! The attempt is committed before the gateway is asked, with the order id that it will always have. When the gateway
//! does not answer, the caller gets the payment in state `created`, without a code: a job goes on asking for it under
//! the same order id, and reading the payment shows it.

use super::{
    COMMANDS, Moment, Payments, books,
    follow_payment::Next,
    queries::{self, AccountState, Charge},
};
use crate::{
    audit,
    command::Command,
    failure::{Failure, Fallible},
    gateways::{
        GatewayError,
        collections::{self, Transaction, TransactionStatus},
    },
};
use domain::{
    Actor, Error, Refusal, Rupiah,
    audit::Entry,
    id::{PaymentId, UserId},
    payments::{
        Method, Payment, PaymentPurpose, PaymentRequest, PaymentStatus, QRIS_MAX,
        servicing::{Position, replay},
    },
};
use serde::{Deserialize, Serialize};
use time::Duration;

/// How long a code is good for.
pub(super) fn life(method: Method) -> Duration {
    match method {
        Method::Qris => Duration::minutes(30),
        _ => Duration::hours(24),
    }
}

/// After so long a call whose answer was not kept is not running any more: its process was killed.
const CALL: Duration = Duration::seconds(30);

/// What a key stands for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    /// The attempt exists, the caller has not been answered for good.
    Started(PaymentId),
    /// The answer that was given.
    Given(Box<Payment>),
}

/// How a call began.
enum Begun {
    /// With a new attempt.
    Ours(PaymentId),
    /// Not at all: the key was used before.
    Stored(Answer),
}

impl Payments {
    pub(super) async fn start_payment(&self, actor: &Actor, request: PaymentRequest, key: &str) -> Fallible<Payment> {
        let user_id = actor.borrower()?;
        let command = Command::new(&COMMANDS, user_id, "payments.create", Some(key), &request)?;
        let id = match self.begin(actor, user_id, &request, &command).await? {
            Begun::Ours(id) => id,
            Begun::Stored(Answer::Given(payment)) => return Ok(*payment),
            Begun::Stored(Answer::Started(id)) if self.is_abandoned(id).await? => id,
            Begun::Stored(Answer::Started(_)) => return Err(Refusal::KeyInFlight.into()),
        };
        if let Err(failure) = self.ask_for_code(id).await {
            let Failure::Gateway(error) = failure else {
                return Err(failure);
            };
            tracing::warn!(payment = %id, %error, "no code yet");
            let mut connection = self.core.db.acquire().await?;
            books::check_in(&mut connection, &[id]).await?;
        }
        self.give(user_id, id, &command).await
    }

    /// Keeps how the attempt stands as the answer, unless a copy of this command was quicker.
    async fn give(&self, user_id: UserId, id: PaymentId, command: &Command<'_>) -> Fallible<Payment> {
        let mut tx = self.core.begin().await?;
        queries::lock_charge(&mut tx, id, Some(user_id)).await?;
        if let Some(Answer::Given(payment)) = command.find(&mut tx, &self.core).await? {
            return Ok(*payment);
        }
        let payment = queries::find_payment(&mut tx, id, Some(user_id)).await?;
        let payment = payment.ok_or_else(|| Failure::broken(format!("payment {id} is gone")))?;
        command
            .answer_in(&mut tx, &self.core, &Answer::Given(Box::new(payment.clone())))
            .await?;
        tx.commit().await?;
        Ok(payment)
    }

    /// Whether the call that started this attempt surely ended without an answer.
    async fn is_abandoned(&self, id: PaymentId) -> Fallible<bool> {
        let started = sqlx::query_scalar!("select created_at from payments.charge where payment_id = $1", id.0)
            .fetch_one(&self.core.db)
            .await?;
        Ok(self.core.clock.now() - started >= CALL)
    }

    /// Fixes the amount by today's position and commits the attempt.
    async fn begin(
        &self,
        actor: &Actor,
        user_id: UserId,
        request: &PaymentRequest,
        command: &Command<'_>,
    ) -> Fallible<Begun> {
        let at = self.moment();
        let id = PaymentId(self.core.clock.new_id());
        let mut tx = self.core.begin().await?;
        if let Some(stored) = command.take_in(&mut tx, &self.core).await? {
            return Ok(Begun::Stored(stored));
        }
        let account = queries::lock_account(&mut tx, request.loan_id, Some(user_id))
            .await?
            .ok_or(Error::NotFound)?;
        match account.state {
            AccountState::Running => {}
            AccountState::Closed => return Err(Refusal::AlreadyPaid.into()),
            AccountState::Open | AccountState::Cancelled => return Err(Refusal::WrongState.into()),
        }
        let events = queries::list_events(&mut tx, account.loan_id).await?;
        let position = replay(&account.contract, &events, at.today).map_err(Failure::broken)?;
        let amount = amount(request, &position)?;
        // A claim on one of them is answered by the gateway, when it is asked.
        let replaced = queries::cancel_open_charges(&mut tx, account.loan_id).await?;
        books::check_in(&mut tx, &replaced).await?;
        let charge = new_charge(id, request, amount, at);
        queries::insert_charge(&mut tx, &account, &charge, &events, at).await?;
        let entry = Entry::allowed("payments.create", "payment", id);
        audit::record_in(&mut tx, &self.core, actor, entry).await?;
        command.answer_in(&mut tx, &self.core, &Answer::Started(id)).await?;
        tx.commit().await?;
        Ok(Begun::Ours(id))
    }

    /// Asks the gateway for the code of an attempt that has none. Repeatable: the order id is the attempt's own, and
    /// an order that the gateway has already is looked up.
    pub(super) async fn ask_for_code(&self, id: PaymentId) -> Fallible<()> {
        let found = queries::find_charge(&mut *self.core.db.acquire().await?, id).await?;
        let Some(charge) = found.filter(|charge| charge.status == PaymentStatus::Created) else {
            return Ok(());
        };
        let asked = self
            .collections
            .charge(collections::Charge {
                order_id: &charge.order_id,
                idempotency_key: id.0,
                amount: charge.amount,
                method: charge.method,
                expires_in: life(charge.method),
            })
            .await;
        match asked {
            Ok(transaction) => self.take_code(id, transaction).await,
            Err(GatewayError::Duplicate { .. }) => match self.collections.status(&charge.order_id).await? {
                Some(transaction) => self.take_code(id, transaction).await,
                None => Err(GatewayError::InDoubt {
                    message: "a known order has no status".into(),
                }
                .into()),
            },
            Err(GatewayError::Rejected { code, message, .. }) => {
                tracing::error!(payment = %id, code, message, "the gateway refused a charge");
                self.fail_unasked(id).await
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps the code; one that nobody may pay any more, because another took its place meanwhile, is ended by a job.
    async fn take_code(&self, id: PaymentId, mut transaction: Transaction) -> Fallible<()> {
        if transaction.instruction.is_none() && transaction.status == TransactionStatus::Pending {
            transaction.instruction = self.collections.shown_code(&transaction).await?;
        }
        if self.apply_payment(id, PaymentStatus::Created, &transaction).await? == Next::Done {
            return Ok(());
        }
        books::check_in(&mut *self.core.db.acquire().await?, &[id]).await
    }

    /// The gateway surely has nothing of this attempt.
    async fn fail_unasked(&self, id: PaymentId) -> Fallible<()> {
        sqlx::query!(
            "update payments.charge set status = 'failed' where payment_id = $1 and status = 'created'",
            id.0
        )
        .execute(&self.core.db)
        .await?;
        Ok(())
    }
}

fn new_charge(id: PaymentId, request: &PaymentRequest, amount: Rupiah, at: Moment) -> Charge {
    Charge {
        id,
        order_id: format!("SGP-{}", id.0.simple()),
        loan_id: request.loan_id,
        purpose: request.purpose,
        method: request.method,
        amount,
        prepay: request.prepay.filter(|_| request.purpose == PaymentPurpose::Amount),
        status: PaymentStatus::Created,
        expires_at: Some(at.now + life(request.method)),
        claimed_at: None,
    }
}

/// What is to be paid (lending.md 8.3): fixed by us, or chosen between Rp1 and everything that is owed today.
fn amount(request: &PaymentRequest, position: &Position) -> Fallible<Rupiah> {
    let owed = position.payoff.total;
    let bill = position.bill.as_ref().map(|bill| bill.total);
    let amount = match (request.purpose, request.amount) {
        (PaymentPurpose::Instalment, None) => bill.ok_or(Refusal::AlreadyPaid)?,
        (PaymentPurpose::Payoff, None) => owed,
        (PaymentPurpose::Amount, Some(chosen)) if bill.is_some() => {
            if !chosen.is_positive() {
                return Err(Error::fault(
                    "amount",
                    "too_small",
                    "Isi jumlah yang mau dibayar, paling sedikit Rp1.",
                )
                .into());
            }
            if chosen > owed {
                let words = format!("Paling banyak {owed}. Itu sudah melunasi pinjaman hari ini.");
                return Err(Error::fault("amount", "too_large", words).into());
            }
            chosen
        }
        (PaymentPurpose::Amount, Some(_)) => return Err(Refusal::AlreadyPaid.into()),
        (PaymentPurpose::Amount, None) => {
            return Err(Error::fault("amount", "required", "Isi jumlah yang mau dibayar.").into());
        }
        (PaymentPurpose::Instalment | PaymentPurpose::Payoff, Some(_)) => {
            let words = "Jumlah tagihan sudah ditentukan. Kosongkan isian ini.";
            return Err(Error::fault("amount", "unexpected", words).into());
        }
    };
    if !amount.is_positive() {
        return Err(Refusal::AlreadyPaid.into());
    }
    if let Some(seen) = request.seen.filter(|seen| *seen != amount) {
        let words = format!(
            "Tagihan berubah dari {seen} menjadi {amount} sejak halaman ini dibuka. Periksa lagi, lalu lanjutkan."
        );
        return Err(Error::fault("purpose", "amount_changed", words).into());
    }
    if request.method == Method::Qris && amount > QRIS_MAX {
        return Err(Refusal::QrisLimit.into());
    }
    Ok(amount)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payments::tests_support::{contract, on};
    use domain::id::LoanId;
    use uuid::Uuid;

    fn request(purpose: PaymentPurpose, amount: Option<i64>, method: Method) -> PaymentRequest {
        PaymentRequest {
            loan_id: LoanId(Uuid::nil()),
            purpose,
            amount: amount.map(Rupiah::new),
            method,
            seen: None,
            prepay: None,
        }
    }

    fn today() -> Position {
        // E40 of lending.md without payments: the first instalment is due.
        replay(&contract(3_000_000), &[], on("2026-10-05")).expect("a position")
    }

    #[test]
    fn the_amount_is_fixed_by_the_position() {
        let position = today();
        let fixed = |purpose| {
            amount(&request(purpose, None, Method::Qris), &position)
                .expect("an amount")
                .get()
        };
        assert_eq!(fixed(PaymentPurpose::Instalment), 544_650);
        assert_eq!(fixed(PaymentPurpose::Payoff), 3_075_000);
        let chosen = amount(
            &request(PaymentPurpose::Amount, Some(3_075_000), Method::VaBca),
            &position,
        );
        assert_eq!(chosen.expect("an amount").get(), 3_075_000);
    }

    #[test]
    fn what_cannot_be_paid_is_refused_by_field() {
        let fault = |purpose, chosen| match amount(&request(purpose, chosen, Method::VaBca), &today()) {
            Err(Failure::Domain(Error::Validation(faults))) => faults[0].code.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(fault(PaymentPurpose::Amount, None), "required");
        assert_eq!(fault(PaymentPurpose::Amount, Some(0)), "too_small");
        assert_eq!(fault(PaymentPurpose::Amount, Some(-5)), "too_small");
        assert_eq!(fault(PaymentPurpose::Amount, Some(3_075_001)), "too_large");
        assert_eq!(fault(PaymentPurpose::Payoff, Some(1)), "unexpected");
        let seen = |seen| PaymentRequest {
            seen: Some(Rupiah::new(seen)),
            ..request(PaymentPurpose::Instalment, None, Method::VaBca)
        };
        assert!(amount(&seen(544_650), &today()).is_ok());
        assert!(matches!(
            amount(&seen(544_651), &today()),
            Err(Failure::Domain(Error::Validation(faults))) if faults[0].code == "amount_changed"
        ));
    }

    #[test]
    fn qris_ends_at_ten_million() {
        let position = replay(&contract(20_000_000), &[], on("2026-09-05")).expect("a position");
        let refused = amount(
            &request(PaymentPurpose::Amount, Some(10_000_001), Method::Qris),
            &position,
        );
        assert!(matches!(
            refused,
            Err(Failure::Domain(Error::Refused(Refusal::QrisLimit)))
        ));
        assert!(
            amount(
                &request(PaymentPurpose::Amount, Some(10_000_000), Method::Qris),
                &position
            )
            .is_ok()
        );
        assert!(
            amount(
                &request(PaymentPurpose::Amount, Some(10_000_001), Method::VaBca),
                &position
            )
            .is_ok()
        );
    }
}
