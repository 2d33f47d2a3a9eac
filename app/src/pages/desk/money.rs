//! `/petugas/uang`: all money that waits for a person. What is in suspense is proposed here and decided under Usulan;
//! a payout that finally failed is tried once more.

use super::room::{Numbers, fields, role, room, section};
use crate::{
    components::{
        Badge, Button, CsrfField, ErrorSummary, Field, Hidden, Kind, Setback, TextareaField, Tone, page_title,
        staff::{Filter, Filters, Place, StaffHead},
    },
    pages::{failure, flash_notice},
    visit::{Visit, visit},
};
use domain::{
    Error, PageRequest, Role,
    audit::ProposalKind,
    id::SuspenseId,
    payments::{PayoutStatus, Suspense, SuspenseState, TroubledPayout},
    text,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// Where they are.
const ROOM: &str = "/petugas/uang";
/// The form of a resolution.
const RESOLVE: &str = "/_fn/petugas/resolve_suspense";
/// The form of another try.
const RETRY: &str = "/_fn/petugas/retry_payout";

/// Money that waits for a person.
#[component]
pub fn MoneyPage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move { draw(&visit).await.unwrap_or_else(|error| failure(&error)) })
}

async fn draw(visit: &Visit) -> Result<AnyView, Error> {
    let (content, faults) = match visit.query("dana") {
        "" => (everything(visit).await?, visit.faults(&[RETRY])),
        id => (
            one(visit, id.parse().map_err(|_| Error::NotFound)?).await?,
            visit.form(RESOLVE).faults(),
        ),
    };
    let title = page_title("Uang", &faults);
    let main = view! {
        <StaffHead above="Semua uang yang menunggu orang" title="Uang"/>
        {flash_notice()}
        {content}
    };
    let page = room(visit, Place::Money, main.into_any());
    Ok(view! { <Title text=title/>{page} }.into_any())
}

async fn everything(visit: &Visit) -> Result<AnyView, Error> {
    let payments = &visit.backend.payments;
    let suspense = suspense(visit).await?;
    let payouts = payments.troubled_payouts(&visit.actor).await?;
    let credits = payments.credit_balances(&visit.actor).await?;
    let faults = visit.faults(&[RETRY]);
    let loans = payouts.iter().map(|payout| payout.loan_id);
    let loans = loans.chain(credits.iter().map(|credit| credit.loan_id));
    let numbers = Numbers::load(visit, loans).await?;
    let payout_rows: Vec<_> = payouts
        .iter()
        .map(|payout| payout_row(visit, payout, numbers.of(payout.loan_id)))
        .collect();
    let credit_rows: Vec<_> = credits
        .iter()
        .map(|credit| {
            let loan = numbers.of(credit.loan_id);
            view! { <tr><th scope="row" class="numeric">{loan}</th><td>{credit.amount.to_string()}</td></tr> }
                .into_any()
        })
        .collect();
    let payouts = section(
        "Pencairan yang gagal atau belum pasti",
        &["Pinjaman", "Jumlah", "Rekening", "Sejak", "Keadaan", "Sebab", ""],
        payout_rows,
        "Semua pencairan sampai, atau masih dalam perjalanan biasa.",
    );
    let credits = section(
        "Saldo lebih peminjam",
        &["Pinjaman yang sudah lunas", "Saldo lebih"],
        credit_rows,
        "Tidak ada pinjaman lunas yang menyimpan saldo lebih.",
    );
    Ok(view! { <Setback faults=faults/>{suspense}{payouts}{credits} }.into_any())
}

async fn suspense(visit: &Visit) -> Result<AnyView, Error> {
    let resolved = visit.query("daftar") == "selesai";
    let after = Some(visit.query("sesudah").to_owned()).filter(|after| !after.is_empty());
    let page = PageRequest { limit: 20, after };
    let payments = &visit.backend.payments;
    let list = payments.list_suspense(&visit.actor, resolved, page).await?;
    let filter = |words: &str, href: &str, current: bool| Filter {
        words: words.into(),
        href: href.into(),
        current,
    };
    let filters = vec![
        filter("Menunggu", ROOM, !resolved),
        filter("Selesai", "/petugas/uang?daftar=selesai", resolved),
    ];
    let rows = list.items.iter().map(suspense_row).collect();
    let table = section(
        "Dana belum dikenali",
        &["Diterima", "Jumlah", "Lewat", "Sebab", "Keadaan", ""],
        rows,
        if resolved {
            "Belum ada dana yang selesai diurus."
        } else {
            "Tidak ada dana yang menunggu. Semua uang masuk sudah dicatat."
        },
    );
    let more = list.next.map(|next| {
        let which = if resolved { "selesai" } else { "" };
        view! { <a class="text-small" href=format!("{ROOM}?daftar={which}&sesudah={next}")>"Berikutnya"</a> }
    });
    Ok(view! { <Filters options=filters/>{table}{more} }.into_any())
}

/// What became of it, or where it stands.
fn state(money: &Suspense) -> (Tone, &'static str) {
    let tone = match money.state {
        SuspenseState::Waiting => Tone::Warning,
        SuspenseState::Proposed | SuspenseState::Returning => Tone::Primary,
        SuspenseState::Resolved => Tone::Success,
    };
    let outcome = money.outcome.map(|outcome| outcome.words());
    (tone, outcome.unwrap_or_else(|| money.state.words()))
}

