//! The gates of a decision: codes, effects, words.
//!
//! Enters: nothing. Leaves: [`Reason`]s for receipts and programs. The words are for the borrower; a
//! reason's figures explain it in rupiah and percent.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::calendar::options;

options! {
    /// A gate, by its stable code.
    ReasonCode, "reason" {
        /// Identity not verified.
        KycIncomplete => "kyc_incomplete",
        /// Another application is open.
        ActiveApplication => "active_application",
        /// Too young.
        Age => "age",
        /// Income below the minimum in force.
        IncomeMinimum => "income_minimum",
        /// Too many online lenders.
        Platforms => "platforms",
        /// Bad quality reported elsewhere.
        ArrearsElsewhere => "arrears_elsewhere",
        /// Overdue or lost here.
        ArrearsHere => "arrears_here",
        /// Consumptive debt above the ceiling.
        Ceiling => "ceiling",
        /// Identity data do not fit each other.
        IdentityMismatch => "identity_mismatch",
        /// NIK or phone belongs to another account.
        DuplicateIdentity => "duplicate_identity",
        /// No answer of the bureau in time.
        BureauUnavailable => "bureau_unavailable",
        /// No payslip or bank statement.
        IncomeEvidence => "income_evidence",
        /// Above the available limit.
        Limit => "limit",
        /// Instalments above the share of income.
        Affordability => "affordability",
        /// Above the daily cap.
        Cap => "cap",
    }
}

/// What a gate that does not pass does; the order is worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Refused at the door.
    Door,
    /// Not decided yet.
    NotYet,
    /// Decline, no counter-offer.
    Decline,
    /// Decline of the request; another amount or tenor may pass.
    Fixable,
    /// A person decides.
    Refer,
}

impl ReasonCode {
    /// What the gate does by default; reported quality "macet" declines instead of referring.
    #[must_use]
    pub const fn effect(self) -> Effect {
        match self {
            Self::ActiveApplication => Effect::Door,
            Self::KycIncomplete => Effect::NotYet,
            Self::Age | Self::IncomeMinimum | Self::Platforms | Self::ArrearsHere | Self::Ceiling => Effect::Decline,
            Self::Limit | Self::Affordability | Self::Cap => Effect::Fixable,
            Self::ArrearsElsewhere
            | Self::IdentityMismatch
            | Self::DuplicateIdentity
            | Self::BureauUnavailable
            | Self::IncomeEvidence => Effect::Refer,
        }
    }

    /// The words for the borrower under the first policy.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::KycIncomplete => "Verifikasi identitas belum selesai.",
            Self::ActiveApplication => "Masih ada pengajuan yang berjalan.",
            Self::Age => "Sanggup hanya untuk usia 18 tahun ke atas.",
            Self::IncomeMinimum => "Penghasilan di bawah batas minimum.",
            Self::Platforms => "Sudah ada 3 pinjaman daring berjalan.",
            Self::ArrearsElsewhere => "Ada tunggakan di pinjaman lain.",
            Self::ArrearsHere => "Ada tagihan yang belum dibayar di Sanggup.",
            Self::Ceiling => "Total pinjaman melewati batas.",
            Self::IdentityMismatch => "Data KTP belum cocok dengan Dukcapil.",
            Self::DuplicateIdentity => "Data Anda perlu diperiksa petugas.",
            Self::BureauUnavailable => "Pemeriksaan data belum selesai.",
            Self::IncomeEvidence => "Bukti penghasilan belum ada.",
            Self::Limit => "Melewati limit Anda.",
            Self::Affordability => "Cicilan ini melewati batas 30% penghasilan.",
            Self::Cap => "Biaya melewati batas.",
        }
    }
}

/// One figure of a reason, in words: `Sisa limit`, `Rp4.000.000`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// What it is.
    pub label: String,
    /// Its value as people read it.
    pub value: String,
}

/// A gate that did not pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Stable code.
    pub code: ReasonCode,
    /// What it does.
    pub effect: Effect,
    /// Words for the borrower.
    pub words: String,
    /// The figures behind it.
    pub figures: Vec<Figure>,
}

impl Reason {
    /// A reason with the default effect and words, without figures.
    #[must_use]
    pub fn new(code: ReasonCode) -> Self {
        Self {
            code,
            effect: code.effect(),
            words: code.words().to_owned(),
            figures: Vec::new(),
        }
    }

    pub(super) fn effect(self, effect: Effect) -> Self {
        Self { effect, ..self }
    }

    pub(super) fn words(self, words: String) -> Self {
        Self { words, ..self }
    }

    pub(super) fn figure(mut self, label: &str, value: impl fmt::Display) -> Self {
        self.figures.push(Figure {
            label: label.to_owned(),
            value: value.to_string(),
        });
        self
    }
}
