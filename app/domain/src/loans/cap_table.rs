//! The cap rows known when the first product was published.
//!
//! Enters: nothing. Leaves: rows C1 to C10 as data for the first configuration; which numbers bind in
//! 2026 is not settled, so C10 is the default that meets every reading.

use time::macros::date;

use crate::loans::cap::{CapRow, CapStatus, LateBase, PassThroughExcluded, TenorClass};
use crate::loans::product::PurposeType;

/// The rows known when the first version of the product was published (C1 to C10).
#[must_use]
pub fn first_table() -> Vec<CapRow> {
    use CapStatus::{Disputed, InForce, Superseded};
    use PurposeType::{Consumptive, ProductiveMicro, ProductiveSmallMedium};
    use TenorClass::{AtLeast6Months as Long, LessThan6Months as Short};
    let row = |id: &str, valid_from, purpose_type, tenor, benefit, late, status, note: &str| CapRow {
        id: id.to_owned(),
        valid_from,
        purpose_type,
        tenor,
        benefit_ppm_per_day: benefit,
        late_ppm_per_day: late,
        late_base: LateBase::OutstandingPrincipal,
        total_cap_percent: 100,
        pass_through_excluded: PassThroughExcluded::default(),
        status,
        source_note: note.to_owned(),
    };
    let (y24, y25, y26) = (date!(2024 - 01 - 01), date!(2025 - 01 - 01), date!(2026 - 01 - 01));
    let (se23, adjusted) = ("SEOJK 19/SEOJK.06/2023", "SEOJK 19/SEOJK.06/2023, penyesuaian 2025");
    vec![
        row(
            "C1",
            y24,
            Some(Consumptive),
            None,
            Some(3_000),
            Some(3_000),
            Superseded,
            se23,
        ),
        row(
            "C2",
            y25,
            Some(Consumptive),
            Some(Short),
            Some(3_000),
            Some(2_000),
            Superseded,
            adjusted,
        ),
        row(
            "C3",
            y25,
            Some(Consumptive),
            Some(Long),
            Some(2_000),
            Some(2_000),
            Superseded,
            adjusted,
        ),
        row(
            "C4",
            y25,
            Some(ProductiveMicro),
            Some(Short),
            Some(2_750),
            Some(1_000),
            Superseded,
            adjusted,
        ),
        row(
            "C5",
            y25,
            Some(ProductiveMicro),
            Some(Long),
            Some(1_000),
            Some(1_000),
            Superseded,
            adjusted,
        ),
        row(
            "C6",
            y25,
            Some(ProductiveSmallMedium),
            None,
            Some(1_000),
            Some(1_000),
            Superseded,
            adjusted,
        ),
        row(
            "C7",
            y26,
            Some(Consumptive),
            None,
            Some(1_000),
            Some(1_000),
            Disputed,
            "jalur yang ditulis 2023",
        ),
        row(
            "C8a",
            y26,
            Some(Consumptive),
            Some(Short),
            Some(3_000),
            None,
            Disputed,
            "penyesuaian 2025 berlanjut",
        ),
        row(
            "C8b",
            y26,
            Some(Consumptive),
            Some(Long),
            Some(2_000),
            None,
            Disputed,
            "penyesuaian 2025 berlanjut",
        ),
        row(
            "C9",
            date!(2025 - 07 - 31),
            None,
            None,
            None,
            None,
            Disputed,
            "SEOJK 19/SEOJK.06/2025, angka belum ada",
        ),
        row(
            "C10",
            y26,
            None,
            None,
            Some(1_000),
            Some(1_000),
            InForce,
            "batas aman: memenuhi semua tafsir",
        ),
    ]
}
