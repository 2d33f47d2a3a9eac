//! 12, `/bayar/{loan}`: what to pay and how. With `?kode=` one attempt to pay (see `attempt`).

use super::attempt;
use crate::{
    components::{
        ActionBar, AppBar, Button, ChoiceGroup, CsrfField, EmptyState, ErrorSummary, Faults, Hidden, Main, Middle,
        MoneyField, Notice, OptionRow, Petals, RadioCard, SelectField, Symbol, page_title,
    },
    pages::{
        failure, flash_notice,
        loans::{
            path_id,
            words::{bill_parts, clock, instalment_names},
        },
    },
    visit::{FormState, Visit, visit},
};
use domain::{
    Error, Rupiah,
    id::PaymentId,
    loans::{
        Loan,
        product::{Method as ProductMethod, PrepayMode, Product},
    },
    payments::{
        Method, Payment, PaymentStatus, QRIS_MAX,
        servicing::{Bill, Position},
    },
};
use leptos::prelude::*;
use leptos_meta::Title;

/// Paying a loan.
#[component]
pub fn PayPage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move { draw(&visit).await.unwrap_or_else(|error| failure(&error)) })
}

async fn draw(visit: &Visit) -> Result<AnyView, Error> {
    let loan = visit.backend.loans.get(&visit.actor, path_id(visit)?).await?;
    let Some(position) = &loan.position else {
        // Nothing was lent yet, so nothing can be paid.
        return Err(Error::NotFound);
    };
    if !visit.query("kode").is_empty() {
        let id: PaymentId = visit.query("kode").parse().map_err(|_| Error::NotFound)?;
        let payment = visit.backend.payments.get(&visit.actor, id).await?;
        return if payment.loan_id == loan.id {
            Ok(attempt::page(visit, &loan, position, &payment))
        } else {
            Err(Error::NotFound)
        };
    }
    let Some(bill) = position.bill.as_ref().filter(|_| position.payoff.total.is_positive()) else {
        return Ok(nothing_to_pay(&loan, position));
    };
    let payments = visit.backend.payments.list(&visit.actor, loan.id).await?;
    let open = payments.iter().find(|payment| is_open(visit, payment));
    Ok(choose(visit, &loan, position, bill, open))
}

/// Whether a code still waits for its money.
fn is_open(visit: &Visit, payment: &Payment) -> bool {
    payment.status == PaymentStatus::Pending && payment.expires_at.is_some_and(|until| until > visit.now)
}

fn nothing_to_pay(loan: &Loan, position: &Position) -> AnyView {
    let count = u32::try_from(position.lines.len()).unwrap_or(u32::MAX);
    let (paid, href) = (position.paid_count, format!("/pinjaman/{}", loan.id));
    view! {
        <Title text=page_title("Sudah lunas", &Default::default())/>
        <AppBar title="Bayar tagihan"/>
        <Main class="page page--after-bar">
            <EmptyState>
                <Petals count=count paid=paid label="Semua cicilan lunas" middle=Middle::Tick success=true/>
                <h1>"Tagihan ini sudah lunas"</h1>
                <p class="text-muted">"Jangan bayar lagi."</p>
                <Button href=href>"Lihat riwayat pinjaman"</Button>
            </EmptyState>
        </Main>
    }
    .into_any()
}

fn choose(visit: &Visit, loan: &Loan, position: &Position, bill: &Bill, open: Option<&Payment>) -> AnyView {
    let form = visit.form("/_fn/pay");
    let faults = form.faults();
    let (id, key) = (loan.id.to_string(), visit.key.clone());
    let waiting = open.map(|payment| {
        let until = payment
            .expires_at
            .map(|until| format!(" sampai {}", clock(visit.now, until)))
            .unwrap_or_default();
        let words = format!(
            "Kode {} sebesar {} masih berlaku{until}. Kode baru menggantikannya. ",
            payment.method.words(),
            payment.amount
        );
        let href = format!("/bayar/{}?kode={}", payment.loan_id, payment.id);
        view! { <Notice icon=Symbol::Clock>{words}<a href=href>"Lihat kode itu"</a></Notice> }
    });
    let prepay = prepay(&form, &faults, &loan.quote.simulation.product);
    let (what, how) = (
        what(visit, &form, &faults, position, bill, prepay),
        how(&form, bill.total, position.payoff.total),
    );
    let seen = [bill.total, position.payoff.total].map(|sum| sum.get().to_string());
    let [seen_instalment, seen_payoff] = seen;
    let (total, payoff) = (bill.total.to_string(), position.payoff.total.to_string());
    let derivation = format!("/pinjaman/{}/hitungan", loan.id);
    let (of_bill, of_payoff) = (format!("{derivation}#tagihan"), format!("{derivation}#lunas"));
    view! {
        <Title text=page_title("Bayar tagihan", &faults)/>
        <AppBar title="Bayar tagihan" heading=true/>
        <Main class="page page--after-bar stack-5">
            {flash_notice()}
            <ErrorSummary faults=faults/>
            {waiting}
            <form class="stack-5" id="pay" method="post" action="/_fn/pay">
                <Hidden name="loan" value=id/>
                <Hidden name="key" value=key/>
                <Hidden name="seen_instalment" value=seen_instalment/>
                <Hidden name="seen_payoff" value=seen_payoff/>
                <CsrfField/>
                {what}
                <p class="text-small">
                    "Dari mana angka ini? " <a href=of_bill>"Tagihan"</a> ", "
                    <a href=of_payoff>"pelunasan"</a> "."
                </p>
                {how}
            </form>
        </Main>
        <ActionBar label="Ringkasan pembayaran">
            <div class="row row--between">
                <span class="fill text-small text-muted">"Dibayar sekarang, tanpa biaya tambahan"</span>
                <b class="text-total numeric pay-sum pay-sum--instalment">{total}</b>
                <b class="text-total numeric pay-sum pay-sum--payoff">{payoff}</b>
            </div>
            <Button form="pay">"Lanjut ke kode bayar"</Button>
        </ActionBar>
    }
    .into_any()
}

