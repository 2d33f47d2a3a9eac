//! The rules of a policy as data: which gates look at the person, in which order, with which effect; and why a
//! policy must not be put in force.
//!
//! Enters: a draft. Leaves: [`PolicyFault`]s. The gates that look at the terms (limit, affordability, cap) are always
//! on and always fixable: no policy can switch the law off.

use serde::{Deserialize, Serialize};
use time::Date;
use time::macros::date;

use crate::audit::Change;
use crate::calendar::add_days;
use crate::loans::cap::CapRow;
use crate::loans::decision::{DecideError, IdentityFacts, Outcome, Snapshot, decide};
use crate::loans::policy::Policy;
use crate::loans::product::Product;
use crate::loans::reason::{Effect, ReasonCode};
use crate::loans::snapshot::ReportedQuality;
use crate::money::Rupiah;

/// One gate that looks at the person. The first rule of a code whose gate does not pass gives the effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Which gate.
    pub code: ReasonCode,
    /// What it does when it does not pass: decline or refer.
    pub effect: Effect,
    /// `arrears_elsewhere` only: the reported quality from which it does not pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<ReportedQuality>,
}

/// The rules of the first policy (6.3), in the order of the table.
#[must_use]
pub fn first_rules() -> Vec<Rule> {
    use ReasonCode::{
        Age, ArrearsElsewhere, ArrearsHere, BureauUnavailable, Ceiling, DuplicateIdentity, IdentityMismatch,
        IncomeEvidence, IncomeMinimum, Platforms,
    };
    let rule = |code, effect| Rule {
        code,
        effect,
        quality: None,
    };
    let from = |quality, effect| Rule {
        code: ArrearsElsewhere,
        effect,
        quality: Some(quality),
    };
    vec![
        rule(Age, Effect::Decline),
        rule(IncomeMinimum, Effect::Decline),
        rule(Platforms, Effect::Decline),
        from(ReportedQuality::Loss, Effect::Decline),
        rule(ArrearsHere, Effect::Decline),
        rule(Ceiling, Effect::Decline),
        rule(IdentityMismatch, Effect::Refer),
        rule(DuplicateIdentity, Effect::Refer),
        from(ReportedQuality::Substandard, Effect::Refer),
        rule(BureauUnavailable, Effect::Refer),
        rule(IncomeEvidence, Effect::Refer),
    ]
}

impl Rule {
    /// The effects a policy may give this gate; empty for gates that are no rule of a policy. What the law forbids
    /// declines; a question about an identity is for a person and never declines (6.3).
    const fn allowed(code: ReasonCode) -> &'static [Effect] {
        match code {
            ReasonCode::Age | ReasonCode::IncomeMinimum | ReasonCode::Platforms | ReasonCode::Ceiling => {
                &[Effect::Decline]
            }
            ReasonCode::ArrearsHere | ReasonCode::ArrearsElsewhere | ReasonCode::IncomeEvidence => {
                &[Effect::Decline, Effect::Refer]
            }
            ReasonCode::IdentityMismatch | ReasonCode::DuplicateIdentity | ReasonCode::BureauUnavailable => {
                &[Effect::Refer]
            }
            ReasonCode::KycIncomplete
            | ReasonCode::ActiveApplication
            | ReasonCode::Limit
            | ReasonCode::Affordability
            | ReasonCode::Cap => &[],
        }
    }

    /// Gates that every policy has.
    const REQUIRED: [ReasonCode; 8] = [
        ReasonCode::Age,
        ReasonCode::IncomeMinimum,
        ReasonCode::Platforms,
        ReasonCode::Ceiling,
        ReasonCode::ArrearsHere,
        ReasonCode::ArrearsElsewhere,
        ReasonCode::IdentityMismatch,
        ReasonCode::DuplicateIdentity,
    ];

    /// `age decline`, `arrears_elsewhere refer substandard`: one line of the staff form.
    #[must_use]
    pub fn line(self) -> String {
        let effect = if self.effect == Effect::Decline {
            "decline"
        } else {
            "refer"
        };
        let quality = self
            .quality
            .map_or_else(String::new, |quality| format!(" {}", quality.as_str()));
        format!("{} {effect}{quality}", self.code)
    }

    /// Reads [`Rule::line`] back.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let code = words.next()?.parse().ok()?;
        let effect = match words.next()? {
            "decline" => Effect::Decline,
            "refer" => Effect::Refer,
            _ => return None,
        };
        let quality = match words.next() {
            None => None,
            Some(word) => Some(
                ReportedQuality::ALL
                    .into_iter()
                    .find(|quality| quality.as_str() == word)?,
            ),
        };
        words.next().is_none().then_some(Self { code, effect, quality })
    }
}

