//! The replay itself: a loan is brought to the opening of a day, then the events of the day happen
//! (rule 8.1). Spans between events are computed in one step; when journals are asked for, day by day
//! by the same code.

use std::collections::BTreeMap;

use time::{Date, Duration};

use super::history::{check, in_order, reference, reversed_by};
use super::line::{Line, scheduled};
use super::refund::Refunds;
use super::relief::Held;
use super::step::{Source, Step};
use super::write_off::WriteOff;
use super::{Applied, Contract, Event, EventKind, PauseCause, Purpose, ServicingError};
use crate::calendar::days_between;
use crate::loans::cap::{Cap, CapCheck};
use crate::loans::product::{Component, PayoffMode};
use crate::money::{Overflow, Rupiah};
use crate::payments::late_fee::{self, Room};
use crate::payments::payoff::{self, Payoff};

/// The days (after, through] on which instalments are not charged, because a payment that was taken
/// back later had paid them (rule 8.6).
#[derive(Debug, Clone)]
struct Spared {
    /// None: all of them.
    lines: Option<Vec<u32>>,
    after: Date,
    through: Date,
}

/// A loan in the middle of its replay.
#[derive(Debug, Clone)]
pub(crate) struct Engine<'a> {
    pub(super) contract: &'a Contract,
    pub(super) lines: Vec<Line>,
    /// The loan stands at the opening of this day, plus its events applied so far.
    pub(super) day: Date,
    pub(super) credit: i64,
    pub(super) frozen: bool,
    pub(super) applied: Vec<Applied>,
    events: Vec<&'a Event>,
    next: usize,
    spared: Vec<Spared>,
    /// Fees taken from the disbursement: benefit too.
    deducted: i64,
    exhausted: bool,
    /// Paid off: nothing that was paid on later instalments is ever planned anew.
    pub(super) paid_off: bool,
    claim: Option<u32>,
    rejected_claims: Vec<u32>,
    /// Who stopped late fees, and through which day.
    pauses: Vec<(PauseCause, Option<Date>)>,
    pub(super) held: Option<Held>,
    /// The most days past due at the opening of any day, by the due dates that stood on that day.
    pub(super) worst_late: u32,
    pub(super) written_off: Option<WriteOff>,
    pub(super) refunds: Refunds,
    /// Interest on overdue principal met the total cap: it never grows again.
    pub(super) overdue_capped: bool,
    record_from: Option<Date>,
    pub(super) steps: Vec<Step>,
}

impl<'a> Engine<'a> {
    /// A loan at its start, with its events put in order and its reversals understood.
    pub(crate) fn new(contract: &'a Contract, events: &'a [Event]) -> Result<Self, ServicingError> {
        check(contract, events)?;
        let (lines, deducted) = scheduled(contract)?;
        let mut engine = Self {
            contract,
            lines,
            day: contract.terms.start,
            credit: 0,
            frozen: false,
            applied: Vec::new(),
            events: Vec::new(),
            next: 0,
            spared: Vec::new(),
            deducted,
            exhausted: false,
            paid_off: false,
            claim: None,
            rejected_claims: Vec::new(),
            pauses: Vec::new(),
            held: None,
            worst_late: 0,
            written_off: None,
            refunds: Refunds::default(),
            overdue_capped: false,
            record_from: None,
            steps: Vec::new(),
        };
        let mut reversals: Vec<_> = events.iter().filter_map(|e| reversed_by(e).map(|of| (e, of))).collect();
        reversals.sort_by_key(|(event, _)| event.seq);
        let mut reversed: Vec<&str> = Vec::new();
        for (reversal, of) in &reversals {
            let known = |e: &&Event| e.seq < reversal.seq && reference(e) == Some(of);
            let payment = events
                .iter()
                .find(known)
                .ok_or_else(|| ServicingError::UnknownPayment((*of).into()))?;
            if reversed.contains(of) {
                return Err(ServicingError::AlreadyReversed((*of).into()));
            }
            let before = events.iter().filter(|event| event.seq < reversal.seq);
            engine
                .spared
                .push(engine.spared_by(before, &reversed, payment, reversal.recorded_on)?);
            reversed.push(of);
        }
        engine.events = in_order(events.iter(), &reversed);
        Ok(engine)
    }