/// What an amount changes that is more than the bill; flat loans save nothing by it, so nobody is asked.
fn prepay(form: &FormState, faults: &Faults, product: &Product) -> Option<AnyView> {
    let options = PrepayMode::ALL
        .iter()
        .map(|mode| (mode.as_str().to_owned(), mode.words().to_owned()))
        .collect();
    let chosen = form.value_or("prepay", product.prepay_default.as_str());
    let error = faults.of("prepay");
    let select = || view! { <SelectField label="Kalau lebih dari tagihan" name="prepay" options=options value=chosen error=error/> };
    (product.method != ProductMethod::Flat).then(|| select().into_any())
}

/// The bill, everything, or an amount of one's own.
fn what(
    visit: &Visit,
    form: &FormState,
    faults: &Faults,
    position: &Position,
    bill: &Bill,
    prepay: Option<AnyView>,
) -> impl IntoView + use<> {
    let proposed = if visit.query("untuk") == "lunas" {
        "payoff"
    } else {
        "instalment"
    };
    let chosen = form.value_or("purpose", proposed);
    let saved = match position.payoff.interest_saved {
        saved if saved.is_positive() => format!("Bunga berkurang {saved}"),
        _ => "Semua yang terutang hari ini".to_owned(),
    };
    let good = position.payoff.interest_saved.is_positive();
    let (total, payoff) = (bill.total.to_string(), position.payoff.total.to_string());
    let hint = format!("Untuk pilihan Jumlah lain, paling banyak {payoff}");
    let (typed, fault) = (form.value("amount"), faults.of("amount"));
    let (title, parts) = (instalment_names(&bill.instalments), bill_parts(bill));
    view! {
        <ChoiceGroup legend="Bayar yang mana?" id="purpose" error=faults.of("purpose")>
            <RadioCard name="purpose" value="instalment" title=title detail=parts checked=chosen == "instalment">
                <b class="numeric">{total}</b>
            </RadioCard>
            <RadioCard name="purpose" value="payoff" title="Lunasi semua" detail=saved good=good checked=chosen == "payoff">
                <b class="numeric">{payoff}</b>
            </RadioCard>
            <RadioCard name="purpose" value="amount" title="Jumlah lain" detail="Yang jatuh tempo dibayar dulu, sisanya sesuai pilihan Anda" checked=chosen == "amount"/>
            <div class="pay-amount">
                <MoneyField
                    label="Jumlah yang mau dibayar"
                    name="amount"
                    value=typed
                    hint=hint
                    error=fault
                />
                {prepay}
            </div>
        </ChoiceGroup>
    }
}

fn offered(bill: Rupiah) -> Vec<Method> {
    let takes = |method: &Method| *method != Method::Qris || bill <= QRIS_MAX;
    Method::ALL.into_iter().filter(takes).collect()
}

/// QRIS, or a number at one of the banks. QRIS is not offered for a bill that it does not take.
fn how(form: &FormState, bill: Rupiah, payoff: Rupiah) -> impl IntoView + use<> {
    let offered = offered(bill);
    let first = offered.first().map_or("", |method| method.as_str());
    let chosen = form.value_or("method", first);
    let by_qris = match payoff <= QRIS_MAX {
        true => "Semua bank dan e-wallet, langsung masuk",
        false => "Semua bank dan e-wallet, sampai Rp10.000.000",
    };
    let rows = offered
        .into_iter()
        .map(|method| {
            let (icon, title, detail) = match method {
                Method::Qris => (Symbol::Qr, "QRIS".to_owned(), by_qris),
                Method::VaMandiri => (
                    Symbol::Bank,
                    "Mandiri Bill Payment".to_owned(),
                    "Dari Livin' atau ATM Mandiri",
                ),
                bank => (
                    Symbol::Bank,
                    format!("Virtual account {}", bank.words()),
                    "Nomor sekali pakai, berlaku 24 jam",
                ),
            };
            let value = method.as_str();
            view! { <OptionRow name="method" value=value icon=icon title=title detail=detail checked=value == chosen/> }
        })
        .collect_view();
    view! { <ChoiceGroup legend="Bayar lewat mana?" id="method" card=true>{rows}</ChoiceGroup> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bill_that_qris_does_not_take_is_paid_at_a_bank() {
        assert_eq!(offered(QRIS_MAX), Method::ALL);
        let above = Rupiah::new(QRIS_MAX.get() + 1);
        assert_eq!(offered(above), Method::ALL[1..]);
    }
}
