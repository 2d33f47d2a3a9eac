//! The cost of a loan as it is shown before consent and kept in the agreement: Nota, facts, plan, clauses. Every
//! figure comes from the disclosure that was priced and hashed; nothing is computed here.

use super::words::{allocation_order, due_days, interest_name, late_fee_rule};
use crate::components::{Fact, Facts, Line, Receipt, Row, ScheduleTable, Tone};
use domain::{
    Rupiah,
    loans::{Quote, Simulation, product::PassThroughKind, schedule::Schedule},
    text,
};
use leptos::prelude::*;

/// Nota: what is received, every cost, the total.
pub(super) fn receipt(simulation: &Simulation) -> impl IntoView + use<> {
    let shown = &simulation.disclosure;
    let mut rows = Vec::new();
    if shown.net_cash == shown.principal {
        rows.push(Line::new("Anda terima penuh", shown.net_cash));
    } else {
        rows.push(Line::new("Pinjaman", shown.principal));
        rows.push(Line::new("Anda terima", shown.net_cash));
    }
    rows.push(Line::new(interest_name(&simulation.product), shown.total_interest));
    rows.extend(shown.fees.iter().map(|fee| Line::new(fee.what.clone(), fee.amount)));
    if shown.fees.is_empty() {
        rows.push(Line::new("Biaya layanan", Rupiah::ZERO));
    }
    rows.extend(shown.pass_through.iter().map(|cost| {
        let name = match cost.kind {
            PassThroughKind::StampDuty => "Meterai elektronik",
            PassThroughKind::ESign => "Tanda tangan elektronik",
        };
        Line::new(name, cost.amount)
    }));
    view! { <Receipt rows=rows total=Line::new("Total Anda bayar", shown.total_paid)/> }
}

/// Instalments, daily cost beside its cap, late fee, receiving account.
pub(super) fn facts(quote: &Quote) -> impl IntoView + use<> {
    let simulation = &quote.simulation;
    let shown = &simulation.disclosure;
    let daily = shown.cap.principal.wide() * i128::from(shown.cap.days);
    let daily = text::percent_of(shown.cap.benefit.wide(), daily.max(1), 3);
    let cap = format!("batas OJK {}", text::percent(shown.cap.cap_ppm));
    let most = format!(
        "bunga, biaya, dan denda bersama tidak akan lebih dari {}",
        shown.total_cap
    );
    let instalments = shown.instalments_in_words();
    let (due, late) = (due_days(&shown.instalments), late_fee_rule(simulation.product.late_fee));
    let payee = quote.payee_label.clone();
    view! {
        <Facts>
            <Fact name="Cicilan"><span class="numeric">{instalments}</span><small>{due}</small></Fact>
            <Fact name="Setara per hari">{daily}" "<small>{cap}</small></Fact>
            <Fact name="Kalau terlambat">{late}<small class="numeric">{most}</small></Fact>
            <Fact name="Dikirim ke">{payee}</Fact>
        </Facts>
    }
}

/// The plan of instalments before the money arrived.
pub(super) fn plan(schedule: &Schedule) -> impl IntoView + use<> {
    let rows = schedule
        .lines
        .iter()
        .map(|line| Row {
            due: text::date_short(line.due_on),
            status: String::new(),
            tone: Tone::Plain,
            interest: line.interest,
            total: line.total(),
            next: false,
        })
        .collect::<Vec<_>>();
    view! { <ScheduleTable rows=rows plan=true/> }
}

