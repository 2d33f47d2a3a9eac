//! What each paper of a contract says. Enters: the agreement as stored, the loan as it stands. Leaves: a
//! [`Sheet`] of values; nothing is computed here but sums of what is shown.

use crate::{
    Rupiah,
    calendar::jakarta_date,
    documents::{ContractKind, Sheet, SheetFact, SheetPart},
    loans::{
        Agreement, Loan,
        contract_text::{clauses, facts, licence_words, nota},
    },
    payments::servicing::{Amounts, LinePosition},
    text,
};

/// The sheet of a paper; none while there is nothing to say.
#[must_use]
pub fn sheet(kind: ContractKind, agreement: &Agreement, licence: &str) -> Option<Sheet> {
    match kind {
        ContractKind::CostSummary => Some(cost_summary(agreement, licence)),
        ContractKind::Agreement => Some(full(agreement, licence)),
        ContractKind::Schedule => Some(schedule(&agreement.loan)),
        ContractKind::Settlement => settlement(agreement, licence),
    }
}

fn subtitle(loan: &Loan) -> String {
    format!("Nomor {}, versi {}", loan.number, loan.quote.agreement_version)
}

fn section(title: &str, rows: Vec<SheetFact>) -> SheetPart {
    SheetPart::Facts {
        title: title.into(),
        rows,
    }
}

fn receipt(loan: &Loan) -> SheetPart {
    let (rows, total) = nota(&loan.quote.simulation);
    SheetPart::Nota {
        title: "Nota".into(),
        rows: rows
            .into_iter()
            .map(|(name, amount)| (name, amount.to_string()))
            .collect(),
        total: ("Total Anda bayar".into(), total.to_string()),
    }
}

/// Sanggup and the borrower.
fn parties(agreement: &Agreement, licence: &str) -> Vec<SheetFact> {
    let borrower = &agreement.borrower;
    vec![
        SheetFact::new("Penyelenggara", "Sanggup").noted(licence_words(licence)),
        SheetFact::new("Peminjam", borrower.full_name.clone()),
        SheetFact::new("NIK", borrower.masked_nik.clone()),
    ]
}

/// One instalment of a table of instalments.
struct PlanLine {
    due_on: time::Date,
    principal: Rupiah,
    interest: Rupiah,
    fee: Rupiah,
    balance: Rupiah,
}

impl PlanLine {
    fn total(&self) -> Rupiah {
        Rupiah::new(self.principal.get() + self.interest.get() + self.fee.get())
    }
}

/// The lines as agreed to.
fn agreed(loan: &Loan) -> Vec<PlanLine> {
    let line = |line: &super::schedule::Line| PlanLine {
        due_on: line.due_on,
        principal: line.principal,
        interest: line.interest,
        fee: line.fee,
        balance: line.balance,
    };
    loan.quote.simulation.schedule.lines.iter().map(line).collect()
}

/// The lines in force.
fn in_force(lines: &[LinePosition]) -> Vec<PlanLine> {
    let line = |line: &LinePosition| PlanLine {
        due_on: line.due_on,
        principal: line.principal.due,
        interest: line.interest.due,
        fee: line.fee.due,
        balance: line.balance,
    };
    lines.iter().map(line).collect()
}

fn table(title: &str, lines: &[PlanLine]) -> SheetPart {
    type Column = fn(&PlanLine) -> Rupiah;
    let mut columns: Vec<(&str, Column)> = vec![("Pokok", |line| line.principal), ("Bunga", |line| line.interest)];
    if lines.iter().any(|line| line.fee.is_positive()) {
        columns.push(("Biaya", |line| line.fee));
    }
    columns.push(("Cicilan", PlanLine::total));
    let row = |line: &PlanLine| {
        let amounts = columns.iter().map(|(_, column)| column(line).without_sign());
        let cells = std::iter::once(text::date_short(line.due_on)).chain(amounts);
        cells.chain([line.balance.without_sign()]).collect()
    };
    let sum = |column: Column| Rupiah::new(lines.iter().map(|line| column(line).get()).sum()).without_sign();
    let head = std::iter::once("Tempo").chain(columns.iter().map(|(name, _)| *name));
    let total = std::iter::once("Total".to_owned()).chain(columns.iter().map(|(_, column)| sum(*column)));
    SheetPart::Table {
        title: title.into(),
        head: head.chain(["Sisa pokok"]).map(str::to_owned).collect(),
        rows: lines.iter().map(row).collect(),
        total: total.chain([String::new()]).collect(),
    }
}

/// The sentence of consent, and the hash of what was shown.
fn consent(agreement: &Agreement) -> SheetPart {
    let at = agreement.accepted_at;
    let words = format!(
        "{} menyetujui rincian dan perjanjian ini di aplikasi Sanggup pada {}, {}.",
        agreement.borrower.full_name,
        text::date_full(jakarta_date(at)),
        text::time_wib(at)
    );
    SheetPart::Words {
        title: "Persetujuan".into(),
        rows: vec![(String::new(), words)],
    }
}

fn fingerprint(loan: &Loan) -> String {
    format!(
        "Sidik rincian yang ditampilkan (SHA-256): {}",
        loan.quote.disclosure_hash
    )
}

