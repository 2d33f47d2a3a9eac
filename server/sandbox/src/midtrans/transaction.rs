//! A Midtrans transaction: its states and the notifications that tell of them (`body.rs` has its looks).
//! In: actions of the merchant, the payer, the bank and the clock. Out: new states, signed notifications.

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::body::money;
use crate::{
    auth,
    faults::Spoiled,
    state::{Sim, Store, now},
    webhook::{Notification, Retries, Target},
};

/// How faults name this operation.
const PATHS: &[&str] = &["/midtrans/v2/charge", "/webhooks/midtrans"];

/// The vendor's `transaction_status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Pending,
    Settlement,
    Deny,
    Cancel,
    Expire,
    Refund,
    PartialRefund,
}

impl Status {
    /// The vendor's spelling.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Settlement => "settlement",
            Self::Deny => "deny",
            Self::Cancel => "cancel",
            Self::Expire => "expire",
            Self::Refund => "refund",
            Self::PartialRefund => "partial_refund",
        }
    }

    /// `status_code` of a notification.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Pending => "201",
            Self::Settlement | Self::Refund | Self::PartialRefund => "200",
            Self::Deny | Self::Cancel | Self::Expire => "202",
        }
    }
}

/// How the payer is to pay.
#[derive(Clone, Debug)]
pub enum Instruction {
    /// BCA, BNI, BRI or CIMB.
    VirtualAccount {
        /// Lower-case bank.
        bank: String,
        /// Digits.
        number: String,
    },
    /// Permata has a field of its own.
    Permata {
        /// Digits.
        number: String,
    },
    /// Mandiri bill payment.
    MandiriBill {
        /// Always `70012`.
        biller_code: String,
        /// Digits.
        bill_key: String,
    },
    /// A dynamic QR.
    Qris {
        /// EMVCo payload.
        qr_string: String,
        /// Whose QR.
        acquirer: String,
    },
}

/// One charge.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// The merchant's id.
    pub order_id: String,
    /// The vendor's id.
    pub transaction_id: String,
    /// Rupiah asked for.
    pub amount: i64,
    /// Rupiah paid, once paid.
    pub paid: Option<i64>,
    /// How to pay.
    pub instruction: Instruction,
    /// Where it stands.
    pub status: Status,
    /// When it was made.
    pub created: OffsetDateTime,
    /// When it expires.
    pub expires: OffsetDateTime,
    /// When it was paid.
    pub settled: Option<OffsetDateTime>,
    /// Key and rupiah of each refund.
    pub refunds: Vec<(String, i64)>,
    /// QRIS switching reference.
    pub cross_reference: String,
    /// `X-Override-Notification`.
    pub override_urls: Vec<String>,
    /// `X-Append-Notification`.
    pub append_urls: Vec<String>,
}

/// What happens to a transaction.
#[derive(Clone, Debug)]
pub enum Action {
    /// The payer pays; another amount than asked for is possible.
    Pay(Option<i64>),
    /// Time is up, or the merchant says so.
    Expire,
    /// The bank refuses.
    Deny,
    /// The merchant withdraws it.
    Cancel,
    /// The bank takes a settled payment back.
    Reverse,
    /// The merchant pays back; no amount means all that is left.
    Refund {
        /// Rupiah.
        amount: Option<i64>,
        /// The merchant's key of this refund.
        key: String,
    },
}

/// Why an action does not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No such transaction.
    Missing,
    /// Not from this state, or not with this payment type.
    Status,
    /// The refund key has been used.
    Key,
    /// More than was paid.
    Amount,
}

/// By order_id or transaction_id.
pub fn find<'a>(store: &'a Store, id: &str) -> Option<&'a Transaction> {
    store
        .transactions
        .get(id)
        .or_else(|| store.transactions.newest().find(|found| found.transaction_id == id))
}

impl Transaction {
    /// A pending one.
    pub fn new(
        order_id: &str,
        amount: i64,
        instruction: Instruction,
        created: OffsetDateTime,
        expires: OffsetDateTime,
    ) -> Self {
        Self {
            order_id: order_id.to_owned(),
            transaction_id: Uuid::new_v4().to_string(),
            amount,
            paid: None,
            instruction,
            status: Status::Pending,
            created,
            expires,
            settled: None,
            refunds: Vec::new(),
            cross_reference: Uuid::new_v4().to_string(),
            override_urls: Vec::new(),
            append_urls: Vec::new(),
        }
    }

    /// The new state after `action`, without side effects.
    fn step(&mut self, action: &Action, now: OffsetDateTime) -> Result<(), Refusal> {
        let next = match (action, self.status) {
            (Action::Pay(amount), Status::Pending) => {
                self.settle(*amount, now);
                return Ok(());
            }
            (Action::Expire, Status::Pending) => Status::Expire,
            (Action::Deny, Status::Pending) | (Action::Reverse, Status::Settlement) => Status::Deny,
            (Action::Cancel, Status::Pending) => Status::Cancel,
            (Action::Refund { amount, key }, Status::Settlement | Status::PartialRefund)
                if self.payment_type() == "qris" =>
            {
                self.refund(*amount, key)?
            }
            _ => return Err(Refusal::Status),
        };
        self.status = next;
        Ok(())
    }

