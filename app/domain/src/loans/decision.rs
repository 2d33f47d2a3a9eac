//! The decision on an application.
//!
//! Enters: a frozen [`Snapshot`], a [`Policy`], the product and the cap rows. Leaves: a [`Decision`] with
//! every reason, its figures and counter-offers; the same input gives the same bytes years later.
//! All gates are evaluated so that reasons are complete. No protected attribute is an input.

use serde::{Deserialize, Serialize};
use time::Date;

use crate::calendar::{DateRange, age_on};
use crate::loans::affordability::{Gauge, burden_of, share_on};
use crate::loans::cap::{CapCheck, CapRow, NoCap, select, tenor_class};
use crate::loans::counter_offer::{self, CounterOffer};
use crate::loans::limit::available;
use crate::loans::product::{ChoiceError, Product, PurposeType};
use crate::loans::schedule::{Schedule, Terms, TermsError, schedule};
use crate::money::{Overflow, Rupiah};
use crate::text;

pub use crate::loans::policy::{IncomeMinimum, Policy};
pub use crate::loans::reason::{Effect, Figure, Reason, ReasonCode};
pub use crate::loans::snapshot::{BureauReport, IdentityFacts, ReportedQuality, Snapshot};

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The request is approved.
    Approve,
    /// A person decides.
    Refer,
    /// Not approved, with or without counter-offers.
    Decline,
}

impl Outcome {
    /// The stored spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Refer => "refer",
            Self::Decline => "decline",
        }
    }
}

/// A decision with everything needed to explain it; amounts in rupiah.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Approve, refer or decline.
    pub outcome: Outcome,
    /// Every gate that did not pass, worst first.
    pub reasons: Vec<Reason>,
    /// What would be approved instead.
    pub counter_offers: Vec<CounterOffer>,
    /// The policy version that decided.
    pub policy_version: u32,
    /// Income, existing instalments and the share in force.
    pub gauge: Gauge,
    /// The new instalment as a monthly burden.
    pub burden: Rupiah,
    /// Share of income with the new instalment, whole percent, rounded up; `None` without income.
    pub share_percent: Option<i64>,
    /// The largest new burden allowed.
    pub room: Rupiah,
    /// The borrower's limit.
    pub limit: Rupiah,
    /// What of it is available.
    pub limit_available: Rupiah,
    /// The cap test of the requested terms.
    pub cap: CapCheck,
    /// Σ interest of the requested terms.
    pub total_interest: Rupiah,
}

impl Decision {
    /// At most three reasons for the borrower, worst first.
    #[must_use]
    pub fn shown_reasons(&self) -> &[Reason] {
        &self.reasons[..self.reasons.len().min(3)]
    }

    /// The codes of all reasons.
    #[must_use]
    pub fn codes(&self) -> Vec<ReasonCode> {
        self.reasons.iter().map(|reason| reason.code).collect()
    }
}

/// Why there is no decision.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecideError {
    /// Not decided yet (`kyc_incomplete`) or refused at the door (`active_application`).
    #[error("{}", .0.words)]
    Door(Reason),
    /// Amount or tenor is an input error.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// The product gives no schedule for these terms.
    #[error(transparent)]
    Terms(#[from] TermsError),
    /// No cap row covers the agreement.
    #[error(transparent)]
    NoCap(#[from] NoCap),
    /// The policy has no share of income for this date: fails closed.
    #[error("kebijakan tidak punya batas porsi penghasilan untuk tanggal ini")]
    NoShare,
    /// A number or date out of range.
    #[error("angka di luar jangkauan")]
    OutOfRange,
}

impl DecideError {
    /// Stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Door(reason) => reason.code.as_str(),
            Self::Choice(error) => error.code(),
            Self::Terms(error) => error.code(),
            Self::NoCap(error) => error.code(),
            Self::NoShare => "policy_no_share",
            Self::OutOfRange => "decision_out_of_range",
        }
    }
}

impl From<Overflow> for DecideError {
    fn from(_: Overflow) -> Self {
        Self::OutOfRange
    }
}

impl From<DateRange> for DecideError {
    fn from(_: DateRange) -> Self {
        Self::OutOfRange
    }
}

