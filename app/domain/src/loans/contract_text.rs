//! The agreement in words and figures: Nota, facts and clauses, as they are shown before consent, kept on the page of
//! the agreement and printed. Every figure comes from the disclosure that was priced and hashed; nothing is computed here.

use crate::{
    Rupiah,
    documents::SheetFact,
    loans::{
        Quote, Simulation,
        product::{LateFeeMethod, PassThroughKind},
        wording::{allocation_order, due_days, interest_name, late_fee_rule},
    },
    text,
};

/// What stands beside our name: the licence, or that there is none.
#[must_use]
pub fn licence_words(licence: &str) -> String {
    match licence {
        "" => "Contoh, bukan layanan berizin".to_owned(),
        licence => licence.to_owned(),
    }
}

/// Nota: what is received and every cost, each with its name, and the total that is paid.
#[must_use]
pub fn nota(simulation: &Simulation) -> (Vec<(String, Rupiah)>, Rupiah) {
    let shown = &simulation.disclosure;
    let mut rows = Vec::new();
    if shown.net_cash == shown.principal {
        rows.push(("Anda terima penuh".into(), shown.net_cash));
    } else {
        rows.push(("Pinjaman".into(), shown.principal));
        rows.push(("Anda terima".into(), shown.net_cash));
    }
    rows.push((interest_name(&simulation.product), shown.total_interest));
    rows.extend(shown.fees.iter().map(|fee| (fee.what.clone(), fee.amount)));
    if shown.fees.is_empty() {
        rows.push(("Biaya layanan".into(), Rupiah::ZERO));
    }
    rows.extend(shown.pass_through.iter().map(|cost| {
        let name = match cost.kind {
            PassThroughKind::StampDuty => "Meterai elektronik",
            PassThroughKind::ESign => "Tanda tangan elektronik",
        };
        (name.into(), cost.amount)
    }));
    (rows, shown.total_paid)
}

/// Instalments, daily cost beside its cap, late fee, receiving account.
#[must_use]
pub fn facts(quote: &Quote) -> Vec<SheetFact> {
    let simulation = &quote.simulation;
    let shown = &simulation.disclosure;
    let daily = shown.cap.principal.wide() * i128::from(shown.cap.days);
    let daily = text::percent_of(shown.cap.benefit.wide(), daily.max(1), 3);
    let most = format!(
        "bunga, biaya, dan denda bersama tidak akan lebih dari {}",
        shown.total_cap
    );
    vec![
        SheetFact::new("Cicilan", shown.instalments_in_words()).noted(due_days(&shown.instalments)),
        SheetFact::new("Setara per hari", daily).noted(format!("batas OJK {}", text::percent(shown.cap.cap_ppm))),
        SheetFact::new("Kalau terlambat", late_fee_rule(simulation.product.late_fee)).noted(most),
        SheetFact::new("Dikirim ke", quote.payee_label.clone()),
    ]
}

/// The clauses of the agreement, each a heading and a sentence or two.
#[must_use]
pub fn clauses(quote: &Quote) -> Vec<(&'static str, String)> {
    let simulation = &quote.simulation;
    let shown = &simulation.disclosure;
    let order = allocation_order(simulation.product.allocation.order);
    vec![
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
    ]
}

const fn late_fee_unit(simulation: &Simulation) -> &'static str {
    match simulation.product.late_fee.method {
        LateFeeMethod::Daily | LateFeeMethod::Annual => "per hari",
        LateFeeMethod::OneOffPrincipal | LateFeeMethod::OneOffInstalment => "sekali",
    }
}
