//! The part of a product that servicing obeys: late fee, allocation, prepayment, payoff.
//!
//! Enters: a published version. Leaves: options with one fixed spelling each.

use serde::{Deserialize, Serialize};

use crate::calendar::options;

options! {
    /// How a late fee is computed.
    LateFeeMethod, "late-fee-method" {
        /// Each day on the overdue principal of the instalment.
        Daily => "daily",
        /// Once, on the unpaid principal of the instalment.
        OneOffPrincipal => "one_off_principal",
        /// Once, on the unpaid principal + interest of the instalment.
        OneOffInstalment => "one_off_instalment",
        /// A yearly rate on the unpaid amount for the days late beyond the grace.
        Annual => "annual",
    }
}

/// The late fee of a product (denda).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LateFee {
    /// How it is computed.
    pub method: LateFeeMethod,
    /// Parts per million: a day, once, or a year, as the method says.
    pub ppm: i64,
    /// Days after the due date that are never charged.
    pub grace_days: u16,
}

options! {
    /// What happens to interest when principal is overdue.
    OverdueInterest, "overdue-interest" {
        /// Nothing.
        None => "none",
        /// Interest goes on until the principal is paid.
        Recalculate => "recalculate",
    }
}

options! {
    /// A part of an instalment that money can pay.
    Component, "component" {
        /// Interest.
        Interest => "interest",
        /// Principal.
        Principal => "principal",
        /// Fees.
        Fee => "fee",
        /// Late fees.
        LateFee => "late_fee",
    }
}

impl Component {
    /// The word on screen.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Interest => "Bunga",
            Self::Principal => "Pokok",
            Self::Fee => "Biaya",
            Self::LateFee => "Denda",
        }
    }
}

options! {
    /// Which future instalments an excess pays.
    FutureRule, "future-rule" {
        /// Earliest first.
        Next => "next",
        /// Latest first.
        Last => "last",
        /// Evenly over all.
        Even => "even",
    }
}

/// How a payment is spread; written in the contract and frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allocation {
    /// The order inside an instalment; a permutation of the four components.
    pub order: [Component; 4],
    /// What an excess pays.
    pub future: FutureRule,
}

impl Allocation {
    /// Interest, principal, fee, late fee; then the next instalment.
    pub const IPFL: Self = Self {
        order: [
            Component::Interest,
            Component::Principal,
            Component::Fee,
            Component::LateFee,
        ],
        future: FutureRule::Next,
    };
    /// Late fee, fee, interest, principal; then the next instalment.
    pub const LFIP: Self = Self {
        order: [
            Component::LateFee,
            Component::Fee,
            Component::Interest,
            Component::Principal,
        ],
        future: FutureRule::Next,
    };

    /// Whether each component occurs exactly once.
    #[must_use]
    pub fn is_permutation(&self) -> bool {
        Component::ALL.iter().all(|component| self.order.contains(component))
    }
}

options! {
    /// What a partial prepayment changes.
    PrepayMode, "prepay-mode" {
        /// Fewer instalments.
        Term => "term",
        /// Lower instalments.
        Instalment => "instalment",
        /// The next bills become smaller.
        Next => "next",
    }
}

impl PrepayMode {
    /// In words, as a choice.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Next => "Mengurangi cicilan berikutnya",
            Self::Term => "Lebih cepat lunas",
            Self::Instalment => "Cicilan lebih ringan",
        }
    }
}

options! {
    /// Up to when interest is asked at payoff.
    PayoffMode, "payoff-mode" {
        /// To the day; the only mode for borrowers.
        ToDate => "to-date",
        /// To the end of the running period; for comparison.
        ToPeriodEnd => "to-period-end",
    }
}