fn suspense_row(money: &Suspense) -> AnyView {
    let (tone, words) = state(money);
    let at = text::moment(money.received_at);
    let look = if money.state == SuspenseState::Waiting {
        "Periksa"
    } else {
        "Lihat"
    };
    view! {
        <tr>
            <th scope="row">{at}</th>
            <td>{money.amount.to_string()}</td>
            <td>{money.method.words()}</td>
            <td>{money.why.words()}</td>
            <td><Badge tone=tone>{words}</Badge></td>
            <td><a href=format!("{ROOM}?dana={}", money.id)>{look}</a></td>
        </tr>
    }
    .into_any()
}

fn payout_row(visit: &Visit, troubled: &TroubledPayout, number: String) -> AnyView {
    let payout = &troubled.payout;
    let failed = payout.status == PayoutStatus::Failed;
    let code = payout.failure_code.clone().unwrap_or_else(|| "tanpa kode".to_owned());
    let (tone, words, why) = match failed {
        true if payout.wants_another_account() => (
            Tone::Danger,
            "Gagal",
            format!("Peminjam perlu mengganti rekening ({code})"),
        ),
        true => (Tone::Danger, "Gagal", format!("Ditolak ({code})")),
        false => (
            Tone::Warning,
            "Belum pasti",
            "Xendit belum memastikan; ditanya lagi sendiri, jangan dikirim ulang".to_owned(),
        ),
    };
    let may = failed && [Role::Support, Role::Approver].contains(&role(visit));
    let again = may.then(|| {
        view! {
            <form method="post" action=RETRY>
                <CsrfField/>
                <Hidden name="loan" value=troubled.loan_id.to_string()/>
                <Button small=true kind=Kind::Secondary>"Coba lagi"</Button>
            </form>
        }
    });
    view! {
        <tr>
            <th scope="row" class="numeric">{number}</th>
            <td>{payout.amount.to_string()}</td>
            <td>{payout.payee_label.clone()}</td>
            <td>{text::moment(troubled.since)}</td>
            <td><Badge tone=tone>{words}</Badge></td>
            <td>{why}</td>
            <td>{again}</td>
        </tr>
    }
    .into_any()
}

/// One amount in suspense, and what may be proposed for it.
async fn one(visit: &Visit, id: SuspenseId) -> Result<AnyView, Error> {
    let money = visit.backend.payments.get_suspense(&visit.actor, id).await?;
    let (tone, words) = state(&money);
    let back = view! { <p class="text-small"><a href=ROOM>"Semua uang yang menunggu"</a></p> };
    let title = format!("Dana {}", money.amount);
    let mut rows = vec![
        ("Diterima".to_owned(), text::moment(money.received_at)),
        ("Lewat".to_owned(), money.method.words().to_owned()),
        ("Sebab".to_owned(), money.why.words().to_owned()),
        ("Pesanan".to_owned(), money.order_id.clone()),
        ("Transaksi".to_owned(), money.transaction_id.clone()),
    ];
    let numbers = Numbers::load(visit, money.loan_id).await?;
    let number = money.loan_id.map(|loan| numbers.of(loan));
    rows.extend(number.clone().map(|number| ("Pinjaman".to_owned(), number)));
    rows.extend(money.refused.clone().map(|code| {
        (
            "Ditolak Midtrans".to_owned(),
            format!("kode {code}; kembalikan lewat bank"),
        )
    }));
    if !money.reference.is_empty() {
        rows.push(("Referensi bank".to_owned(), money.reference.clone()));
    }
    rows.extend(money.resolved_at.map(|at| ("Selesai".to_owned(), text::moment(at))));
    let maker = ProposalKind::Posting.makers().contains(&role(visit));
    let action = match money.state {
        SuspenseState::Waiting if maker => propose(visit, &money, number).into_any(),
        SuspenseState::Proposed => {
            view! { <Setback faults=visit.faults(&[RESOLVE])/><p><a href="/petugas/usulan">"Usulannya menunggu orang kedua"</a></p> }.into_any()
        }
        // Somebody was quicker, or the page was open for long.
        _ => view! { <Setback faults=visit.faults(&[RESOLVE])/> }.into_any(),
    };
    Ok(view! {
        {back}
        <section class="card stack-3">
            <div class="row row--between"><h2>{title.clone()}</h2><Badge tone=tone>{words}</Badge></div>
            {fields(title, rows)}
            {action}
        </section>
    }
    .into_any())
}

fn propose(visit: &Visit, money: &Suspense, number: Option<String>) -> impl IntoView + use<> {
    let form = visit.form(RESOLVE);
    let faults = form.faults();
    let typed = form.value("loan");
    let loan = match (typed.is_empty(), number) {
        (true, Some(number)) => number,
        _ => typed,
    };
    let by_hand = (!money.goes_back_by_gateway()).then(|| {
        view! {
            <Field label="Nomor referensi transfer" name="reference" hint="Kalau dikembalikan: kirim dulu lewat bank, lalu tulis nomornya.".to_owned() value=form.value("reference") error=faults.of("reference") maxlength=64 autocomplete="off" spellcheck="false"/>
        }
    });
    view! {
        <form class="stack-3 decision" method="post" action=RESOLVE>
            <ErrorSummary faults=faults.clone()/>
            <CsrfField/>
            <Hidden name="money" value=money.id.to_string()/>
            <Field label="Nomor pinjaman" name="loan" hint="Kalau dicatat: pinjaman berjalan yang dibayar dengan dana ini.".to_owned() value=loan error=faults.of("loan") maxlength=12 autocomplete="off" spellcheck="false"/>
            {by_hand}
            <TextareaField label="Alasan" name="reason" value=form.value("reason") error=faults.of("reason") maxlength=500/>
            <div class="decision__buttons">
                <Button name="answer" value="credit">"Usulkan catat sebagai pembayaran"</Button>
                <Button kind=Kind::Secondary name="answer" value="return">"Usulkan kembalikan ke pengirim"</Button>
            </div>
        </form>
    }
}
