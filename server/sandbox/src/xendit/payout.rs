//! A Xendit payout: its states and the webhooks that tell of them. In: decisions of the bank, a person or the
//! account number (see `xendit.rs`). Out: new states, webhooks with the static token.

use bytes::Bytes;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use crate::{
    midtrans::account_key,
    state::{Sim, Store, now},
    webhook::{Notification, Retries, Target},
};

const BUSINESS: &str = "6018306aa16ad90cb3c43ba7";
/// Why payouts fail.
pub const FAILURES: &[&str] = &[
    "INSUFFICIENT_BALANCE",
    "REJECTED_BY_CHANNEL",
    "TEMPORARY_TRANSFER_ERROR",
    "INVALID_DESTINATION",
    "TRANSFER_ERROR",
];
/// How faults name this operation.
const PATHS: &[&str] = &["/xendit/v2/payouts", "/webhooks/xendit"];

/// The vendor's `status`, as far as this sandbox goes there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Accepted,
    Succeeded,
    Failed,
    Cancelled,
    Reversed,
}

impl Status {
    /// The vendor's spelling.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "ACCEPTED",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
            Self::Reversed => "REVERSED",
        }
    }
}

/// One payout.
#[derive(Clone, Debug)]
pub struct Payout {
    /// `disb-…`.
    pub id: String,
    /// The merchant's id.
    pub reference_id: String,
    /// Where it stands.
    pub status: Status,
    /// Rupiah.
    pub amount: i64,
    pub(super) channel: String,
    pub(super) account: String,
    pub(super) holder: String,
    pub(super) description: Value,
    pub(super) metadata: Value,
    pub(super) failure: Option<String>,
    pub(super) created: OffsetDateTime,
    pub(super) updated: OffsetDateTime,
}

/// How a payout ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The money arrived.
    Succeed,
    /// It did not, for this `failure_code`.
    Fail(String),
    /// It arrived and came back.
    Reverse,
}

/// Why it cannot end like that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No such payout.
    Missing,
    /// Not from this state.
    Status,
    /// Not a failure code of the vendor.
    Code,
}

fn stamp(at: OffsetDateTime) -> String {
    let whole = at.replace_nanosecond(0).unwrap_or(at);
    whole.format(&Rfc3339).expect("years of the sandbox have four digits")
}

impl Payout {
    /// An empty one, accepted just now.
    pub fn accepted(now: OffsetDateTime) -> Self {
        Self {
            id: format!("disb-{}", &Uuid::new_v4().simple().to_string()[..24]),
            reference_id: String::new(),
            status: Status::Accepted,
            amount: 0,
            channel: String::new(),
            account: String::new(),
            holder: String::new(),
            description: Value::Null,
            metadata: Value::Null,
            failure: None,
            created: now,
            updated: now,
        }
    }

    /// The vendor's object.
    pub fn body(&self) -> Value {
        let mut body = json!({
            "id": self.id,
            "amount": self.amount,
            "channel_code": self.channel,
            "currency": "IDR",
            "status": self.status.word(),
            "reference_id": self.reference_id,
            "created": stamp(self.created),
            "updated": stamp(self.updated),
            "estimated_arrival_time": stamp(self.created + Duration::minutes(15)),
            "business_id": BUSINESS,
            "channel_properties": {"account_number": self.account, "account_holder_name": self.holder},
        });
        if !self.description.is_null() {
            body["description"] = self.description.clone();
        }
        if !self.metadata.is_null() {
            body["metadata"] = self.metadata.clone();
        }
        if let Some(code) = &self.failure {
            body["failure_code"] = json!(code);
        }
        body
    }

    /// Whether another payout under the same reference would pay twice.
    pub fn is_open_or_paid(&self) -> bool {
        matches!(self.status, Status::Accepted | Status::Succeeded)
    }
}