    /// Which instalments `payment` had paid, as the loan was seen when it was taken back.
    fn spared_by(
        &self,
        before: impl Iterator<Item = &'a Event>,
        reversed: &[&str],
        payment: &Event,
        through: Date,
    ) -> Result<Spared, ServicingError> {
        let mut world = self.clone();
        world.events = in_order(before, reversed);
        let refunded = |event: &&Event| matches!(event.kind, EventKind::RefundAsked { .. });
        let refunded = world.events.iter().any(refunded);
        world.run_to(payment.effective_on)?;
        let parts = world.applied.iter().filter(|applied| applied.seq == Some(payment.seq));
        let lines = parts
            .flat_map(|applied| &applied.allocations)
            .map(|part| part.instalment)
            .collect();
        Ok(Spared {
            // Money that went back meanwhile may be missing on any of them.
            lines: if refunded { None } else { lines },
            after: payment.effective_on,
            through,
        })
    }

    /// Keeps the steps of `from` and later days; must be called before the loan moves.
    pub(crate) fn record_from(&mut self, from: Date) {
        self.record_from = Some(from);
        let on = self.day;
        if self.recording(on) {
            let fee = |line: &Line| line.due[Component::Fee as usize];
            let fees = self.lines.iter().filter(|line| fee(line) > 0);
            self.steps.extend(fees.map(|l| Step::Fee {
                seq: None,
                on,
                line: l.number,
                amount: fee(l),
            }));
            self.record_tranches(on);
        }
    }

    /// Keeps the steps of `from` and later days from now on, without those kept so far.
    pub(super) fn restart_record(&mut self, from: Date) {
        self.record_from = Some(from);
        self.steps.clear();
    }

    /// The steps kept since the last call.
    pub(super) fn take_steps(&mut self) -> Vec<Step> {
        std::mem::take(&mut self.steps)
    }

    /// The instalments as they stand.
    pub(crate) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Whether a payoff ended the interest.
    pub(crate) fn is_paid_off(&self) -> bool {
        self.paid_off
    }

    /// The steps kept so far.
    pub(crate) fn into_steps(self) -> Vec<Step> {
        self.steps
    }

    pub(super) fn recording(&self, on: Date) -> bool {
        self.record_from.is_some_and(|from| on >= from)
    }

    /// Brings the loan to `day` and lets its events happen.
    pub(crate) fn run_to(&mut self, day: Date) -> Result<(), ServicingError> {
        if day < self.contract.terms.start {
            return Err(ServicingError::BeforeStart);
        }
        while let Some(event) = self.events.get(self.next).filter(|event| event.effective_on <= day) {
            let event = *event;
            self.advance(event.effective_on)?;
            self.apply(event)?;
            self.next += 1;
        }
        self.advance(day)
    }

    /// To the opening of `day`, in spans in which nothing changes but the number of days.
    fn advance(&mut self, day: Date) -> Result<(), ServicingError> {
        while self.day < day {
            let first = self.day + Duration::DAY;
            self.end_of_day();
            let last = self.span_end(first, day);
            self.recalculate(last)?;
            if self.recording(first) {
                self.record_tranches(first);
                self.record_interest(first)?;
            }
            self.use_credit(first)?;
            self.charge_late_fees(first, last);
            if last > first {
                self.use_credit(last)?;
            }
            self.day = last;
            // Days past due only grow inside a span, so its last day is its worst.
            self.worst_late = self.worst_late.max(self.days_past_due());
        }
        Ok(())
    }

    /// The last day of the span that begins on `first`: a due date, the end of a period, the edge of days
    /// that are spared or paused, the day before journals begin, or one day only while they are kept or
    /// interest grows by the day.
    fn span_end(&self, first: Date, day: Date) -> Date {
        if self.recording(first) || self.interest_grows() {
            return first;
        }
        let next = |date: fn(&Line) -> Date| self.lines.iter().map(date).find(|date| *date >= first);
        let due = [next(|line| line.due_on), next(|line| line.period.due_on)];
        let due = due.into_iter().flatten();
        let paused = self.pauses.iter().filter_map(|(_, through)| *through);
        let spared = self.spared.iter().flat_map(|spared| [spared.after, spared.through]);
        let edges = spared.chain(paused);
        let record = self.record_from.map(|from| from - Duration::DAY);
        edges
            .filter(|edge| *edge >= first)
            .chain(due)
            .chain(record)
            .fold(day, Date::min)
    }

