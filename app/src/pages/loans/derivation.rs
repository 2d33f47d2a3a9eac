//! `/pinjaman/{id}/hitungan`: where each amount comes from, in the engine's own steps. Every amount on Beranda, the
//! bill and the payoff leads here; a part opens without JavaScript.

use super::path_id;
use crate::{
    components::{AppBar, Fact, Facts, Line as ReceiptLine, Main, Receipt, page_title},
    pages::failure,
    visit::{Visit, visit},
};
use domain::{
    Error, Rupiah,
    loans::Loan,
    payments::{
        explain::{Derivation, Explanation, LineExplained},
        servicing::LinePosition,
    },
    text,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// Where the amounts of a loan come from.
#[component]
pub fn DerivationPage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move { draw(&visit).await.unwrap_or_else(|error| failure(&error)) })
}

async fn draw(visit: &Visit) -> Result<AnyView, Error> {
    let id = path_id(visit)?;
    let loan = visit.backend.loans.get(&visit.actor, id).await?;
    let explanation = visit.backend.payments.explain(&visit.actor, id).await?;
    let back = format!("/pinjaman/{id}");
    let (bill, payoff, debt, caps) = (
        bill(&explanation),
        payoff(&explanation),
        debt(&explanation),
        caps(&loan, &explanation),
    );
    Ok(view! {
        <Title text=page_title("Dari mana angka ini?", &Default::default())/>
        <AppBar title=format!("Pinjaman {}", loan.number) back=back/>
        <Main class="page page--after-bar stack-5">
            <div>
                <h1>"Dari mana angka ini?"</h1>
                <p class="text-small text-muted">"Inilah langkah yang dipakai mesin hitung kami, apa adanya."</p>
            </div>
            {bill}
            {payoff}
            {debt}
            {caps}
        </Main>
    }
    .into_any())
}

/// One amount that opens its steps.
fn opened(name: String, derivation: &Derivation) -> impl IntoView + use<> {
    let each = derivation.steps.iter().any(|step| step.rounded.is_some());
    let steps = derivation
        .steps
        .iter()
        .map(|step| {
            let exact = format!("= {}", step.exact_words());
            let fraction = format!(
                "{}. Pecahan tepat {}/{}.",
                step.span_words(),
                step.factor.num(),
                step.factor.den()
            );
            let rounded = step.rounded.map(|amount| format!(", menjadi {amount}"));
            view! {
                <li class="stack-1">
                    <span class="numeric">{step.words()}" "{exact}{rounded}</span>
                    <small class="text-subtle numeric">{fraction}</small>
                </li>
            }
        })
        .collect_view();
    let rest = derivation.rest.map(|(why, rest)| {
        let sign = if rest.is_positive() { "Ditambah" } else { "Dikurangi" };
        let words = format!("{sign} {}: {}.", Rupiah::new(rest.get().abs()), why.words());
        view! { <p class="text-small numeric">{words}</p> }
    });
    let how = match (derivation.steps.len(), each) {
        (0, _) => "Tidak ada yang dihitung.".to_owned(),
        (1, _) | (_, false) => format!("Hasilnya {}.", derivation.rounding_words()),
        _ => format!("Tiap baris {}, lalu dijumlahkan.", derivation.rounding_words()),
    };
    let amount = derivation.amount.to_string();
    view! {
        <details class="disclosure">
            <summary>{name}" "<b class="numeric">{amount}</b></summary>
            <ol class="stack-2 text-small">{steps}</ol>
            <p class="text-small">{how}</p>
            {rest}
        </details>
    }
}

/// The parts of one instalment that is asked for.
fn instalment(line: &LineExplained, shown: &LinePosition) -> impl IntoView + use<> {
    let title = format!(
        "Cicilan ke-{}, jatuh tempo {}",
        line.number,
        text::date_long(line.due_on)
    );
    let principal = format!(
        "Pokok {}: cicilan {} dikurangi bunga {}.",
        shown.principal.due,
        shown.instalment(),
        shown.interest.due
    );
    let fee = shown.fee.due.is_positive().then(|| {
        view! { <p class="text-small numeric">{format!("Biaya {}, seperti di perjanjian.", shown.fee.due)}</p> }
    });
    let late = line
        .late_fee
        .amount
        .is_positive()
        .then(|| opened("Denda".into(), &line.late_fee));
    let paid = [shown.principal, shown.interest, shown.fee, shown.late_fee]
        .iter()
        .map(|part| part.paid.get())
        .sum();
    let paid = Rupiah::new(paid);
    let paid = paid.is_positive().then(|| {
        view! { <p class="text-small numeric">{format!("Sudah dibayar {paid}, tersisa {}.", shown.open())}</p> }
    });
    let interest = opened("Bunga".into(), &line.interest);
    view! {
        <section class="stack-2">
            <h3>{title}</h3>
            <p class="text-small numeric">{principal}</p>
            {interest}
            {fee}
            {late}
            {paid}
        </section>
    }
}

