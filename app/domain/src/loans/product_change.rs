//! A change of a product or of the caps, told field by field for the person who must agree.
//!
//! Enters: the version in force and the proposed one. Leaves: [`Change`]s in words, and why a row of the cap
//! table cannot be right.

use crate::audit::Change;
use crate::loans::cap::CapRow;
use crate::loans::product::{Fee, FeeAmount, PassThrough, Product};
use crate::text;

/// Every field of `after` that differs from `before`; all of them for a new product.
#[must_use]
pub fn product_changes(before: Option<&Product>, after: &Product) -> Vec<Change> {
    let fields = fields_of_product(after).into_iter();
    let old = before.map(fields_of_product);
    fields
        .enumerate()
        .filter_map(|(at, (what, after))| {
            let before = old.as_ref().and_then(|old| old.get(at)).map(|(_, words)| words.clone());
            Change::of(what, before.unwrap_or_default(), after)
        })
        .collect()
}

fn fields_of_product(product: &Product) -> Vec<(&'static str, String)> {
    let list = |items: Vec<String>| {
        if items.is_empty() {
            "tidak ada".to_owned()
        } else {
            items.join("; ")
        }
    };
    let order: Vec<_> = product.allocation.order.iter().map(|part| part.as_str()).collect();
    vec![
        ("Nama", product.name.clone()),
        ("Versi", product.version.to_string()),
        ("Berlaku mulai", product.valid_from.to_string()),
        (
            "Berlaku sampai",
            product
                .valid_until
                .map_or_else(|| "tanpa akhir".into(), |date| date.to_string()),
        ),
        ("Jenis", product.purpose_type.to_string()),
        ("Metode", product.method.to_string()),
        ("Bunga", product.rate.to_string()),
        ("Hitungan hari", product.day_count.to_string()),
        ("Jarak cicilan", product.every.to_string()),
        ("Jumlah paling sedikit", product.amount.min.to_string()),
        ("Jumlah paling banyak", product.amount.max.to_string()),
        ("Kelipatan jumlah", product.amount.step.to_string()),
        (
            "Lama pinjaman",
            product.tenors.iter().map(u32::to_string).collect::<Vec<_>>().join(", "),
        ),
        ("Kelipatan cicilan", product.multiple.to_string()),
        ("Pembulatan cicilan", product.instalment_rounding.to_string()),
        ("Pembulatan bunga", format!("{:?}", product.interest_rounding)),
        (
            "Cicilan tetap",
            product
                .fixed_instalment
                .map_or_else(|| "tidak ada".into(), |amount| amount.to_string()),
        ),
        ("Akhir bulan", product.month_end.to_string()),
        ("Jatuh tempo", product.due_policy.to_string()),
        ("Hari libur", product.holiday_rule.to_string()),
        ("Biaya", list(product.fees.iter().map(fee_words).collect())),
        (
            "Biaya pihak lain",
            list(product.pass_through.iter().map(pass_through_words).collect()),
        ),
        ("Cara denda", product.late_fee.method.to_string()),
        ("Denda", text::percent(product.late_fee.ppm)),
        ("Hari tanpa denda", product.late_fee.grace_days.to_string()),
        ("Bunga atas tunggakan", product.overdue_interest.to_string()),
        (
            "Urutan pembayaran",
            format!("{}, lalu {}", order.join(" "), product.allocation.future),
        ),
        ("Bayar lebih awal", product.prepay_default.to_string()),
        (
            "Pencairan bertahap",
            if product.tranches { "ya" } else { "tidak" }.to_owned(),
        ),
    ]
}

fn fee_words(fee: &Fee) -> String {
    let amount = match fee.amount {
        FeeAmount::PpmOfPrincipal(ppm) => format!("{} dari pokok", text::percent(ppm)),
        FeeAmount::PpmOfInstalment(ppm) => format!("{} dari cicilan", text::percent(ppm)),
        FeeAmount::Fixed(amount) => amount.to_string(),
    };
    let deducted = if fee.deducted { ", dipotong" } else { "" };
    format!("{} {amount}, {}{deducted}", fee.what, fee.when)
}

fn pass_through_words(cost: &PassThrough) -> String {
    format!("{} {}", cost.kind, cost.amount)
}

