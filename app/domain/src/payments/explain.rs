//! Where an amount comes from: the engine's own multiplications, kept while it makes them. Enters: the contract, the
//! events, a day. Leaves: the position of that day with the derivation of every interest and late fee in it.
//!
//! Nothing is computed a second time: the functions that charge interest and late fees hand out each step they take.

use time::Date;

use super::servicing::line::{Line, first_running};
use super::servicing::{Contract, Engine, Event, Position, ServicingError};
use crate::loans::period::Segment;
use crate::loans::product::{Component, LateFeeMethod, PayoffMode};
use crate::loans::remaining::flat_interest;
use crate::money::{Overflow, Rounding, Rupiah, round_div};
use crate::rate::{Fraction, PPM};
use crate::text;

/// One multiplication: `base × factor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The balance, or what is overdue, that is multiplied.
    pub base: Rupiah,
    /// The rate in words: `2,5% per bulan`.
    pub rate: String,
    /// The first day not counted any more before it, and the last day counted.
    pub span: (Date, Date),
    /// Days counted, and of how many when the rate is shared over the days of a period.
    pub days: (i64, Option<i64>),
    /// What the base is multiplied with, exact.
    pub factor: Fraction,
    /// The product, rounded by itself; none when only the sum is.
    pub rounded: Option<Rupiah>,
}

impl Step {
    /// The product in thousandths of a rupiah, rounded down, and whether that is exact.
    fn thousandths(&self) -> (i128, bool) {
        let product = self.base.wide() * self.factor.num() * 1_000;
        (product.div_euclid(self.factor.den()), product % self.factor.den() == 0)
    }

    /// `51.223,975`, with dots at the end when there is more behind.
    #[must_use]
    pub fn exact_words(&self) -> String {
        let (thousandths, exact) = self.thousandths();
        let whole = i64::try_from(thousandths / 1_000).unwrap_or(i64::MAX);
        let decimals = format!("{:03}", thousandths % 1_000);
        let decimals = decimals.trim_end_matches('0');
        let dots = if exact { "" } else { "…" };
        match (decimals, dots) {
            ("", "") => Rupiah::new(whole).without_sign(),
            _ => format!("{},{decimals}{dots}", Rupiah::new(whole).without_sign()),
        }
    }

    /// `Rp2.048.959 × 2,5% per bulan × 15/31 hari`.
    #[must_use]
    pub fn words(&self) -> String {
        let days = match self.days {
            (0, _) => String::new(),
            (days, Some(of)) if days == of => format!(" ({days} hari penuh)"),
            (days, Some(of)) => format!(" × {days}/{of} hari"),
            (days, None) => format!(" × {days} hari"),
        };
        format!("{} × {}{days}", self.base, self.rate)
    }

    /// `6 Nov 26 sampai 5 Des 26`.
    #[must_use]
    pub fn span_words(&self) -> String {
        let first = self.span.0.next_day().unwrap_or(self.span.0).min(self.span.1);
        format!("{} sampai {}", text::date_short(first), text::date_short(self.span.1))
    }
}

/// Why an amount is not the sum of its steps alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// The last instalment takes what rounding left over.
    Rounding,
    /// The loan was paid off: interest ended that day.
    PaidOff,
    /// The total cap was met.
    Cap,
    /// The other half of the instalment asks for it, or a way out laid the instalments out anew.
    Replanned,
}

impl Rest {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Rounding => "sisa pembulatan cicilan sebelumnya",
            Self::PaidOff => "bunga berhenti pada hari pelunasan",
            Self::Cap => "batas seluruh biaya tercapai",
            Self::Replanned => "bagian tagihan lain setelah jadwal diubah",
        }
    }
}

/// How one amount came to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derivation {
    /// The multiplications, in order of time.
    pub steps: Vec<Step>,
    /// How a product, or their sum, became whole rupiah.
    pub rounding: Rounding,
    /// What was added or taken off afterwards, and why.
    pub rest: Option<(Rest, Rupiah)>,
    /// The amount.
    pub amount: Rupiah,
}

impl Derivation {
    fn of(steps: Vec<Step>, rounding: Rounding, amount: i64, why: Rest) -> Result<Self, Overflow> {
        let mut derivation = Self {
            steps,
            rounding,
            rest: None,
            amount: Rupiah::new(amount),
        };
        let rest = amount - derivation.sum()?.get();
        derivation.rest = (rest != 0).then_some((why, Rupiah::new(rest)));
        Ok(derivation)
    }

    /// The sum of the steps in whole rupiah, before the rest.
    pub fn sum(&self) -> Result<Rupiah, Overflow> {
        if self.steps.iter().any(|step| step.rounded.is_some()) {
            return Rupiah::checked_sum(self.steps.iter().filter_map(|step| step.rounded));
        }
        let exact = self.steps.iter().try_fold(Fraction::ZERO, |sum, step| {
            sum.plus(step.factor.times(step.base.wide(), 1)?)
        })?;
        Rupiah::narrow(round_div(exact.num(), exact.den(), self.rounding))
    }

    /// How it was rounded, in words.
    #[must_use]
    pub const fn rounding_words(&self) -> &'static str {
        match self.rounding {
            Rounding::HalfEven => "dibulatkan ke rupiah terdekat, tepat tengah ke angka genap",
            Rounding::HalfUp => "dibulatkan ke rupiah terdekat, tepat tengah ke atas",
            Rounding::Floor => "dibulatkan ke bawah",
            Rounding::Ceil => "dibulatkan ke atas",
            Rounding::AwayFromZero => "dibulatkan menjauhi nol",
        }
    }
}

