//! `/petugas/rekonsiliasi`: what the gateways and we say differently, the report of each day, and the credit balances
//! that are to go back to their borrowers.

use super::room::{Numbers, fields, role, room};
use crate::{
    components::{
        Badge, Button, CsrfField, ErrorSummary, Faults, Hidden, Kind, TextareaField, Tone, page_title,
        staff::{Filter, Filters, Place, StaffHead},
    },
    pages::{failure, flash_notice},
    visit::{Visit, visit},
};
use domain::{
    Error, PageRequest, Rupiah,
    audit::ProposalKind,
    payments::{DIFFERENCE_CLOSERS, Difference, RECONCILIATION_READERS, Reconciliation, Refund, RefundState, Subject},
    text,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// Where they are.
const ROOM: &str = "/petugas/rekonsiliasi";
/// The form that closes a difference.
const CLOSE: &str = "/_fn/petugas/close_difference";
/// The form that proposes a refund.
const PROPOSE: &str = "/_fn/petugas/propose_refund";

/// Differences, reports, refunds.
#[component]
pub fn ReconciliationPage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move { draw(&visit).await.unwrap_or_else(|error| failure(&error)) })
}

async fn draw(visit: &Visit) -> Result<AnyView, Error> {
    let (compares, refunds) = (
        RECONCILIATION_READERS.contains(&role(visit)),
        ProposalKind::Refund.shows_to(role(visit)),
    );
    let all = [
        ("", "Selisih terbuka", compares),
        ("selesai", "Selisih selesai", compares),
        ("laporan", "Laporan harian", compares),
        ("titipan", "Titipan menunggu", refunds),
        ("titipan-dijawab", "Titipan dijawab", refunds),
    ];
    let asked = visit.query("daftar");
    let list = if asked.is_empty() && !compares {
        "titipan"
    } else {
        asked
    };
    let options = all
        .into_iter()
        .filter(|(.., open)| *open)
        .map(|(name, words, _)| Filter {
            words: words.into(),
            href: match name {
                "" => ROOM.to_owned(),
                name => format!("{ROOM}?daftar={name}"),
            },
            current: name == list,
        });
    let options: Vec<Filter> = options.collect();
    let (content, form) = match list {
        "laporan" => (reports(visit).await?, None),
        "titipan" => (refunds_list(visit, true).await?, Some(PROPOSE)),
        "titipan-dijawab" => (refunds_list(visit, false).await?, None),
        "selesai" => (differences(visit, true).await?, None),
        _ => (differences(visit, false).await?, Some(CLOSE)),
    };
    let faults = form.map_or_else(Faults::default, |form| visit.form(form).faults());
    let title = page_title("Rekonsiliasi", &faults);
    let main = view! {
        <StaffHead above="Catatan kita dan catatan gateway" title="Rekonsiliasi"/>
        {flash_notice()}
        <Filters options=options/>
        <ErrorSummary faults=faults/>
        {content}
    };
    let page = room(visit, Place::Reconciliation, main.into_any());
    Ok(view! { <Title text=title/>{page} }.into_any())
}

fn page(visit: &Visit) -> PageRequest {
    let after = Some(visit.query("sesudah").to_owned()).filter(|after| !after.is_empty());
    PageRequest { limit: 20, after }
}

/// What goes on after a page, and what is told when there is nothing.
fn ends(visit: &Visit, next: Option<String>, empty: bool, nothing: &'static str) -> (AnyView, AnyView) {
    let list = visit.query("daftar").to_owned();
    let more = next.map(|next| {
        view! { <a class="text-small" href=format!("{ROOM}?daftar={list}&sesudah={next}")>"Berikutnya"</a> }
    });
    let nothing = empty.then(|| view! { <p class="text-muted">{nothing}</p> });
    (nothing.into_any(), more.into_any())
}

async fn differences(visit: &Visit, resolved: bool) -> Result<AnyView, Error> {
    let payments = &visit.backend.payments;
    let list = payments.differences(&visit.actor, resolved, page(visit)).await?;
    let (nothing, more) = ends(visit, list.next, list.items.is_empty(), "Tidak ada selisih.");
    let numbers = Numbers::load(visit, list.items.iter().map(|one| one.loan_id)).await?;
    let cards = list
        .items
        .iter()
        .map(|one| difference(visit, one, numbers.of(one.loan_id)))
        .collect_view();
    Ok(view! { {nothing}{cards}{more} }.into_any())
}

fn difference(visit: &Visit, one: &Difference, number: String) -> impl IntoView + use<> {
    let dash = |words: &str| {
        if words.is_empty() {
            "–".to_owned()
        } else {
            words.to_owned()
        }
    };
    let about = match one.subject {
        Subject::Payment(id) => ("Pembayaran".to_owned(), id.to_string()),
        Subject::Payout(id) => ("Kiriman dana".to_owned(), id.to_string()),
    };
    let caption = format!("{}, {}", one.kind.words(), one.id);
    let mut rows = vec![
        about,
        ("Pinjaman".to_owned(), number),
        ("Catatan kita".to_owned(), dash(&one.ours)),
        ("Catatan gateway".to_owned(), dash(&one.theirs)),
        ("Ditemukan".to_owned(), text::moment(one.found_at)),
    ];
    let (tone, state) = match &one.resolution {
        None => (Tone::Danger, "Terbuka"),
        Some(end) => {
            rows.push(("Selesai".to_owned(), text::moment(end.at)));
            let reason = match end.by {
                Some(_) => end.reason.clone(),
                None => "Pengecekan berikutnya cocok.".to_owned(),
            };
            rows.push(("Alasan".to_owned(), reason));
            (Tone::Success, "Selesai")
        }
    };
    let form = (one.resolution.is_none() && DIFFERENCE_CLOSERS.contains(&role(visit))).then(|| {
        let id = one.id.to_string();
        reason_form(visit, CLOSE, "difference", id, "Tutup selisih")
    });
    let words = one.kind.words();
    view! {
        <section class="card stack-3">
            <div class="row row--between"><h2>{words}</h2><Badge tone=tone>{state}</Badge></div>
            {fields(caption, rows)}
            {form}
        </section>
    }
}