fn bill(explanation: &Explanation) -> Option<impl IntoView + use<>> {
    let bill = explanation.position.bill.as_ref()?;
    let billed = explanation
        .lines
        .iter()
        .zip(&explanation.position.lines)
        .filter(|(line, shown)| bill.instalments.contains(&line.number) && shown.open().is_positive())
        .map(|(line, shown)| instalment(line, shown))
        .collect_view();
    let rows = parts(&[
        ("Pokok", bill.principal),
        ("Bunga", bill.interest),
        ("Biaya", bill.fee),
        ("Denda", bill.late_fee),
    ]);
    let total = ReceiptLine::new("Tagihan", bill.total);
    Some(view! {
        <section class="stack-3" id="tagihan">
            <h2>"Tagihan"</h2>
            <Receipt rows=rows total=total/>
            {billed}
        </section>
    })
}

/// Amounts with their names; those of nothing are left out.
fn parts(parts: &[(&str, Rupiah)]) -> Vec<ReceiptLine> {
    let shown = parts.iter().filter(|(_, amount)| !amount.is_zero());
    shown.map(|(name, amount)| ReceiptLine::new(*name, amount)).collect()
}

fn payoff(explanation: &Explanation) -> Option<impl IntoView + use<>> {
    let payoff = explanation.position.payoff;
    let credit = Rupiah::new(-payoff.credit.get());
    let rows = parts(&[
        ("Sisa pokok", payoff.principal),
        ("Bunga sampai hari ini", payoff.interest),
        ("Biaya", payoff.fees),
        ("Denda", payoff.late_fees),
        ("Titipan Anda", credit),
    ]);
    let running = explanation
        .running
        .iter()
        .map(|(number, part)| opened(format!("Bunga berjalan cicilan ke-{number}"), part))
        .collect_view();
    let saved = format!(
        "Bunga yang sudah dibayar di muka dikurangkan. Bunga {} tidak ditagih lagi. Berlaku untuk {}.",
        payoff.interest_saved,
        text::date_long(payoff.date)
    );
    payoff.total.is_positive().then(|| {
        view! {
            <section class="stack-3" id="lunas">
                <h2>"Lunasi hari ini"</h2>
                <Receipt rows=rows total=ReceiptLine::new("Lunasi hari ini", payoff.total)/>
                {running}
                <p class="text-small numeric">{saved}</p>
            </section>
        }
    })
}

fn debt(explanation: &Explanation) -> impl IntoView + use<> {
    let position = &explanation.position;
    let rows = parts(&[
        ("Sisa pokok", position.outstanding_principal),
        ("Sisa bunga", position.outstanding_interest),
    ]);
    let total = ReceiptLine::new("Sisa utang", position.outstanding());
    let lines = explanation
        .lines
        .iter()
        .zip(&position.lines)
        .filter(|(_, shown)| shown.interest.open().is_positive())
        .map(|(line, _)| {
            let name = format!("Bunga cicilan ke-{}, {}", line.number, text::date_short(line.due_on));
            opened(name, &line.interest)
        })
        .collect_view();
    view! {
        <section class="stack-3" id="sisa">
            <h2>"Sisa utang"</h2>
            <Receipt rows=rows total=total/>
            {lines}
        </section>
    }
}

/// The daily cost beside its cap, and the cap on everything.
fn caps(loan: &Loan, explanation: &Explanation) -> impl IntoView + use<> {
    let check = &loan.quote.simulation.disclosure.cap;
    let daily = format!(
        "{} ÷ ({} × {} hari) = {}",
        check.benefit,
        check.principal,
        check.days,
        check.words()
    );
    let late = explanation
        .position
        .lines
        .iter()
        .map(|line| line.late_fee.due.get())
        .sum();
    let rule = format!("aturan {}", check.cap_id);
    let whole = format!("Bunga dan biaya {}, denda {}", explanation.benefit, Rupiah::new(late));
    let room = format!(
        "bersama tidak akan lebih dari {}; sisa ruang {}",
        explanation.total_cap, explanation.position.room
    );
    view! {
        <section class="stack-3" id="batas">
            <h2>"Batas biaya"</h2>
            <Facts>
                <Fact name="Per hari"><span class="numeric">{daily}</span><small>{rule}</small></Fact>
                <Fact name="Seluruhnya"><span class="numeric">{whole}</span><small class="numeric">{room}</small></Fact>
            </Facts>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{components::testing::html, pages::loans::samples};
    use domain::payments::explain::explain;
    use time::macros::date;

    #[test]
    fn a_late_bill_and_its_payoff_open_their_steps() {
        let (contract, events) = samples::history(2);
        let explanation = explain(&contract, &events, date!(2026 - 12 - 08)).expect("an explanation");
        let drawn = html(move || view! { {bill(&explanation)}{payoff(&explanation)}{debt(&explanation)} });
        for words in [
            "Rp2.048.959 × 2,5% per bulan (30 hari penuh) = 51.223,975, menjadi Rp51.224",
            "Pecahan tepat 1/40.",
            "Rp493.426 × 0,1% per hari × 3 hari = 1.480,278",
            "Hasilnya dibulatkan ke bawah.",
            "Rp1.555.533 × 2,5% per bulan × 3/31 hari",
            "Pokok Rp493.426: cicilan Rp544.650 dikurangi bunga Rp51.224.",
            "<details",
        ] {
            assert!(drawn.contains(words), "{words}: {drawn}");
        }
    }
}