/// Priced terms with the results of the fixable gates.
pub(super) struct Priced {
    pub(super) schedule: Schedule,
    pub(super) burden: Rupiah,
    pub(super) cap: CapCheck,
    pub(super) failed: Vec<Reason>,
}

/// What the fixable gates look at, computed once for a decision and its counter-offers.
pub(super) struct Bench<'a> {
    pub(super) product: &'a Product,
    caps: &'a [CapRow],
    pub(super) today: Date,
    pub(super) gauge: Gauge,
    pub(super) available: Rupiah,
}

impl Bench<'_> {
    /// Prices an amount and tenor with the real schedule and evaluates limit, affordability and cap.
    pub(super) fn price(&self, amount: Rupiah, tenor: u32) -> Result<Priced, DecideError> {
        let schedule = schedule(&Terms::of(self.product, amount, tenor, self.today))?;
        let burden = burden_of(&schedule, self.product.every)?;
        let class = tenor_class(self.today, schedule.ends_on)?;
        let row = select(self.caps, self.today, self.product.purpose_type, class)?;
        let cap = row.check_schedule(&schedule, &self.product.pass_through)?;
        let mut failed = Vec::new();
        if amount > self.available {
            failed.push(Reason::new(ReasonCode::Limit).figure("Sisa limit", self.available));
        }
        if !self.gauge.fits(burden) {
            let words = format!("Cicilan ini melewati batas {}% penghasilan.", self.gauge.share_percent);
            failed.push(
                Reason::new(ReasonCode::Affordability)
                    .words(words)
                    .figure("Cicilan per bulan", burden)
                    .figure("Ruang cicilan per bulan", self.gauge.room()?)
                    .figure("Porsi penghasilan", self.gauge.words(burden)),
            );
        }
        if !cap.pass {
            failed.push(Reason::new(ReasonCode::Cap).figure("Biaya", cap.words()));
        }
        Ok(Priced {
            schedule,
            burden,
            cap,
            failed,
        })
    }
}

/// What is checked before anything is decided: identity complete, no other open application.
pub fn door(snapshot: &Snapshot) -> Result<(), Reason> {
    if snapshot.other_application_open {
        return Err(Reason::new(ReasonCode::ActiveApplication));
    }
    if !snapshot.identity.verified {
        return Err(Reason::new(ReasonCode::KycIncomplete));
    }
    Ok(())
}

/// Decides a snapshot: all gates, then decline, decline of the request, refer, approve, in this order.
pub fn decide(
    snapshot: &Snapshot,
    policy: &Policy,
    product: &Product,
    caps: &[CapRow],
) -> Result<Decision, DecideError> {
    product.check_choice(snapshot.amount, snapshot.tenor)?;
    door(snapshot).map_err(DecideError::Door)?;
    let limit = policy.ladder.limit(policy.ladder.standing(&snapshot.ladder));
    let bench = Bench {
        product,
        caps,
        today: snapshot.today,
        gauge: gauge(snapshot, policy)?,
        available: available(limit, snapshot.outstanding_here, snapshot.reserved_here)?,
    };
    let priced = bench.price(snapshot.amount, snapshot.tenor)?;
    let mut reasons = fixed_gates(snapshot, policy, product)?;
    reasons.extend(priced.failed);
    // Stable: inside an effect the order of the gates stays.
    reasons.sort_by_key(|reason| reason.effect);
    let counter_offers = match reasons.first().map(|reason| reason.effect) {
        Some(Effect::Fixable) => counter_offer::search(&bench, snapshot, policy, &priced.schedule)?,
        _ => Vec::new(),
    };
    let outcome = match reasons.first().map(|reason| reason.effect) {
        Some(Effect::Decline | Effect::Fixable) => Outcome::Decline,
        Some(Effect::Refer) => Outcome::Refer,
        Some(Effect::NotYet | Effect::Door) | None => Outcome::Approve,
    };
    Ok(Decision {
        outcome,
        reasons,
        counter_offers,
        policy_version: policy.version,
        gauge: bench.gauge,
        burden: priced.burden,
        share_percent: bench.gauge.share_shown(priced.burden),
        room: bench.gauge.room()?,
        limit,
        limit_available: bench.available,
        cap: priced.cap,
        total_interest: priced.schedule.total_interest,
    })
}

