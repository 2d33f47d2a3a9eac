//! Terms in words: what the pages, the agreement and its printed form all say about rates, late fees and dates.

use crate::{
    loans::{
        disclosure::InstalmentShown,
        product::{Component, LateFee, LateFeeMethod, Method, Product},
    },
    rate::Per,
    text,
};

/// `Bunga 2,5% per bulan`.
#[must_use]
pub fn interest_name(product: &Product) -> String {
    let per = match product.rate.per {
        Per::Year => "tahun",
        Per::Month => "bulan",
        Per::Day => "hari",
    };
    let flat = if product.method == Method::Flat { " flat" } else { "" };
    format!("Bunga{flat} {} per {per}", text::percent(product.rate.ppm))
}

/// `0,1% per hari dari pokok tertunggak`.
#[must_use]
pub fn late_fee_rule(fee: LateFee) -> String {
    let rule = match fee.method {
        LateFeeMethod::Daily => "per hari dari pokok tertunggak",
        LateFeeMethod::OneOffPrincipal => "sekali, dari pokok yang terlambat",
        LateFeeMethod::OneOffInstalment => "sekali, dari cicilan yang terlambat",
        LateFeeMethod::Annual => "per tahun dari cicilan yang terlambat",
    };
    let percent = text::percent(fee.ppm);
    match fee.grace_days {
        0 => format!("{percent} {rule}"),
        days => format!("{percent} {rule}, mulai hari ke-{}", days + 1),
    }
}

/// `bunga, pokok, biaya, denda`: the order in which a payment settles an instalment.
#[must_use]
pub fn allocation_order(order: [Component; 4]) -> String {
    order.map(|component| component.words().to_lowercase()).join(", ")
}

/// `tiap tanggal 5, mulai 5 Oktober`, or first and last date when the day differs.
#[must_use]
pub fn due_days(instalments: &[InstalmentShown]) -> String {
    let (Some(first), Some(last)) = (instalments.first(), instalments.last()) else {
        return String::new();
    };
    if instalments.iter().all(|shown| shown.due_on.day() == first.due_on.day()) {
        format!(
            "tiap tanggal {}, mulai {}",
            first.due_on.day(),
            text::day_and_month(first.due_on)
        )
    } else {
        format!(
            "dari {} sampai {}",
            text::date_long(first.due_on),
            text::date_long(last.due_on)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rupiah;
    use time::macros::date;

    #[test]
    fn the_product_reads_as_on_the_consent_page() {
        let product = Product::sanggup_tunai();
        assert_eq!(interest_name(&product), "Bunga 2,5% per bulan");
        assert_eq!(late_fee_rule(product.late_fee), "0,1% per hari dari pokok tertunggak");
        let later = LateFee {
            grace_days: 3,
            ..product.late_fee
        };
        assert_eq!(
            late_fee_rule(later),
            "0,1% per hari dari pokok tertunggak, mulai hari ke-4"
        );
        assert_eq!(allocation_order(product.allocation.order), "bunga, pokok, biaya, denda");
    }

    #[test]
    fn due_days_are_told_by_day_only_when_it_is_the_same() {
        let shown = |due_on| InstalmentShown {
            number: 1,
            due_on,
            amount: Rupiah::new(1),
        };
        let same = [shown(date!(2026 - 10 - 05)), shown(date!(2026 - 11 - 05))];
        assert_eq!(due_days(&same), "tiap tanggal 5, mulai 5 Oktober");
        let clamped = [shown(date!(2026 - 01 - 31)), shown(date!(2026 - 02 - 28))];
        assert_eq!(due_days(&clamped), "dari 31 Januari 2026 sampai 28 Februari 2026");
        assert_eq!(due_days(&[]), "");
    }
}
