//! The frozen inputs of a decision.
//!
//! Enters: what the services know of a borrower and a request. Leaves: [`Snapshot`], stored with the
//! decision so that it can be reproduced years later. No protected attribute is in it.

use serde::{Deserialize, Serialize};
use time::Date;

use crate::loans::limit::LadderStep;
use crate::money::Rupiah;

/// Worst quality of loans elsewhere, as reported by the bureau or data centre.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportedQuality {
    /// Lancar.
    Current,
    /// Dalam Perhatian Khusus.
    SpecialMention,
    /// Kurang Lancar.
    Substandard,
    /// Diragukan.
    Doubtful,
    /// Macet.
    Loss,
}

impl ReportedQuality {
    /// From the best to the worst.
    pub const ALL: [Self; 5] = [
        Self::Current,
        Self::SpecialMention,
        Self::Substandard,
        Self::Doubtful,
        Self::Loss,
    ];

    /// The stored spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::SpecialMention => "special_mention",
            Self::Substandard => "substandard",
            Self::Doubtful => "doubtful",
            Self::Loss => "loss",
        }
    }
}

/// How one comparison of an identity ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// It fits.
    Fits,
    /// It does not.
    Differs,
    /// There is nobody to ask: never the same as "it fits".
    NotAsked,
}

impl Comparison {
    /// The answer of a comparison that was made.
    #[must_use]
    pub const fn of(fits: bool) -> Self {
        if fits { Self::Fits } else { Self::Differs }
    }
}

/// Every comparison behind [`IdentityFacts`], made or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityChecks {
    /// The birth date in the NIK against the verified one.
    pub birth_date: Comparison,
    /// The province code of the NIK against the known ones.
    pub province: Comparison,
    /// NIK and name against the population register (Dukcapil).
    pub register: Comparison,
    /// The face on the KTP against the selfie, by a machine.
    pub face: Comparison,
    /// NIK and phone against other accounts; no second account can have either.
    pub nik_and_phone: Comparison,
    /// The bank account against those of other accounts.
    pub bank_account: Comparison,
    /// The device against those of other accounts.
    pub device: Comparison,
}

impl IdentityChecks {
    /// The data of the identity do not fit each other.
    #[must_use]
    pub fn mismatch(&self) -> bool {
        [self.birth_date, self.province, self.register, self.face].contains(&Comparison::Differs)
    }

    /// Something that belongs to one person belongs to another account too.
    #[must_use]
    pub fn duplicate(&self) -> bool {
        [self.nik_and_phone, self.bank_account, self.device].contains(&Comparison::Differs)
    }
}

/// What the identity check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityFacts {
    /// Identity is verified.
    pub verified: bool,
    /// The verified birth date.
    pub birth_date: Date,
    /// NIK does not fit, unknown province code, register does not match, or the face is not sure.
    pub mismatch: bool,
    /// The NIK, phone or bank account belongs to another account.
    pub duplicate: bool,
    /// What was compared; none in a snapshot from before that was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checks: Option<IdentityChecks>,
}

/// What a bureau or data centre answered about loans with other lenders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BureauReport {
    /// Instalments with other lenders a month.
    pub obligations: Rupiah,
    /// Other online lenders owed.
    pub online_lenders: u32,
    /// Worst quality; `None`: no loan reported.
    pub worst_quality: Option<ReportedQuality>,
    /// Consumptive principal owed to others.
    pub consumptive_debt: Rupiah,
}

/// The frozen inputs of one decision; amounts in rupiah, monthly where it says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Business date, Asia/Jakarta; also the disbursement date the schedule is computed for.
    pub today: Date,
    /// Requested amount.
    pub amount: Rupiah,
    /// Requested number of instalments.
    pub tenor: u32,
    /// What the identity check found.
    pub identity: IdentityFacts,
    /// Net income a month as stated.
    pub income_stated: Rupiah,
    /// Net income a month from payslip or bank statement; `None`: no evidence.
    pub income_evidenced: Option<Rupiah>,
    /// Instalments with other lenders a month as stated.
    pub obligations_stated: Rupiah,
    /// Instalments of active loans here a month.
    pub obligations_here: Rupiah,
    /// The bureau's answer; `None`: not asked, or no answer in time.
    pub bureau: Option<BureauReport>,
    /// Online lenders owed as stated, us not included; `None`: not asked.
    pub online_lenders_stated: Option<u32>,
    /// Ended loans and levels set by a person, in order.
    pub ladder: Vec<LadderStep>,
    /// Outstanding principal of active loans here.
    pub outstanding_here: Rupiah,
    /// Principal accepted or signed here but not yet disbursed, this application not included.
    pub reserved_here: Rupiah,
    /// A loan here is overdue.
    pub overdue_here: bool,
    /// A loan here was written off and not recovered.
    pub unrecovered_loss_here: bool,
    /// Another application is open.
    pub other_application_open: bool,
}
