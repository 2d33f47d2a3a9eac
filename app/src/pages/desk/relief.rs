//! `/petugas/jalan-keluar`: what borrowers asked for that one alone may not give. One officer proposes it or says no;
//! a second one decides under Usulan.

use super::room::{Numbers, fields, role, room};
use crate::{
    components::{
        Badge, Button, CsrfField, ErrorSummary, Faults, Hidden, Kind, Setback, TextareaField, Tone, page_title,
        staff::{Filter, Filters, Place, StaffHead},
    },
    pages::{failure, flash_notice, loans::relief::pause_words},
    visit::{Visit, visit},
};
use domain::{
    Error, PageRequest, Role,
    audit::ProposalKind,
    id::LoanId,
    payments::{ReliefRequest, ReliefState},
    text,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// Where they are.
const ROOM: &str = "/petugas/jalan-keluar";
/// The form of an answer.
const ANSWER: &str = "/_fn/petugas/answer_relief";

/// Requests for a way out.
#[component]
pub fn ReliefDeskPage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move { draw(&visit).await.unwrap_or_else(|error| failure(&error)) })
}

async fn draw(visit: &Visit) -> Result<AnyView, Error> {
    let (content, faults) = match visit.query("pinjaman") {
        "" => (list(visit).await?, Faults::default()),
        id => (
            one(visit, id.parse().map_err(|_| Error::NotFound)?).await?,
            visit.form(ANSWER).faults(),
        ),
    };
    let title = page_title("Jalan keluar", &faults);
    let main = view! {
        <StaffHead above="Yang mengusulkan tidak memutuskan" title="Jalan keluar"/>
        {flash_notice()}
        {content}
    };
    let page = room(visit, Place::Relief, main.into_any());
    Ok(view! { <Title text=title/>{page} }.into_any())
}

async fn list(visit: &Visit) -> Result<AnyView, Error> {
    let answered = visit.query("daftar") == "dijawab";
    let after = Some(visit.query("sesudah").to_owned()).filter(|after| !after.is_empty());
    let page = PageRequest { limit: 20, after };
    let list = visit
        .backend
        .payments
        .list_ways_out(&visit.actor, answered, page)
        .await?;
    let filter = |words: &str, href: &str, current: bool| Filter {
        words: words.into(),
        href: href.into(),
        current,
    };
    let filters = vec![
        filter("Menunggu", ROOM, !answered),
        filter("Sudah dijawab", "/petugas/jalan-keluar?daftar=dijawab", answered),
    ];
    let empty = list
        .items
        .is_empty()
        .then(|| view! { <p class="text-muted">"Tidak ada permintaan."</p> });
    let numbers = Numbers::load(visit, list.items.iter().map(|request| request.loan_id)).await?;
    let items = list
        .items
        .iter()
        .map(|request| {
            let open = (request.state == ReliefState::Open).then(
                || view! { <Button small=true href=format!("{ROOM}?pinjaman={}", request.loan_id)>"Periksa"</Button> },
            );
            card(request, &numbers, asked(request, &numbers), open.into_any())
        })
        .collect_view();
    let more = list.next.map(|next| {
        let which = if answered { "dijawab" } else { "" };
        view! { <a class="text-small" href=format!("{ROOM}?daftar={which}&sesudah={next}")>"Berikutnya"</a> }
    });
    Ok(view! { <Filters options=filters/>{empty}{items}{more} }.into_any())
}

/// One request: what it would change today, and the answer.
async fn one(visit: &Visit, id: LoanId) -> Result<AnyView, Error> {
    let payments = &visit.backend.payments;
    let request = payments.last_way_out(&visit.actor, id).await?.ok_or(Error::NotFound)?;
    let numbers = Numbers::load(visit, [id]).await?;
    let back = view! { <p class="text-small"><a href=ROOM>"Semua permintaan"</a></p> };
    if request.state != ReliefState::Open {
        // Somebody was quicker, or the page was open for long.
        let faults = visit.faults(&[ANSWER]);
        return Ok(view! { {back}<Setback faults=faults/>{card(&request, &numbers, asked(&request, &numbers), ().into_any())} }.into_any());
    }
    let mut rows = asked(&request, &numbers);
    rows.push(("Denda".to_owned(), pause_words(visit, &request)));
    let preview = payments.preview_way_out(&visit.actor, id, request.option).await;
    let (may_be_given, change) = match &preview {
        Ok(preview) => (
            true,
            vec![
                ("Hari terlambat".to_owned(), preview.before.days_past_due.to_string()),
                (
                    "Sisa pokok".to_owned(),
                    preview.before.outstanding_principal.to_string(),
                ),
                ("Tambahan bunga".to_owned(), preview.extra_cost.to_string()),
                ("Biaya pinjaman".to_owned(), preview.check.words()),
            ],
        ),
        Err(Error::Validation(faults)) => {
            let words: Vec<_> = faults.iter().map(|fault| fault.message.as_str()).collect();
            (false, vec![("Tidak lagi bisa diberikan".to_owned(), words.join(" "))])
        }
        Err(error) => return Err(error.clone()),
    };
    rows.extend(change);
    let form = (role(visit) != Role::Auditor).then(|| answer(visit, id, may_be_given));
    Ok(view! { {back}{card(&request, &numbers, rows, form.into_any())} }.into_any())
}

/// What was asked for when, and what became of it.
fn asked(request: &ReliefRequest, numbers: &Numbers) -> Vec<(String, String)> {
    let mut rows = vec![
        ("Pinjaman".to_owned(), numbers.of(request.loan_id)),
        ("Diminta".to_owned(), text::moment(request.asked_at)),
    ];
    rows.extend(request.answered_at.map(|at| ("Dijawab".to_owned(), text::moment(at))));
    if !request.answer.is_empty() {
        rows.push(("Jawaban".to_owned(), request.answer.clone()));
    }
    rows
}

const fn tone(state: ReliefState) -> Tone {
    match state {
        ReliefState::Open => Tone::Warning,
        ReliefState::Applied => Tone::Success,
        ReliefState::Refused => Tone::Danger,
        ReliefState::Withdrawn => Tone::Plain,
    }
}

fn card(
    request: &ReliefRequest,
    numbers: &Numbers,
    rows: Vec<(String, String)>,
    action: AnyView,
) -> impl IntoView + use<> {
    let (words, state) = (request.option.words(), request.state);
    let asked_at = text::moment(request.asked_at);
    let caption = format!("{words}, {asked_at}, pinjaman {}", numbers.of(request.loan_id));
    view! {
        <section class="card stack-3">
            <div class="row row--between"><h2>{words}</h2><Badge tone=tone(state)>{state.words()}</Badge></div>
            {fields(caption, rows)}
            {action}
        </section>
    }
}

fn answer(visit: &Visit, id: LoanId, may_be_given: bool) -> impl IntoView + use<> {
    let form = visit.form(ANSWER);
    let faults = form.faults();
    let propose = (may_be_given && ProposalKind::Relief.makers().contains(&role(visit)))
        .then(|| view! { <Button name="answer" value="propose">"Usulkan"</Button> });
    view! {
        <form class="stack-3 decision" method="post" action=ANSWER>
            <ErrorSummary faults=faults.clone()/>
            <CsrfField/>
            <Hidden name="loan" value=id.to_string()/>
            <TextareaField label="Alasan" name="reason" hint="Kalau ditolak, peminjam membacanya.".to_owned() value=form.value("reason") error=faults.of("reason") maxlength=500/>
            <div class="decision__buttons">
                {propose}
                <Button kind=Kind::Danger name="answer" value="refuse">"Tolak"</Button>
            </div>
        </form>
    }
}
