//! Hapus buku (rule 8.11). Enters: the decision of two people. Leaves: a loan off the books that is still
//! owed: no late fee, no further interest; what comes in is recovered (J16). Undone, it is back as if the
//! interest of the days between had accrued that day.

use time::Date;

use super::line::first_running;
use super::step::Step;
use super::{Engine, ServicingError};
use crate::loans::product::Component;
use crate::payments::{allocation, payoff};

const INTEREST: usize = Component::Interest as usize;

/// A loan that is off the books.
#[derive(Debug, Clone)]
pub(super) struct WriteOff {
    /// Since when.
    pub(super) on: Date,
    /// What was open: interest, principal, fees, late fees.
    open: [i64; 4],
    /// What of it the allowance bore.
    provided: i64,
    /// What came in since.
    pub(super) recovered: i64,
    /// Interest the lines asked for, to be asked for again when it is undone.
    interest: Vec<i64>,
}

impl Engine<'_> {
    fn open_by_component(&self) -> [i64; 4] {
        let mut open = [0; 4];
        for component in Component::ALL.iter().copied() {
            open[component as usize] = self.lines.iter().map(|line| line.open(component)).sum();
        }
        open
    }

    pub(super) fn write_off(&mut self, seq: i64, provided: i64) -> Result<(), ServicingError> {
        if self.written_off.is_some() || self.undisbursed() > 0 {
            return Err(ServicingError::WrittenOff(seq));
        }
        let on = self.day;
        let before = self.interest_state(on)?;
        let first = first_running(&self.lines, on);
        let released = allocation::release(&mut self.lines[first..]);
        let interest = self.lines.iter().map(|line| line.due[INTEREST]).collect();
        payoff::end_interest(&mut self.lines, on, self.contract.terms.interest_rounding)?;
        self.spread_again(seq, released, &before)?;
        let open = self.open_by_component();
        if self.recording(on) {
            self.steps.push(Step::WrittenOff {
                seq,
                on,
                open,
                provided,
            });
        }
        self.written_off = Some(WriteOff {
            on,
            open,
            provided,
            recovered: 0,
            interest,
        });
        Ok(())
    }

    pub(super) fn undo_write_off(&mut self, seq: i64) -> Result<(), ServicingError> {
        let off = self.written_off.take().ok_or(ServicingError::NotWrittenOff(seq))?;
        let on = self.day;
        let left = self.open_by_component();
        let mut paid = off.open;
        paid.iter_mut().zip(left).for_each(|(open, left)| *open -= left);
        let mut interest = Vec::new();
        let rounding = self.contract.terms.interest_rounding;
        for (line, asked) in self.lines.iter_mut().zip(off.interest) {
            let ended = line.due[INTEREST];
            line.due[INTEREST] = if self.paid_off { ended } else { asked };
            // Money that came in meanwhile paid what had accrued; the rest accrues as if never stopped.
            let more = line.accrued(on, rounding)? - ended;
            if more > 0 {
                interest.push((line.number, more));
            }
        }
        if self.recording(on) {
            self.steps.push(Step::WriteOffUndone {
                seq,
                on,
                open: off.open,
                provided: off.provided,
                paid,
                recovered: off.recovered,
                interest,
            });
        }
        Ok(())
    }
}
