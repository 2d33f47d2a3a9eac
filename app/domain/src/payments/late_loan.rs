//! The loans that are late, as the staff who call their borrowers see them. Enters: days past due. Leaves: buckets to
//! choose from, and one row for each loan.

use serde::{Deserialize, Serialize};
use time::Date;

use super::arrears::{BUCKETS, Quality};
use crate::Rupiah;
use crate::calendar::parse_date;
use crate::id::LoanId;

/// A collection bucket of loans that are late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LateBucket {
    /// First day past due, 1 or more.
    pub first: u32,
    /// Last day past due; none in the last bucket.
    pub last: Option<u32>,
}

impl LateBucket {
    /// All of them, the least late first.
    pub fn all() -> impl Iterator<Item = Self> {
        let lasts = BUCKETS.iter().skip(2).map(|next| Some(next - 1));
        let firsts = BUCKETS.iter().skip(1).copied();
        firsts
            .zip(lasts.chain([None]))
            .map(|(first, last)| Self { first, last })
    }

    /// The bucket that begins on this day past due.
    #[must_use]
    pub fn from(first: u32) -> Option<Self> {
        Self::all().find(|bucket| bucket.first == first)
    }

    /// `4–30 hari`, `241 hari lebih`.
    #[must_use]
    pub fn words(self) -> String {
        match self.last {
            Some(last) => format!("{}–{last} hari", self.first),
            None => format!("{} hari lebih", self.first),
        }
    }
}

/// A loan with principal or interest past due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateLoan {
    /// The loan.
    pub loan_id: LoanId,
    /// Days past due, 1 or more.
    pub days_past_due: u32,
    /// Its quality, which a way out may hold below its days.
    pub quality: Quality,
    /// Principal still owed, on the books or not.
    pub outstanding: Rupiah,
    /// It was taken off the books.
    pub written_off: bool,
    /// Its borrower asked for a way out that waits for staff.
    pub asks_for_help: bool,
}

/// The place of a loan in the list: the due date it is late since, then its id.
#[must_use]
pub fn place(late_since: Date, loan_id: LoanId) -> String {
    format!("{late_since}_{loan_id}")
}

/// Reads [`place`] back.
#[must_use]
pub fn parse_place(text: &str) -> Option<(Date, LoanId)> {
    let (date, id) = text.split_once('_')?;
    Some((parse_date(date).ok()?, id.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;
    use uuid::Uuid;

    #[test]
    fn every_late_day_is_in_one_bucket() {
        for days in 1..400 {
            let holds = |bucket: &LateBucket| bucket.first <= days && bucket.last.is_none_or(|last| days <= last);
            let found: Vec<_> = LateBucket::all().filter(holds).collect();
            assert_eq!(found.len(), 1, "{days}");
            assert_eq!(found[0].first, super::super::arrears::bucket(days), "{days}");
            assert_eq!(LateBucket::from(found[0].first), Some(found[0]));
        }
        assert_eq!(LateBucket::from(0), None);
        let words: Vec<_> = LateBucket::all().map(LateBucket::words).collect();
        assert_eq!((words[1].as_str(), words[9].as_str()), ("4–30 hari", "241 hari lebih"));
    }

    #[test]
    fn a_place_is_read_back_and_nothing_else_is() {
        let id = LoanId(Uuid::from_u128(7));
        let at = date!(2026 - 03 - 05);
        assert_eq!(parse_place(&place(at, id)), Some((at, id)));
        for text in [
            "",
            "_",
            "2026-03-05",
            "2026-03-05_x",
            "x_00000000-0000-0000-0000-000000000007",
        ] {
            assert_eq!(parse_place(text), None, "{text}");
        }
    }
}