/// Income used: the lower of stated and evidenced. Obligations used: the higher of stated and reported
/// with others, and the instalments here on top.
fn gauge(snapshot: &Snapshot, policy: &Policy) -> Result<Gauge, DecideError> {
    let evidenced = snapshot.income_evidenced.unwrap_or(snapshot.income_stated);
    let reported = snapshot.bureau.map_or(Rupiah::ZERO, |report| report.obligations);
    Ok(Gauge {
        income: snapshot.income_stated.min(evidenced),
        existing: snapshot
            .obligations_stated
            .max(reported)
            .checked_add(snapshot.obligations_here)?,
        share_percent: share_on(&policy.shares, snapshot.today).ok_or(DecideError::NoShare)?,
    })
}

/// The gates another amount or tenor cannot change.
fn fixed_gates(snapshot: &Snapshot, policy: &Policy, product: &Product) -> Result<Vec<Reason>, DecideError> {
    let identity = &snapshot.identity;
    let income = gauge(snapshot, policy)?.income;
    let report = snapshot.bureau;
    let reported_lenders = report.map_or(0, |report| report.online_lenders);
    let lenders = snapshot.online_lenders_stated.max(reported_lenders).saturating_add(1);
    let quality = report.and_then(|report| report.worst_quality);
    let consumptive = report.map_or(Rupiah::ZERO, |report| report.consumptive_debt);
    let debt = Rupiah::checked_sum([
        consumptive,
        snapshot.outstanding_here,
        snapshot.reserved_here,
        snapshot.amount,
    ])?;
    let income_minimum = policy.income_minimum_on(snapshot.today);
    let mut reasons = Vec::new();
    let mut gate = |failed: bool, reason: Reason| reasons.extend(failed.then_some(reason));
    gate(
        age_on(identity.birth_date, snapshot.today) < policy.age_min,
        Reason::new(ReasonCode::Age).words(format!("Sanggup hanya untuk usia {} tahun ke atas.", policy.age_min)),
    );
    gate(
        income_minimum.is_some_and(|minimum| income < minimum),
        Reason::new(ReasonCode::IncomeMinimum)
            .figure("Batas minimum", income_minimum.unwrap_or_default())
            .figure("Penghasilan yang dipakai", income),
    );
    gate(
        lenders > policy.max_platforms,
        Reason::new(ReasonCode::Platforms)
            .words(format!("Sudah ada {} pinjaman daring berjalan.", lenders - 1))
            .figure("Paling banyak", format!("{} termasuk Sanggup", policy.max_platforms)),
    );
    gate(
        quality == Some(ReportedQuality::Loss),
        Reason::new(ReasonCode::ArrearsElsewhere).effect(Effect::Decline),
    );
    gate(
        snapshot.overdue_here || snapshot.unrecovered_loss_here,
        Reason::new(ReasonCode::ArrearsHere),
    );
    gate(
        product.purpose_type == PurposeType::Consumptive && debt > policy.consumptive_ceiling,
        Reason::new(ReasonCode::Ceiling).figure("Batas", policy.consumptive_ceiling),
    );
    gate(identity.mismatch, Reason::new(ReasonCode::IdentityMismatch));
    gate(identity.duplicate, Reason::new(ReasonCode::DuplicateIdentity));
    gate(
        matches!(quality, Some(ReportedQuality::Substandard | ReportedQuality::Doubtful)),
        Reason::new(ReasonCode::ArrearsElsewhere),
    );
    gate(
        policy.bureau_required && report.is_none(),
        Reason::new(ReasonCode::BureauUnavailable),
    );
    gate(
        snapshot.income_evidenced.is_none(),
        Reason::new(ReasonCode::IncomeEvidence),
    );
    Ok(reasons)
}

/// Whether a person alone may approve this amount; above it a second officer must agree.
#[must_use]
pub fn needs_second_officer(policy: &Policy, amount: Rupiah) -> bool {
    amount > policy.second_officer_above
}

/// `39% penghasilan`, for the headline of a decline.
#[must_use]
pub fn share_in_words(decision: &Decision) -> Option<String> {
    decision
        .share_percent
        .map(|percent| format!("{} penghasilan", text::percent(percent * 10_000)))
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
