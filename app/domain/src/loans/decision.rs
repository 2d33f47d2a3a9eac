//! The decision on an application.
//!
//! Enters: a frozen [`Snapshot`], a [`Policy`], the product and the cap rows. Leaves: a [`Decision`] with
//! every reason, its figures and counter-offers; the same input gives the same bytes years later.
//! All gates are evaluated so that reasons are complete. No protected attribute is an input.

use serde::{Deserialize, Serialize};
use time::Date;

use crate::calendar::{DateRange, age_on, options};
use crate::loans::affordability::{Gauge, burden_of};
use crate::loans::cap::{CapCheck, CapRow, NoCap, select, tenor_class};
use crate::loans::counter_offer::{self, CounterOffer};
use crate::loans::limit::available;
use crate::loans::product::{ChoiceError, Product, PurposeType};
use crate::loans::schedule::{Schedule, Terms, TermsError, schedule};
use crate::money::{Overflow, Rupiah};
use crate::text;

pub use crate::loans::policy::{IncomeMinimum, Policy, PolicyFault, Rule, first_rules};
pub use crate::loans::reason::{Effect, Figure, Reason, ReasonCode};
pub use crate::loans::snapshot::{BureauReport, Comparison, IdentityChecks, IdentityFacts, ReportedQuality, Snapshot};

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

options! {
    /// Something that a decision should know and nobody could be asked about.
    NotAsked, "source" {
        /// The population register.
        Register => "register",
        /// A machine's comparison of the two faces.
        Face => "face",
        /// Whether the device belongs to somebody else.
        Device => "device",
        /// Bureau or data centre.
        Bureau => "bureau",
        /// How many other online lenders are owed.
        OnlineLenders => "online_lenders",
    }
}

impl NotAsked {
    /// In words, inside a sentence.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Register => "data Dukcapil",
            Self::Face => "kecocokan wajah oleh mesin",
            Self::Device => "pemakai lain di perangkat ini",
            Self::Bureau => "biro kredit",
            Self::OnlineLenders => "jumlah pinjaman daring lain",
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
    /// What nobody could be asked about; nothing in a decision from before that was noted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_asked: Vec<NotAsked>,
}

impl Decision {
    /// At most three reasons for the borrower, worst first.
    #[must_use]
    pub fn shown_reasons(&self) -> &[Reason] {
        &self.reasons[..self.reasons.len().min(3)]
    }

    /// "data Dukcapil, biro kredit"; `None` when everybody was asked.
    #[must_use]
    pub fn not_asked_in_words(&self) -> Option<String> {
        let words: Vec<_> = self.not_asked.iter().map(|what| what.words()).collect();
        (!words.is_empty()).then(|| words.join(", "))
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
        not_asked: not_asked(snapshot),
    })
}

/// What the decision rests on nobody's word for. A snapshot without its comparisons is from before this was noted, and
/// gives the same bytes as then.
fn not_asked(snapshot: &Snapshot) -> Vec<NotAsked> {
    let Some(checks) = snapshot.identity.checks else {
        return Vec::new();
    };
    let lenders = snapshot.online_lenders_stated.is_none() && snapshot.bureau.is_none();
    [
        (checks.register == Comparison::NotAsked, NotAsked::Register),
        (checks.face == Comparison::NotAsked, NotAsked::Face),
        (checks.device == Comparison::NotAsked, NotAsked::Device),
        (snapshot.bureau.is_none(), NotAsked::Bureau),
        (lenders, NotAsked::OnlineLenders),
    ]
    .into_iter()
    .filter_map(|(missing, what)| missing.then_some(what))
    .collect()
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
        share_percent: policy.share_on(snapshot.today).ok_or(DecideError::NoShare)?,
    })
}