/// The fields of a new row of the cap table.
#[must_use]
pub fn cap_changes(row: &CapRow) -> Vec<Change> {
    let ppm = |value: Option<i64>| value.map_or_else(|| "tidak disebut".to_owned(), text::percent);
    let yes = |left_out: bool| if left_out { "tidak dihitung" } else { "dihitung" };
    let fields = [
        ("Nomor", row.id.clone()),
        ("Berlaku mulai", row.valid_from.to_string()),
        (
            "Jenis",
            row.purpose_type
                .map_or_else(|| "semua".into(), |purpose| purpose.to_string()),
        ),
        (
            "Lama pinjaman",
            row.tenor.map_or_else(|| "semua".into(), |tenor| tenor.to_string()),
        ),
        ("Biaya per hari", ppm(row.benefit_ppm_per_day)),
        ("Denda per hari", ppm(row.late_ppm_per_day)),
        ("Dasar denda", row.late_base.to_string()),
        ("Batas seluruhnya", format!("{}% dari pokok", row.total_cap_percent)),
        ("Meterai", yes(row.pass_through_excluded.stamp_duty).to_owned()),
        (
            "Tanda tangan elektronik",
            yes(row.pass_through_excluded.e_sign).to_owned(),
        ),
        ("Keadaan", row.status.to_string()),
        ("Sumber", row.source_note.clone()),
    ];
    fields
        .into_iter()
        .filter_map(|(what, after)| Change::of(what, "", after))
        .collect()
}

/// Why a row of the cap table cannot be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CapRowError {
    /// An id of 1 to 32 letters, digits and hyphens.
    #[error("Nomor batas terdiri atas 1 sampai 32 huruf, angka, atau tanda hubung.")]
    Id,
    /// A daily cap is above 0 and at most 1 % a day; no cap ever was higher than 0.8 %.
    #[error("Batas per hari harus di atas 0 dan paling tinggi 1%.")]
    Daily,
    /// The total cap is 1 to 100 percent of the agreement amount.
    #[error("Batas seluruhnya 1 sampai 100 persen dari pokok.")]
    Total,
    /// No source.
    #[error("Tulis sumber aturannya.")]
    Source,
}

impl CapRow {
    /// Whether the row can be proposed: known numbers, inside what the law has ever allowed, with a source.
    pub fn check_row(&self) -> Result<(), CapRowError> {
        let id = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if !(1..=32).contains(&self.id.len()) || !self.id.bytes().all(id) {
            return Err(CapRowError::Id);
        }
        let daily = |ppm: i64| (1..=10_000).contains(&ppm);
        if !self.benefit_ppm_per_day.is_some_and(daily) || !self.late_ppm_per_day.is_none_or(daily) {
            return Err(CapRowError::Daily);
        }
        if !(1..=100).contains(&self.total_cap_percent) {
            return Err(CapRowError::Total);
        }
        if self.source_note.trim().is_empty() {
            return Err(CapRowError::Source);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loans::cap::first_table;
    use crate::money::Rupiah;
    use crate::rate::Rate;

    #[test]
    fn only_what_changes_is_told() {
        let before = Product::sanggup_tunai();
        let mut after = before.clone();
        after.version = 2;
        after.rate = Rate::monthly(24_000);
        after.amount.max = Rupiah::new(15_000_000);
        let told: Vec<_> = product_changes(Some(&before), &after)
            .into_iter()
            .map(|change| (change.what, change.before, change.after))
            .collect();
        let told: Vec<_> = told
            .iter()
            .map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("Versi", "1", "2"),
                ("Bunga", "2,5% per bulan", "2,4% per bulan"),
                ("Jumlah paling banyak", "Rp20.000.000", "Rp15.000.000"),
            ]
        );
        assert!(product_changes(Some(&before), &before).is_empty());
        assert!(product_changes(None, &before).len() > 20);
    }

    #[test]
    fn a_cap_row_without_a_number_or_a_source_is_refused() {
        let good = first_table().into_iter().find(|row| row.id == "C10").unwrap();
        assert_eq!(good.check_row(), Ok(()));
        let with = |change: &dyn Fn(&mut CapRow)| {
            let mut row = good.clone();
            change(&mut row);
            row.check_row()
        };
        assert_eq!(with(&|row| row.id = "C 10".into()), Err(CapRowError::Id));
        assert_eq!(with(&|row| row.id.clear()), Err(CapRowError::Id));
        assert_eq!(with(&|row| row.benefit_ppm_per_day = None), Err(CapRowError::Daily));
        assert_eq!(
            with(&|row| row.benefit_ppm_per_day = Some(10_001)),
            Err(CapRowError::Daily)
        );
        assert_eq!(with(&|row| row.late_ppm_per_day = Some(0)), Err(CapRowError::Daily));
        assert_eq!(with(&|row| row.total_cap_percent = 101), Err(CapRowError::Total));
        assert_eq!(with(&|row| row.source_note = " ".into()), Err(CapRowError::Source));
        assert_eq!(cap_changes(&good).len(), 12);
    }
}