/// Why a policy must not be put in force.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFault {
    /// A gate that every policy has is missing.
    #[error("Aturan {0} wajib ada.")]
    Missing(ReasonCode),
    /// The gate is no rule of a policy, or may not have this effect, or lacks its threshold.
    #[error("Aturan {0} tidak boleh dipakai seperti ini.")]
    Effect(ReasonCode),
    /// The same rule twice.
    #[error("Aturan {0} ditulis dua kali.")]
    Twice(ReasonCode),
    /// A share of income outside 1 to 50 percent, the highest that the law ever allowed, or none in force.
    #[error("Porsi penghasilan harus 1 sampai 50 persen dan berlaku pada tanggalnya.")]
    Share,
    /// A threshold that makes no sense: an age under 18, no platform, a negative amount.
    #[error("Batas umur, jumlah platform, plafon, dan jumlah hari di luar jangkauan.")]
    Threshold,
    /// A ladder that falls or whose steps contradict each other.
    #[error("Tangga limit harus naik, dan hari terlambatnya berurutan.")]
    Ladder,
    /// The best borrower there can be would not be approved on this date, for these reasons.
    #[error("Kebijakan ini tidak pernah bisa menyetujui pengajuan pada {on}: {because}")]
    NeverApproves {
        /// The first date on which it cannot.
        on: Date,
        /// What stands in the way, in words.
        because: String,
    },
}

impl PolicyFault {
    /// Stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing(_) => "policy_rule_missing",
            Self::Effect(_) => "policy_rule_effect",
            Self::Twice(_) => "policy_rule_twice",
            Self::Share => "policy_share",
            Self::Threshold => "policy_threshold",
            Self::Ladder => "policy_ladder",
            Self::NeverApproves { .. } => "policy_never_approves",
        }
    }
}

impl Policy {
    /// Whether the policy can be put in force on `today` for `product`: complete, inside the law, and able to approve
    /// somebody today and after each later change by date. `bureau_answers`: a bureau is connected.
    pub fn check(
        &self,
        product: &Product,
        caps: &[CapRow],
        today: Date,
        bureau_answers: bool,
    ) -> Result<(), PolicyFault> {
        self.check_rules()?;
        self.check_thresholds()?;
        let later = self.shares.iter().map(|share| share.valid_from);
        let later = later.chain(self.income_minimums.iter().map(|minimum| minimum.valid_from));
        // What changes after its last day is for the next version.
        let decides = |date: &Date| *date > today && self.valid_until.is_none_or(|last| *date <= last);
        let mut dates: Vec<Date> = later.filter(decides).collect();
        dates.push(today);
        dates.sort_unstable();
        dates
            .into_iter()
            .try_for_each(|on| self.can_approve(product, caps, on, bureau_answers))
    }