/// The clauses of the agreement, each a heading and a sentence or two.
pub(super) fn clauses(quote: &Quote) -> impl IntoView + use<> {
    let simulation = &quote.simulation;
    let shown = &simulation.disclosure;
    let order = allocation_order(simulation.product.allocation.order);
    let clauses = [
        (
            "Pinjaman",
            format!(
                "Sanggup meminjamkan {} dan mengirim {} ke {}. Pinjaman mulai pada hari dana masuk ke rekening itu; \
                 tanggal jatuh tempo dihitung dari hari itu.",
                shown.principal, shown.net_cash, quote.payee_label
            ),
        ),
        (
            "Cicilan",
            format!(
                "Anda membayar {}, {}. Pembayaran melunasi tagihan yang paling lama dulu, di tiap tagihan dengan \
                 urutan {order}. Kelebihan mengurangi tagihan berikutnya.",
                shown.instalments_in_words(),
                due_days(&shown.instalments)
            ),
        ),
        (
            "Biaya",
            format!(
                "Seluruh bunga dan biaya adalah {}, setara {} setahun (bunga efektif {}). Tidak ada biaya lain di luar \
                 nota.",
                shown.benefit,
                shown.simple_annual_in_words(),
                shown.effective_annual.words()
            ),
        ),
        (
            "Kalau terlambat",
            format!(
                "Denda {}. Untuk cicilan pertama itu {} {}. Denda tidak dihitung dari bunga atau denda. Bunga, biaya, \
                 dan denda bersama tidak akan lebih dari {} selama pinjaman berjalan.",
                late_fee_rule(simulation.product.late_fee),
                shown.late_fee_first,
                late_fee_unit(simulation),
                shown.total_cap
            ),
        ),
        (
            "Lunas lebih awal",
            format!(
                "Anda boleh melunasi kapan saja tanpa biaya. Bunga dihitung hanya sampai hari pelunasan; melunasi pada \
                 jatuh tempo pertama menghemat bunga {}.",
                shown.early_payoff_saves
            ),
        ),
        (
            "Batal",
            "Anda boleh membatalkan tanpa biaya sebelum dana dikirim, di halaman pengajuan.".into(),
        ),
        (
            "Hak Anda",
            "Anda boleh meminta penjelasan tentang keputusan kami dan meminta petugas meninjaunya, sekali, dalam 30 \
             hari. Data Anda dipakai hanya untuk pinjaman ini, seperti dijelaskan di halaman Privasi."
                .into(),
        ),
        (
            "Pengaduan",
            "Sampaikan lewat Akun, Bantuan dan pengaduan. Bila belum puas, hubungi OJK di 157.".into(),
        ),
    ];
    clauses
        .into_iter()
        .map(|(title, words)| view! { <section class="stack-1"><h3>{title}</h3><p class="text-small">{words}</p></section> })
        .collect_view()
}

fn late_fee_unit(simulation: &Simulation) -> &'static str {
    use domain::loans::product::LateFeeMethod as Method;
    match simulation.product.late_fee.method {
        Method::Daily | Method::Annual => "per hari",
        Method::OneOffPrincipal | Method::OneOffInstalment => "sekali",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{components::testing::html, pages::loans::samples::quote as sari};

    #[test]
    fn the_receipt_and_the_facts_are_those_of_the_design_kit() {
        let quote = sari();
        let drawn = html(move || view! { {receipt(&quote.simulation)} {facts(&quote)} });
        for words in [
            "Anda terima penuh",
            "Bunga 2,5% per bulan",
            "Rp267.899",
            "Biaya layanan",
            "Rp3.267.899",
            "5 × Rp544.650, lalu Rp544.649",
            "tiap tanggal 5, mulai 5 Oktober",
            "0,049%",
            "batas OJK ",
            "0,1% per hari dari pokok tertunggak",
            "Sari Wulandari",
        ] {
            assert!(drawn.contains(words), "{words}: {drawn}");
        }
    }

    #[test]
    fn the_clauses_name_the_figures_that_were_hashed() {
        let quote = sari();
        let shown = quote.simulation.disclosure.clone();
        let drawn = html(move || clauses(&quote));
        for figure in [
            shown.total_cap.to_string(),
            shown.early_payoff_saves.to_string(),
            shown.late_fee_first.to_string(),
        ] {
            assert!(drawn.contains(&figure), "{figure}: {drawn}");
        }
    }
}