    fn settle(&mut self, amount: Option<i64>, now: OffsetDateTime) {
        self.paid = Some(amount.unwrap_or(self.amount));
        self.settled = Some(now);
        self.status = Status::Settlement;
    }

    fn refund(&mut self, amount: Option<i64>, key: &str) -> Result<Status, Refusal> {
        if self.refunds.iter().any(|(used, _)| used == key) {
            return Err(Refusal::Key);
        }
        let refunded: i64 = self.refunds.iter().map(|(_, amount)| amount).sum();
        let left = self.paid.unwrap_or(self.amount) - refunded;
        let amount = amount.unwrap_or(left);
        if amount > left {
            return Err(Refusal::Amount);
        }
        self.refunds.push((key.to_owned(), amount));
        Ok(if amount == left {
            Status::Refund
        } else {
            Status::PartialRefund
        })
    }
}

/// Does `action` to the transaction of that order_id or transaction_id and tells the application.
///
/// # Errors
/// When there is no such transaction or it may not.
pub fn act(sim: &Sim, id: &str, action: Action) -> Result<Transaction, Refusal> {
    let done = {
        let mut store = sim.store();
        let order_id = find(&store, id).ok_or(Refusal::Missing)?.order_id.clone();
        let found = store.transactions.get_mut(&order_id).ok_or(Refusal::Missing)?;
        found.step(&action, now())?;
        found.clone()
    };
    announce(sim, &done);
    if matches!(done.status, Status::Expire | Status::Cancel)
        && let Some(wait) = sim.late_success(PATHS)
    {
        let order_id = done.order_id.clone();
        sim.later(wait, move |sim| settle_late(sim, &order_id));
    }
    Ok(done)
}

/// The fault `late_success`: the money arrives although the order had ended.
fn settle_late(sim: &Sim, order_id: &str) {
    let paid = {
        let mut store = sim.store();
        let Some(found) = store.transactions.get_mut(order_id) else {
            return;
        };
        found.settle(None, now());
        found.clone()
    };
    announce(sim, &paid);
}

/// Expires what is due and, in automatic mode, pays what has waited long enough.
pub fn tick(sim: &Sim, now: OffsetDateTime) {
    let auto = sim
        .config
        .auto_settle_seconds
        .filter(|seconds| *seconds > 0)
        .map(|seconds| Duration::seconds(seconds.into()));
    let due: Vec<_> = {
        let store = sim.store();
        let pending = store
            .transactions
            .newest()
            .filter(|found| found.status == Status::Pending);
        pending
            .filter_map(|found| {
                let id = found.order_id.clone();
                if found.expires <= now {
                    Some((id, Action::Expire))
                } else {
                    auto.filter(|wait| found.created + *wait <= now)
                        .map(|_| (id, Action::Pay(None)))
                }
            })
            .collect()
    };
    for (id, action) in due {
        // Someone may have been quicker; then there is nothing to do.
        let _ = act(sim, &id, action);
    }
}

/// Sends the notification of the transaction's present state.
pub fn announce(sim: &Sim, transaction: &Transaction) {
    let spoiled = if transaction.status == Status::Pending {
        Spoiled::default()
    } else {
        sim.spoil(PATHS)
    };
    let body = notification(transaction, &sim.config.credentials.midtrans_server_key, &spoiled);
    let mut targets = vec![];
    if transaction.override_urls.is_empty() {
        targets.push(Target::Path("/webhooks/midtrans"));
    } else {
        targets.push(Target::Urls(transaction.override_urls.clone()));
    }
    if !transaction.append_urls.is_empty() {
        targets.push(Target::Urls(transaction.append_urls.clone()));
    }
    for target in targets {
        sim.notify(Notification {
            object: transaction.order_id.clone(),
            event: transaction.status.word().to_owned(),
            target,
            headers: vec![
                ("content-type", "application/json".into()),
                ("user-agent", "Veritrans".into()),
            ],
            body: Bytes::from(body.to_string()),
            retries: Retries::Midtrans,
            spoiled: spoiled.clone(),
        });
    }
}

fn notification(transaction: &Transaction, key: &str, spoiled: &Spoiled) -> Value {
    let code = transaction.status.code();
    let mut body = transaction.body(code, "midtrans payment notification");
    if spoiled.wrong_amount {
        body["gross_amount"] = json!(money(transaction.amount + 1_000));
    }
    let amount = body["gross_amount"].as_str().unwrap_or_default();
    let key = if spoiled.bad_signature { "not-the-key" } else { key };
    body["signature_key"] = json!(auth::midtrans(&transaction.order_id, code, amount, key));
    body
}