    /// The interest of one day, of the instalment whose period it lies in.
    fn record_interest(&mut self, on: Date) -> Result<(), Overflow> {
        let rounding = self.contract.terms.interest_rounding;
        let (mut amount, mut ahead, mut number) = (0, 0, 0);
        for line in self.lines.iter().filter(|line| line.period.contains(on)) {
            let before = line.accrued(on - Duration::DAY, rounding)?;
            amount += line.accrued(on, rounding)? - before;
            ahead += (line.paid[Component::Interest as usize] - before).max(0);
            number = line.number;
        }
        if amount > 0 {
            self.steps.push(Step::Interest {
                on,
                line: number,
                amount,
                unearned: amount.min(ahead),
            });
        }
        Ok(())
    }

    /// Later disbursements of one day.
    fn record_tranches(&mut self, on: Date) {
        let tranches = self.contract.terms.tranches.iter().zip(1..);
        let today = tranches.filter(|((day, _), _)| *day == on);
        self.steps.extend(today.map(|((_, amount), number)| Step::Tranche {
            on,
            number,
            amount: amount.get(),
        }));
    }

    fn charge_late_fees(&mut self, first: Date, last: Date) {
        let late = self
            .lines
            .iter()
            .any(|line| line.due_on < first && line.open_debt() > 0);
        if self.paused(first) || self.written_off.is_some() || !late {
            return;
        }
        let mut room = Room {
            left: self.room(),
            exhausted: self.exhausted,
        };
        let spared = |line: u32| {
            let covers = |s: &Spared| s.lines.as_ref().is_none_or(|lines| lines.contains(&line));
            self.spared
                .iter()
                .any(|s| s.after < first && first <= s.through && covers(s))
        };
        let charged = late_fee::charge(
            self.contract.late_fee,
            &mut self.lines,
            (first, last),
            &spared,
            &mut room,
        );
        self.exhausted = room.exhausted;
        if self.recording(first) {
            // Both halves of an instalment have its number.
            let mut sums = BTreeMap::new();
            charged
                .into_iter()
                .for_each(|(line, amount)| *sums.entry(line).or_insert(0) += amount);
            self.steps.extend(sums.into_iter().map(|(line, amount)| Step::LateFee {
                on: first,
                line,
                amount,
            }));
        }
    }

    /// Whether late fees are stopped on `on`.
    pub(super) fn paused(&self, on: Date) -> bool {
        let stands = |through: &Option<Date>| through.is_none_or(|through| on <= through);
        self.frozen || self.pauses.iter().any(|(_, through)| stands(through))
    }

    /// What benefit and late fees together may still grow by (rule 5.4).
    pub(super) fn room(&self) -> i64 {
        self.below_total_cap().max(0)
    }

    fn below_total_cap(&self) -> i64 {
        let cap = self.agreement_amount() * i64::from(self.contract.total_cap_percent) / 100;
        let late_fee = |line: &Line| line.due[Component::LateFee as usize];
        cap - self.benefit() - self.lines.iter().map(late_fee).sum::<i64>()
    }

    /// Whether benefit and late fees are above the total cap.
    pub(crate) fn over_total_cap(&self) -> bool {
        self.below_total_cap() < 0
    }

    /// The last due date before any holiday move.
    pub(crate) fn ends_on(&self) -> Date {
        let last = self.lines.last().map(|line| line.period.unmoved_due_on);
        last.unwrap_or(self.contract.terms.start)
    }

    /// Interest and fees of the loan as it stands, deducted ones too.
    pub(crate) fn benefit(&self) -> i64 {
        let charged = |line: &Line| line.due[Component::Interest as usize] + line.due[Component::Fee as usize];
        self.deducted + self.lines.iter().map(charged).sum::<i64>()
    }