    fn check_rules(&self) -> Result<(), PolicyFault> {
        for (at, rule) in self.rules.iter().enumerate() {
            let threshold = rule.quality.is_some() == (rule.code == ReasonCode::ArrearsElsewhere);
            if !threshold || !Rule::allowed(rule.code).contains(&rule.effect) {
                return Err(PolicyFault::Effect(rule.code));
            }
            let same = |other: &&Rule| other.code == rule.code && other.quality == rule.quality;
            if self.rules.iter().take(at).any(|other| same(&other)) {
                return Err(PolicyFault::Twice(rule.code));
            }
        }
        let has = |code: &ReasonCode| self.rules.iter().any(|rule| rule.code == *code);
        match Rule::REQUIRED.iter().find(|code| !has(code)) {
            Some(code) => Err(PolicyFault::Missing(*code)),
            None => Ok(()),
        }
    }

    fn check_thresholds(&self) -> Result<(), PolicyFault> {
        if self.shares.is_empty() || self.shares.iter().any(|share| !(1..=50).contains(&share.percent)) {
            return Err(PolicyFault::Share);
        }
        let amounts = self.income_minimums.iter().map(|minimum| minimum.amount);
        let mut amounts = amounts.chain([self.consumptive_ceiling, self.second_officer_above]);
        let sensible = (18..=100).contains(&self.age_min)
            && (1..=3).contains(&self.max_platforms)
            && (1..=30).contains(&self.counter_offer_days)
            && (30..=365).contains(&self.review_days)
            && amounts.all(|amount| !amount.is_negative() && amount <= Rupiah::MAX_INPUT);
        if !sensible {
            return Err(PolicyFault::Threshold);
        }
        let ladder = &self.ladder;
        let rises = ladder.limits.is_sorted() && ladder.limits.first().is_some_and(|limit| !limit.is_negative());
        let ordered = ladder.clean_dpd <= ladder.one_level_above_dpd
            && ladder.one_level_above_dpd <= ladder.two_levels_above_dpd
            && ladder.two_levels_above_dpd <= ladder.blocked_above_dpd
            && ladder.clean_days >= 0;
        if rises && ordered {
            Ok(())
        } else {
            Err(PolicyFault::Ladder)
        }
    }

    /// Decides the best first-time borrower there can be, for the smallest amount at every tenor.
    fn can_approve(
        &self,
        product: &Product,
        caps: &[CapRow],
        on: Date,
        bureau_answers: bool,
    ) -> Result<(), PolicyFault> {
        let mut because = String::new();
        for tenor in &product.tenors {
            match decide(&best_borrower(product, on, *tenor, bureau_answers), self, product, caps) {
                Ok(decision) if decision.outcome == Outcome::Approve => return Ok(()),
                Ok(decision) => {
                    let words: Vec<_> = decision.reasons.iter().map(|reason| reason.words.as_str()).collect();
                    because = words.join(" ");
                }
                Err(DecideError::NoShare) => return Err(PolicyFault::Share),
                Err(error) => because = error.to_string(),
            }
        }
        Err(PolicyFault::NeverApproves { on, because })
    }

    /// Every figure of `self` that differs from `before`, in words.
    #[must_use]
    pub fn changes(&self, before: &Self) -> Vec<Change> {
        let old = before.fields();
        let fields = self.fields().into_iter().zip(old);
        fields
            .filter_map(|((what, after), (_, before))| Change::of(what, before, after))
            .collect()
    }

