//! Figures of a loan in words: what several pages say about rates, bills, dates and statuses.

use crate::components::{Symbol, Tone};
use domain::{
    Rupiah,
    calendar::jakarta_date,
    loans::LoanStatus,
    payments::servicing::{Bill, LineStatus},
    text,
};
use time::OffsetDateTime;

pub(crate) use domain::loans::wording::{interest_name, late_fee_rule};

/// `Rp4 juta`, `Rp4,5 juta`, or the whole number when it is not that round.
pub(crate) fn short_amount(amount: Rupiah) -> String {
    let (millions, rest) = (amount.get() / 1_000_000, amount.get() % 1_000_000);
    match (millions, rest) {
        (1.., 0) => format!("Rp{millions} juta"),
        (1.., rest) if rest % 100_000 == 0 => format!("Rp{millions},{} juta", rest / 100_000),
        _ => amount.to_string(),
    }
}

/// `Cicilan ke-3`, `Cicilan ke-3 dan ke-4`, `Cicilan ke-3 sampai ke-6`.
pub(crate) fn instalment_names(numbers: &[u32]) -> String {
    match numbers {
        [] => "Cicilan".into(),
        [only] => format!("Cicilan ke-{only}"),
        [first, second] => format!("Cicilan ke-{first} dan ke-{second}"),
        [first, .., last] => format!("Cicilan ke-{first} sampai ke-{last}"),
    }
}

/// `Pokok 493.426 + bunga 51.224`, with fee and late fee when there are any.
pub(crate) fn bill_parts(bill: &Bill) -> String {
    let parts = [
        ("Pokok", bill.principal),
        ("bunga", bill.interest),
        ("biaya", bill.fee),
        ("denda", bill.late_fee),
    ];
    let shown: Vec<_> = parts
        .into_iter()
        .filter(|(name, amount)| *name == "Pokok" || amount.is_positive())
        .map(|(name, amount)| format!("{name} {}", amount.without_sign()))
        .collect();
    shown.join(" + ")
}

/// `10.32`, or with its day when that is not today.
pub(crate) fn clock(now: OffsetDateTime, at: OffsetDateTime) -> String {
    let day = jakarta_date(at);
    if day == jakarta_date(now) {
        text::time_of_day(at)
    } else {
        format!("{}, {}", text::day_and_month(day), text::time_of_day(at))
    }
}

/// When and how money moved: `4 Nov 26, 19.21 · QRIS`.
pub(crate) fn moved_at(at: OffsetDateTime, how: &str) -> String {
    let (day, time) = (text::date_short(jakarta_date(at)), text::time_of_day(at));
    format!("{day}, {time} · {how}")
}

/// `Jumat 4 Sep, 10.12`.
pub(crate) fn moment(at: OffsetDateTime) -> String {
    let day = jakarta_date(at);
    format!(
        "{} {} {}, {}",
        text::weekday_name(day.weekday()),
        day.day(),
        text::month_short(day.month()),
        text::time_of_day(at)
    )
}

/// Colour and icon of a status; the word stands beside them.
pub(crate) const fn status_look(status: LoanStatus) -> (Tone, Symbol) {
    match status {
        LoanStatus::Submitted | LoanStatus::UnderReview | LoanStatus::Referred => (Tone::Warning, Symbol::Clock),
        LoanStatus::Declined => (Tone::Warning, Symbol::Alert),
        LoanStatus::Approved | LoanStatus::Disbursing | LoanStatus::Closed => (Tone::Success, Symbol::Check),
        LoanStatus::Active => (Tone::Primary, Symbol::Loan),
        LoanStatus::Overdue | LoanStatus::WrittenOff => (Tone::Danger, Symbol::Alert),
        LoanStatus::Cancelled => (Tone::Plain, Symbol::Cross),
    }
}

/// The word and colour of one instalment in the table.
pub(crate) const fn line_look(status: LineStatus) -> (&'static str, Tone) {
    match status {
        LineStatus::Paid => ("Lunas", Tone::Success),
        LineStatus::Next => ("Berikutnya", Tone::Warning),
        LineStatus::Due => ("Hari ini", Tone::Warning),
        LineStatus::Later => ("Nanti", Tone::Plain),
        LineStatus::Overdue => ("Terlambat", Tone::Danger),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::{date, datetime};

    #[test]
    fn round_amounts_are_told_in_millions() {
        let told = [4_000_000, 4_500_000, 500_000, 1_951_041].map(|amount| short_amount(Rupiah::new(amount)));
        assert_eq!(told, ["Rp4 juta", "Rp4,5 juta", "Rp500.000", "Rp1.951.041"]);
    }

    #[test]
    fn a_bill_names_its_instalments_and_only_the_parts_it_has() {
        assert_eq!(instalment_names(&[3]), "Cicilan ke-3");
        assert_eq!(instalment_names(&[3, 4]), "Cicilan ke-3 dan ke-4");
        assert_eq!(instalment_names(&[3, 4, 5]), "Cicilan ke-3 sampai ke-5");
        let bill = Bill {
            instalments: vec![3],
            due_on: date!(2026 - 12 - 05),
            principal: Rupiah::new(493_426),
            interest: Rupiah::new(51_224),
            fee: Rupiah::ZERO,
            late_fee: Rupiah::ZERO,
            total: Rupiah::new(544_650),
        };
        assert_eq!(bill_parts(&bill), "Pokok 493.426 + bunga 51.224");
        let late = Bill {
            late_fee: Rupiah::new(1_480),
            ..bill
        };
        assert_eq!(bill_parts(&late), "Pokok 493.426 + bunga 51.224 + denda 1.480");
    }

    #[test]
    fn another_day_is_named_beside_the_time() {
        let now = datetime!(2026-11-24 03:02 UTC);
        assert_eq!(clock(now, datetime!(2026-11-24 03:32 UTC)), "10.32");
        assert_eq!(clock(now, datetime!(2026-11-25 03:02 UTC)), "25 November, 10.02");
        assert_eq!(moment(datetime!(2026-09-04 03:12 UTC)), "Jumat 4 Sep, 10.12");
    }
}