    /// The daily cap test of the loan as it stands.
    pub(crate) fn cap_check(&self, cap: &Cap) -> Result<CapCheck, Overflow> {
        let days = days_between(self.contract.terms.start, self.ends_on());
        cap.check(Rupiah::new(self.benefit()), Rupiah::new(self.agreement_amount()), days)
    }

    pub(crate) fn agreement_amount(&self) -> i64 {
        self.contract.terms.principal.get() + self.tranches(|_| true)
    }

    /// Principal of tranches after today.
    pub(super) fn undisbursed(&self) -> i64 {
        self.tranches(|on| on > self.day)
    }

    /// Principal of the tranches on the days named.
    pub(super) fn tranches(&self, on: impl Fn(Date) -> bool) -> i64 {
        let tranches = self.contract.terms.tranches.iter().filter(|(day, _)| on(*day));
        tranches.map(|(_, amount)| amount.get()).sum()
    }

    /// What paying everything today costs.
    pub(crate) fn payoff(&self, mode: PayoffMode) -> Result<Payoff, ServicingError> {
        let rounding = self.contract.terms.interest_rounding;
        Ok(payoff::quote(
            &self.lines,
            self.day,
            self.credit,
            self.undisbursed(),
            mode,
            rounding,
        )?)
    }

    /// Lets one event happen on the day the loan stands at.
    fn apply(&mut self, event: &Event) -> Result<(), ServicingError> {
        match &event.kind {
            EventKind::Payment { amount, purpose, .. } => match purpose {
                _ if self.written_off.is_some() => {
                    self.spread(event.seq, amount.get(), Source::Payment { replanned: false })?;
                }
                Purpose::Instalment => self.spread(event.seq, amount.get(), Source::Payment { replanned: false })?,
                Purpose::Amount { mode } => {
                    self.settle(event.seq, amount.get(), mode.unwrap_or(self.contract.prepay_default))?;
                }
                Purpose::Payoff => self.settle(event.seq, amount.get(), self.contract.prepay_default)?,
            },
            EventKind::Goodwill { amount } => self.spread(event.seq, amount.get(), Source::Goodwill)?,
            EventKind::Waiver { amount, component } => self.waive(event.seq, amount.get(), *component)?,
            EventKind::Fee { .. } if self.written_off.is_some() => {
                return Err(ServicingError::WrittenOff(event.seq));
            }
            EventKind::Fee { amount, due_on } => self.charge_fee(event.seq, amount.get(), *due_on),
            EventKind::ClaimOpened { instalment } => {
                let claim = *self.claim.get_or_insert(*instalment);
                self.frozen = !self.rejected_claims.contains(&claim);
            }
            EventKind::ClaimResolved { confirmed } => {
                self.frozen = false;
                self.rejected_claims.extend(self.claim.take().filter(|_| !confirmed));
            }
            EventKind::LateFeesPaused { cause, through } => self.pauses.push((*cause, *through)),
            EventKind::LateFeesResumed { cause } => self.pauses.retain(|(other, _)| other != cause),
            EventKind::Hardship { option } => self.relieve(event.seq, *option)?,
            EventKind::WrittenOff { provided } => self.write_off(event.seq, provided.get())?,
            EventKind::WriteOffUndone => self.undo_write_off(event.seq)?,
            EventKind::RefundAsked { reference, amount } => self.ask_refund(event.seq, reference, amount.get())?,
            EventKind::RefundPaid { reference } => self.refund_paid(event.seq, reference)?,
            EventKind::RefundFailed { reference } => self.refund_failed(event.seq, reference)?,
            EventKind::RefundReturned { reference } => self.refund_returned(event.seq, reference)?,
            // Understood before the replay began: the payment it takes back is not among the events.
            EventKind::Reversal { .. } => {}
        }
        Ok(())
    }

    /// A fee belongs to the instalment in whose period it is due, at the ends to the first or the last.
    fn charge_fee(&mut self, seq: i64, amount: i64, due_on: Date) {
        let at = self
            .lines
            .partition_point(|line| line.due_on < due_on)
            .min(self.lines.len() - 1);
        self.lines[at].due[Component::Fee as usize] += amount;
        if self.recording(self.day) {
            self.steps.push(Step::Fee {
                seq: Some(seq),
                on: self.day,
                line: self.lines[at].number,
                amount,
            });
        }
    }
}
