//! Jalan keluar: which way out a loan may have, and what it would cost, before anybody consents (rule
//! 8.9). Enters: the contract, its events, an option, the day, the limits. Leaves: the loan before and
//! after, the cap test of the new schedule, and whether a second person must agree; or the rule that says
//! no. The schedule comes from the replay that will follow the consent.

use serde::{Deserialize, Serialize};
use time::{Date, Duration};

use super::servicing::{
    Contract, Engine, Event, EventKind, Hardship, LinePosition, PauseCause, Position, ServicingError, amounts, replay,
};
use crate::calendar::{MonthEnd, add_months, days_between};
use crate::loans::cap::CapCheck;
use crate::loans::product::{Method, PayoffMode};
use crate::money::Rupiah;
use crate::text;

/// The limits of the ways out: our own choices, kept as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HardshipRules {
    /// One option in so many months; more need a second person.
    pub months_between: u16,
    /// Above this outstanding principal, in rupiah, options that make a new schedule need a second person.
    pub alone_up_to: Rupiah,
    /// Days an instalment may be moved by.
    pub move_days: u16,
    /// Days between the two halves of an instalment.
    pub split_days: u16,
    /// Instalments above the contract's own number.
    pub longer_by: u32,
    /// Days an open request stops late fees for.
    pub pause_days: u16,
}

impl HardshipRules {
    /// Sanggup's choices.
    pub const SANGGUP: Self = Self {
        months_between: 6,
        alone_up_to: Rupiah::new(3_500_000),
        move_days: 14,
        split_days: 15,
        longer_by: 6,
        pause_days: 30,
    };

    /// Option e: what an open request does to late fees from the day after `asked_on`. All requests of
    /// `months_between` months share the same days, so that asking again and again buys none; none when they
    /// are used up.
    #[must_use]
    pub fn pause(self, events: &[Event], asked_on: Date) -> Option<EventKind> {
        let left = i64::from(self.pause_days) - self.days_paused(events, asked_on);
        (left > 0).then(|| EventKind::LateFeesPaused {
            cause: PauseCause::HardshipRequest,
            through: Some(asked_on.saturating_add(Duration::days(left))),
        })
    }

    /// Days up to and including `on` that requests stopped late fees for.
    fn days_paused(self, events: &[Event], on: Date) -> i64 {
        let since = add_months(on, -i64::from(self.months_between), MonthEnd::Clamp).unwrap_or(Date::MIN);
        let resumed = |pause: &Event| {
            let of_request = |kind: &EventKind| {
                let cause = PauseCause::HardshipRequest;
                *kind == EventKind::LateFeesResumed { cause }
            };
            let after = events
                .iter()
                .filter(|event| event.seq > pause.seq && of_request(&event.kind));
            after.map(|event| event.effective_on).min()
        };
        let days = events.iter().filter_map(|event| match event.kind {
            EventKind::LateFeesPaused {
                cause: PauseCause::HardshipRequest,
                through,
            } => {
                let last = through.into_iter().chain(resumed(event)).fold(on, Date::min);
                Some(days_between(event.effective_on.max(since), last).max(0))
            }
            _ => None,
        });
        days.sum()
    }
}

impl Hardship {
    /// What it is, in words for its borrower and for staff.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::MoveDate { instalment, to } => {
                format!("Geser tanggal cicilan ke-{instalment} ke {}", text::date_long(to))
            }
            Self::InterestOnly => "Bayar bunga saja untuk cicilan berikutnya".to_owned(),
            Self::Split { instalment, second_on } => format!(
                "Bagi dua cicilan ke-{instalment}, separuhnya {}",
                text::date_long(second_on)
            ),
            Self::Longer { instalments } => format!("Perpanjang menjadi {instalments} cicilan lagi"),
        }
    }
}

/// What an option would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HardshipPreview {
    /// The option.
    pub option: Hardship,
    /// The loan as it is.
    pub before: Position,
    /// The loan as it would be, on the same day.
    pub after: Position,
    /// Interest that is added, in rupiah; no option has a fee.
    pub extra_cost: Rupiah,
    /// The new schedule against the daily cap of the agreement.
    pub check: CapCheck,
    /// Two members of staff must agree.
    pub second_person: bool,
    /// The last day late fees would stop while they look at it; none when those days are used up.
    pub paused_through: Option<Date>,
}

impl HardshipPreview {
    /// What its reader consents to: the benefit and each amount with its day. Another text, another schedule.
    #[must_use]
    pub fn seen(&self) -> String {
        let open = self.after.lines.iter().filter(|line| line.open().is_positive());
        let line = |line: &LinePosition| format!("{}={}", line.due_on, line.open().get());
        let lines: Vec<_> = open.map(line).collect();
        format!("{} {}", self.check.benefit.get(), lines.join(" "))
    }
}