/// What the rules of a policy look at; another amount or tenor hardly changes it.
struct Person<'a> {
    snapshot: &'a Snapshot,
    policy: &'a Policy,
    product: &'a Product,
    /// The income used.
    income: Rupiah,
    /// Online lenders owed, us included.
    lenders: u32,
    /// Principal owed to everybody with this loan.
    debt: Rupiah,
}

/// The rules of the policy in their order: of each gate the first rule that does not pass.
fn fixed_gates(snapshot: &Snapshot, policy: &Policy, product: &Product) -> Result<Vec<Reason>, DecideError> {
    let report = snapshot.bureau;
    let reported_lenders = report.map_or(0, |report| report.online_lenders);
    let person = Person {
        snapshot,
        policy,
        product,
        income: gauge(snapshot, policy)?.income,
        lenders: snapshot
            .online_lenders_stated
            .unwrap_or(0)
            .max(reported_lenders)
            .saturating_add(1),
        debt: Rupiah::checked_sum([
            report.map_or(Rupiah::ZERO, |report| report.consumptive_debt),
            snapshot.outstanding_here,
            snapshot.reserved_here,
            snapshot.amount,
        ])?,
    };
    let mut reasons: Vec<Reason> = Vec::new();
    for rule in &policy.rules {
        let known = reasons.iter().any(|reason| reason.code == rule.code);
        if !known && person.fails(rule) {
            reasons.push(person.reason(rule.code).effect(rule.effect));
        }
    }
    Ok(reasons)
}

impl Person<'_> {
    /// Whether the gate of a rule does not pass. Gates of the terms are no rules and never fail here.
    fn fails(&self, rule: &Rule) -> bool {
        let (snapshot, policy) = (self.snapshot, self.policy);
        let quality = snapshot.bureau.and_then(|report| report.worst_quality);
        match rule.code {
            ReasonCode::Age => age_on(snapshot.identity.birth_date, snapshot.today) < policy.age_min,
            ReasonCode::IncomeMinimum => policy
                .income_minimum_on(snapshot.today)
                .is_some_and(|minimum| self.income < minimum),
            ReasonCode::Platforms => self.lenders > policy.max_platforms,
            ReasonCode::ArrearsElsewhere => quality >= Some(rule.quality.unwrap_or(ReportedQuality::Substandard)),
            ReasonCode::ArrearsHere => snapshot.overdue_here || snapshot.unrecovered_loss_here,
            ReasonCode::Ceiling => {
                self.product.purpose_type == PurposeType::Consumptive && self.debt > policy.consumptive_ceiling
            }
            ReasonCode::IdentityMismatch => snapshot.identity.mismatch,
            ReasonCode::DuplicateIdentity => snapshot.identity.duplicate,
            ReasonCode::BureauUnavailable => policy.bureau_required && snapshot.bureau.is_none(),
            ReasonCode::IncomeEvidence => snapshot.income_evidenced.is_none(),
            ReasonCode::KycIncomplete
            | ReasonCode::ActiveApplication
            | ReasonCode::Limit
            | ReasonCode::Affordability
            | ReasonCode::Cap => false,
        }
    }

    /// The reason of a gate, with the figures behind it.
    fn reason(&self, code: ReasonCode) -> Reason {
        let (reason, policy) = (Reason::new(code), self.policy);
        match code {
            ReasonCode::Age => reason.words(format!("Sanggup hanya untuk usia {} tahun ke atas.", policy.age_min)),
            ReasonCode::IncomeMinimum => {
                let minimum = policy.income_minimum_on(self.snapshot.today).unwrap_or_default();
                reason
                    .figure("Batas minimum", minimum)
                    .figure("Penghasilan yang dipakai", self.income)
            }
            ReasonCode::Platforms => reason
                .words(format!("Sudah ada {} pinjaman daring berjalan.", self.lenders - 1))
                .figure("Paling banyak", format!("{} termasuk Sanggup", policy.max_platforms)),
            ReasonCode::Ceiling => reason.figure("Batas", policy.consumptive_ceiling),
            _ => reason,
        }
    }
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