fn cost_summary(agreement: &Agreement, licence: &str) -> Sheet {
    let loan = &agreement.loan;
    let shown = &loan.quote.simulation.disclosure;
    let mut cost = facts(&loan.quote);
    cost.extend([
        SheetFact::new("Biaya setahun", shown.simple_annual_in_words())
            .noted("bunga dan biaya dibanding uang yang dipakai"),
        SheetFact::new("Bunga efektif", shown.effective_annual.words())
            .noted("setahun, memperhitungkan waktu tiap cicilan"),
        SheetFact::new("Lunas lebih awal", "Tanpa biaya").noted(format!(
            "melunasi pada jatuh tempo pertama menghemat bunga {}",
            shown.early_payoff_saves
        )),
    ]);
    Sheet {
        title: "Ringkasan biaya pribadi".into(),
        subtitle: subtitle(loan),
        parts: vec![
            section("Untuk siapa", parties(agreement, licence)),
            receipt(loan),
            section("Biaya pinjaman ini", cost),
            table("Cicilan", &agreed(loan)),
        ],
        foot: fingerprint(loan),
    }
}

fn full(agreement: &Agreement, licence: &str) -> Sheet {
    let (loan, borrower) = (&agreement.loan, &agreement.borrower);
    let mut parties = parties(agreement, licence);
    parties.push(SheetFact::new("Tanggal lahir", text::date_long(borrower.birth_date)));
    let address = borrower.address.clone();
    parties.extend(address.map(|address| SheetFact::new("Alamat", address)));
    parties.push(SheetFact::new("Tujuan", loan.purpose.words()));
    let clauses = clauses(&loan.quote)
        .into_iter()
        .map(|(title, words)| (title.to_owned(), words));
    Sheet {
        title: "Perjanjian pinjaman".into(),
        subtitle: subtitle(loan),
        parts: vec![
            section("Para pihak", parties),
            receipt(loan),
            section("Biaya pinjaman ini", facts(&loan.quote)),
            table("Jadwal saat disetujui", &agreed(loan)),
            SheetPart::Words {
                title: "Ketentuan".into(),
                rows: clauses.collect(),
            },
            consent(agreement),
        ],
        foot: fingerprint(loan),
    }
}

/// The instalments in force, or as agreed while the money has not arrived; nothing that changes from day to day.
fn schedule(loan: &Loan) -> Sheet {
    let (title, lines, foot) = match &loan.position {
        Some(position) => (
            "Jadwal cicilan",
            in_force(&position.lines),
            "Jadwal berubah bila Anda membayar lebih awal. Jadwal terbaru selalu ada di aplikasi. Denda tidak termasuk.",
        ),
        None => (
            "Rencana cicilan",
            agreed(loan),
            "Tanggal dihitung dari hari dana masuk ke rekening Anda.",
        ),
    };
    Sheet {
        title: title.into(),
        subtitle: format!("Pinjaman {}", loan.number),
        parts: vec![table("Cicilan", &lines)],
        foot: foot.into(),
    }
}

/// What was paid, and that nothing is owed: only of a loan that is paid off and holds no credit (rule 7.6).
fn settlement(agreement: &Agreement, licence: &str) -> Option<Sheet> {
    let loan = &agreement.loan;
    let position = loan.position.as_ref().filter(|position| position.closed)?;
    let closed_on = text::date_long(jakarta_date(loan.milestones.closed_at?));
    let sum =
        |part: fn(&LinePosition) -> Amounts| Rupiah::new(position.lines.iter().map(|line| part(line).paid.get()).sum());
    let paid = [
        ("Pokok", sum(|line| line.principal)),
        ("Bunga", sum(|line| line.interest)),
        ("Biaya", sum(|line| line.fee)),
        ("Denda", sum(|line| line.late_fee)),
    ];
    let total = Rupiah::new(paid.iter().map(|(_, amount)| amount.get()).sum());
    let disbursed = loan.milestones.disbursed_at;
    let mut facts = parties(agreement, licence);
    facts.push(SheetFact::new("Pinjaman", loan.amount().to_string()));
    facts.extend(disbursed.map(|at| SheetFact::new("Dana dikirim", text::date_long(jakarta_date(at)))));
    facts.push(SheetFact::new("Lunas pada", closed_on.clone()));
    let words = format!(
        "Pinjaman {} atas nama {} telah lunas pada {closed_on}. Tidak ada lagi pokok, bunga, biaya, atau denda yang \
         terutang, dan Sanggup tidak akan menagih pinjaman ini lagi. Terima kasih.",
        loan.number, agreement.borrower.full_name
    );
    Some(Sheet {
        title: "Surat keterangan lunas".into(),
        subtitle: format!("Pinjaman {}", loan.number),
        parts: vec![
            SheetPart::Words {
                title: "Pernyataan".into(),
                rows: vec![(String::new(), words)],
            },
            section("Pinjaman ini", facts),
            SheetPart::Nota {
                title: "Yang Anda bayar".into(),
                rows: paid
                    .into_iter()
                    .filter(|(name, amount)| *name == "Pokok" || amount.is_positive())
                    .map(|(name, amount)| (name.to_owned(), amount.to_string()))
                    .collect(),
                total: ("Total dibayar".into(), total.to_string()),
            },
        ],
        foot: "Bila pembayaran ditarik kembali oleh bank, surat ini tidak berlaku dan kami memberi kabar.".into(),
    })
}