    /// Every figure in words, in a fixed order.
    #[must_use]
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let shares = self
            .shares
            .iter()
            .map(|share| format!("{}% sejak {}", share.percent, share.valid_from));
        let minimums = self
            .income_minimums
            .iter()
            .map(|least| format!("{} sejak {}", least.amount, least.valid_from));
        let limits = self.ladder.limits.iter().map(ToString::to_string);
        let ladder = &self.ladder;
        let ladder_days = format!(
            "bersih sampai {} hari terlambat dan paling sedikit {} hari; turun satu di atas {}, dua di atas {}, tertutup di atas {}",
            ladder.clean_dpd,
            ladder.clean_days,
            ladder.one_level_above_dpd,
            ladder.two_levels_above_dpd,
            ladder.blocked_above_dpd
        );
        let last = self.valid_until.map(|last| last.to_string());
        vec![
            ("Versi", self.version.to_string()),
            (
                "Berlaku sampai",
                last.unwrap_or_else(|| "diganti versi berikutnya".to_owned()),
            ),
            ("Porsi penghasilan", shares.collect::<Vec<_>>().join("; ")),
            ("Penghasilan minimum", minimums.collect::<Vec<_>>().join("; ")),
            ("Umur minimum", format!("{} tahun", self.age_min)),
            ("Platform paling banyak", self.max_platforms.to_string()),
            ("Plafon konsumtif", self.consumptive_ceiling.to_string()),
            (
                "Data biro wajib",
                if self.bureau_required { "ya" } else { "tidak" }.to_owned(),
            ),
            ("Tangga limit", limits.collect::<Vec<_>>().join(", ")),
            ("Aturan tangga", ladder_days),
            ("Petugas kedua di atas", self.second_officer_above.to_string()),
            ("Penawaran berlaku", format!("{} hari", self.counter_offer_days)),
            ("Minta peninjauan", format!("{} hari", self.review_days)),
            (
                "Aturan",
                self.rules.iter().map(|rule| rule.line()).collect::<Vec<_>>().join("; "),
            ),
        ]
    }
}

