//! One attempt to pay, in every state: waiting for its code, waiting for the money (12b), done, and the other ends.

use super::code::instruction;
use crate::{
    components::{
        AppBar, Badge, Button, CsrfField, EmptyState, Fact, Facts, Hidden, Kind, Main, Middle, Notice, Petals, Setback,
        Symbol, Tone, page_title,
    },
    islands::LiveStatus,
    pages::{
        flash_notice,
        loans::words::{clock, instalment_names},
    },
    shell::{IslandScripts, Module, RefreshWithoutScript},
    visit::Visit,
};
use domain::{
    calendar::jakarta_date,
    loans::{Loan, LoanStatus},
    payments::{Method, Payment, PaymentPurpose, PaymentStatus, servicing::Position},
    text,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// The page of one attempt.
pub(super) fn page(visit: &Visit, loan: &Loan, position: &Position, payment: &Payment) -> AnyView {
    let paid_otherwise = position.bill.is_none() && payment.status != PaymentStatus::Posted;
    let (title, content) = match payment.status {
        PaymentStatus::Posted => ("Pembayaran diterima", done(loan, position, payment)),
        PaymentStatus::Reversed => ("Pembayaran ditarik bank", reversed(payment)),
        PaymentStatus::Mismatch => ("Pembayaran diperiksa", mismatch(payment)),
        _ if paid_otherwise => ("Sudah lunas", paid(loan)),
        PaymentStatus::Created => ("Kode sedang dibuat", no_code(payment)),
        PaymentStatus::Pending if payment.expires_at.is_some_and(|until| until <= visit.now) => {
            ("Kode kedaluwarsa", expired(visit, payment))
        }
        PaymentStatus::Pending => ("Kode bayar", pending(visit, position, payment)),
        PaymentStatus::Expired => ("Kode kedaluwarsa", expired(visit, payment)),
        PaymentStatus::Cancelled => ("Kode diganti", replaced(payment)),
        PaymentStatus::Failed => ("Kode gagal dibuat", failed(visit, payment)),
    };
    let faults = visit.faults(&["/_fn/claim", "/_fn/pay"]);
    view! {
        <Title text=page_title(title, &faults)/>
        <AppBar title=method_title(payment.method) back=format!("/bayar/{}", payment.loan_id) heading=payment.status == PaymentStatus::Pending/>
        <Main class="page page--after-bar stack">
            {flash_notice()}
            <Setback faults=faults/>
            {content}
        </Main>
    }
    .into_any()
}

fn method_title(method: Method) -> String {
    match method {
        Method::Qris => "QRIS".into(),
        Method::VaMandiri => "Mandiri Bill Payment".into(),
        bank => format!("Virtual account {}", bank.words()),
    }
}

/// What the attempt is for, as long as the bill is still the one it was made for.
fn purpose_words(position: &Position, payment: &Payment) -> String {
    match (payment.purpose, &position.bill) {
        (PaymentPurpose::Instalment, Some(bill)) => instalment_names(&bill.instalments),
        (PaymentPurpose::Instalment, None) => "Tagihan".into(),
        (PaymentPurpose::Payoff, _) => "Lunasi semua".into(),
        (PaymentPurpose::Amount, _) => "Jumlah lain".into(),
    }
}

fn pending(visit: &Visit, position: &Position, payment: &Payment) -> AnyView {
    let until = payment.expires_at.map(|until| {
        let words = format!("Berlaku sampai {}", clock(visit.now, until));
        view! { <p class="text-centre"><Badge tone=Tone::Warning icon=Symbol::Clock>{words}</Badge></p> }
    });
    let copies = (payment.method != Method::Qris).then(|| view! { <Module name="copy.js"/> });
    view! {
        <div class="text-centre">
            <p class="text-muted">{purpose_words(position, payment)}</p>
            <p class="text-display numeric">{payment.amount.to_string()}</p>
        </div>
        {payment.instruction.as_ref().map(|code| instruction(payment.method, code, until.into_any()))}
        {live(payment, "Menunggu pembayaran, dicek otomatis")}
        {claim_form(payment)}
        {copies}
    }
    .into_any()
}

/// Follows the status, with and without a script.
fn live(payment: &Payment, words: &str) -> impl IntoView + use<> {
    let (url, current) = (
        format!("/bayar/{}/status?kode={}", payment.loan_id, payment.id),
        payment.status.as_str().to_owned(),
    );
    view! {
        <LiveStatus url=url current=current words=words.to_owned()/>
        <RefreshWithoutScript/>
        <IslandScripts/>
    }
}

/// "I have paid": asks the gateway now, and late fees stop until it answered.
fn claim_form(payment: &Payment) -> impl IntoView + use<> {
    let id = payment.id.to_string();
    view! {
        <form class="stack" method="post" action="/_fn/claim">
            <Hidden name="payment" value=id/>
            <CsrfField/>
            <Button kind=Kind::Secondary>"Saya sudah bayar"</Button>
        </form>
    }
}

/// The same again, with a key of its own.
fn again_form(visit: &Visit, payment: &Payment) -> impl IntoView + use<> {
    let amount = match payment.purpose {
        PaymentPurpose::Amount => payment.amount.get().to_string(),
        PaymentPurpose::Instalment | PaymentPurpose::Payoff => String::new(),
    };
    let (loan, key) = (payment.loan_id.to_string(), visit.key.clone());
    view! {
        <form class="stack" method="post" action="/_fn/pay">
            <Hidden name="loan" value=loan/>
            <Hidden name="purpose" value=payment.purpose.as_str()/>
            <Hidden name="method" value=payment.method.as_str()/>
            <Hidden name="amount" value=amount/>
            <Hidden name="key" value=key/>
            <CsrfField/>
            <Button>"Buat kode baru"</Button>
        </form>
    }
}

/// A heading, a sentence, what can be done.
fn result(title: &'static str, words: impl Into<String>, ways: AnyView) -> AnyView {
    let words = words.into();
    view! {
        <div class="stack-2"><h1>{title}</h1><p class="text-muted">{words}</p></div>
        <div class="stack-3">{ways}</div>
    }
    .into_any()
}

fn other_way(payment: &Payment) -> impl IntoView + use<> {
    view! { <Button kind=Kind::Secondary href=format!("/bayar/{}", payment.loan_id)>"Pilih cara lain"</Button> }
}

fn no_code(payment: &Payment) -> AnyView {
    let ways = view! {
        {live(payment, "Menunggu kode, dicek otomatis")}
        <Button kind=Kind::Secondary icon=Symbol::Refresh href=format!("/bayar/{}?kode={}", payment.loan_id, payment.id)>"Perbarui"</Button>
        {other_way(payment)}
    };
    let words = format!(
        "Bank belum menjawab permintaan kode untuk {}. Kodenya muncul di sini begitu ada.",
        payment.amount
    );
    result("Kode sedang dibuat", words, ways.into_any())
}

fn expired(visit: &Visit, payment: &Payment) -> AnyView {
    // The money may be on its way: the last word is the gateway's.
    let waits = payment.status == PaymentStatus::Pending;
    let live = waits.then(|| live(payment, "Menunggu kabar dari bank, dicek otomatis"));
    let ways = view! { {again_form(visit, payment)}{claim_form(payment)}{other_way(payment)}{live} };
    result(
        "Kode sudah kedaluwarsa",
        "Kalau belum membayar, buat kode baru. Kalau sudah, beri tahu kami supaya kami cek ke bank.",
        ways.into_any(),
    )
}

fn replaced(payment: &Payment) -> AnyView {
    let ways = view! {
        <Button href=format!("/bayar/{}", payment.loan_id)>"Lihat tagihan"</Button>
        {claim_form(payment)}
    };
    result(
        "Kode ini sudah diganti",
        "Anda membuat kode yang lebih baru. Pakai kode itu, jangan yang ini.",
        ways.into_any(),
    )
}

fn failed(visit: &Visit, payment: &Payment) -> AnyView {
    let ways = view! { {again_form(visit, payment)}{other_way(payment)} };
    result(
        "Kode gagal dibuat",
        "Bank menolak permintaan kode ini. Tidak ada uang yang keluar. Coba lagi atau pilih cara lain.",
        ways.into_any(),
    )
}

fn mismatch(payment: &Payment) -> AnyView {
    let words = format!(
        "Uang yang masuk berbeda dari {} yang ditagih. Petugas memeriksanya; uang Anda aman dan tidak hilang.",
        payment.amount
    );
    let ways = view! {
        <Notice icon=Symbol::Alert tone=Tone::Warning>"Jangan bayar lagi sampai hasilnya kami kabari."</Notice>
        <Button href="/beranda">"Ke beranda"</Button>
        <Button kind=Kind::Secondary href="/bantuan">"Hubungi kami"</Button>
    };
    result("Jumlah yang masuk berbeda", words, ways.into_any())
}

fn reversed(payment: &Payment) -> AnyView {
    let words = format!(
        "Bank menarik kembali pembayaran {}, jadi tagihannya berjalan lagi.",
        payment.amount
    );
    let ways = view! {
        <Button href=format!("/bayar/{}", payment.loan_id)>"Bayar tagihan"</Button>
        <Button kind=Kind::Secondary href="/bantuan">"Hubungi kami"</Button>
    };
    result("Pembayaran ditarik bank", words, ways.into_any())
}

fn paid(loan: &Loan) -> AnyView {
    let ways = view! { <Button href=format!("/pinjaman/{}", loan.id)>"Lihat riwayat pinjaman"</Button> };
    result("Tagihan ini sudah lunas", "Jangan bayar lagi.", ways.into_any())
}

/// The petal fills; what came in, what is left.
fn done(loan: &Loan, position: &Position, payment: &Payment) -> AnyView {
    let count = u32::try_from(position.lines.len()).unwrap_or(u32::MAX);
    let closed = loan.status == LoanStatus::Closed;
    // An amount of one's own fills a petal only by chance; the animation would say too much.
    let just_paid = payment.purpose != PaymentPurpose::Amount;
    let middle = if closed { Middle::Tick } else { Middle::Count };
    let left = if closed {
        "Semua cicilan lunas. Terima kasih.".to_owned()
    } else {
        format!("Sisa utang {}", position.outstanding())
    };
    let credit = position.credit.is_positive().then(|| {
        let words = format!(
            "Titipan Anda {}. Kami pakai untuk tagihan berikutnya, atau kami kembalikan.",
            position.credit
        );
        view! { <p class="text-small text-muted numeric">{words}</p> }
    });
    let (paid, amount, href) = (position.paid_count, payment.amount, format!("/pinjaman/{}", loan.id));
    let receipt = receipt(payment);
    view! {
        <EmptyState>
            <Petals
                count=count
                paid=paid
                label=format!("{paid} dari {count} cicilan lunas")
                next=true
                middle=middle
                success=closed
                just_paid=just_paid
            />
            <h1 class="numeric">{format!("Pembayaran {amount} diterima")}</h1>
            <p class="text-muted numeric">{left}</p>
            {credit}
            {receipt}
            <Button href="/beranda">"Ke beranda"</Button>
            <Button kind=Kind::Secondary href=href>"Lihat jadwal"</Button>
        </EmptyState>
    }
    .into_any()
}

/// What a payer shows when somebody asks: when, how, and under which number.
fn receipt(payment: &Payment) -> impl IntoView + use<> {
    let at = payment.paid_at.unwrap_or(payment.created_at);
    let when = format!("{} pukul {}", text::date_long(jakarta_date(at)), text::time_wib(at));
    let (method, order) = (payment.method.words(), payment.order_id.clone());
    view! {
        <Facts>
            <Fact name="Dibayar">{when}</Fact>
            <Fact name="Lewat">{method}</Fact>
            <Fact name="Nomor pembayaran"><span class="numeric">{order}</span></Fact>
        </Facts>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{components::testing::html, pages::loans::samples};
    use domain::id::{LoanId, PaymentId};
    use time::macros::{date, datetime};
    use uuid::Uuid;

    fn payment(purpose: PaymentPurpose, status: PaymentStatus) -> Payment {
        Payment {
            id: PaymentId(Uuid::from_u128(9)),
            order_id: "SGP-9".into(),
            loan_id: LoanId(Uuid::from_u128(4)),
            purpose,
            method: Method::Qris,
            amount: domain::Rupiah::new(544_650),
            status,
            instruction: None,
            expires_at: None,
            paid_at: None,
            created_at: datetime!(2026-11-24 03:02 UTC),
        }
    }

    #[test]
    fn after_a_payment_the_new_petal_fills_and_the_rest_is_told() {
        let position = samples::position(3, date!(2026 - 12 - 05));
        let loan = samples::loan(LoanStatus::Active, samples::quote());
        let drawn = html(move || {
            done(
                &loan,
                &position,
                &payment(PaymentPurpose::Instalment, PaymentStatus::Posted),
            )
        });
        assert!(
            drawn.contains("Pembayaran Rp544.650 diterima") && drawn.contains("Sisa utang Rp1.633.949"),
            "{drawn}"
        );
        for fact in ["24 November 2026 pukul 10.02 WIB", "QRIS", "SGP-9"] {
            assert!(drawn.contains(fact), "{fact}: {drawn}");
        }
        assert_eq!(drawn.matches("petals__paid--new").count(), 1, "{drawn}");
    }

    #[test]
    fn the_last_payment_says_that_all_is_paid() {
        let position = samples::position(6, date!(2027 - 03 - 05));
        let loan = samples::loan(LoanStatus::Closed, samples::quote());
        let drawn = html(move || {
            done(
                &loan,
                &position,
                &payment(PaymentPurpose::Instalment, PaymentStatus::Posted),
            )
        });
        assert!(
            drawn.contains("Semua cicilan lunas") && !drawn.contains("Sisa utang"),
            "{drawn}"
        );
    }

    #[test]
    fn an_attempt_says_what_it_is_for() {
        let position = samples::position(2, date!(2026 - 11 - 24));
        let words = |purpose| purpose_words(&position, &payment(purpose, PaymentStatus::Pending));
        assert_eq!(words(PaymentPurpose::Instalment), "Cicilan ke-3");
        assert_eq!(words(PaymentPurpose::Payoff), "Lunasi semua");
        assert_eq!(words(PaymentPurpose::Amount), "Jumlah lain");
    }

    #[test]
    fn an_amount_that_differs_warns_before_a_second_payment() {
        let drawn = html(|| mismatch(&payment(PaymentPurpose::Instalment, PaymentStatus::Mismatch)));
        assert!(
            drawn.contains("Jangan bayar lagi") && drawn.contains("Rp544.650"),
            "{drawn}"
        );
    }
}
