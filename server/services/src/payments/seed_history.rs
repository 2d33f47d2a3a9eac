//! The past of the demo people: a payout and payments that "were" made, recorded as of their own instants by the same
//! code that records real ones. Enters: a contract, instants. Leaves: the rows that would be there. Nobody is told.

use super::{
    Moment, Payments, follow_payout,
    open_account::{self, NewPayout},
    post_payment::{self, Money},
    queries::{self, AccountState, Charge, LockedAccount},
};
use crate::failure::{Failure, Fallible};
use domain::{
    Actor, Rupiah,
    id::{LoanId, PayoutId},
    payments::{Method, OpenAccount, PaymentPurpose, PaymentStatus, PayoutStatus, servicing::replay},
};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::{Builder, Uuid};

/// In the place of a gateway.
const PROVIDER: &str = "seed";

/// A payment that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastPayment {
    /// When the money moved (UTC); never in the future, in the order of the list.
    pub paid_at: OffsetDateTime,
    /// What for.
    pub purpose: PaymentPurpose,
    /// How.
    pub method: Method,
    /// For [`PaymentPurpose::Amount`]; else it follows from the position of that day.
    pub amount: Option<Rupiah>,
}

impl Payments {
    pub(super) async fn seed(
        &self,
        open: OpenAccount,
        disbursed_at: OffsetDateTime,
        payments: &[PastPayment],
    ) -> Fallible<()> {
        let loan_id = open.loan_id;
        let payee = self.users.payee(&Actor::system(), open.user_id).await?;
        let payout = NewPayout {
            id: PayoutId(id_of(loan_id, "payout")),
            payee_label: payee.shown.label(),
        };
        let at = Moment::at(disbursed_at);
        let mut tx = self.core.begin().await?;
        open_account::open_in(&mut tx, &self.core, &open, &payout, at).await?;
        let (account, locked) = queries::lock_payout(&mut tx, payout.id)
            .await?
            .ok_or_else(|| taken(loan_id))?;
        if account.state == AccountState::Open && locked.status == PayoutStatus::Created {
            follow_payout::succeed_in(&mut tx, &self.core, &account, &locked, disbursed_at, at).await?;
        }
        tx.commit().await?;
        for (number, payment) in (1..).zip(payments) {
            self.seed_payment(loan_id, number, *payment).await?;
        }
        Ok(())
    }

    async fn seed_payment(&self, loan_id: LoanId, number: u32, past: PastPayment) -> Fallible<()> {
        let at = Moment::at(past.paid_at);
        let provider_ref = format!("{PROVIDER}-{loan_id}-{number}");
        let mut tx = self.core.begin().await?;
        let account = queries::lock_account(&mut tx, loan_id, None)
            .await?
            .ok_or_else(|| taken(loan_id))?;
        let known = sqlx::query_scalar!(
            r#"select exists (
                   select from payments.payment where provider = $1 and provider_ref = $2
               ) as "known!""#,
            PROVIDER,
            provider_ref,
        );
        if known.fetch_one(&mut *tx).await? {
            return Ok(());
        }
        let amount = amount_then(&mut tx, &account, past, at).await?;
        let id = id_of(loan_id, &number.to_string());
        let charge = Charge {
            id: id.into(),
            order_id: format!("SGP-{}", id.simple()),
            loan_id,
            purpose: past.purpose,
            method: past.method,
            amount,
            prepay: None,
            status: PaymentStatus::Pending,
            expires_at: None,
            claimed_at: None,
        };
        let events = queries::list_events(&mut tx, loan_id).await?;
        queries::insert_charge(&mut tx, &account, &charge, &events, at).await?;
        let money = Money {
            provider: PROVIDER,
            provider_ref: &provider_ref,
            paid_at: past.paid_at,
        };
        post_payment::post_in(&mut tx, &self.core, &account, &charge, money, at).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// What the borrower was asked for on that day.
async fn amount_then(
    connection: &mut PgConnection,
    account: &LockedAccount,
    past: PastPayment,
    at: Moment,
) -> Fallible<Rupiah> {
    let events = queries::list_events(connection, account.loan_id).await?;
    let position = replay(&account.contract, &events, at.today).map_err(Failure::broken)?;
    let amount = match past.purpose {
        PaymentPurpose::Instalment => position.bill.map(|bill| bill.total),
        PaymentPurpose::Payoff => Some(position.payoff.total),
        PaymentPurpose::Amount => past.amount,
    };
    let amount = amount.filter(|amount| amount.is_positive());
    amount.ok_or_else(|| {
        Failure::broken(format!(
            "nothing was to be paid for {} on {}",
            account.loan_id, at.today
        ))
    })
}

fn taken(loan_id: LoanId) -> Failure {
    Failure::broken(format!("account {loan_id} has a life of its own"))
}

/// The same identifier on every run.
fn id_of(loan_id: LoanId, what: &str) -> Uuid {
    let hash = Sha256::digest(format!("{PROVIDER}:{loan_id}:{what}"));
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&hash[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}