/// A first-time borrower against whom nothing can speak.
fn best_borrower(product: &Product, on: Date, tenor: u32, bureau_answers: bool) -> Snapshot {
    use crate::loans::snapshot::BureauReport;
    Snapshot {
        today: on,
        amount: product.amount.min,
        tenor,
        identity: IdentityFacts {
            verified: true,
            birth_date: add_days(on, -40 * 366).unwrap_or(date!(1980 - 01 - 01)),
            mismatch: false,
            duplicate: false,
            checks: None,
        },
        income_stated: Rupiah::MAX_INPUT,
        income_evidenced: Some(Rupiah::MAX_INPUT),
        obligations_stated: Rupiah::ZERO,
        obligations_here: Rupiah::ZERO,
        bureau: bureau_answers.then_some(BureauReport {
            obligations: Rupiah::ZERO,
            online_lenders: 0,
            worst_quality: None,
            consumptive_debt: Rupiah::ZERO,
        }),
        online_lenders_stated: Some(0),
        ladder: Vec::new(),
        outstanding_here: Rupiah::ZERO,
        reserved_here: Rupiah::ZERO,
        overdue_here: false,
        unrecovered_loss_here: false,
        other_application_open: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loans::affordability::ShareVersion;
    use crate::loans::cap::first_table;
    use crate::loans::policy::IncomeMinimum;

    const TODAY: Date = date!(2026 - 11 - 25);

    fn check(change: impl FnOnce(&mut Policy)) -> Result<(), PolicyFault> {
        let mut policy = Policy::first();
        change(&mut policy);
        policy.check(&Product::sanggup_tunai(), &first_table(), TODAY, false)
    }

    #[test]
    fn the_first_policy_can_be_put_in_force() {
        assert_eq!(check(|_| ()), Ok(()));
    }

    #[test]
    fn the_law_cannot_be_left_out_or_softened() {
        let without = |code| move |policy: &mut Policy| policy.rules.retain(|rule| rule.code != code);
        for code in Rule::REQUIRED {
            assert_eq!(check(without(code)), Err(PolicyFault::Missing(code)));
        }
        assert_eq!(check(without(ReasonCode::IncomeEvidence)), Ok(()));
        let soft = check(|policy| policy.rules[0].effect = Effect::Refer);
        assert_eq!(soft, Err(PolicyFault::Effect(ReasonCode::Age)));
        let hard = check(|policy| policy.rules[6].effect = Effect::Decline);
        assert_eq!(hard, Err(PolicyFault::Effect(ReasonCode::IdentityMismatch)));
        let blunt = check(|policy| policy.rules[3].quality = None);
        assert_eq!(blunt, Err(PolicyFault::Effect(ReasonCode::ArrearsElsewhere)));
        let twice = check(|policy| policy.rules.push(policy.rules[0]));
        assert_eq!(twice, Err(PolicyFault::Twice(ReasonCode::Age)));
        let door = Rule {
            code: ReasonCode::Limit,
            effect: Effect::Decline,
            quality: None,
        };
        assert_eq!(
            check(|policy| policy.rules.push(door)),
            Err(PolicyFault::Effect(ReasonCode::Limit))
        );
    }

    #[test]
    fn a_policy_that_can_never_approve_is_refused_with_its_reason() {
        let words = |result: Result<(), PolicyFault>| result.expect_err("refused").to_string();
        let small = check(|policy| policy.ladder.limits = vec![Rupiah::new(400_000)]);
        assert!(words(small).ends_with("2026-11-25: Melewati limit Anda."));
        let bureau = check(|policy| policy.bureau_required = true);
        assert!(words(bureau).contains("Pemeriksaan data belum selesai."));
        // Not today, but from next year on.
        let too_much = IncomeMinimum {
            valid_from: date!(2027 - 06 - 01),
            amount: Rupiah::MAX_INPUT,
        };
        assert_eq!(
            check(|policy| policy.income_minimums.push(too_much)),
            Ok(()),
            "somebody earns that"
        );
        let old = check(|policy| policy.age_min = 60);
        assert!(words(old).contains("usia 60 tahun"));
        let expired = check(|policy| policy.valid_until = Some(date!(2026 - 11 - 24)));
        assert_eq!(expired, Err(PolicyFault::Share));
        let ends_before_the_minimum = check(|policy| policy.valid_until = Some(date!(2026 - 11 - 30)));
        assert_eq!(ends_before_the_minimum, Ok(()));
    }

    #[test]
    fn thresholds_outside_their_range_are_refused() {
        let share = |percent| {
            move |policy: &mut Policy| {
                policy.shares.push(ShareVersion {
                    valid_from: TODAY,
                    percent,
                })
            }
        };
        assert_eq!(check(share(0)), Err(PolicyFault::Share));
        assert_eq!(check(share(51)), Err(PolicyFault::Share));
        assert_eq!(check(share(25)), Ok(()));
        assert_eq!(check(|policy| policy.shares.clear()), Err(PolicyFault::Share));
        assert_eq!(check(|policy| policy.age_min = 17), Err(PolicyFault::Threshold));
        assert_eq!(check(|policy| policy.max_platforms = 0), Err(PolicyFault::Threshold));
        assert_eq!(check(|policy| policy.review_days = 29), Err(PolicyFault::Threshold));
        assert_eq!(
            check(|policy| policy.second_officer_above = Rupiah::new(-1)),
            Err(PolicyFault::Threshold)
        );
        assert_eq!(check(|policy| policy.ladder.limits.reverse()), Err(PolicyFault::Ladder));
        assert_eq!(
            check(|policy| policy.ladder.blocked_above_dpd = 1),
            Err(PolicyFault::Ladder)
        );
    }

    #[test]
    fn the_last_day_of_a_policy_is_in_the_diff() {
        let ends = Policy {
            valid_until: Some(date!(2027 - 03 - 31)),
            ..Policy::first()
        };
        let changes = ends.changes(&Policy::first());
        let what: Vec<_> = changes
            .iter()
            .map(|change| (change.what.as_str(), change.after.as_str()))
            .collect();
        assert_eq!(what, [("Berlaku sampai", "2027-03-31")]);
        assert_eq!(Policy::first().changes(&ends).len(), 1, "and when it is lifted");
    }

    #[test]
    fn a_rule_survives_its_line() {
        for rule in first_rules() {
            assert_eq!(Rule::parse(&rule.line()), Some(rule));
        }
        for line in [
            "",
            "age",
            "age maybe",
            "age decline 3",
            "x decline",
            "arrears_elsewhere refer loss loss",
        ] {
            assert_eq!(Rule::parse(line), None, "{line}");
        }
    }
}