/// One instalment, with the derivation of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineExplained {
    /// 1, 2, 3 …
    pub number: u32,
    /// Its due date.
    pub due_on: Date,
    /// The last day of its interest; earlier than the due date when that was moved.
    pub interest_to: Date,
    /// The interest it asks for.
    pub interest: Derivation,
    /// Its late fee so far.
    pub late_fee: Derivation,
}

/// A loan on one day with the derivation of its amounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The loan on that day.
    pub position: Position,
    /// Its instalments, in the order of the position's.
    pub lines: Vec<LineExplained>,
    /// The interest of the running period up to that day, as a payoff asks for it; none on the day a period begins.
    pub running: Vec<(u32, Derivation)>,
    /// Interest and fees of the whole loan as it stands.
    pub benefit: Rupiah,
    /// What benefit and late fees together never exceed.
    pub total_cap: Rupiah,
}

/// The position of a loan on `as_of` with the derivation of its amounts.
pub fn explain(contract: &Contract, events: &[Event], as_of: Date) -> Result<Explanation, ServicingError> {
    let mut engine = Engine::new(contract, events)?;
    engine.run_to(as_of)?;
    let rounding = contract.terms.interest_rounding;
    let lines: Vec<Line> = engine.lines().to_vec();
    let why = |line: &Line| match () {
        () if engine.is_paid_off() => Rest::PaidOff,
        () if line.flat.is_some() => Rest::Rounding,
        () => Rest::Replanned,
    };
    let explained = |line: &Line| -> Result<LineExplained, ServicingError> {
        let whole = line.due[Component::Interest as usize];
        let steps = match line.flat {
            Some(_) => vec![flat_step(contract, line)?],
            None => interest_steps(&contract.terms.rate.to_string(), |each| {
                line.whole_interest(as_of, rounding, each).map(drop)
            })?,
        };
        let charged = line.due[Component::LateFee as usize];
        let spans = line.late_spans.iter().map(|span| late_step(contract, span));
        Ok(LineExplained {
            number: line.number,
            due_on: line.due_on,
            interest_to: line.period.due_on,
            interest: Derivation::of(steps, rounding, whole, why(line))?,
            late_fee: Derivation::of(spans.collect::<Result<_, _>>()?, Rounding::Floor, charged, Rest::Cap)?,
        })
    };
    let running = lines[first_running(&lines, as_of)..]
        .iter()
        .take_while(|line| line.period.start < as_of);
    let running = running.map(|line| -> Result<_, ServicingError> {
        let accrued = line.accrued(as_of, rounding)?;
        let rate = match line.flat {
            Some(_) => "bunga cicilan".to_owned(),
            None => contract.terms.rate.to_string(),
        };
        let steps = interest_steps(&rate, |each| line.accrued_by(as_of, rounding, each).map(drop))?;
        Ok((line.number, Derivation::of(steps, rounding, accrued, why(line))?))
    });
    let running = running.collect::<Result<_, _>>()?;
    let total_cap = engine.agreement_amount() * i64::from(contract.total_cap_percent) / 100;
    Ok(Explanation {
        lines: lines.iter().map(explained).collect::<Result<_, _>>()?,
        running,
        benefit: Rupiah::new(engine.benefit()),
        total_cap: Rupiah::new(total_cap),
        position: engine.position(PayoffMode::ToDate)?,
    })
}

/// The segments that `charge` hands out, as steps.
fn interest_steps(
    rate: &str,
    charge: impl FnOnce(&mut dyn FnMut(Segment)) -> Result<(), Overflow>,
) -> Result<Vec<Step>, Overflow> {
    let mut steps = Vec::new();
    charge(&mut |segment: Segment| {
        steps.push(Step {
            base: segment.balance,
            rate: rate.to_owned(),
            span: (segment.from, segment.to),
            days: (segment.days, segment.of_days),
            factor: segment.factor,
            rounded: Some(segment.amount),
        });
    })?;
    // A day on which the balance changed twice leaves an empty segment behind.
    steps.retain(|step| step.days.0 > 0);
    Ok(steps)
}

/// The interest of a flat instalment: an even share of the interest on the whole principal.
fn flat_step(contract: &Contract, line: &Line) -> Result<Step, ServicingError> {
    let terms = &contract.terms;
    let periods = crate::loans::period::periods(terms, terms.count)?;
    let flat = flat_interest(terms, &periods)?;
    Ok(Step {
        base: terms.principal,
        rate: terms.rate.to_string(),
        span: (line.period.start, line.period.due_on),
        days: (0, None),
        factor: flat.share,
        rounded: Some(flat.each),
    })
}

/// Days on which a late fee was charged on the same base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LateSpan {
    /// The first day charged.
    pub(crate) from: Date,
    /// The last.
    pub(crate) to: Date,
    /// What the fee is a share of.
    pub(crate) base: i64,
    /// How often: days, or once.
    pub(crate) times: i64,
}

fn late_step(contract: &Contract, span: &LateSpan) -> Result<Step, Overflow> {
    let fee = contract.late_fee;
    let (unit, days, year) = match fee.method {
        LateFeeMethod::Daily => (" per hari", span.times, 1),
        LateFeeMethod::Annual => (" per tahun", span.times, 365),
        LateFeeMethod::OneOffPrincipal | LateFeeMethod::OneOffInstalment => (" sekali", 0, 1),
    };
    Ok(Step {
        base: Rupiah::new(span.base),
        rate: format!("{}{unit}", text::percent(fee.ppm)),
        span: (span.from.previous_day().unwrap_or(span.from), span.to),
        days: (days, None),
        factor: Fraction::new(i128::from(fee.ppm) * i128::from(span.times), PPM * year)?,
        rounded: None,
    })
}