/// A reason and a button for the card that was chosen; on the others the way to choose it.
fn reason_form(visit: &Visit, action: &'static str, name: &'static str, id: String, words: &'static str) -> AnyView {
    if visit.query("periksa") != id {
        let (list, after) = (visit.query("daftar"), visit.query("sesudah"));
        let href = format!("{ROOM}?daftar={list}&sesudah={after}&periksa={id}");
        return view! { <Button small=true href=href>"Periksa"</Button> }.into_any();
    }
    let form = visit.form(action);
    let (value, error) = (form.value("reason"), form.faults().of("reason"));
    view! {
        <form class="stack-3 decision" method="post" action=action>
            <CsrfField/>
            <Hidden name=name value=id/>
            <TextareaField label="Alasan" name="reason" value=value error=error maxlength=500/>
            <div class="decision__buttons"><Button kind=Kind::Secondary>{words}</Button></div>
        </form>
    }
    .into_any()
}

async fn reports(visit: &Visit) -> Result<AnyView, Error> {
    let list = visit
        .backend
        .payments
        .reconciliations(&visit.actor, page(visit))
        .await?;
    let (nothing, more) = ends(
        visit,
        list.next,
        list.items.is_empty(),
        "Belum ada hari yang dibandingkan.",
    );
    let cards = list.items.iter().map(report).collect_view();
    Ok(view! { {nothing}{cards}{more} }.into_any())
}

fn report(one: &Reconciliation) -> impl IntoView + use<> {
    let sums = |ours: i64, theirs: i64| format!("{} / {}", Rupiah::new(ours), Rupiah::new(theirs));
    let rows = vec![
        ("Pembayaran dibandingkan".to_owned(), one.payments.to_string()),
        ("Kiriman dana dibandingkan".to_owned(), one.payouts.to_string()),
        ("Masuk, kita / gateway".to_owned(), sums(one.in_ours, one.in_theirs)),
        ("Keluar, kita / gateway".to_owned(), sums(one.out_ours, one.out_theirs)),
        ("Selisih ditemukan".to_owned(), one.differences.to_string()),
        ("Mulai".to_owned(), text::moment(one.started_at)),
        (
            "Selesai".to_owned(),
            one.finished_at
                .map_or_else(|| "Sedang berjalan".to_owned(), text::moment),
        ),
    ];
    let (tone, state) = match (one.finished_at, one.differences) {
        (None, _) => (Tone::Warning, "Berjalan"),
        (Some(_), 0) => (Tone::Success, "Cocok"),
        (Some(_), _) => (Tone::Danger, "Ada selisih"),
    };
    let title = text::date_full(one.day);
    let caption = format!("{title}, mulai {}", text::moment(one.started_at));
    view! {
        <section class="card stack-3">
            <div class="row row--between"><h2>{title}</h2><Badge tone=tone>{state}</Badge></div>
            {fields(caption, rows)}
        </section>
    }
}

async fn refunds_list(visit: &Visit, waiting: bool) -> Result<AnyView, Error> {
    let list = visit
        .backend
        .payments
        .refunds(&visit.actor, waiting, page(visit))
        .await?;
    let (nothing, more) = ends(visit, list.next, list.items.is_empty(), "Tidak ada titipan di sini.");
    let numbers = Numbers::load(visit, list.items.iter().map(|one| one.loan_id)).await?;
    let cards = list
        .items
        .iter()
        .map(|one| refund(visit, one, &numbers.of(one.loan_id)))
        .collect_view();
    Ok(view! { {nothing}{cards}{more} }.into_any())
}

fn refund(visit: &Visit, one: &Refund, number: &str) -> impl IntoView + use<> {
    let asked = if one.by_borrower {
        "Diminta peminjam"
    } else {
        "Mulai sendiri"
    };
    let mut rows = vec![
        ("Pinjaman".to_owned(), number.to_owned()),
        (asked.to_owned(), text::moment(one.asked_at)),
    ];
    if !one.payee_label.is_empty() {
        rows.push(("Ke rekening".to_owned(), one.payee_label.clone()));
    }
    rows.extend(one.paid_at.map(|at| ("Sampai".to_owned(), text::moment(at))));
    let tone = match one.state {
        RefundState::Waiting | RefundState::Sending => Tone::Warning,
        RefundState::Paid => Tone::Success,
        RefundState::Failed => Tone::Danger,
        RefundState::Used => Tone::Plain,
    };
    let may = one.state == RefundState::Waiting && ProposalKind::Refund.makers().contains(&role(visit));
    let form = may.then(|| reason_form(visit, PROPOSE, "loan", one.loan_id.to_string(), "Usulkan pengembalian"));
    let (title, state) = (format!("Titipan {}", one.amount), one.state.words());
    let caption = format!("{title}, {}, pinjaman {number}", text::moment(one.asked_at));
    view! {
        <section class="card stack-3">
            <div class="row row--between"><h2>{title}</h2><Badge tone=tone>{state}</Badge></div>
            {fields(caption, rows)}
            {form}
        </section>
    }
}