/// Why an option cannot be had; the text is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum HardshipError {
    /// Nothing is owed.
    #[error("Pinjaman ini sudah lunas.")]
    NothingOwed,
    /// The loan is off the books; collections agree with the borrower in another way.
    #[error("Pinjaman ini sudah dihapus buku. Hubungi kami untuk mencari jalan keluar.")]
    WrittenOff,
    /// The instalment is not the next unpaid one, or it was split already.
    #[error("Hanya cicilan berikutnya yang belum dibayar yang bisa diubah, dan hanya sekali.")]
    Instalment,
    /// The new date is not after today and the old one, is too far, or not before the following due date.
    #[error(
        "Pilih tanggal setelah hari ini dan setelah jatuh tempo yang sekarang, dalam batas hari, dan sebelum jatuh tempo berikutnya."
    )]
    Date,
    /// An instalment that is late already cannot be split.
    #[error("Cicilan yang sudah lewat jatuh tempo tidak bisa dibagi dua.")]
    AlreadyLate,
    /// Not more instalments than now, or too many.
    #[error("Jumlah cicilan harus lebih banyak dari yang tersisa, dan paling banyak 6 lebih dari perjanjian.")]
    Count,
    /// The last due date is over: there is no next instalment to shift.
    #[error("Jatuh tempo terakhir sudah lewat, jadi tidak ada cicilan yang bisa digeser.")]
    NoneLeft,
    /// Flat loans, and loans with a later disbursement, keep their schedule.
    #[error("Jadwal pinjaman ini tidak bisa dihitung ulang.")]
    Schedule,
    /// The agreement has no cap row, so nothing can be proven.
    #[error("Batas biaya perjanjian ini tidak diketahui.")]
    CapUnknown,
    /// The new schedule would break the daily or the total cap.
    #[error("Biaya jadwal baru akan melewati batas.")]
    CapExceeded,
}

impl HardshipError {
    /// Stable code for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NothingOwed => "hardship_nothing_owed",
            Self::WrittenOff => "hardship_written_off",
            Self::Instalment => "hardship_instalment",
            Self::Date => "hardship_date",
            Self::AlreadyLate => "hardship_already_late",
            Self::Count => "hardship_count",
            Self::NoneLeft => "hardship_none_left",
            Self::Schedule => "hardship_schedule",
            Self::CapUnknown => "hardship_cap_unknown",
            Self::CapExceeded => "hardship_cap_exceeded",
        }
    }

    /// The field of the form that breaks the rule; `""` for the option as a whole.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::Count => "instalments",
            Self::Instalment => "instalment",
            _ => "",
        }
    }
}

/// A preview, or why there is none.
pub type Previewed = Result<HardshipPreview, HardshipError>;

/// What `option` would do on `on`, after everything recorded. The outer error is a history that cannot be
/// replayed, the inner one a rule that says no.
pub fn preview(
    contract: &Contract,
    events: &[Event],
    option: Hardship,
    on: Date,
    rules: HardshipRules,
) -> Result<Previewed, ServicingError> {
    let before = replay(contract, events, on)?;
    if let Err(no) = fits(contract, &before, option, rules) {
        return Ok(Err(no));
    }
    let mut all = events.to_vec();
    let seq = events.iter().map(|event| event.seq).max().unwrap_or(0) + 1;
    all.push(Event::new(seq, on, on, EventKind::Hardship { option }));
    let mut now = Engine::new(contract, events)?;
    now.run_to(on)?;
    let mut then = Engine::new(contract, &all)?;
    then.run_to(on)?;
    let extra_cost = Rupiah::new(then.benefit() - now.benefit());
    let Some(cap) = &contract.cap else {
        return Ok(Err(HardshipError::CapUnknown));
    };
    let check = then.cap_check(cap)?;
    if !check.pass || then.over_total_cap() {
        return Ok(Err(HardshipError::CapExceeded));
    }
    let after = then.position(PayoffMode::ToDate)?;
    if after.lines == before.lines {
        return Ok(Err(HardshipError::Instalment));
    }
    let new_schedule = matches!(option, Hardship::InterestOnly | Hardship::Longer { .. });
    let large = new_schedule && before.outstanding_principal > rules.alone_up_to;
    Ok(Ok(HardshipPreview {
        option,
        second_person: large || helped_recently(events, on, rules),
        paused_through: match rules.pause(events, on) {
            Some(EventKind::LateFeesPaused { through, .. }) => through,
            _ => None,
        },
        before,
        after,
        extra_cost,
        check,
    }))
}