/// Ends the payout of that id or reference_id and tells the application.
///
/// # Errors
/// When there is none, it may not end like that, or the code is not the vendor's.
pub fn end(sim: &Sim, id: &str, end: &End) -> Result<Payout, Refusal> {
    let ended = {
        let mut store = sim.store();
        let id = find(&store, id).ok_or(Refusal::Missing)?.id.clone();
        let payout = store.payouts.get_mut(&id).ok_or(Refusal::Missing)?;
        let status = match (end, payout.status) {
            (End::Succeed, Status::Accepted) => Status::Succeeded,
            (End::Fail(code), Status::Accepted) if FAILURES.contains(&code.as_str()) => {
                payout.failure = Some(code.clone());
                Status::Failed
            }
            (End::Fail(_), Status::Accepted) => return Err(Refusal::Code),
            (End::Reverse, Status::Succeeded) => Status::Reversed,
            _ => return Err(Refusal::Status),
        };
        (payout.status, payout.updated) = (status, now());
        payout.clone()
    };
    announce(sim, &ended);
    if ended.status == Status::Failed
        && let Some(wait) = sim.late_success(PATHS)
    {
        let id = ended.id.clone();
        sim.later(wait, move |sim| succeed_late(sim, &id));
    }
    Ok(ended)
}

/// The fault `late_success`: the bank had paid after all.
fn succeed_late(sim: &Sim, id: &str) {
    let paid = {
        let mut store = sim.store();
        let Some(payout) = store.payouts.get_mut(id) else {
            return;
        };
        (payout.status, payout.updated, payout.failure) = (Status::Succeeded, now(), None);
        payout.clone()
    };
    announce(sim, &paid);
}

fn find<'a>(store: &'a Store, id: &str) -> Option<&'a Payout> {
    store
        .payouts
        .get(id)
        .or_else(|| store.payouts.newest().find(|payout| payout.reference_id == id))
}

/// In automatic mode, ends what has waited long enough.
pub fn tick(sim: &Sim, now: OffsetDateTime) {
    let Some(seconds) = sim.config.auto_payout_seconds.filter(|seconds| *seconds > 0) else {
        return;
    };
    let wait = Duration::seconds(seconds.into());
    let due: Vec<_> = {
        let store = sim.store();
        let old = store.payouts.newest().filter(|payout| payout.updated + wait <= now);
        old.filter_map(|payout| Some((payout.id.clone(), destiny(&store, payout)?)))
            .collect()
    };
    for (id, ending) in due {
        // Someone may have been quicker; then there is nothing to do.
        let _ = end(sim, &id, &ending);
    }
}

/// How the account number and name let a payout go on by itself; see the head of `xendit.rs`.
fn destiny(store: &Store, payout: &Payout) -> Option<End> {
    let tail = &payout.account[payout.account.len() - 4..];
    if payout.status == Status::Succeeded {
        return (tail == "9906").then_some(End::Reverse);
    }
    if payout.status != Status::Accepted || tail == "9907" {
        return None;
    }
    let registered = store.accounts.get(&account_key(&payout.channel, &payout.account));
    let other_name = registered.is_some_and(|name| !name.trim().eq_ignore_ascii_case(payout.holder.trim()));
    let failure = match tail {
        "9902" => "REJECTED_BY_CHANNEL",
        "9903" => "TEMPORARY_TRANSFER_ERROR",
        "9904" => "INSUFFICIENT_BALANCE",
        "9905" => "TRANSFER_ERROR",
        _ if tail == "9901" || other_name => "INVALID_DESTINATION",
        _ => return Some(End::Succeed),
    };
    Some(End::Fail(failure.to_owned()))
}

fn announce(sim: &Sim, payout: &Payout) {
    let spoiled = sim.spoil(PATHS);
    let mut data = payout.body();
    if spoiled.wrong_amount {
        data["amount"] = json!(payout.amount + 1_000);
    }
    let event = format!("payout.{}", payout.status.word().to_ascii_lowercase());
    let body = json!({"event": event, "business_id": BUSINESS, "created": stamp(now()), "data": data});
    let token = &sim.config.credentials.xendit_callback_token;
    sim.notify(Notification {
        object: payout.id.clone(),
        event,
        target: Target::Path("/webhooks/xendit"),
        headers: vec![
            ("content-type", "application/json".into()),
            (
                "x-callback-token",
                if spoiled.bad_signature {
                    "not-the-token".into()
                } else {
                    token.clone()
                },
            ),
            ("webhook-id", Uuid::new_v4().to_string()),
        ],
        body: Bytes::from(body.to_string()),
        retries: Retries::Xendit,
        spoiled,
    });
}