/// The ways out that could be had on `on`, each with its preview: the latest date, the most instalments.
pub fn offers(
    contract: &Contract,
    events: &[Event],
    on: Date,
    rules: HardshipRules,
) -> Result<Vec<HardshipPreview>, ServicingError> {
    let position = replay(contract, events, on)?;
    let Some(at) = position.lines.iter().position(|line| line.instalment() > paid(line)) else {
        return Ok(Vec::new());
    };
    let line = &position.lines[at];
    let latest = |days: u16| {
        let far = line.due_on.saturating_add(Duration::days(i64::from(days)));
        let next = position.lines.get(at + 1).map(|next| next.due_on - Duration::DAY);
        next.map_or(far, |next| far.min(next))
    };
    let instalment = line.number;
    let left = ahead(&position);
    let gone = u32::try_from(position.lines.len())
        .unwrap_or(u32::MAX)
        .saturating_sub(left);
    let most = (contracted(contract)? + rules.longer_by).saturating_sub(gone);
    let options = [
        Hardship::MoveDate {
            instalment,
            to: latest(rules.move_days),
        },
        Hardship::Split {
            instalment,
            second_on: latest(rules.split_days),
        },
        Hardship::InterestOnly,
        Hardship::Longer { instalments: most },
    ];
    let mut offers = Vec::new();
    for option in options {
        offers.extend(preview(contract, events, option, on, rules)?);
    }
    Ok(offers)
}

fn paid(line: &LinePosition) -> Rupiah {
    Rupiah::new(line.principal.paid.get() + line.interest.paid.get())
}

/// Instalments not yet due.
fn ahead(position: &Position) -> u32 {
    let later = position.lines.iter().filter(|line| line.due_on > position.as_of);
    let mut numbers: Vec<u32> = later.map(|line| line.number).collect();
    numbers.dedup();
    u32::try_from(numbers.len()).unwrap_or(u32::MAX)
}

/// Instalments of the contract's own schedule.
fn contracted(contract: &Contract) -> Result<u32, ServicingError> {
    Ok(u32::try_from(amounts(contract)?.len()).unwrap_or(u32::MAX))
}

fn fits(contract: &Contract, now: &Position, option: Hardship, rules: HardshipRules) -> Result<(), HardshipError> {
    let on = now.as_of;
    if now.written_off_on.is_some() {
        return Err(HardshipError::WrittenOff);
    }
    let at = now.lines.iter().position(|line| line.instalment() > paid(line));
    let at = at.ok_or(HardshipError::NothingOwed)?;
    let line = &now.lines[at];
    let is_next = |instalment: u32| {
        let halves = now.lines.iter().filter(|other| other.number == instalment).count();
        instalment == line.number && halves == 1
    };
    let in_time = |date: Date, days: u16| {
        let following = now.lines.get(at + 1).is_none_or(|next| date < next.due_on);
        let near = days_between(line.due_on, date) <= i64::from(days);
        date > on && date > line.due_on && near && following
    };
    let terms = &contract.terms;
    let fixed = terms.method == Method::Flat || terms.tranches.iter().any(|(day, _)| *day > on);
    let left = ahead(now);
    let check = |ok: bool, error: HardshipError| if ok { Ok(()) } else { Err(error) };
    match option {
        Hardship::MoveDate { instalment, to } => {
            check(is_next(instalment), HardshipError::Instalment)?;
            check(in_time(to, rules.move_days), HardshipError::Date)
        }
        Hardship::Split { instalment, second_on } => {
            check(is_next(instalment), HardshipError::Instalment)?;
            check(line.due_on >= on, HardshipError::AlreadyLate)?;
            check(in_time(second_on, rules.split_days), HardshipError::Date)
        }
        Hardship::InterestOnly => {
            check(!fixed, HardshipError::Schedule)?;
            check(left > 0, HardshipError::NoneLeft)
        }
        Hardship::Longer { instalments } => {
            check(!fixed, HardshipError::Schedule)?;
            let gone = u32::try_from(now.lines.len()).unwrap_or(u32::MAX).saturating_sub(left);
            let most = contracted(contract).map_err(|_| HardshipError::Schedule)? + rules.longer_by;
            let few_enough = gone.saturating_add(instalments) <= most;
            check(instalments > left && few_enough, HardshipError::Count)
        }
    }
}

/// Whether an option took effect in the months before.
fn helped_recently(events: &[Event], on: Date, rules: HardshipRules) -> bool {
    let since = add_months(on, -i64::from(rules.months_between), MonthEnd::Clamp);
    let helped = events
        .iter()
        .filter(|event| matches!(event.kind, EventKind::Hardship { .. }));
    helped
        .into_iter()
        .any(|event| since.is_ok_and(|since| event.effective_on > since) || since.is_err())
}

#[cfg(test)]
#[path = "hardship_tests.rs"]
mod tests;
